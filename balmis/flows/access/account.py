"""What becomes of a user: invited, their own password and PIN, disabled, and let in again."""

from datetime import datetime

from django.db import transaction

from balmis.contexts.access import factors, invitations, sign_ins
from balmis.contexts.access import queries as access
from balmis.contexts.access import services as users
from balmis.contexts.access.models import User
from balmis.contexts.journal import audit
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.refusal_texts import gettext_noop
from balmis.flows.access import account_trail
from balmis.flows.access.own_password import asks_password


def _check_operator(actor: Actor) -> None:
    if not actor.trusted:
        raise NotAllowed("Users are kept by whoever runs the program.")


@transaction.atomic(durable=True)
def set_active(username: str, *, active: bool, actor: Actor, now: datetime) -> None:
    """A leaver is disabled at once, with what is open; or let in again. Raises NotAllowed, BadInput."""
    _check_operator(actor)
    key = users.set_active(username, active=active)
    if not active:
        sign_ins.end_of_user(key, now=now)
        invitations.withdraw(key)
    account_trail.record(
        "user.enabled" if active else "user.disabled", f"user:{key}", actor=actor, now=now
    )


@transaction.atomic(durable=True)
def change_address(username: str, address: str, *, actor: Actor, now: datetime) -> None:
    """Where they are told of changes; '' for nowhere. The address of before hears of it, too. Raises
    NotAllowed, BadInput."""
    _check_operator(actor)
    user = users.user_named(username)
    before = users.set_address(user, address)
    if before != address:
        account_trail.record_address(user.pk, before, actor=actor, now=now)


@transaction.atomic(durable=True)
def invite(username: str, *, lost_factor: bool, actor: Actor, now: datetime) -> str:
    """The word of a link with which they choose a password, for a new user or one who has lost it;
    with `lost_factor` their factors and sign-ins end. Raises NotAllowed, BadInput."""
    _check_operator(actor)
    user = users.user_named(username)
    if not user.is_active:
        raise BadInput(f"{username} is disabled; enable them first.")
    if lost_factor:
        factors.remove_all(user.pk)
        sign_ins.end_of_user(user.pk, now=now)
        account_trail.record("user.factors_lost", f"user:{user.pk}", actor=actor, now=now)
    name = f"user:{user.pk}"
    account_trail.record("user.invited", name, actor=actor, now=now, lost_factor=lost_factor)
    return invitations.invite(user, now=now)


def invited(word: str, *, now: datetime) -> User | None:
    """Who holds this link; None when it is not good any more."""
    found = invitations.find(word, now=now)
    return found.user if found else None


@transaction.atomic(durable=True)
def accept_invitation(word: str, password: str, *, now: datetime) -> User:
    """They choose a password; the link is used up, and open sign-ins end. Raises BadInput."""
    user = invitations.use(word, now=now)
    if user is None:
        raise BadInput(gettext_noop("This link is not good any more. Ask for a new one."))
    users.choose_password(user, password)
    sign_ins.end_of_user(user.pk, now=now)
    name = f"user:{user.pk}"
    account_trail.record("user.invitation_used", name, actor=Actor(name), now=now)
    return user


@asks_password
@transaction.atomic(durable=True)
def change_password(
    user_id: int, old: str, new: str, *, sign_in: int | None = None, now: datetime
) -> None:
    """By the user, for themselves; their other sign-ins end. Raises BadInput."""
    users.change_password(user_id, old, new)
    sign_ins.end_of_user(user_id, but=sign_in, now=now)
    name = f"user:{user_id}"
    account_trail.record("user.password_changed", name, actor=Actor(name), now=now)


@asks_password
@transaction.atomic(durable=True)
def change_pin(user_id: int, password: str, pin: str, *, now: datetime) -> None:
    """The PIN with which they come back to a shared desk; '' takes it off. Raises BadInput."""
    users.check_own_password(user_id, password)
    users.set_pin(user_id, pin)
    name = f"user:{user_id}"
    account_trail.record(
        "user.pin_set" if pin else "user.pin_removed", name, actor=Actor(name), now=now
    )


def history_of(user_id: int, *, most: int = 20) -> list[tuple[datetime, str]]:
    """What happened to the account, the newest first: for its owner, who sees what they did not do."""
    wanted = audit.LinesWanted(action="user.", subject=f"user:{user_id}", most=most)
    return [(line.at, line.action) for line in audit.lines(wanted)]


def roles_of(user_id: int) -> list[tuple[str, str, datetime | None, str]]:
    """Role, where it holds, until when, and why it was taken in an emergency."""
    return [
        (g.role, access.place_of(g).partition(":")[2], g.until, g.emergency)
        for g in access.grants_of(user_id)
    ]
