"""Each target of a campaign by plain arithmetic: possible, by when, with how many people and seats."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import Plan, Target
from balmis.contexts.reporting import queries as reporting
from balmis.core.dates import local_day
from balmis.core.planning.allocation.feasibility import FeasibilityTarget, First, first
from balmis.core.planning.centre.defaults import HOURS
from balmis.core.planning.centre.rule_of_thumb import Implied, implied
from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.places import SiteKind, SiteStatus
from balmis.flows.planning.problem import overall_scale


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """What differs from the plan, to try it; None: as in the plan."""

    a_day: int | None = None
    a_month: int | None = None
    by: date | None = None
    begins_on: date | None = None
    hours: float = HOURS
    centres: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    target: Target
    found: First
    implied: Implied | None  # at the pace that is stated, or else is needed
    centres: int
    needed: int | None  # doses a day from the beginning to the target; None: that day is over
    over: bool  # the target's day has passed

    @property
    def whole(self) -> int:
        """All doses of the target, those that were given too."""
        return self.found.aim.people * self.found.aim.doses_each


@dataclass(frozen=True, slots=True)
class _Tried:
    """What every target is looked at with."""

    campaign: Campaign
    plan: Plan
    what: What
    today: date


def first_rows(slug: str, what: What, *, now: datetime) -> list[Row]:
    """Every target of the latest plan; doses that were given count. Raises Refusal(PLAN_UNKNOWN),
    ValueError for numbers that cannot be."""
    campaign = campaigns.campaign(slug)
    plan = campaigns.latest_plan(campaign.pk)
    today = local_day(now, campaign.time_zone)
    tried = _Tried(campaign, plan, what, today)
    return [_row(tried, target) for target in plan.targets]


def _centres(plan: Plan) -> int:
    """Where the plan names any; else one."""
    found = [
        s for s in plan.sites if s.kind is SiteKind.CENTRE and s.status is not SiteStatus.CLOSED
    ]
    return max(1, len(found))


def _row(tried: _Tried, target: Target) -> Row:
    plan, what = tried.plan, tried.what
    centres = what.centres or _centres(plan)
    aim = _aim(tried, target)
    found = first(aim)
    left = (aim.by - aim.begins_on).days + 1
    over = left <= 0 or (what.begins_on is None and aim.by < tried.today)
    needed = None if over or not aim.doses else ceil(aim.doses / left)
    a_day = None if over else aim.a_day or (found.change.a_day if found.change else None) or needed
    needs = (
        implied(a_day, hours=what.hours, centres=centres, observation=plan.observation.minutes)
        if a_day
        else None
    )
    return Row(target, found, needs, centres, needed, over)


def _aim(tried: _Tried, target: Target) -> FeasibilityTarget:
    plan, what, today = tried.plan, tried.what, tried.today
    products = plan.products
    each = max(p.primary_doses for p in products) if target.measure is Measure.COMPLETED else 1
    begins = what.begins_on or max(plan.period.starts_on, min(today, plan.period.ends_on))
    stated = plan.capacity
    aim = FeasibilityTarget(
        people=target.people or round((target.share or 0) * target.denominator.people),
        doses_each=each,
        interval=max(p.min_interval_days for p in products) if each > 1 else 0,
        begins_on=begins,
        by=what.by or target.by,
        a_day=what.a_day or (stated.doses_a_day if stated else None),
        a_month=what.a_month or (stated.doses_a_month if stated else None),
    )
    given = round(
        _given(tried.campaign, target, each, begins) * overall_scale(tried.campaign, plan)
    )
    return replace(aim, given=min(aim.doses, given))


def _given(campaign: Campaign, target: Target, each: int, begins: date) -> int:
    """Doses before that day that count towards the target."""
    total = 0
    for on, kind, n in reporting.doses_by_day(campaign.pk, until=begins):
        if on < begins and _counts(DoseKind(kind), target.measure, each):
            total += n
    return total


def _counts(kind: DoseKind, measure: Measure, each: int) -> bool:
    if measure is Measure.BOOSTED:
        return kind is DoseKind.BOOSTER_1
    if measure is Measure.DOSES:
        return True
    return kind in (DoseKind.PRIMARY_1, DoseKind.PRIMARY_2, DoseKind.PRIMARY_3)[:each]
