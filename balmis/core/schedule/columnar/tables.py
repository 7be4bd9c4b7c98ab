"""A schedule as flat number tables for the kernel; what it cannot hold is refused by name.

Every table is int64, one row per rule; the columns are the constants below. A length takes
two columns, months and days, with months NONE for "not stated". Product sets are bit masks
in the order of the schedule's products.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balmis.core.errors import BadInput
from balmis.core.schedule.columnar.calendar import FAR, NONE
from balmis.core.schedule.duration import Duration
from balmis.core.schedule.rules import (
    LAST_DAY,
    AgeRow,
    ConditionRow,
    IntervalRow,
    ProductRow,
    Schedule,
    SeriesRules,
    TargetDose,
)
from balmis.core.vocabulary import SeriesType, Sex

Table = npt.NDArray[np.int64]
MAX_PRODUCTS = 62
MAX_SERIES = 16
EPOCH = 719163  # date(1970, 1, 1).toordinal()

# series
S_SEXES, S_GROUP, S_EVALUATION_ONLY, S_PREFERENCE, S_DEFAULT, S_PRODUCT_PATH = range(6)
S_MIN_START, S_MAX_START, S_EQUIVALENT, S_FIRST, S_END = 6, 8, 10, 11, 12
# target doses
(D_NUMBER, D_ROLE, D_INADVERTENT, D_BY_PRODUCT, D_AGES, D_AGES_END, D_INTERVALS, D_INTERVALS_END,
 D_ALLOWED_INTERVALS, D_ALLOWED_INTERVALS_END, D_PREFERABLE, D_PREFERABLE_END, D_ALLOWABLE,
 D_ALLOWABLE_END, D_RULES, D_RULES_END, D_SKIPS, D_SKIPS_END) = range(18)  # fmt: skip
# ages and intervals
HELD_FROM, HELD_TO, ABS_MIN, MIN, REC_FROM, REC_TO, MAX = 0, 1, 2, 4, 6, 8, 10
I_KIND, I_REF, I_WHEN_PREVIOUS, I_WHEN_THIS = 10, 11, 12, 13
PREVIOUS, TARGET, RECENT = 0, 1, 2
# products of a dose
P_PRODUCT, P_BEGIN, P_END, P_FORECAST = 0, 1, 3, 5
# product rules and their exceptions
R_KEY, R_SAME_AS, R_MUST, R_EXCEPTIONS, R_EXCEPTIONS_END = range(5)
X_PRODUCTS, X_FROM = range(2)
# skips, their sets and conditions
K_EVALUATION, K_FORECAST, K_EVERY, K_SETS, K_SETS_END = range(5)
T_HELD_FROM, T_HELD_TO, T_EVERY, T_CONDITIONS, T_CONDITIONS_END = range(5)
C_TYPE, C_FROM, C_TO, C_BEGIN, C_END, C_INTERVAL, C_COUNT, C_VALID, C_OP, C_PRODUCTS = (
    0, 1, 2, 3, 5, 7, 9, 10, 11, 12)  # fmt: skip
AGE, INTERVAL, COUNT = 0, 1, 2
ROLES = ("primary", "additional", "booster")
KEYS = ("product", "manufacturer", "platform")
SEXES = (Sex.FEMALE, Sex.MALE, Sex.UNKNOWN)
OPS = (">", "=", "<")


class Tables(NamedTuple):
    series: Table
    doses: Table
    ages: Table
    intervals: Table
    products: Table
    rules: Table
    exceptions: Table
    skips: Table
    sets: Table
    conditions: Table
    kinds: Table  # (3, n products): the product, its manufacturer, its platform, as numbers


def lacking(schedule: Schedule) -> Iterator[str]:
    """The features this schedule uses and the columnar evaluator does not have."""
    if len(schedule.groups) != 1 or len(schedule.vaccine_group_of) != 1:
        yield "several antigens or vaccine groups"
    if len(schedule.products) > MAX_PRODUCTS:
        yield f"more than {MAX_PRODUCTS} products"
    every = [s for rows in schedule.series.values() for s in rows]
    if len(every) > MAX_SERIES:
        yield f"more than {MAX_SERIES} series"
    antigens = [p.antigens for p in schedule.products.values()]
    if any(len(a) != 1 for a in antigens):
        yield "products with no or several antigens"
    if any(begin or end for a in antigens for _, begin, end in a):
        yield "antigens that depend on the age at the dose"
    for name, rows in (("immunity", schedule.immunity), ("conflicts", schedule.conflicts)):
        if rows:
            yield name
    for series in every:
        yield from _lacking_in_series(series)


def _lacking_in_series(series: SeriesRules) -> Iterator[str]:
    if series.type is SeriesType.RISK:
        yield "risk series"
    for dose in series.doses:
        if dose.recurring:
            yield "recurring doses"
        if dose.season_start or dose.season_end:
            yield "seasonal doses"
        if any(row.from_observation for row in dose.intervals):
            yield "intervals from an observation"
        if any(row.trade_name for row in dose.preferable):
            yield "brands within a product"
        conditions = [c for k in dose.skips for s in k.sets for c in s.conditions]
        if any(c.type == "completed_series" for c in conditions):
            yield "skips by completed series"


def tables_of(schedule: Schedule) -> Tables:
    """The tables. Raises BadInput naming every feature that the schedule uses and they lack."""
    missing = list(dict.fromkeys(lacking(schedule)))
    if missing:
        raise BadInput(
            f"The schedule {schedule.id} cannot be evaluated column by column: it uses "
            f"{', '.join(missing)}. Evaluate it person by person."
        )
    return _Builder(schedule).tables()


class _Builder:
    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.code = {code: n for n, code in enumerate(schedule.products)}
        self.every = [s for rows in schedule.series.values() for s in rows]
        self.groups = {g: n for n, g in enumerate(dict.fromkeys(s.group for s in self.every))}
        self.rows: dict[str, list[list[int]]] = {name: [] for name in Tables._fields}

    def tables(self) -> Tables:
        self.rows["series"] = [self.series(s) for s in self.every]
        products = list(self.schedule.products.values())
        self.rows["kinds"] = [list(range(len(products)))] + [
            _numbered(getattr(p, key) for p in products) for key in KEYS[1:]
        ]
        return Tables(**{name: _table(rows) for name, rows in self.rows.items()})

    def mask(self, codes: Iterable[str]) -> int:
        return sum(1 << self.code[c] for c in set(codes))

    def add(self, name: str, rows: Iterable[list[int]]) -> list[int]:
        """Append rows to a table; the first and the end index."""
        made = list(rows)
        first = len(self.rows[name])
        self.rows[name] += made
        return [first, first + len(made)]

    def series(self, series: SeriesRules) -> list[int]:
        return [
            sum(1 << SEXES.index(s) for s in series.sexes or SEXES),
            self.groups[series.group],
            series.type is SeriesType.EVALUATION_ONLY,
            series.preference,
            series.default,
            series.product_path,
            *_length(series.min_start_age),
            *_length(series.max_start_age),
            sum(1 << self.groups[g] for g in series.equivalent if g in self.groups),
            *self.add("doses", [self.dose(d) for d in series.doses]),
        ]

    def dose(self, dose: TargetDose) -> list[int]:
        return [
            dose.number,
            ROLES.index(dose.role),
            self.mask(dose.inadvertent & self.code.keys()),
            any(row.when_this for row in dose.intervals),
            *self.add("ages", map(_age, dose.ages)),
            *self.add("intervals", map(self.interval, dose.intervals)),
            *self.add("intervals", map(self.interval, dose.allowable_intervals)),
            *self.add("products", map(self.product, dose.preferable)),
            *self.add("products", map(self.product, dose.allowable)),
            *self.add("rules", [
                [KEYS.index(r.key), 0 if r.same_as == "previous" else r.same_as, r.must,
                 *self.add("exceptions", ([self.mask(e.products), _day(e.from_)]
                                          for e in r.exceptions))]
                for r in dose.product_rules
            ]),
            *self.add("skips", [
                [k.evaluation, k.forecast, k.every,
                 *self.add("sets", [
                     [_day(s.held[0]), _day(s.held[1]), s.every,
                      *self.add("conditions", map(self.condition, s.conditions))]
                     for s in k.sets
                 ])]
                for k in dose.skips
            ]),
        ]  # fmt: skip

    def interval(self, row: IntervalRow) -> list[int]:
        kind = RECENT if row.from_recent else PREVIOUS if row.from_dose is None else TARGET
        return [
            _day(row.held[0]), _day(row.held[1]), *_length(row.abs_min), *_length(row.min),
            *_length(row.rec_from), *_length(row.rec_to), kind,
            self.mask(row.from_recent) if kind == RECENT else row.from_dose or 0,
            self.mask(row.when_previous), self.mask(row.when_this),
        ]  # fmt: skip

    def product(self, row: ProductRow) -> list[int]:
        return [self.code[row.product], *_length(row.begin), *_length(row.end), row.forecast]

    def condition(self, row: ConditionRow) -> list[int]:
        kind = {"age": AGE, "interval": INTERVAL}.get(row.type, COUNT)
        return [
            kind, _day(row.from_), _day(row.to), *_length(row.begin), *_length(row.end),
            *_length(row.interval), row.count, row.valid_only, OPS.index(row.op),
            self.mask(row.products),
        ]  # fmt: skip


def _numbered(values: Iterable[str]) -> list[int]:
    seen: dict[str, int] = {}
    return [seen.setdefault(v, len(seen)) for v in values]


def _day(day: date) -> int:
    return FAR if day == LAST_DAY else day.toordinal() - EPOCH


def _length(length: Duration | None) -> tuple[int, int]:
    return (NONE, 0) if length is None else (length.months, length.days)


def _age(row: AgeRow) -> list[int]:
    return [
        _day(row.held[0]), _day(row.held[1]), *_length(row.abs_min), *_length(row.min),
        *_length(row.rec_from), *_length(row.rec_to), *_length(row.max),
    ]  # fmt: skip


def _table(rows: list[list[int]]) -> Table:
    width = max((len(r) for r in rows), default=1)
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)
