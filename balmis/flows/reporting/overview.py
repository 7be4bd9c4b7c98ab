"""What the coordination desk and the public see of a campaign on a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.people import queries as people
from balmis.contexts.reporting import queries as reporting
from balmis.core.dates import local_day
from balmis.core.reporting.coverage import Pace, pace
from balmis.core.reporting.report import Report, TargetRow
from balmis.flows.reporting.daily_report import report


@dataclass(frozen=True, slots=True)
class Overview:
    campaign: Campaign
    plan: Plan
    day: date
    report: Report
    paces: dict[str, Pace]  # by target
    doses: list[tuple[date, str, int]]  # day, kind, doses
    synthetic: bool
    today: bool  # is the day still running?


def latest_day(campaign: Campaign, *, now: datetime) -> date:
    """The newest day worth looking at: today, or the last day with doses once it is over."""
    today = local_day(now, campaign.time_zone)
    plan = campaigns.latest_plan(campaign.pk)
    found = (reporting.last_counted(campaign.pk), reporting.last_closed(campaign.pk))
    last = max((day for day in found if day), default=None)
    if plan.period.starts_on <= today <= plan.period.ends_on:
        return today
    return min(last, today) if last else plan.period.starts_on


def overview(slug: str, day: date | None, *, now: datetime) -> Overview:
    """Everything on one page, as of 24:00 of the day (by default the latest)."""
    campaign = campaigns.campaign(slug)
    day = day or latest_day(campaign, now=now)
    plan = campaigns.plan_on(campaign.pk, day)
    made = report(slug, day, now=now)
    running = day >= local_day(now, campaign.time_zone)
    paces = {
        row.target: pace(
            needed=row.aim,
            done=row.people,
            day=day,
            by=row.by,
            last_week=_week(campaign.pk, plan, row, day - timedelta(days=1) if running else day),
        )
        for row in made.coverage
    }
    return Overview(
        campaign,
        plan,
        day,
        made,
        paces,
        reporting.doses_by_day(campaign.pk, until=day),
        people.any_synthetic(campaign.area.path),
        running,
    )


def _week(campaign_id: int, plan: Plan, row: TargetRow, until: date) -> int:
    """What the target gained in the seven whole days up to `until`."""
    (target,) = [t for t in plan.targets if t.code == row.target]
    ids = {code: i for i, code in campaigns.groups(campaign_id).items()}
    groups = [ids[code] for code in target.groups if code in ids] if target.groups else None
    return reporting.last_week(campaign_id, until=until, groups=groups)[row.measure]
