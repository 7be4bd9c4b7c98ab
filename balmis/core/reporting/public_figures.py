"""What the public sees of a day: the report's figures without small counts."""

from datetime import date
from typing import Any, cast

import msgspec

from balmis.core.reporting.report import Base, Names, Part, TargetRow, aim_share, stored_order
from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.clinic import DoseKind


class Total(Part, frozen=True, kw_only=True):
    total: int | None  # here and below: None is a count that is not published


class PublicSpan(Part, frozen=True, kw_only=True):
    day: int | None
    total: int | None


class PublicDoses(Part, frozen=True, kw_only=True):
    day: int | None
    total: int | None
    by_kind: dict[DoseKind, PublicSpan]
    held: int | None  # known, and not counted until somebody has looked


class PublicPeople(Part, frozen=True, kw_only=True):
    covered: Total
    completed: Total
    boosted: Total


class PublicCoverage(Part, frozen=True, kw_only=True):
    """A target as in the report, without what has been reached while that is small."""

    target: str
    title: Names
    measure: Measure
    people: int | None
    aim: int
    by: date
    of_aim: float | None
    denominator: Base
    share: float | None
    above_denominator: bool

    @property
    def aim_share(self) -> float | None:
        return aim_share(self.aim, self.denominator)


class PublicArea(Part, frozen=True, kw_only=True):
    code: str
    names: Names
    people: int | None
    doses_total: int | None
    covered: int | None
    completed: int | None


class PublicDay(Part, frozen=True, kw_only=True):
    """Doses of a kind on a day."""

    day: date
    kind: DoseKind
    doses: int | None


class PublicFigures(Part, frozen=True, kw_only=True):
    campaign: str
    as_of: str
    day: date
    synthetic: bool
    doses: PublicDoses
    people: PublicPeople
    coverage: list[PublicCoverage]
    by_area: list[PublicArea]
    by_day: list[PublicDay]
    trail_head: str | None  # the newest seal of the audit trail as the day was closed
    frozen: bool  # is the day closed? says the order of keys; not published


def public_coverage(row: TargetRow, *, shown: bool) -> PublicCoverage:
    fields = msgspec.structs.asdict(row)
    if not shown:
        fields |= {"people": None, "share": None, "of_aim": None}
    return PublicCoverage(**fields)


def plain_public(figures: PublicFigures) -> dict[str, Any]:
    """As plain values of JSON."""
    values = cast("dict[str, Any]", msgspec.to_builtins(figures))
    if values.pop("frozen"):
        values |= {name: stored_order(values[name]) for name in ("people", "coverage")}
    return values
