"""Bookings of two records that are one person: one live booking a dose, under the record kept."""

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from balmis.contexts.booking import places
from balmis.contexts.booking.models import LIVE, Booking, Standby
from balmis.core.vocabulary.booking import BookingStatus, EndReason, StandbyStatus

WAITING = [StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value]


WAIT = 3.0  # seconds


def mark() -> int:
    """The number of this transaction; those that began writing later have greater ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def takers_done(transaction: int) -> bool:
    """Wait until everything that was being written when that transaction ended is committed; False
    when it takes too long. Outside of any transaction: bookings made later see the merge."""
    end = time.monotonic() + WAIT
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > %s", [transaction]
            )
            if cursor.fetchone()[0]:
                return True
        if time.monotonic() > end:
            return False
        time.sleep(0.02)


def order(booking: Booking) -> tuple[bool, datetime, int]:
    """Confirmed outranks held, then the earlier made."""
    return booking.status != BookingStatus.CONFIRMED, booking.made_at, booking.pk


def to_end(mine: Sequence[Booking], theirs: Sequence[Booking]) -> list[Booking]:
    """Of two sets of live bookings of a campaign, the one that goes: the doses of a set keep their
    distance, so sets are not mixed."""
    if not mine or not theirs:
        return []
    first = [min(bookings, key=lambda b: (b.number, order(b))) for bookings in (mine, theirs)]
    return list(theirs if order(first[0]) <= order(first[1]) else mine)


def live_by_campaign(person_id: int) -> dict[int, list[Booking]]:
    found: dict[int, list[Booking]] = {}
    live = Booking.objects.filter(person=person_id, status__in=LIVE).order_by("number")
    for booking in live.select_related("pool__slot__session__site"):
        found.setdefault(booking.campaign_id, []).append(booking)
    return found


def bring_over(kept: int, merged: int, *, now: datetime) -> dict[str, list[int]]:
    """Live bookings and standby entries of one record to the other; ids of what went over.

    Of two sets of a campaign the better stays; the other is ended as found twice.
    """
    mine, theirs = live_by_campaign(kept), live_by_campaign(merged)
    over = []
    for campaign, bookings in theirs.items():
        goes = {b.pk for b in to_end(mine.get(campaign, []), bookings)}
        places.end(sorted(goes), BookingStatus.CANCELLED, EndReason.FOUND_TWICE, now=now)
        over += [b.pk for b in bookings if b.pk not in goes]
    Booking.objects.filter(pk__in=over, status__in=LIVE).update(person=kept)
    return {"bookings": over, "standbys": _standbys(kept, merged)}


def end_before(person_id: int, campaign_id: int, number: int, *, now: datetime) -> None:
    """Bookings of doses that the person has had already end."""
    live = Booking.objects.filter(
        person=person_id, campaign=campaign_id, status__in=LIVE, number__lt=number
    )
    places.end(
        list(live.values_list("pk", flat=True)),
        BookingStatus.CANCELLED,
        EndReason.FOUND_TWICE,
        now=now,
    )


def _standbys(kept: int, merged: int) -> list[int]:
    mine = set(
        Standby.objects.filter(person=kept, status__in=WAITING).values_list(
            "campaign_id", "site_id", "on"
        )
    )
    over = []
    for entry in Standby.objects.filter(person=merged, status__in=WAITING):
        if (entry.campaign_id, entry.site_id, entry.on) in mine:
            Standby.objects.filter(pk=entry.pk).update(status=StandbyStatus.LEFT.value)
        else:
            over.append(entry.pk)
    Standby.objects.filter(pk__in=over).update(person=kept)
    return over


def give_back(bookings: list[int], standbys: list[int], *, kept: int, merged: int) -> None:
    """What went over and still lives is the other record's again."""
    Booking.objects.filter(pk__in=bookings, person=kept, status__in=LIVE).update(person=merged)
    Standby.objects.filter(pk__in=standbys, person=kept, status__in=WAITING).update(person=merged)
