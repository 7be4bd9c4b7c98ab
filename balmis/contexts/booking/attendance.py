"""Who came to their appointment, and who did not."""

from datetime import date

from django.db.models import Count

from balmis.contexts.booking.models import Booking
from balmis.core.vocabulary.booking import BookingStatus


def kept_and_missed(campaign_id: int, first: date, last: date) -> tuple[int, int]:
    """Appointments between two days, both included, to which people came, and to which they did not."""
    found = Booking.objects.filter(
        campaign=campaign_id, pool__slot__session__on__range=(first, last)
    )
    counted = dict(found.values_list("status").annotate(n=Count("pk")).order_by())
    return counted.get(BookingStatus.KEPT.value, 0), counted.get(BookingStatus.MISSED.value, 0)
