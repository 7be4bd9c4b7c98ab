"""The open data of a campaign: progress, doses by day, people by area; no small counts."""

from datetime import date, datetime, timedelta
from typing import Any

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.contexts.reporting import queries as reporting
from balmis.core.dates import local_day
from balmis.core.reporting.suppression import holds_small, rows_to_hide
from balmis.flows.reporting.daily_report import report
from balmis.flows.reporting.overview import latest_day

AREA_COUNTS = ("doses_total", "covered", "completed")


def public_day(slug: str, *, now: datetime) -> date:
    """The last whole day. Raises Refusal(PLAN_UNKNOWN)."""
    campaign = campaigns.campaign(slug)
    day = latest_day(campaign, now=now)
    return day - timedelta(days=1) if day >= local_day(now, campaign.time_zone) else day


def public_figures(slug: str, *, now: datetime) -> dict[str, Any]:
    """Counts left out are None. Reads what has been counted, and counts nothing itself."""
    campaign = campaigns.campaign(slug)
    day = public_day(slug, now=now)
    made = report(slug, day, now=now, count=False)
    by_day = _by_day(reporting.doses_by_day(campaign.pk, until=day))
    return {
        "campaign": slug,
        "as_of": made["as_of"],
        "day": made["day"],
        "synthetic": people.any_synthetic(campaign.area.path),
        **_whole(made, by_day),
        "by_area": _areas(made["by_area"]),
        "by_day": by_day,
    }


def _whole(made: dict[str, Any], by_day: list[dict[str, Any]]) -> dict[str, Any]:
    """The campaign's own totals: all, or, while one of them is small, none.

    The last day's doses are those of `by_day`: published there or nowhere.
    """
    doses, reached = made["doses"], made["people"]
    totals = {kind: value["total"] for kind, value in doses["by_kind"].items()}
    totals |= {name: value["total"] for name, value in reached.items()}
    open_ = not holds_small(totals | {"all": doses["total"]})
    last = {row["kind"]: row["doses"] for row in by_day if row["day"] == made["day"]}
    shown = {kind: last.get(kind, 0) for kind in doses["by_kind"]}
    return {
        "doses": {
            "day": None if None in shown.values() else sum(n for n in shown.values() if n),
            "total": doses["total"] if open_ else None,
            "by_kind": {
                kind: {"day": shown[kind], "total": value["total"] if open_ else None}
                for kind, value in doses["by_kind"].items()
            },
        },
        "people": {k: {"total": v["total"] if open_ else None} for k, v in reached.items()},
        "coverage": [_target(row, open_) for row in made["coverage"]],
    }


def _target(row: dict[str, Any], open_: bool) -> dict[str, Any]:
    if open_ and not holds_small({"people": row["people"]}):
        return row
    return row | {"people": None, "share": None, "of_aim": None}


def _by_day(rows: list[tuple[date, str, int]]) -> list[dict[str, Any]]:
    """Doses by day and kind; a day is published whole or not at all."""
    kinds = list(dict.fromkeys(kind for _, kind, _ in rows))
    days: dict[date, dict[str, int]] = {}
    for day, kind, n in rows:
        days.setdefault(day, dict.fromkeys(kinds, 0))[kind] = n
    order = list(days)
    hidden = {order[i] for i in rows_to_hide([days[d] for d in order], nested=False)}
    return [
        {"day": d.isoformat(), "kind": k, "doses": None if d in hidden else n} for d, k, n in rows
    ]


def _areas(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """People by area: an area is published whole or not at all, and with it what lies in it."""
    children: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        above = row["path"].rstrip("/").rpartition("/")[0] + "/" if row["path"] else "/"
        children.setdefault(above, []).append(row)
    shown: list[dict[str, Any]] = []

    def walk(path: str, hidden_above: bool) -> None:
        siblings = children.get(path, [])
        hide = rows_to_hide([{name: row[name] for name in AREA_COUNTS} for row in siblings])
        for i, row in enumerate(siblings):
            hidden = hidden_above or i in hide
            kept = {name: None if hidden else row[name] for name in AREA_COUNTS}
            shown.append({k: row[k] for k in ("code", "names", "people")} | kept)
            if row["path"]:
                walk(row["path"], hidden)

    roots = [path for path in children if not any(r["path"] == path for r in rows)]
    for path in roots:
        walk(path, False)
    return shown
