"""Write notices, claim those that are due, and keep what became of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from balmis.contexts.notices.models import Notice
from balmis.contexts.people.models import Contact, Person
from balmis.core.notices import send_at
from balmis.core.vocabulary.notices import Medium, NoticeStatus, Purpose

GIVE_UP = 8  # attempts
CLAIM = timedelta(minutes=2)  # a sender that dies lets go after so long


@dataclass(frozen=True, slots=True)
class To:
    """Where a notice goes."""

    medium: Medium
    address: str
    language: str


def address_of(contact: Contact) -> To:
    """By text message where there is a phone."""
    if contact.phone:
        return To(Medium.SMS, contact.phone, contact.language)
    return To(Medium.EMAIL, contact.email, contact.language)


def write(
    key: str,
    person: Person | None,
    purpose: Purpose,
    to: To,
    facts: dict[str, Any],
    *,
    zone: str,
    now: datetime,
    wanted: bool = True,
) -> bool:
    """Put a notice in the line; False when the same was written before."""
    held = not wanted and not purpose.asked_for
    status = NoticeStatus.HELD_BACK if held else NoticeStatus.WAITING
    _, made = Notice.objects.get_or_create(
        key=key,
        defaults={
            "person": person,
            "purpose": purpose.value,
            "medium": to.medium.value,
            "address": to.address,
            "language": to.language,
            "facts": facts,
            "made_at": now,
            "not_before": send_at(purpose, now.astimezone(ZoneInfo(zone))),
            "status": status.value,
        },
    )
    return made


CLAIM_DUE = """
UPDATE notices_notice SET attempts = attempts + 1, not_before = %(until)s
WHERE id IN (
  SELECT id FROM notices_notice WHERE status = 'waiting' AND not_before <= %(now)s
  ORDER BY purpose <> 'code', not_before LIMIT %(most)s FOR UPDATE SKIP LOCKED
) RETURNING id
"""


def claim(*, now: datetime, most: int = 50) -> list[Notice]:
    """Notices that are due, for one sender; they come back if it never says what became of them."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_DUE, {"now": now, "until": now + CLAIM, "most": most})
        ids = [row[0] for row in cursor.fetchall()]
    return list(Notice.objects.filter(pk__in=ids).order_by("pk"))


def note_sent(notice: Notice, *, now: datetime) -> None:
    facts = {} if notice.purpose == Purpose.CODE else notice.facts  # a code is not kept
    Notice.objects.filter(pk=notice.pk).update(
        status=NoticeStatus.SENT.value, sent_at=now, last_error="", facts=facts
    )


def note_failed(notice: Notice, error: str, *, now: datetime) -> None:
    """Try again later, each time twice as long; after eight times never."""
    if notice.attempts >= GIVE_UP:
        Notice.objects.filter(pk=notice.pk).update(
            status=NoticeStatus.FAILED.value, last_error=error[:500]
        )
        return
    later = now + timedelta(seconds=15 * 2**notice.attempts)
    Notice.objects.filter(pk=notice.pk).update(not_before=later, last_error=error[:500])
