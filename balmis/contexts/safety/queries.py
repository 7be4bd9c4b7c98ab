"""Read flags and events."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from balmis.contexts.clinic.models import Dose
from balmis.contexts.safety.models import EventReport, Flag, Review
from balmis.core.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Flagged:
    """A dose, and why somebody has to look at it."""

    dose: Dose
    reasons: tuple[Reason, ...]


def to_review(campaign_id: int, site_id: int, since: date, most: int) -> list[Flagged]:
    """Live doses given at the site since that day with flags that stand, and that nobody has looked at
    since they were raised; the last first."""
    looked = Review.objects.filter(dose=OuterRef("dose"), at__gte=OuterRef("raised_at"))
    flags = Flag.objects.filter(
        ~Exists(looked), dose__site=site_id, dose__campaign=campaign_id, dose__given_on__gte=since,
        dose__correction__isnull=True, lifted__isnull=True,
    )  # fmt: skip
    found: dict[int, tuple[Dose, list[Reason]]] = {}
    whole = flags.select_related("dose__person__area", "dose__lot__product")
    for flag in whole.order_by("-dose__given_at", "-dose", "reason")[: most * 4]:
        found.setdefault(flag.dose_id, (flag.dose, []))[1].append(Reason(flag.reason))
    return [Flagged(dose, tuple(reasons)) for dose, reasons in list(found.values())[:most]]


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
