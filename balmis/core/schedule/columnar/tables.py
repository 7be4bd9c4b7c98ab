"""A schedule as one flat array of numbers for the kernel; what it cannot hold is refused by name.

Rows of one kind lie together; a row is named by its offset, its columns by the constants
below. Columns that name other rows hold their first offset and their end. Ages are numbers
of the list of distinct ages, -1 for "not stated"; other lengths take two columns, months
and days, with months NONE for "not stated". Product sets are bit masks in the order of the
schedule's products.
"""

from collections.abc import Iterable, Iterator
from datetime import date

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
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.schedule import SeriesType

Table = npt.NDArray[np.int64]
MAX_PRODUCTS = 62
MAX_SERIES = 16
EPOCH = 719163  # date(1970, 1, 1).toordinal()

# head of the array
X_SERIES, X_SERIES_END, X_KINDS, X_PRODUCTS, X_AGES, X_AGE_COUNT, X_TARGETS, HEAD = range(8)
# series
(
    S_SEXES,
    S_GROUP,
    S_EVALUATION_ONLY,
    S_PREFERENCE,
    S_DEFAULT,
    S_PRODUCT_PATH,
    S_MIN_START,
    S_MAX_START,
    S_EQUIVALENT,
    S_DOSES,
    S_DOSES_END,
    SERIES_WIDTH,
) = range(12)
# target doses
(
    D_NUMBER,
    D_ROLE,
    D_INADVERTENT,
    D_BY_PRODUCT,
    D_AGES,
    D_AGES_END,
    D_INTERVALS,
    D_INTERVALS_END,
    D_ALLOWED_INTERVALS,
    D_ALLOWED_INTERVALS_END,
    D_PREFERABLE,
    D_PREFERABLE_END,
    D_ALLOWABLE,
    D_ALLOWABLE_END,
    D_RULES,
    D_RULES_END,
    D_SKIPS,
    D_SKIPS_END,
    DOSE_WIDTH,
) = range(19)
# ages of a target dose
A_HELD_FROM, A_HELD_TO, A_ABS_MIN, A_MIN, A_REC_FROM, A_REC_TO, A_MAX, AGE_WIDTH = range(8)
# intervals; the four lengths take two columns each
I_HELD_FROM, I_HELD_TO, I_ABS_MIN, I_MIN, I_REC_FROM, I_REC_TO = 0, 1, 2, 4, 6, 8
I_KIND, I_REF, I_WHEN_PREVIOUS, I_WHEN_THIS, INTERVAL_WIDTH = 10, 11, 12, 13, 14
PREVIOUS, TARGET, RECENT = 0, 1, 2
# products of a dose
P_PRODUCT, P_BEGIN, P_END, P_FORECAST, PRODUCT_WIDTH = range(5)
# product rules and their exceptions
R_KEY, R_SAME_AS, R_MUST, R_EXCEPTIONS, R_EXCEPTIONS_END, RULE_WIDTH = range(6)
E_PRODUCTS, E_FROM, EXCEPTION_WIDTH = range(3)
# skips, their sets and conditions
K_EVALUATION, K_FORECAST, K_EVERY, K_SETS, K_SETS_END, SKIP_WIDTH = range(6)
T_HELD_FROM, T_HELD_TO, T_EVERY, T_CONDITIONS, T_CONDITIONS_END, SET_WIDTH = range(6)
(
    C_TYPE,
    C_FROM,
    C_TO,
    C_BEGIN,
    C_END,
    C_INTERVAL,
    C_INTERVAL_DAYS,
    C_COUNT,
    C_VALID,
    C_OP,
    C_PRODUCTS,
    CONDITION_WIDTH,
) = range(12)
ASKS_AGE, ASKS_INTERVAL, ASKS_COUNT = 0, 1, 2
ROLES = ("primary", "additional", "booster")
KEYS = ("product", "manufacturer", "platform")
SEXES = (Sex.FEMALE, Sex.MALE, Sex.UNKNOWN)
OPS = (">", "=", "<")

# kind of row: its width, and its columns that name rows of another kind
_KINDS: dict[str, tuple[int, dict[int, str]]] = {
    "series": (SERIES_WIDTH, {S_DOSES: "doses"}),
    "doses": (
        DOSE_WIDTH,
        {
            D_AGES: "ages",
            D_INTERVALS: "intervals",
            D_ALLOWED_INTERVALS: "intervals",
            D_PREFERABLE: "products",
            D_ALLOWABLE: "products",
            D_RULES: "rules",
            D_SKIPS: "skips",
        },
    ),
    "ages": (AGE_WIDTH, {}),
    "intervals": (INTERVAL_WIDTH, {}),
    "products": (PRODUCT_WIDTH, {}),
    "rules": (RULE_WIDTH, {R_EXCEPTIONS: "exceptions"}),
    "exceptions": (EXCEPTION_WIDTH, {}),
    "skips": (SKIP_WIDTH, {K_SETS: "sets"}),
    "sets": (SET_WIDTH, {T_CONDITIONS: "conditions"}),
    "conditions": (CONDITION_WIDTH, {}),
}


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
    if len({antigen for a in antigens for antigen, _, _ in a}) > 1:
        yield "products of other antigens"
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


