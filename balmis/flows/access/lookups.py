"""Unusual looks at people: watched for, and settled by whoever reads the trail."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from balmis.contexts.access import lookup_alarms
from balmis.contexts.access.models import LookupAlarm
from balmis.contexts.access.services import may_everywhere
from balmis.contexts.journal import audit
from balmis.core.access.lookups import unusual
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused

log = logging.getLogger("balmis.lookups")
DAY = timedelta(hours=24)
WORDS = 10  # characters that a settlement has at least


@transaction.atomic(durable=True)
def watch_lookups(*, now: datetime) -> int:
    """Count the last 24 hours; how many alarms are new. Each is a line of the trail and of the log."""
    since, limits = now - DAY, settings.LOOKUP_LIMITS
    hours = lookup_alarms.hours_between(since, now)
    seen = lookup_alarms.seen_between(since, now, by=limits.famous)
    made = lookup_alarms.raise_alarms(unusual(hours, seen, limits), since, now)
    for alarm in made:
        audit.record(
            "lookups.unusual",
            alarm.about,
            actor=Actor.system("lookups"),
            now=now,
            sign=alarm.sign,
            number=alarm.number,
        )
        log.warning("unusual looks", extra={"job": f"{alarm.sign}: alarm {alarm.pk}"})
    return len(made)


def check_may_read(actor: Actor) -> None:
    """The trail is of the whole installation: so is the right to read it. Raises NotAllowed."""
    if not may_everywhere(actor, Act.READ_TRAIL):
        raise NotAllowed(f"{actor.name} does not read the trail")


def open_alarms(*, actor: Actor) -> list[LookupAlarm]:
    """Those that nobody has settled. Raises NotAllowed."""
    check_may_read(actor)
    return lookup_alarms.open_alarms()


def settled_alarms(*, actor: Actor, most: int) -> list[LookupAlarm]:
    """Those that somebody has, the newest first. Raises NotAllowed."""
    check_may_read(actor)
    return lookup_alarms.settled_alarms(most)


@transaction.atomic(durable=True)
def settle_alarm(key: int, note: str, *, actor: Actor, now: datetime) -> None:
    """Say what it was. Raises NotAllowed, BadInput, Refusal."""
    check_may_read(actor)
    words = " ".join(note.split())
    if len(words) < WORDS:
        raise BadInput(gettext_noop("Say in a few words what it was, and whom you asked."))
    found = lookup_alarms.open_alarm(key)
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="alarm", key=str(key))
    if found.about == actor.name:
        raise BadInput(gettext_noop("It is about you: another auditor has to settle it."))
    lookup_alarms.settle(found, words[:500], actor.name, now)
    audit.record(
        "lookups.settled", found.about, actor=actor.because(words), now=now, sign=found.sign
    )
