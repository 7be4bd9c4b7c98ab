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
from balmis.core.coverage.suppression import suppressed, suppressed_parts
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


def public_figures(slug: str, *, now: datetime) -> dict[str, Any]:
    """The open data: progress, doses by day, people by area; small counts are None."""
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
        "doses": _doses(made["doses"]),
        "people": {k: {"total": suppressed(v["total"])} for k, v in made["people"].items()},
        "coverage": [_target(row) for row in made["coverage"]],
        "by_area": _areas(made["by_area"]),
        "by_day": _by_day(reporting.doses_by_day(campaign.pk, until=day)),
    }


def _doses(doses: dict[str, Any]) -> dict[str, Any]:
    """Doses by kind; the day's parts must not give each other away."""
    kinds = list(doses["by_kind"])
    shown = {
        when: suppressed_parts([doses["by_kind"][k][when] for k in kinds])
        for when in ("day", "total")
    }
    return {
        "day": suppressed(doses["day"]),
        "total": suppressed(doses["total"]),
        "by_kind": {
            k: {when: values[i] for when, values in shown.items()} for i, k in enumerate(kinds)
        },
    }


def _target(row: dict[str, Any]) -> dict[str, Any]:
    if suppressed(row["people"]) is None:
        return row | {"people": None, "share": None, "of_aim": None}
    return row


def _areas(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """People by area; areas of one parent must not give each other away."""
    shown = {row["code"]: {k: row[k] for k in ("code", "names", "people")} for row in rows}
    by_parent: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_parent.setdefault(row["path"].rstrip("/").rpartition("/")[0], []).append(row)
    for siblings in by_parent.values():
        for name in ("doses_total", "covered", "completed"):
            values = suppressed_parts([row[name] for row in siblings])
            for row, value in zip(siblings, values, strict=True):
                shown[row["code"]][name] = value
    return list(shown.values())


def _by_day(rows: list[tuple[date, str, int]]) -> list[dict[str, Any]]:
    """Doses by day and kind; the days of a kind must not give each other away."""
    shown: dict[tuple[date, str], int | None] = {}
    for kind in dict.fromkeys(kind for _, kind, _ in rows):
        mine = [(day, n) for day, k, n in rows if k == kind]
        values = suppressed_parts([n for _, n in mine])
        shown |= {(day, kind): v for (day, _), v in zip(mine, values, strict=True)}
    return [{"day": d.isoformat(), "kind": k, "doses": shown[d, k]} for d, k, _ in rows]