def tables_of(schedule: Schedule) -> Table:
    """The array. Raises BadInput naming every feature that the schedule uses and they lack."""
    missing = list(dict.fromkeys(lacking(schedule)))
    if missing:
        raise BadInput(
            f"The schedule {schedule.id} cannot be evaluated column by column: it uses "
            f"{', '.join(missing)}. It can judge single people: balmis schedule evaluate."
        )
    return _Builder(schedule).table()


class _Builder:
    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.code = {code: n for n, code in enumerate(schedule.products)}
        self.every = [s for rows in schedule.series.values() for s in rows]
        self.groups = {g: n for n, g in enumerate(dict.fromkeys(s.group for s in self.every))}
        self.rows: dict[str, list[list[int]]] = {name: [] for name in _KINDS}
        self.ages: dict[Duration, int] = {}

    def table(self) -> Table:
        self.rows["series"] = [self.series(s) for s in self.every]
        at, base = {}, HEAD
        for name, (width, _) in _KINDS.items():
            at[name] = base
            base += width * len(self.rows[name])
        products = list(self.schedule.products.values())
        kinds = [
            n
            for key in KEYS
            for n in _numbered(p.code if key == "product" else getattr(p, key) for p in products)
        ]
        lengths = [n for age in self.ages for n in (age.months, age.days)]
        targets = max(len(s.doses) for s in self.every)
        head = [
            at["series"],
            at["doses"],
            base,
            len(products),
            base + len(kinds),
            len(self.ages),
            targets,
        ]
        flat = [n for name in _KINDS for row in self.rows[name] for n in _placed(name, row, at)]
        return np.array(head + flat + kinds + lengths, dtype=np.int64)

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
            self.age(series.min_start_age),
            self.age(series.max_start_age),
            sum(1 << self.groups[g] for g in series.equivalent if g in self.groups),
            *self.add("doses", [self.dose(d) for d in series.doses]),
        ]

    def dose(self, dose: TargetDose) -> list[int]:
        return [
            dose.number,
            ROLES.index(dose.role),
            self.mask(dose.inadvertent & self.code.keys()),
            any(row.when_this for row in dose.intervals),
            *self.add("ages", map(self.age_row, dose.ages)),
            *self.add("intervals", map(self.interval, dose.intervals)),
            *self.add("intervals", map(self.interval, dose.allowable_intervals)),
            *self.add("products", map(self.product, dose.preferable)),
            *self.add("products", map(self.product, dose.allowable)),
            *self.add(
                "rules",
                [
                    [
                        KEYS.index(r.key),
                        0 if r.same_as == "previous" else r.same_as,
                        r.must,
                        *self.add(
                            "exceptions",
                            ([self.mask(e.products), _day(e.from_)] for e in r.exceptions),
                        ),
                    ]
                    for r in dose.product_rules
                ],
            ),
            *self.add(
                "skips",
                [
                    [
                        k.evaluation,
                        k.forecast,
                        k.every,
                        *self.add(
                            "sets",
                            [
                                [
                                    _day(s.held[0]),
                                    _day(s.held[1]),
                                    s.every,
                                    *self.add("conditions", map(self.condition, s.conditions)),
                                ]
                                for s in k.sets
                            ],
                        ),
                    ]
                    for k in dose.skips
                ],
            ),
        ]

    def interval(self, row: IntervalRow) -> list[int]:
        kind = RECENT if row.from_recent else PREVIOUS if row.from_dose is None else TARGET
        return [
            _day(row.held[0]),
            _day(row.held[1]),
            *_length(row.abs_min),
            *_length(row.min),
            *_length(row.rec_from),
            *_length(row.rec_to),
            kind,
            self.mask(row.from_recent) if kind == RECENT else row.from_dose or 0,
            self.mask(row.when_previous),
            self.mask(row.when_this),
        ]

    def product(self, row: ProductRow) -> list[int]:
        return [self.code[row.product], self.age(row.begin), self.age(row.end), row.forecast]

    def age(self, age: Duration | None) -> int:
        return -1 if age is None else self.ages.setdefault(age, len(self.ages))

    def age_row(self, row: AgeRow) -> list[int]:
        return [
            _day(row.held[0]),
            _day(row.held[1]),
            self.age(row.abs_min),
            self.age(row.min),
            self.age(row.rec_from),
            self.age(row.rec_to),
            self.age(row.max),
        ]

    def condition(self, row: ConditionRow) -> list[int]:
        kind = {"age": ASKS_AGE, "interval": ASKS_INTERVAL}.get(row.type, ASKS_COUNT)
        return [
            kind,
            _day(row.from_),
            _day(row.to),
            self.age(row.begin),
            self.age(row.end),
            *_length(row.interval),
            row.count,
            row.valid_only,
            OPS.index(row.op),
            self.mask(row.products),
        ]


def _numbered(values: Iterable[str]) -> list[int]:
    seen: dict[str, int] = {}
    return [seen.setdefault(v, len(seen)) for v in values]


def _day(day: date) -> int:
    return FAR if day == LAST_DAY else day.toordinal() - EPOCH


def _length(length: Duration | None) -> tuple[int, int]:
    return (NONE, 0) if length is None else (length.months, length.days)


def _placed(name: str, row: list[int], at: dict[str, int]) -> list[int]:
    """The row with offsets instead of row numbers where it names other rows."""
    placed = [int(n) for n in row]
    width, names = _KINDS[name]
    assert len(placed) == width, (name, placed)
    for column, other in names.items():
        for c in (column, column + 1):
            placed[c] = at[other] + row[c] * _KINDS[other][0]
    return placed
