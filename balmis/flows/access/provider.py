"""Accounts that are shown by the region's identity provider. It makes none: an account is there, with its
roles, before somebody comes in by it."""

from datetime import datetime

from django.db import transaction

from balmis.contexts.access import services as users
from balmis.contexts.access.models import User
from balmis.core.actor import Actor
from balmis.core.errors import BadInput
from balmis.flows.access import account_trail


@transaction.atomic(durable=True)
def user_of(subject: str, username: str, *, client: str, now: datetime) -> User | None:
    """Whose account it is. The first time it is the one of this user name, tied to `subject` from then on:
    names are given again, subjects are not. None where there is none, or it is tied to somebody else."""
    found = users.tied_to(subject)
    if found is not None:
        return found if found.is_active else None
    named = users.to_tie(username)
    if named is None:
        return None
    name, actor = f"user:{named.pk}", Actor(f"client:{client}")
    if named.provider == subject:  # tied while we waited for it
        return named if named.is_active else None
    if named.provider is not None or not named.is_active:
        account_trail.record("user.provider_refused", name, actor=actor, now=now)
        return None
    users.tie(named, subject)
    account_trail.record("user.provider_tied", name, actor=actor, now=now)
    return named


@transaction.atomic(durable=True)
def untie(username: str, *, actor: Actor, now: datetime) -> None:
    """By whoever runs the program: the next one who comes with this name ties it anew. Raises BadInput."""
    if not actor.trusted:
        raise BadInput("Users are kept by whoever runs the program.")
    user = users.user_named(username)
    users.tie(user, None)
    account_trail.record("user.provider_untied", f"user:{user.pk}", actor=actor, now=now)
