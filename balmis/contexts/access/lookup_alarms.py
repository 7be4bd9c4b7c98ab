"""Unusual looks at people: counted from the trail, kept until somebody has said what they were."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from balmis.contexts.access.models import LookupAlarm
from balmis.contexts.access.queries import zone_of
from balmis.core.access.lookups import LOOKUPS, HourOfLookups, Unusual

# who looked at whom; of a list only a list of one
FOUND = """
WITH found AS (
  SELECT actor, date_trunc('hour', at) AS hour, CASE WHEN subject LIKE 'person:%%' THEN subject
    ELSE 'person:' || (facts->'people'->>0) END AS person
  FROM ledger_auditentry
  WHERE at >= %(since)s AND at < %(until)s AND actor LIKE 'user:%%' AND action = ANY(%(looks)s)
    AND (subject LIKE 'person:%%' OR CASE jsonb_typeof(facts->'people')
      WHEN 'array' THEN jsonb_array_length(facts->'people') = 1 ELSE false END)
)
"""
HOURS = "SELECT actor, hour, count(DISTINCT person) FROM found GROUP BY actor, hour"
SEEN_BY = """
SELECT person, count(DISTINCT actor) FROM found GROUP BY person HAVING count(DISTINCT actor) >= %(famous)s
"""


def hours_between(since: datetime, until: datetime) -> list[HourOfLookups]:
    """By user and hour, the hour by the clock of the user's place."""
    zones: dict[str, ZoneInfo] = {}
    found = []
    for user, hour, people in _ask(HOURS, since, until):
        if user not in zones:
            zones[user] = ZoneInfo(zone_of(int(user.removeprefix("user:"))))
        found.append(HourOfLookups(user, hour.astimezone(zones[user]).hour, people))
    return found


def seen_between(since: datetime, until: datetime, *, by: int) -> list[tuple[str, int]]:
    """People at whom so many users or more looked."""
    return _ask(SEEN_BY, since, until, famous=by)


def _ask(what: str, since: datetime, until: datetime, **more: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            FOUND + what, {"since": since, "until": until, "looks": sorted(LOOKUPS), **more}
        )
        return list(cursor.fetchall())


def raise_alarms(found: Iterable[Unusual], since: datetime, now: datetime) -> list[LookupAlarm]:
    """An alarm for what is unusual about somebody, unless there is one since then, whose number grows; those
    that are new."""
    made = []
    for one in found:
        known = LookupAlarm.objects.filter(sign=one.sign, about=one.about)
        grown = Greatest(F("number"), one.number)
        if not known.filter(at__gte=since).update(number=grown):
            on = now.astimezone(UTC).date()
            row, new = known.get_or_create(
                sign=one.sign, about=one.about, on=on, defaults={"number": one.number, "at": now}
            )
            made += [row] if new else []
    return made


def open_alarms() -> list[LookupAlarm]:
    return list(
        LookupAlarm.objects.filter(settled_at__isnull=True).order_by("-on", "sign", "about")
    )


def settled_alarms(most: int) -> list[LookupAlarm]:
    """The newest first."""
    found = LookupAlarm.objects.filter(settled_at__isnull=False)
    return list(found.order_by("-settled_at")[:most])


def open_alarm(key: int) -> LookupAlarm | None:
    """The open alarm of this number, locked until it is settled."""
    found = LookupAlarm.objects.select_for_update().filter(pk=key, settled_at__isnull=True)
    return found.first()


def settle(alarm: LookupAlarm, note: str, by: str, now: datetime) -> None:
    alarm.settled_at, alarm.settled_by, alarm.note = now, by, note
    alarm.save(update_fields=["settled_at", "settled_by", "note"])


def forget_person(person_id: int) -> int:
    """What was written when looks at them were settled; how many."""
    found = LookupAlarm.objects.filter(about=f"person:{person_id}").exclude(note="")
    return found.update(note="erased")
