"""Write notices, claim those that are due, and keep what became of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Min, Q, QuerySet

from balmis.contexts.notices.models import Notice
from balmis.contexts.people.models import Contact, Person
from balmis.core.notices import LASTING, patience, send_at
from balmis.core.vocabulary.notices import Medium, NoticeStatus, Purpose

GIVE_UP = 3  # attempts that fail by the notice itself, not by who carries it
LONGEST = timedelta(minutes=5)  # between two attempts
CLAIM = timedelta(minutes=6)  # a sender that dies lets go after so long; a batch is over by then


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
            "not_before": send_at(purpose, now, zone),
            "status": status.value,
        },
    )
    return made


CLAIM_DUE = """
UPDATE notices_notice SET attempts = attempts + 1, not_before = %(until)s
WHERE id IN (
  SELECT id FROM notices_notice
  WHERE status = 'waiting' AND medium = %(medium)s AND not_before <= %(now)s
  ORDER BY purpose <> 'code', not_before LIMIT %(most)s FOR UPDATE SKIP LOCKED
) RETURNING id
"""


def claim(medium: Medium, *, now: datetime, most: int = 10) -> list[Notice]:
    """Notices of a medium that are due, codes first, for one sender; they come back if it never says
    what became of them."""
    given: dict[str, str | int | datetime] = {
        "now": now,
        "until": now + CLAIM,
        "most": most,
        "medium": medium.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_DUE, given)
        ids = [row[0] for row in cursor.fetchall()]
    found = Notice.objects.filter(pk__in=ids)
    return sorted(found, key=lambda n: (n.purpose != Purpose.CODE, n.made_at, n.pk))


def let_go(claimed: list[Notice], *, now: datetime) -> None:
    """They were not tried: whoever comes next takes them."""
    Notice.objects.filter(pk__in=[n.pk for n in claimed]).update(
        not_before=now, attempts=F("attempts") - 1
    )


def note_sent(notice: Notice, *, now: datetime) -> None:
    facts = {} if notice.purpose == Purpose.CODE else notice.facts  # a code is not kept
    Notice.objects.filter(pk=notice.pk).update(
        status=NoticeStatus.SENT.value, sent_at=now, last_error="", facts=facts
    )


def note_failed(notice: Notice, error: str, *, passes: bool, now: datetime) -> None:
    """Try again later, each time twice as long. What passes, as long as it is worth telling; else a few
    times."""
    if not passes and notice.attempts >= GIVE_UP:
        _give_up(Notice.objects.filter(pk=notice.pk, status=NoticeStatus.WAITING.value), error)
        return
    wait = min(LONGEST, timedelta(seconds=15 * 2 ** min(notice.attempts, 8)))
    Notice.objects.filter(pk=notice.pk).update(not_before=now + wait, last_error=error[:500])


def give_up_late(medium: Medium, *, now: datetime) -> int:
    """What could not be sent in time is given up; returns how many."""
    tried = Notice.objects.filter(
        status=NoticeStatus.WAITING.value, medium=medium.value, attempts__gt=0
    )
    late = Q(pk__in=[])
    for purpose in Purpose:
        late |= Q(purpose=purpose.value, made_at__lt=now - patience(purpose))
    return _give_up(tried.filter(late, not_before__lte=now), "")


def _give_up(found: QuerySet[Notice], error: str) -> int:
    codes = found.filter(purpose=Purpose.CODE.value)
    told = {"last_error": error[:500]} if error else {}
    given_up = codes.update(status=NoticeStatus.FAILED.value, facts={}, **told)
    return given_up + found.update(status=NoticeStatus.FAILED.value, **told)


@dataclass(frozen=True, slots=True)
class Line:
    """How one medium goes."""

    medium: Medium
    waiting: int  # that should have been sent by now
    oldest: datetime | None  # of them
    failed: int  # given up, and still worth telling
    errors: tuple[tuple[str, int], ...]  # what was said last, and of how many


def lines(*, now: datetime) -> list[Line]:
    found = []
    for medium in Medium:
        own = Notice.objects.filter(medium=medium.value)
        due = own.filter(status=NoticeStatus.WAITING.value, not_before__lte=now)
        late = own.filter(status=NoticeStatus.WAITING.value, attempts__gt=0) | due
        gone = _worth_telling(own, now)
        errors = (late | gone).exclude(last_error="").values_list("last_error")
        top = errors.annotate(n=Count("pk")).order_by("-n", "last_error")[:5]
        oldest = late.aggregate(at=Min("made_at"))["at"]
        found.append(Line(medium, late.count(), oldest, gone.count(), tuple(top)))
    return found


def send_again(*, now: datetime) -> int:
    """What was given up and is still worth telling waits once more; returns how many."""
    return _worth_telling(Notice.objects.all(), now).update(
        status=NoticeStatus.WAITING.value, attempts=0, not_before=now
    )


def _worth_telling(found: QuerySet[Notice], now: datetime) -> QuerySet[Notice]:
    lasting = [p.value for p in Purpose if patience(p) >= LASTING]
    return found.filter(
        status=NoticeStatus.FAILED.value, purpose__in=lasting, made_at__gt=now - 5 * LASTING
    )


def forget_person(person_id: int) -> int:
    """What waits is not sent; of the rest, to whom and what is kept no longer. Returns how many."""
    mine = Notice.objects.filter(person=person_id)
    waiting = mine.filter(status=NoticeStatus.WAITING.value).delete()[0]
    return waiting + mine.update(address="", facts={}, last_error="")


def forget_addresses(*, before: datetime) -> int:
    """Of what was sent or given up before: that it was told is kept, to whom and what is not. Returns how
    many."""
    over = [NoticeStatus.SENT.value, NoticeStatus.FAILED.value, NoticeStatus.HELD_BACK.value]
    old = Notice.objects.filter(status__in=over, made_at__lt=before).exclude(address="")
    return old.update(address="", facts={}, last_error="")
