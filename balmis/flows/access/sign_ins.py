"""Sign-ins and what the trail says of them."""

from datetime import datetime, timedelta

from django.db import transaction

from balmis.contexts.access import queries as access
from balmis.contexts.access import sign_ins
from balmis.contexts.access.sign_ins import Comer
from balmis.contexts.journal import audit
from balmis.core.actor import Actor


@transaction.atomic(durable=True)
def spend_try(comer: Comer, *, now: datetime) -> timedelta | None:
    """Before a password is looked at: None, or how long to wait first."""
    return sign_ins.wait_before(comer, now=now)


@transaction.atomic(durable=True)
def note_failure(comer: Comer, *, client: str, now: datetime) -> None:
    """A wrong password for a name that there is; others are not kept, since people type their
    passwords there."""
    key = access.user_id(comer.username)
    if key is not None:
        actor = Actor(f"client:{client}")
        audit.record("user.sign_in_failed", f"user:{key}", actor=actor, now=now)


@transaction.atomic(durable=True)
def note_sign_in(comer: Comer, user_id: int, *, client: str, now: datetime) -> None:
    """It was the owner."""
    sign_ins.forget_tries(comer)
    name = f"user:{user_id}"
    audit.record("user.signed_in", name, actor=Actor(name), now=now, client=client)


@transaction.atomic(durable=True)
def note_sign_out(user_id: int, *, client: str, now: datetime) -> None:
    name = f"user:{user_id}"
    audit.record("user.signed_out", name, actor=Actor(name), now=now, client=client)
