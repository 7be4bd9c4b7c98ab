"""Rows of reports as pages show them, in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from balmis.contexts.campaigns.plan.format import Phase, Plan, Wave
from balmis.core.reporting.report import AreaRow, StockRow
from balmis.web.shared.forms import Label


@dataclass(frozen=True, slots=True)
class Behind:
    """An area, and how many of its registered people have no dose yet."""

    names: dict[str, str]
    uncovered: int
    covered_share: float | None


def furthest_behind(rows: list[AreaRow], number: int = 3) -> list[Behind]:
    """The smallest areas with the most registered people who have no dose yet."""
    known = [
        Behind(r.names, max(0, r.people - r.covered), r.covered_share)
        for r in rows
        if r.leaf and r.people
    ]
    return sorted(known, key=lambda r: -r.uncovered)[:number]


@dataclass(frozen=True, slots=True)
class Supply:
    """Doses in stock, and for how many days they last: None when nothing is given."""

    doses: float
    days: float | None = None
    paced: bool = False  # is the pace known?


def supply(stock: list[StockRow], doses: list[tuple[date, str, int]] | None, day: date) -> Supply:
    """Doses in stock, and for how many days they last at the last seven days' pace.

    `doses` are those of the same places; None when they are not known for them alone.
    """
    held = sum(max(0, row.balance) for row in stock)
    if doses is None:
        return Supply(held)
    week = sum(n for d, _, n in doses if 0 <= (day - d).days < 7)
    return Supply(held, held / (week / 7) if week else None, paced=True)


@dataclass(frozen=True, slots=True)
class Column:
    """A sortable column: its heading, how it is ordered now, and what its link asks for."""

    label: str
    num: bool
    order: str  # ascending, descending or ''
    next: str


def columns(labels: Mapping[str, Label], sort: str) -> list[Column]:
    made = []
    for key, label in labels.items():
        order = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
        following = key if order == "descending" or (key == "code" and not order) else f"-{key}"
        made.append(Column(str(label), key in ("people", "doses_total"), order, following))
    return made


def areas_table(rows: list[AreaRow], key: str, descending: bool) -> list[AreaRow]:
    """The smallest areas, in the chosen order."""

    def place(row: AreaRow) -> tuple[bool, str | float]:
        value: str | float | None = getattr(row, key)
        return (value is None, 0 if value is None else value)

    return sorted((r for r in rows if r.leaf), key=place, reverse=descending)


@dataclass(frozen=True, slots=True)
class Span:
    """A bar of the timeline: `x` and `width` in per cent of the campaign."""

    entry: Phase | Wave
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Phases and waves as bars, and where the day stands, in per cent of the campaign."""

    phases: list[Span]
    waves: list[Span]
    today: float
    start: date
    end: date


def timeline(plan: Plan, day: date) -> Timeline:
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

    return Timeline(spans(plan.phases), spans(plan.waves), at(day, 0.0), start, end)
