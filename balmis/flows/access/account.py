"""What becomes of a user: their own password; disabled, and let in again."""

from datetime import datetime

from django.db import transaction

from balmis.contexts.access import services as access
from balmis.contexts.journal import audit
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed


@transaction.atomic(durable=True)
def set_active(username: str, *, active: bool, actor: Actor, now: datetime) -> None:
    """A leaver is disabled at once, open sessions too; or let in again. Raises NotAllowed, BadInput."""
    if not actor.trusted:
        raise NotAllowed("Users are kept by whoever runs the program.")
    key = access.set_active(username, active=active)
    audit.record("user.enabled" if active else "user.disabled", f"user:{key}", actor=actor, now=now)


@transaction.atomic(durable=True)
def change_password(user_id: int, old: str, new: str, *, now: datetime) -> None:
    """By the user, for themselves. Raises BadInput."""
    access.change_password(user_id, old, new)
    name = f"user:{user_id}"
    audit.record("user.password_changed", name, actor=Actor(name), now=now)
