"""Bookings: who has a place for which dose; the changes that others must hear of."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    Count,
    Min,
    Q,
    QuerySet,
)
from django.db.models.functions import TruncHour

from balmis.contexts.booking.models import LIVE, Booking, Session
from balmis.contexts.eligibility.queries import READY_PEOPLE, Offered
from balmis.contexts.journal.rows import rows_of
from balmis.core.errors import Refusal
from balmis.core.vocabulary.booking import BookingStatus, EndReason, SessionStatus
from balmis.core.vocabulary.reasons import Refused


def booking(booking_id: int) -> Booking:
    """Raises Refusal(NOT_KNOWN)."""
    found = _whole().filter(pk=booking_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="booking", key=booking_id)
    return found


def live_bookings(person_id: int, campaign_id: int) -> list[Booking]:
    """Held and confirmed ones, by dose."""
    found = _whole().filter(person_id=person_id, campaign_id=campaign_id, status__in=LIVE)
    return list(found.order_by("number"))


def booking_here(person_id: int, campaign_id: int, site_id: int, on: date) -> Booking | None:
    """The person's live appointment at the site on the day."""
    found = rows_of(Booking, HERE, [person_id, campaign_id, site_id, on])
    return found[0] if found else None


HERE = f"""
JOIN booking_pool p ON p.id = booking_booking.pool_id
JOIN booking_slot t ON t.id = p.slot_id
JOIN booking_session e ON e.id = t.session_id
WHERE booking_booking.person_id = %s AND booking_booking.campaign_id = %s
  AND booking_booking.status IN ({", ".join(f"'{s}'" for s in LIVE)}) AND e.site_id = %s AND e."on" = %s
ORDER BY t.starts_at, booking_booking.id LIMIT 1
"""


def bookings_in(session_id: int) -> list[Booking]:
    """Live bookings of a session, by time; for its own people only."""
    found = _whole().filter(pool__slot__session_id=session_id, status__in=LIVE)
    return list(found.select_related("person").order_by("pool__slot__starts_at", "confirmed_at"))


def booked_between(site_id: int, first: datetime, last: datetime, product: str) -> list[Booking]:
    """Live bookings at the site in these hours for a vaccine, with their people."""
    found = Booking.objects.filter(
        pool__slot__session__site=site_id,
        pool__slot__starts_at__range=(first, last),
        product=product,
        status__in=LIVE,
    )
    return list(found.select_related("person"))


def booked_by_hour(site_ids: Iterable[int], first: datetime, last: datetime) -> dict[datetime, int]:
    """Live bookings of all these sites together, by the hour in which they begin."""
    found = Booking.objects.filter(
        pool__slot__session__site__in=list(site_ids),
        status__in=LIVE,
        pool__slot__starts_at__range=(first, last),
    )
    rows = found.values_list(TruncHour("pool__slot__starts_at")).annotate(n=Count("pk")).order_by()
    return dict(rows)


def kept_between(site_ids: Iterable[int], first: datetime, last: datetime) -> int:
    """Bookings whose people came."""
    found = Booking.objects.filter(
        pool__slot__session__site__in=list(site_ids),
        status=BookingStatus.KEPT.value,
        pool__slot__starts_at__range=(first, last),
    )
    return found.count()


def people_by_product(
    site_id: int, first: date, last: date
) -> list[tuple[Session, dict[str, int]]]:
    """The published sessions of a site's days in their order, with the people still expected for each
    vaccine; those booked for any are counted with the session's first."""
    sessions = Session.objects.filter(
        site=site_id, on__range=(first, last), status=SessionStatus.PUBLISHED.value
    )
    found: dict[int, tuple[Session, dict[str, int]]] = {
        s.pk: (s, {}) for s in sessions.select_related("site").order_by("starts_at", "pk")
    }
    rows = Booking.objects.filter(
        pool__slot__session__in=list(found), status=BookingStatus.CONFIRMED.value
    )
    counted = rows.values_list("pool__slot__session", "product").annotate(n=Count("pk")).order_by()
    for session, product, n in counted:
        row, people = found[session]
        code = product or next(iter(row.products), "")
        if code:
            people[code] = people.get(code, 0) + n
    return [f for f in found.values() if f[1]]


AHEAD = """
SELECT e.site_id, coalesce(nullif(b.product, ''), e.products[1]) AS product,
  count(*) FILTER (WHERE b.number = 1 AND e."on" < %(near)s), count(*) FILTER (WHERE b.number > 1)
FROM booking_session e
JOIN booking_slot t ON t.session_id = e.id JOIN booking_pool p ON p.slot_id = t.id
JOIN booking_booking b ON b.pool_id = p.id AND b.status = 'confirmed'
WHERE e.site_id = ANY(%(sites)s)
  AND e."on" >= %(today)s AND e."on" < %(far)s
GROUP BY 1, 2
"""


def booked_ahead(
    sites: Iterable[int], today: date, near: int, far: int
) -> dict[tuple[int, str], tuple[int, int]]:
    """By site and product, in every campaign that shares the shelf: first doses booked within `near`
    days, second ones within `far`."""
    values: dict[str, Any] = {
        "sites": list(sites),
        "today": today,
        "near": today + timedelta(days=near),
        "far": today + timedelta(days=far),
    }
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, values)
        return {(r[0], r[1] or ""): (r[2], r[3]) for r in cursor.fetchall()}


