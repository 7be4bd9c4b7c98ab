"""Read flags and events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from balmis.contexts.access import queries as access
from balmis.contexts.clinic.models import Dose
from balmis.contexts.safety.cases import GONE
from balmis.contexts.safety.models import Case, EventReport, Flag, Review
from balmis.core.vocabulary.clinic import Check, DoseFlag
from balmis.core.vocabulary.safety import (
    CaseStatus,
    CausalClass,
    Certainty,
    EventEnd,
    KnownEvent,
    Serious,
)


@dataclass(frozen=True, slots=True)
class Flagged:
    """A dose, and why somebody has to look at it."""

    dose: Dose
    reasons: tuple[DoseFlag, ...]
    given_by: str = ""
    checks: tuple[Check, ...] = ()  # that stood against it on the device
    why: str = ""  # it was given all the same
    doctor: str = ""  # as typed
    signed_by: str = ""


GRAVE = [f.value for f in (DoseFlag.UNSIGNED, DoseFlag.NOT_CLEARED, DoseFlag.LOT_HELD)]


def to_review(campaign_id: int, site_id: int, since: date, most: int) -> list[Flagged]:
    """Live doses given at the site since that day with flags that stand, and that nobody has looked at
    since they were raised; the last first."""
    given = Dose.live.filter(site=site_id, campaign=campaign_id, given_on__gte=since)
    return _flagged(Flag.objects.filter(dose__in=given), most)


def against_the_check(campaign_id: int, since: date, most: int) -> list[Flagged]:
    """The same of all sites, for the safety desk: doses against a red check, unsigned or not cleared, and
    those of a lot on hold."""
    given = Dose.live.filter(campaign=campaign_id, given_on__gte=since, step__isnull=False)
    return _flagged(Flag.objects.filter(dose__in=given, reason__in=GRAVE), most)


def _flagged(raised: QuerySet[Flag], most: int) -> list[Flagged]:
    looked = Review.objects.filter(dose=OuterRef("dose"), at__gte=OuterRef("raised_at"))
    flags = raised.filter(~Exists(looked), lifted__isnull=True)
    found: dict[int, tuple[Dose, list[DoseFlag]]] = {}
    whole = flags.select_related(
        "dose__person__area", "dose__lot__product", "dose__step", "dose__site"
    )
    for flag in whole.order_by("-dose__given_at", "-dose", "reason")[: most * 4]:
        found.setdefault(flag.dose_id, (flag.dose, []))[1].append(DoseFlag(flag.reason))
    shown = list(found.values())[:most]
    overrides = [(d.step.facts.get("override") or {}) if d.step else {} for d, _ in shown]
    trail = [d.actor for d, _ in shown] + [o.get("signed_by", "") for o in overrides]
    names = access.names_of(trail)
    return [
        Flagged(
            dose=dose,
            reasons=tuple(reasons),
            given_by=names.get(dose.actor, dose.actor),
            checks=tuple(Check(c) for c in _cleared(dose).get("checks", ())),
            why=said.get("reason", ""),
            doctor=said.get("doctor", ""),
            signed_by=names.get(said.get("signed_by", ""), ""),
        )
        for (dose, reasons), said in zip(shown, overrides, strict=True)
    ]


def _cleared(dose: Dose) -> dict[str, Any]:
    return dict(dose.step.facts.get("cleared") or {}) if dose.step else {}


def events_to(campaign_id: int, day: date) -> dict[str, dict[str, int]]:
    """Reports, and of the cases they tell of the serious ones and the deaths; with onset on the day,
    in the week that ends with it, and up to it. A death that three people reported is one."""
    spans = {
        "day": Q(onset_on=day),
        "week": Q(onset_on__gt=day - WEEK),
        "total": Q(onset_on__lte=day),
    }
    reports = EventReport.objects.filter(campaign=campaign_id, onset_on__lte=day)
    cases = Case.objects.filter(campaign=campaign_id, onset_on__lte=day).exclude(status__in=GONE)
    serious, deaths = ~Q(why_serious=[]), Q(why_serious__contains=[Serious.DEATH.value])
    told = reports.aggregate(**{name: Count("id", filter=of) for name, of in spans.items()})
    grave = cases.aggregate(
        **{f"{name}_serious": Count("id", filter=of & serious) for name, of in spans.items()},
        **{f"{name}_deaths": Count("id", filter=of & deaths) for name, of in spans.items()},
    )
    return {
        name: {
            "reports": told[name],
            "serious": grave[f"{name}_serious"],
            "deaths": grave[f"{name}_deaths"],
        }
        for name in spans
    }


WEEK = timedelta(days=7)
DECIDED = [
    s.value
    for s in (CaseStatus.CLASSIFIED, CaseStatus.CLOSED, CaseStatus.MERGED, CaseStatus.NULLIFIED)
]
GATED = (KnownEvent.ANAPHYLAXIS.value, KnownEvent.ALLERGIC.value)  # beside all that is serious


PROVEN = [c.value for c in (CausalClass.A1, CausalClass.A2, CausalClass.B1)]


def people_who_must_not(person_ids: Iterable[int]) -> set[int]:
    """Those who died, or whose allergic reaction was assessed as caused by the dose or possibly so: no
    further dose without a doctor's decision."""
    ids = list(person_ids)
    found = Case.objects.filter(
        Q(person__in=ids) | Q(person__merged_into__in=ids),
        Q(end=EventEnd.DIED.value)
        | Q(event__in=GATED, assessments__final=True, assessments__classification__in=PROVEN),
    ).exclude(status__in=GONE)
    rows = found.exclude(certainty=Certainty.RULED_OUT.value).values_list(
        "person", "person__merged_into"
    )
    return {merged or own for own, merged in rows}


def people_with_open_case(person_ids: Iterable[int]) -> set[int]:
    """Those with a serious or allergic event that is not decided yet: no next dose until it is."""
    ids = list(person_ids)
    found = (
        Case.objects.filter(
            Q(person__in=ids) | Q(person__merged_into__in=ids),
            ~Q(why_serious=[]) | Q(event__in=GATED),
        )
        .exclude(status__in=DECIDED)
        .exclude(certainty=Certainty.RULED_OUT.value)
    )
    rows = found.values_list("person", "person__merged_into")
    return {merged or own for own, merged in rows}
