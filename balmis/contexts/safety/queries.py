"""Read flags and events."""

from datetime import date

from django.db.models import Count, Q

from balmis.contexts.safety.models import EventReport


def events_to(campaign_id: int, day: date) -> dict[str, dict[str, int]]:
    """Reported events with onset on the day and up to it: all, serious, deaths."""
    found = EventReport.objects.filter(campaign_id=campaign_id, onset_on__lte=day)
    counts: dict[str, dict[str, int]] = {}
    for name, matching in (("day", found.filter(onset_on=day)), ("total", found)):
        counts[name] = matching.aggregate(
            reports=Count("id"),
            serious=Count("id", filter=Q(serious=True)),
            deaths=Count("id", filter=Q(died=True)),
        )
    return counts
