"""What the coordination desk and the public see of a campaign on a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.people import queries as people
from balmis.contexts.reporting import queries as reporting
from balmis.core.coverage.coverage import Pace, pace
from balmis.core.dates import local_day
from balmis.flows.daily_report import report


@dataclass(frozen=True, slots=True)
class Overview:
    campaign: Campaign
    plan: Plan
    day: date
    report: dict[str, Any]
    paces: dict[str, Pace]  # by target
    doses: list[tuple[date, str, int]]  # day, kind, doses
    synthetic: bool
    today: bool  # is the day still running?


def latest_day(campaign: Campaign, *, now: datetime) -> date:
    """The newest day worth looking at: today, or the last day with doses once it is over."""
    today = local_day(now, campaign.time_zone)
    plan = campaigns.latest_plan(campaign.pk)
    last = reporting.last_counted(campaign.pk)
    if plan.period.starts_on <= today <= plan.period.ends_on:
        return today
    return last or plan.period.starts_on


def overview(slug: str, day: date | None, *, now: datetime) -> Overview:
    """Everything on one page, as of 24:00 of the day (by default the latest)."""
    campaign = campaigns.campaign(slug)
    day = day or latest_day(campaign, now=now)
    plan = campaigns.plan_on(campaign.pk, day)
    made = report(slug, day, now=now)
    week = reporting.last_week(campaign.pk, until=day)
    paces = {
        row["target"]: pace(
            needed=row["aim"], done=row["people"], day=day, by=date.fromisoformat(row["by"]),
            last_week=week[row["measure"]],
        )
        for row in made["coverage"]
    }  # fmt: skip
    return Overview(
        campaign, plan, day, made, paces, reporting.doses_by_day(campaign.pk, until=day),
        people.any_synthetic(campaign.area.path), day >= local_day(now, campaign.time_zone),
    )  # fmt: skip


SMALL = 5  # counts of people below this are not published


def public_figures(slug: str, *, now: datetime) -> dict[str, Any]:
    """The open data: progress and doses by day and area; counts from 1 to 4 as None."""
    campaign = campaigns.campaign(slug)
    day = latest_day(campaign, now=now)
    if day >= local_day(now, campaign.time_zone):
        day -= timedelta(days=1)  # the public sees whole days
    made = report(slug, day, now=now)
    return {
        "campaign": slug,
        "as_of": made["as_of"],
        "day": made["day"],
        "synthetic": people.any_synthetic(campaign.area.path),
        "doses": _hidden(made["doses"]),
        "people": _hidden(made["people"]),
        "coverage": made["coverage"],
        "by_area": [
            {"code": row["code"], "names": row["names"], "people": row["people"],
             **{k: suppressed(row[k]) for k in ("doses_total", "covered", "completed")}}
            for row in made["by_area"]
        ],
        "by_day": [
            {"day": d.isoformat(), "kind": kind, "doses": suppressed(n)}
            for d, kind, n in reporting.doses_by_day(campaign.pk, until=day)
        ],
    }  # fmt: skip


def suppressed(count: int) -> int | None:
    """None for 1 to 4: few enough that someone might know who they are. Zero is zero."""
    return None if 0 < count < SMALL else count


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _hidden(v) for k, v in value.items()}
    return suppressed(value) if isinstance(value, int) else value
