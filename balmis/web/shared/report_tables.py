"""Rows of reports as pages show them, in which order."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from balmis.contexts.campaigns.plan.format import Phase, Plan, Wave


def target_rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The report's targets with dates as dates, and the aim as a share of the denominator."""
    rows = []
    for row in report["coverage"]:
        base = row["denominator"]
        rows.append(
            row
            | {
                "by_date": date.fromisoformat(row["by"]),
                "aim_share": min(1.0, row["aim"] / base["people"]) if base["people"] else None,
                "denominator": base | {"day": date.fromisoformat(base["as_of"])},
            }
        )
    return rows


def furthest_behind(rows: list[dict[str, Any]], number: int = 3) -> list[dict[str, Any]]:
    """The smallest areas with the most registered people who have no dose yet."""
    known = [
        r | {"uncovered": max(0, r["people"] - r["covered"])}
        for r in rows
        if r["leaf"] and r["people"]
    ]
    return sorted(known, key=lambda r: -r["uncovered"])[:number]


def supply(
    stock: list[dict[str, Any]], doses: list[tuple[date, str, int]] | None, day: date
) -> dict[str, float | None]:
    """Doses in stock, and for how many days they last at the last seven days' pace.

    `doses` are those of the same places; None when they are not known for them alone.
    """
    held = sum(max(0, row["balance"]) for row in stock)
    if doses is None:
        return {"doses": held}
    week = sum(n for d, _, n in doses if 0 <= (day - d).days < 7)
    return {"doses": held, "days": held / (week / 7) if week else None}


@dataclass(frozen=True, slots=True)
class Column:
    """A sortable column: its heading, how it is ordered now, and what its link asks for."""

    label: str
    num: bool
    order: str  # ascending, descending or ''
    next: str


def columns(labels: dict[str, Any], sort: str) -> list[Column]:
    made = []
    for key, label in labels.items():
        order = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
        following = key if order == "descending" or (key == "code" and not order) else f"-{key}"
        made.append(Column(str(label), key in ("people", "doses_total"), order, following))
    return made


def areas_table(rows: list[dict[str, Any]], key: str, descending: bool) -> list[dict[str, Any]]:
    """The smallest areas, in the chosen order."""
    smallest = [r for r in rows if r["leaf"]]
    return sorted(
        smallest,
        key=lambda r: (r[key] is None, r[key] if r[key] is not None else 0),
        reverse=descending,
    )


@dataclass(frozen=True, slots=True)
class Span:
    """A bar of the timeline: `x` and `width` in per cent of the campaign."""

    entry: Phase | Wave
    x: float
    width: float


def timeline(plan: Plan, day: date) -> dict[str, Any]:
    """Phases and waves as bars, and where the day stands."""
    start, end = plan.period.starts_on, plan.period.ends_on
    whole = max(1, (end - start).days)

    def at(when: date | None, default: float) -> float:
        return default if when is None else min(100.0, max(0.0, (when - start).days / whole * 100))

    def spans(entries: list[Phase] | list[Wave]) -> list[Span]:
        made = []
        for entry in entries:
            x = at(entry.starts_on, 0.0)
            width = max(0.6, at(entry.ends_on, 100.0) - x) if entry.starts_on else 0.0
            made.append(Span(entry, round(x, 2), round(width, 2)))
        return made

    return {
        "phases": spans(plan.phases),
        "waves": spans(plan.waves),
        "today": at(day, 0.0),
        "start": start,
        "end": end,
    }
