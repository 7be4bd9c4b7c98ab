"""Who is asked how they are, and what they said; in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from balmis.contexts.clinic.models import Dose
from balmis.contexts.safety.models import Case, Contact
from balmis.core.errors import Refusal
from balmis.core.states import CONTACT, check_move
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import CaseStatus, ContactStatus, EventEnd

WAITING = [
    ContactStatus.SCHEDULED.value,
    ContactStatus.SENT.value,
    ContactStatus.OPENED.value,
    ContactStatus.BOUNCED.value,
]
LATE = timedelta(days=3)  # days that are made up for when nobody was asked
SCHEDULE = """
INSERT INTO safety_contact (dose_id, person_id, campaign_id, day, due_on, status, by_phone)
SELECT d.id, d.person_id, d.campaign_id, %(day)s, d.given_on + %(day)s, 'scheduled', false
FROM clinic_live_dose d
WHERE d.campaign_id = %(campaign)s AND d.given_on BETWEEN %(first)s AND %(given)s
  AND NOT EXISTS (SELECT 1 FROM safety_case k WHERE k.person_id = d.person_id AND k."end" = 'died'
    AND k.status NOT IN ('merged', 'nullified'))
  AND NOT EXISTS (SELECT 1 FROM safety_contact o WHERE o.dose_id = d.id AND o.day = %(day)s)
ORDER BY d.id LIMIT %(most)s
ON CONFLICT DO NOTHING
"""


def _askable(campaign_id: int, today: date) -> QuerySet[Contact]:
    """Questions that are due, of people who have not died since, about doses that are not taken back."""
    ended = [CaseStatus.MERGED.value, CaseStatus.NULLIFIED.value]
    died = Case.objects.filter(person=OuterRef("person"), end=EventEnd.DIED.value)
    found = Contact.objects.filter(
        campaign=campaign_id, due_on__lte=today, dose__in=Dose.live.all()
    )
    return found.exclude(Exists(died.exclude(status__in=ended)))


def schedule(campaign_id: int, given: date, day: int, most: int) -> int:
    """Everyone with a live dose of that day, or of the days before it that were missed, is asked about
    this day after it."""
    values: dict[str, Any] = {
        "campaign": campaign_id,
        "first": given - LATE,
        "given": given,
        "day": day,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(SCHEDULE, values)
        return int(cursor.rowcount)


SCHEDULE_LATER = """
INSERT INTO safety_contact (dose_id, person_id, campaign_id, day, due_on, status, by_phone)
SELECT DISTINCT d.id, d.person_id, d.campaign_id, %(day)s, d.given_on + %(day)s, 'scheduled', false
FROM safety_case c JOIN clinic_live_dose d ON d.id = c.dose_id
WHERE c.campaign_id = %(campaign)s AND c.event = ANY(%(events)s)
  AND c.status NOT IN ('merged', 'nullified') AND d.given_on + %(day)s >= %(today)s
ON CONFLICT DO NOTHING
"""


def schedule_later(campaign_id: int, today: date, day: int, events: Sequence[str]) -> int:
    """After an event of special interest people are asked again, later."""
    values: dict[str, Any] = {
        "campaign": campaign_id,
        "day": day,
        "today": today,
        "events": list(events),
    }
    with connection.cursor() as cursor:
        cursor.execute(SCHEDULE_LATER, values)
        return int(cursor.rowcount)


def to_send(campaign_id: int, today: date, most: int) -> list[Contact]:
    """Those that are due and not sent, locked."""
    waiting = _askable(campaign_id, today).filter(status=ContactStatus.SCHEDULED.value)
    found = waiting.select_for_update(skip_locked=True, of=("self",))
    return list(found.select_related("person").order_by("due_on", "pk")[:most])


def move(contact: Contact, to: ContactStatus, **values: Any) -> None:
    """Raises Conflict for a state that cannot follow."""
    check_move(CONTACT, ContactStatus(contact.status), to)
    contact.status = to.value
    for name, value in values.items():
        setattr(contact, name, value)
    contact.save()


def lock_contact(key: int) -> Contact:
    """Locked to the end of the transaction. Raises Refusal(NOT_KNOWN)."""
    found = (
        Contact.objects.select_for_update(of=("self",))
        .select_related("dose__product", "person", "campaign__area")
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="question", key=key)
    return found


def to_call(campaign_id: int, today: date, silent_days: int, most: int = 200) -> list[Contact]:
    """People whom no message reaches, or who did not answer for so long; the oldest first."""
    silent = Q(
        status__in=[ContactStatus.SENT.value, ContactStatus.OPENED.value],
        due_on__lte=today - timedelta(days=silent_days),
    )
    found = _askable(campaign_id, today).filter(Q(status=ContactStatus.BOUNCED.value) | silent)
    return list(found.select_related("person", "dose__product").order_by("due_on", "pk")[:most])


EXPIRE = """
UPDATE safety_contact SET status = 'expired'
WHERE campaign_id = %s AND status = ANY(%s) AND due_on < %s
"""


def expire(campaign_id: int, before: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(EXPIRE, [campaign_id, WAITING, before])
        return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were asked about a day, answered, and told of what."""

    day: int
    asked: int
    answered: int
    symptoms: dict[str, int]
    care: int  # sought care


TALLY = """
SELECT day, count(*), count(*) FILTER (WHERE status = 'completed'),
  count(*) FILTER (WHERE answer->>'care' IN ('doctor', 'emergency', 'hospital'))
FROM safety_contact WHERE campaign_id = %s AND (sent_at IS NOT NULL OR status = 'completed') GROUP BY day ORDER BY day
"""
TOLD = """
SELECT day, s, count(*) FROM safety_contact, jsonb_array_elements_text(answer->'symptoms') AS s
WHERE campaign_id = %s AND status = 'completed' GROUP BY day, s
"""


def tallies(campaign_id: int) -> Sequence[Tally]:
    with connection.cursor() as cursor:
        cursor.execute(TALLY, [campaign_id])
        days = cursor.fetchall()
        cursor.execute(TOLD, [campaign_id])
        told: dict[int, dict[str, int]] = {}
        for day, symptom, n in cursor.fetchall():
            told.setdefault(day, {})[symptom] = n
    return [
        Tally(day, asked, answered, told.get(day, {}), care) for day, asked, answered, care in days
    ]


def last_answered(contact: Contact) -> int:
    """The day about which the person last answered before this one; 0: never."""
    found = Contact.objects.filter(
        dose=contact.dose_id, day__lt=contact.day, status=ContactStatus.COMPLETED.value
    )
    return found.order_by("-day").values_list("day", flat=True).first() or 0
