"""Bookings of two records that are one person: one live booking a dose, under the record kept."""

from datetime import datetime

from django.db import connection

from balmis.contexts.booking import taking
from balmis.contexts.booking.models import LIVE, Booking, Standby
from balmis.core.vocabulary import BookingStatus, EndReason, StandbyStatus

WAITING = [StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value]


def wait_for_takers() -> None:
    """Return when every booking under way has been made: later ones see the merge."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE booking_booking IN SHARE MODE")


def better(one: Booking, other: Booking) -> Booking:
    """Confirmed outranks held, then the earlier made."""
    return min(one, other, key=lambda b: (b.status != BookingStatus.CONFIRMED, b.made_at, b.pk))


def bring_over(kept: int, merged: int, *, now: datetime) -> dict[str, list[int]]:
    """Live bookings and standby entries of one record to the other; ids of what went over.

    Of two live bookings for one dose the better stays; the other is ended as found twice.
    """
    theirs = list(Booking.objects.filter(person=merged, status__in=LIVE).order_by("pk"))
    mine = {
        (b.campaign_id, b.number): b for b in Booking.objects.filter(person=kept, status__in=LIVE)
    }
    over = []
    for booking in theirs:
        twin = mine.get((booking.campaign_id, booking.number))
        if twin is None:
            over.append(booking.pk)
            continue
        stays = better(booking, twin)
        goes = twin if stays is booking else booking
        taking.end([goes.pk], BookingStatus.CANCELLED, EndReason.FOUND_TWICE, now=now)
        if stays is booking:
            over.append(booking.pk)
    Booking.objects.filter(pk__in=over, status__in=LIVE).update(person=kept)
    return {"bookings": over, "standbys": _standbys(kept, merged)}


def _standbys(kept: int, merged: int) -> list[int]:
    mine = set(Standby.objects.filter(person=kept, status__in=WAITING)
               .values_list("campaign_id", "site_id", "on"))  # fmt: skip
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


def has_live(person_id: int) -> bool:
    return Booking.objects.filter(person=person_id, status__in=LIVE).exists()
