"""Populations in frames, answers in frames.

People: `person` (any key), `born` (Date), `sex` ('F', 'M', 'U'). Doses: `person`, `product`
(code), `on` (Date), and where known `expires_on` (Date) and `spoilt` (bool); sorted by
person in the order of the people frame. Observations: `person`, `code`, `on`, `until`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, get_args, get_type_hints

import numpy as np
import polars as pl

from balmis.core.errors import BadInput
from balmis.core.schedule.columnar import walk as k
from balmis.core.schedule.columnar.answer_frames import doses_frame, people_frame
from balmis.core.schedule.columnar.calendar import FAR, NONE
from balmis.core.schedule.columnar.kernel import Doses, JudgedColumns, Next, People, align, run
from balmis.core.schedule.columnar.tables import EPOCH, SEXES, Table, tables_of
from balmis.core.schedule.conditions import active_bars, product_wait
from balmis.core.schedule.history import Case, Observed, Person
from balmis.core.schedule.rules import Schedule

HEAD = k.O_END - k.O_BARRED  # columns of a row before the products
STRETCH = 50_000  # people a task; small enough to share two cores evenly


@dataclass(frozen=True, slots=True)
class Answers:
    """`people`: one row a person in the order given; `doses`: one row a dose in that order."""

    people: pl.DataFrame
    doses: pl.DataFrame


@lru_cache(maxsize=16)
def _tables(schedule: Schedule) -> Table:
    return tables_of(schedule)


def evaluate_frames(
    people: pl.DataFrame,
    doses: pl.DataFrame,
    schedule: Schedule,
    on: date,
    *,
    observations: pl.DataFrame | None = None,
    threads: int = 2,
) -> Answers:
    """Judge and forecast everyone as of `on`: the same answers as `evaluate`, one by one.

    Raises BadInput for a schedule with features the columns lack, and for doses whose person
    is not among the people or which are not grouped by person in their order.
    """
    x = _tables(schedule)
    first = _first_doses(people, doses)
    rows, standing = _standing(people, observations, schedule, on)
    sexes = _numbers(people["sex"], [s.value for s in SEXES])
    if people["born"].null_count() or (sexes < 0).any():
        raise BadInput("Everyone needs a date of birth, and F, M or U as sex.")
    if doses["on"].null_count():
        raise BadInput("Every dose needs its day.")
    if not people["person"].is_unique().all():
        raise BadInput("A person stands twice among the people.")
    asked = People(_day_numbers(people["born"]), sexes, first, rows)
    given = Doses(
        _day_numbers(doses["on"]),
        _numbers(doses["product"], list(schedule.products)),
        _day_numbers(doses["expires_on"], FAR)
        if "expires_on" in doses.columns
        else np.broadcast_to(np.int32(FAR), len(doses)),
        doses["spoilt"].fill_null(False).to_numpy()
        if "spoilt" in doses.columns
        else np.broadcast_to(np.bool_(False), len(doses)),
    )
    every = [s for rows in schedule.series.values() for s in rows]
    apart = len({s.group for s in every}) > 1 or any(
        row.when_this for s in every for dose in s.doses for row in dose.intervals
    )
    apart = apart or any(row.products for rows in schedule.deferrals.values() for row in rows)
    judged, ahead = _empty(len(people), len(doses), len(schedule.products) if apart else 0)
    day = on.toordinal() - EPOCH
    stretches = [(lo, min(lo + STRETCH, len(people))) for lo in range(0, len(people), STRETCH)]

    def work(stretch: tuple[int, int]) -> None:
        run(x, asked, given, standing, day, judged, ahead, *stretch)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, stretches))
    return Answers(people_frame(people["person"], ahead), doses_frame(doses["person"], judged))


def _first_doses(people: pl.DataFrame, doses: pl.DataFrame) -> np.ndarray:
    """Where each person's doses begin: (people + 1,)."""
    first = np.zeros(len(people) + 1, np.int64)
    ours, theirs = people["person"], doses["person"]
    if not ours.dtype.is_integer():
        kinds = pl.Enum(ours.unique(maintain_order=True).cast(pl.String))
        ours = ours.cast(pl.String).cast(kinds).to_physical()
        theirs = (
            theirs.cast(pl.String)
            .cast(kinds, strict=False)
            .to_physical()
            .fill_null(len(kinds.categories))
        )
    fitting = align(ours.cast(pl.Int64).to_numpy(), theirs.cast(pl.Int64).to_numpy(), first)
    if fitting < len(doses):
        raise BadInput(
            f"Dose {fitting + 1} of the frame is of person {doses['person'][fitting]}, who is not "
            "among the people or comes before the person of the dose above; sort both alike."
        )
    return first


