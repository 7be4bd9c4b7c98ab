"""Messages that could not be sent: what waits, what was given up and why, and sending it again."""

from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import may_everywhere
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed
from balmis.core.roles import Act


def look(*, actor: Actor, now: datetime) -> list[notices.Line]:
    """How each medium goes; it says nothing of persons. Raises NotAllowed."""
    _check(actor)
    return notices.lines(now=now)


@transaction.atomic(durable=True)
def send_again(*, actor: Actor, now: datetime) -> int:
    """What was given up in the last days and is still worth telling; how many. Raises NotAllowed."""
    _check(actor)
    number = notices.send_again(now=now)
    audit.record("notices.sent_again", "notices", actor=actor, now=now, number=number)
    return number


def _check(actor: Actor) -> None:
    if not may_everywhere(actor, Act.CHANGE_PLAN):
        raise NotAllowed(f"{actor.name} does not keep the messages of the whole program")
