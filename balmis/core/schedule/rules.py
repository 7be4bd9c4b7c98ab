"""A schedule made ready: lengths parsed, sets opened, everything indexed by what is asked.

`ready(file)` is done once; evaluating a person then only reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Literal, TypeVar

import msgspec

from balmis.core.schedule import format as f
from balmis.core.schedule.duration import Duration, parse_duration
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.schedule import SeriesType

T = TypeVar("T")

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class AgeRow:
    held: tuple[date, date]
    abs_min: Duration | None
    min: Duration | None
    rec_from: Duration | None
    rec_to: Duration | None
    max: Duration | None


@dataclass(frozen=True, slots=True)
class IntervalRow:
    held: tuple[date, date]
    from_previous: bool
    from_dose: int | None
    from_recent: frozenset[str]
    from_observation: str | None
    when_previous: frozenset[str]  # empty: any product
    when_this: frozenset[str]
    abs_min: Duration | None
    min: Duration | None
    rec_from: Duration | None
    rec_to: Duration | None
    priority: bool


@dataclass(frozen=True, slots=True)
class ProductRow:
    product: str
    begin: Duration | None
    end: Duration | None
    trade_name: str = ""
    mvx: str = ""
    volume: float | None = None
    forecast: bool = False


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    products: frozenset[str]
    from_: date


@dataclass(frozen=True, slots=True)
class ProductRuleRow:
    key: Literal["product", "manufacturer", "platform"]
    same_as: int | Literal["previous"]
    must: bool
    exceptions: tuple[ExceptionRow, ...]


@dataclass(frozen=True, slots=True)
class ConditionRow:
    type: str
    from_: date
    to: date
    begin: Duration | None
    end: Duration | None
    interval: Duration | None
    count: int
    valid_only: bool
    op: str
    products: frozenset[str]
    series_groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class SkipSetRow:
    held: tuple[date, date]
    every: bool
    conditions: tuple[ConditionRow, ...]


@dataclass(frozen=True, slots=True)
class SkipRow:
    evaluation: bool
    forecast: bool
    every: bool
    sets: tuple[SkipSetRow, ...]


@dataclass(frozen=True, slots=True)
class TargetDose:
    number: int
    role: str
    ages: tuple[AgeRow, ...]
    intervals: tuple[IntervalRow, ...]
    allowable_intervals: tuple[IntervalRow, ...]
    preferable: tuple[ProductRow, ...]
    allowable: tuple[ProductRow, ...]
    inadvertent: frozenset[str]
    product_rules: tuple[ProductRuleRow, ...]
    skips: tuple[SkipRow, ...]
    recurring: bool
    season_start: date | None
    season_end: date | None


@dataclass(frozen=True, slots=True)
class IndicationRow:
    observation: str
    begin: Duration | None
    end: Duration | None


@dataclass(frozen=True, slots=True, eq=False)
class SeriesRules:
    id: str
    title: str
    antigen: str
    vaccine_group: str
    type: SeriesType
    sexes: frozenset[Sex]
    group: str
    group_name: str
    equivalent: frozenset[str]
    priority: str
    preference: int
    default: bool
    product_path: bool
    min_start_age: Duration | None
    max_start_age: Duration | None
    indications: tuple[IndicationRow, ...]
    doses: tuple[TargetDose, ...]
    asks_completed: frozenset[str]  # series groups whose completion a skip asks about


@dataclass(frozen=True, slots=True)
class ImmunityRow:
    observation: str | None
    born_before: date | None
    country: str
    exclusions: frozenset[str]


@dataclass(frozen=True, slots=True)
class BarRow:
    """A contraindication: of the antigen, or of products each in an age window."""

    observation: str
    begin: Duration | None
    end: Duration | None
    products: tuple[ProductRow, ...]
    text: str


@dataclass(frozen=True, slots=True)
class DeferralRow:
    observation: str
    lasts: Duration | None
    products: frozenset[str]
    text: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ConflictRow:
    begin: Duration
    min_end: Duration
    end: Duration


@dataclass(frozen=True, slots=True)
class ProductRules:
    code: str
    name: str
    manufacturer: str
    platform: str
    antigens: tuple[tuple[str, Duration | None, Duration | None], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Rules ready to judge histories. `hash` names the exact rules in every result."""

    id: str
    version: str
    hash: str
    products: dict[str, ProductRules]
    groups: dict[str, f.VaccineGroup]
    series: dict[str, tuple[SeriesRules, ...]]  # by antigen
    immunity: dict[str, tuple[ImmunityRow, ...]]
    bars: dict[str, tuple[BarRow, ...]]
    deferrals: dict[str, tuple[DeferralRow, ...]]
    conflicts: dict[str, dict[str, ConflictRow]]  # this product → previous product → row
    file: f.ScheduleFile
    vaccine_group_of: dict[str, str] = field(default_factory=dict)  # antigen → group
    rank: dict[str, int] = field(default_factory=dict)  # product → its place in the file


