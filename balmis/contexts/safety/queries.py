"""Read flags and events."""

from datetime import date

from django.db.models import Count, Q

from balmis.contexts.safety.models import EventReport, Flag


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


def flags_by_reason(campaign_id: int) -> dict[str, int]:
    found = Flag.objects.filter(dose__campaign_id=campaign_id, dose__correction__isnull=True)
    return dict(found.values_list("reason").annotate(n=Count("id")))