def changed_on(campaign_id: int, site_id: int, on: date, *, since: datetime) -> set[int]:
    """The people who booked a time of this day at the site since then, or lost one."""
    found = Booking.objects.filter(
        Q(confirmed_at__gte=since) | Q(ended_at__gte=since),
        campaign=campaign_id,
        pool__slot__session__site=site_id,
        pool__slot__session__on=on,
        confirmed_at__isnull=False,
    )
    return set(found.values_list("person", flat=True))


def booked_on(
    campaign_id: int, site_id: int, on: date, *, people: Iterable[int] | None = None
) -> list[Booking]:
    """Appointments of a day at a site (of these people), those kept included, in the order of their
    times."""
    every = _whole() if people is None else _whole().filter(person__in=list(people))
    found = every.filter(
        campaign=campaign_id,
        pool__slot__session__site=site_id,
        pool__slot__session__on=on,
        status__in=[BookingStatus.CONFIRMED.value, BookingStatus.KEPT.value],
    )
    return list(found.order_by("pool__slot__starts_at", "pk"))


def _whole() -> "QuerySet[Booking]":
    return Booking.objects.select_related(
        "pool__slot__session__site__area", "campaign", "person__area"
    )


def replaced(bookings: Sequence[Booking]) -> dict[int, Booking]:
    """Of these bookings those that took the place of another one when they were made, and which."""
    moved = _whole().filter(
        person__in={b.person_id for b in bookings},
        status=BookingStatus.MOVED.value,
        ended_at__in={b.made_at for b in bookings},
    )
    before = {(b.person_id, b.campaign_id, b.number, b.ended_at): b for b in moved}
    found = {b.pk: before.get((b.person_id, b.campaign_id, b.number, b.made_at)) for b in bookings}
    return {key: was for key, was in found.items() if was is not None}


def confirmed_between(campaign_id: int, first: datetime, last: datetime) -> list[Booking]:
    """Confirmed bookings of the campaign whose time lies in the span."""
    found = _whole().filter(
        campaign=campaign_id,
        status=BookingStatus.CONFIRMED.value,
        pool__slot__starts_at__gte=first,
        pool__slot__starts_at__lt=last,
    )
    return list(found.order_by("pk"))


def ready_with_booking(offered: Offered, put_off: Sequence[int]) -> int:
    """Of those whom an offer would add on its day: how many have a live booking already."""
    query = (
        f"SELECT count(DISTINCT r.person_id) FROM ({READY_PEOPLE}) r "  # noqa: S608
        "JOIN booking_booking b ON b.person_id = r.person_id AND b.campaign_id = %(campaign)s "
        "AND b.status IN ('held', 'confirmed') "
        "WHERE r.ready AND NOT coalesce(r.group_id = ANY(%(put_off)s), false)"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, asdict(offered) | {"put_off": list(put_off)})
        return int(cursor.fetchone()[0])


def next_times(campaign_id: int, people: Sequence[int]) -> dict[int, datetime]:
    """When each of these people comes next, of those who have a confirmed booking."""
    found = Booking.objects.filter(
        campaign_id=campaign_id, person_id__in=list(people), status=BookingStatus.CONFIRMED.value
    )
    rows = found.values_list("person_id").annotate(at=Min("pool__slot__starts_at")).order_by()
    return dict(rows)


def coming_after(
    campaign_id: int, people: Sequence[int], now: datetime
) -> dict[int, tuple[datetime, dict[str, str]]]:
    """The next appointment of each of these people after this moment: when, and the site's names."""
    found = Booking.objects.filter(
        campaign_id=campaign_id,
        person_id__in=list(people),
        pool__slot__starts_at__gt=now,
        status=BookingStatus.CONFIRMED.value,
    ).order_by("pool__slot__starts_at")
    rows = found.values_list(
        "person_id", "pool__slot__starts_at", "pool__slot__session__site__names"
    )
    result: dict[int, tuple[datetime, dict[str, str]]] = {}
    for person, at, names in rows:
        result.setdefault(person, (at, names))
    return result


def fulfilled_on(person_id: int, campaign_id: int, on: date) -> list[Booking]:
    """Bookings that ended because the dose was given at another time or place, that day or later."""
    found = _whole().filter(
        person=person_id,
        campaign=campaign_id,
        status=BookingStatus.FULFILLED.value,
        ended_at__date__gte=on - timedelta(days=1),
    )
    return list(found.order_by("number", "pk"))


def take_news(most: int) -> list[Booking]:
    """Bookings whose people are still to be told; the mark goes with this transaction."""
    marked = Booking.objects.filter(news=True).order_by("pk")
    ids = list(
        marked.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:most]
    )
    Booking.objects.filter(pk__in=ids).update(news=False)
    found = Booking.objects.filter(pk__in=ids).order_by("pk")
    return list(found.select_related("person", "campaign", "pool__slot__session__site"))


def ended_as_twice(person_id: int, campaign_id: int, *, since: datetime) -> list[Booking]:
    """Bookings that ended because two records became one, since then; in the order of their doses."""
    found = Booking.objects.filter(
        person=person_id,
        campaign=campaign_id,
        why_ended=EndReason.FOUND_TWICE.value,
        ended_at__gte=since,
    )
    return list(
        found.select_related("person", "campaign", "pool__slot__session__site").order_by("number")
    )