def ready(file: f.ScheduleFile) -> Schedule:
    """The rules of a checked file."""
    opened = _Opened(file)
    return Schedule(
        id=file.id,
        version=file.version,
        hash=sha256(msgspec.json.encode(file)).hexdigest()[:16],
        products={code: _product(code, p) for code, p in file.products.items()},
        groups=file.vaccine_groups,
        series=_by_antigen((s.antigen, opened.series(s)) for s in file.series),
        immunity=_by_antigen(
            (
                i.antigen,
                ImmunityRow(
                    i.observation,
                    i.born_before,
                    i.country,
                    frozenset(e.observation for e in i.exclusions),
                ),
            )
            for i in file.immunity
        ),
        bars=_by_antigen((c.antigen, opened.bar(c)) for c in file.contraindications),
        deferrals=_by_antigen(
            (
                d.antigen,
                DeferralRow(
                    d.observation,
                    _length(d.for_),
                    opened.codes(d.products),
                    tuple(sorted(d.text.items())),
                ),
            )
            for d in file.deferrals
        ),
        conflicts=opened.conflicts(),
        file=file,
        vaccine_group_of={a: name for name, g in file.vaccine_groups.items() for a in g.antigens},
        rank={code: n for n, code in enumerate(file.products)},
    )


def _by_antigen(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for antigen, row in pairs:
        found.setdefault(antigen, []).append(row)
    return {antigen: tuple(rows) for antigen, rows in found.items()}


def _length(text: str | None) -> Duration | None:
    return parse_duration(text) if text else None


def _held(row: f.Dated) -> tuple[date, date]:
    return (row.effective or FIRST_DAY, row.cessation or LAST_DAY)


def _product(code: str, product: f.Product) -> ProductRules:
    return ProductRules(
        code,
        product.name,
        product.manufacturer,
        product.platform,
        tuple((a.antigen, _length(a.begin_age), _length(a.end_age)) for a in product.antigens),
    )


class _Opened:
    """Opens sets to product codes, and applies the schedule's grace."""

    def __init__(self, file: f.ScheduleFile) -> None:
        self.file = file
        self.grace = _length(file.grace)

    def codes(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(code for name in names for code in self.file.sets.get(name, (name,)))

    def rows(self, refs: Iterable[f.Allowable | f.BarredProduct]) -> tuple[ProductRow, ...]:
        return tuple(
            ProductRow(
                code,
                _length(ref.begin_age),
                _length(ref.end_age),
                *(
                    (ref.trade_name, ref.mvx, ref.volume, ref.forecast)
                    if isinstance(ref, f.Preferable)
                    else ()
                ),
            )
            for ref in refs
            for code in (self.file.sets[ref.set] if ref.set else [ref.product or ""])
        )

    def floor(self, abs_min: str | None, min_: str | None) -> Duration | None:
        """The stated absolute minimum, or the minimum less the schedule's grace."""
        if abs_min is not None or min_ is None or self.grace is None:
            return _length(abs_min)
        low = parse_duration(min_)
        return Duration(low.months - self.grace.months, low.days - self.grace.days)

    def interval(self, row: f.Interval) -> IntervalRow:
        when = row.when or f.When()
        return IntervalRow(
            _held(row),
            row.from_previous,
            row.from_dose,
            self.codes(row.from_recent),
            row.from_observation,
            self.codes(when.previous),
            self.codes(when.this),
            self.floor(row.abs_min, row.min),
            _length(row.min),
            _length(row.rec_from),
            _length(row.rec_to),
            row.priority,
        )

    def allowable_interval(self, row: f.AllowableInterval) -> IntervalRow:
        return IntervalRow(
            _held(row),
            row.from_previous,
            row.from_dose,
            frozenset(),
            None,
            frozenset(),
            frozenset(),
            _length(row.abs_min),
            None,
            None,
            None,
            False,
        )

    def condition(self, row: f.Condition) -> ConditionRow:
        return ConditionRow(
            row.type,
            row.from_ or FIRST_DAY,
            row.to or LAST_DAY,
            _length(row.begin_age),
            _length(row.end_age),
            _length(row.interval),
            row.count or 0,
            row.doses == "valid",
            row.op or ">",
            self.codes(row.products),
            frozenset(row.series_groups),
        )

    def skip(self, row: f.Skip) -> SkipRow:
        return SkipRow(
            row.context in ("evaluation", "both"),
            row.context in ("forecast", "both"),
            row.logic == "and",
            tuple(
                SkipSetRow(_held(s), s.logic == "and", tuple(map(self.condition, s.conditions)))
                for s in row.sets
            ),
        )

    def dose(self, dose: f.SeriesDose) -> TargetDose:
        season = dose.season or f.Season()
        return TargetDose(
            number=dose.number,
            role=dose.role,
            ages=tuple(
                AgeRow(
                    _held(a),
                    self.floor(a.abs_min, a.min),
                    _length(a.min),
                    _length(a.rec_from),
                    _length(a.rec_to),
                    _length(a.max),
                )
                for a in dose.ages
            ),
            intervals=tuple(map(self.interval, dose.intervals)),
            allowable_intervals=tuple(map(self.allowable_interval, dose.allowable_intervals)),
            preferable=self.rows(dose.preferable),
            allowable=self.rows(dose.allowable),
            inadvertent=self.codes(i.set or i.product or "" for i in dose.inadvertent),
            product_rules=tuple(map(self.product_rule, dose.product_rules)),
            skips=tuple(map(self.skip, dose.skips)),
            recurring=dose.recurring,
            season_start=season.start,
            season_end=season.end,
        )

    def product_rule(self, rule: f.ProductRule) -> ProductRuleRow:
        return ProductRuleRow(
            rule.key,
            rule.same_as,
            rule.strength == "must",
            tuple(
                ExceptionRow(self.codes(e.products), e.from_ or FIRST_DAY) for e in rule.exceptions
            ),
        )

    def series(self, series: f.Series) -> SeriesRules:
        doses = tuple(map(self.dose, series.doses))
        select = series.select
        return SeriesRules(
            id=series.id,
            title=series.title,
            antigen=series.antigen,
            vaccine_group=series.vaccine_group,
            type=series.type,
            sexes=frozenset(series.sexes),
            group=select.group,
            group_name=select.group_name,
            equivalent=frozenset(select.equivalent),
            priority=select.priority,
            preference=select.preference if select.preference is not None else 99,
            default=select.default,
            product_path=select.product_path,
            min_start_age=_length(select.min_start_age),
            max_start_age=_length(select.max_start_age),
            indications=tuple(
                IndicationRow(i.observation, _length(i.begin_age), _length(i.end_age))
                for i in series.indications
            ),
            doses=doses,
            asks_completed=frozenset(
                group
                for dose in doses
                for skip in dose.skips
                for s in skip.sets
                for c in s.conditions
                if c.type == "completed_series"
                for group in c.series_groups
            ),
        )

    def bar(self, row: f.Contraindication) -> BarRow:
        return BarRow(
            row.observation,
            _length(row.begin_age),
            _length(row.end_age),
            self.rows(row.products),
            row.text,
        )

    def conflicts(self) -> dict[str, dict[str, ConflictRow]]:
        found: dict[str, dict[str, ConflictRow]] = {}
        for c in self.file.conflicts:
            row = ConflictRow(
                parse_duration(c.begin), parse_duration(c.min_end), parse_duration(c.end)
            )
            for current in self.codes(c.current):
                for previous in self.codes(c.previous):
                    found.setdefault(current, {})[previous] = row
        return found