def _numbers(values: pl.Series, names: Sequence[str]) -> np.ndarray:
    """Each value's number among the names, -1 for those that are none of them."""
    if isinstance(values.dtype, pl.Enum):
        number = {name: n for n, name in enumerate(names)}
        known = [number.get(c, -1) for c in values.dtype.categories] or [-1]
        numbers: np.ndarray = np.array(known, np.int8)[values.to_physical().fill_null(0).to_numpy()]
        return np.where(values.is_null().to_numpy(), np.int8(-1), numbers)
    found = values.cast(pl.Enum(list(names)), strict=False).to_physical().cast(pl.Int8)
    return found.fill_null(-1).to_numpy()


def _day_numbers(days: pl.Series, missing: int = NONE) -> np.ndarray:
    return days.cast(pl.Int32).fill_null(missing).to_numpy()


def _empty(people: int, doses: int, products: int) -> tuple[JudgedColumns, Next]:
    """Room for the answers; `products` columns for each product's own day."""

    def room(form: type[Any], rows: int) -> dict[str, Any]:
        """An empty array of the kind each field declares."""
        hints = get_type_hints(form)
        return {
            name: np.empty(rows, get_args(get_args(hints[name])[1])[0]) for name in form._fields
        }

    ahead = room(Next, people)
    ahead["own"] = np.full((people if products else 0, products), NONE, np.int32)
    return JudgedColumns(**room(JudgedColumns, doses)), Next(**ahead)


# ---- observations ---------------------------------------------------------------------------


def _standing(
    people: pl.DataFrame, observations: pl.DataFrame | None, schedule: Schedule, on: date
) -> tuple[np.ndarray, np.ndarray]:
    """Contraindications and deferrals, worked out one by one for people with observations.

    (people,) row numbers and the rows themselves; row 0 is "nothing observed".
    """
    rows = [_row(None, schedule, on)]
    at = np.zeros(len(people), np.int32)
    if observations is None or len(observations) == 0:
        return at, np.array(rows, np.int64)
    index = people.select("person", "born").with_row_index("at")
    found = observations.join(index, on="person", how="inner").sort("at")
    known: dict[tuple[date, tuple[Observed, ...]], int] = {}
    for place, born, seen in _observed(found):
        key = (born, seen)
        if key not in known:
            known[key] = len(rows)
            rows.append(_row(Person(born, observed=seen), schedule, on))
        at[place] = known[key]
    return at, np.array(rows, np.int64)


def _observed(found: pl.DataFrame) -> Iterator[tuple[int, date, tuple[Observed, ...]]]:
    for (place,), rows in found.group_by("at", maintain_order=True):
        seen = tuple(Observed(r["code"], r["on"], r["until"]) for r in rows.iter_rows(named=True))
        yield int(place), rows["born"][0], seen


def _row(person: Person | None, schedule: Schedule, on: date) -> list[int]:
    row = (
        [0, 0, NONE, NONE]
        + [NONE] * (len(schedule.products) + 1)
        + [-1] * (len(schedule.products) + 1)
    )
    if person is None:
        return row
    antigen = next(iter(schedule.vaccine_group_of))
    codes = {code: n for n, code in enumerate(schedule.products)}
    case = Case(schedule, person, on, [])
    bars = active_bars(case, antigen)
    row[k.O_WATCH - k.O_BARRED] = _number(case.until)
    row[k.O_CLOSED - k.O_BARRED] = any(not b.products for b in bars)
    row[k.O_BARRED - k.O_BARRED] = sum(
        1 << codes[c]
        for c in {p.product for b in bars for p in b.products if case.of_age(on, p.begin, p.end)}
    )
    waiting = Case(schedule, person, on, [])
    rows = schedule.deferrals.get(antigen, ())
    names = [(r.observation, r.text) for r in rows]
    for n, product in enumerate([*schedule.products, None]):
        if wait := product_wait(waiting, antigen, product):
            row[HEAD + n] = _number(wait.until) if wait.until else FAR
            row[HEAD + len(codes) + 1 + n] = names.index((wait.observation, wait.text))
    row[k.O_DEFERRAL_WATCH - k.O_BARRED] = _number(waiting.until)
    return row


def _number(day: date | None) -> int:
    return NONE if day is None else day.toordinal() - EPOCH


# ---- answers --------------------------------------------------------------------------------
