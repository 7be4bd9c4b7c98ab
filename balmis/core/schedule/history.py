"""A person and the doses given, in the order in which a schedule looks at them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from balmis.core.schedule.duration import Duration
from balmis.core.schedule.rules import LAST_DAY, Schedule, SeriesRules
from balmis.core.vocabulary.people import Sex

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation of a person; without days it holds always."""

    code: str
    on: date | None = None
    until: date | None = None  # included

    def holds(self, day: date) -> bool:
        return (self.on is None or self.on <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Person:
    born: date
    sex: Sex = Sex.UNKNOWN
    observed: tuple[Observed, ...] = ()
    country: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """One dose as recorded. `key` is the caller's own name for it."""

    product: str
    on: date
    key: str = ""
    mvx: str = ""
    trade_name: str = ""
    volume: float | None = None
    lot_expires_on: date | None = None
    spoilt: bool = False  # recalled, sub-potent, cold chain broken


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A dose as one antigen sees it; `at` is its place in the whole history, from 0."""

    at: int
    dose: Given
    product: str
    on: date


@dataclass(slots=True)
class Case:
    """All that is asked about one person on one day."""

    schedule: Schedule
    person: Person
    on: date
    history: list[Record]  # oldest first, none after `on`
    complete: dict[str, set[str]] = field(default_factory=dict)  # antigen → series groups
    until: date | None = None  # the first day on which a question asked so far answers otherwise
    _ages: dict[Duration, date] = field(default_factory=dict)

    def watch(self, *days: date | None) -> None:
        """The answer may change on these days; those gone by do not matter."""
        for day in days:
            if day is not None and day > self.on and (self.until is None or day < self.until):
                self.until = day

    def age_date(self, age: Duration) -> date:
        """The day on which the person is that old."""
        if (found := self._ages.get(age)) is None:
            found = self._ages[age] = age.after(self.person.born)
        return found

    def of_age(self, day: date, begin: Duration | None, end: Duration | None) -> bool:
        """Does `day` fall in the half-open age window?"""
        return (begin is None or self.age_date(begin) <= day) and (
            end is None or day < self.age_date(end)
        )

    def of_age_now(self, begin: Duration | None, end: Duration | None) -> bool:
        """Is the person in the age window on the day asked about?"""
        self.watch(*(self.age_date(age) for age in (begin, end) if age is not None))
        return self.of_age(self.on, begin, end)

    def held_now(self, held: tuple[date, date]) -> bool:
        """Was the dated rule in force on the day asked about? Both ends included."""
        self.watch(held[0], None if held[1] == LAST_DAY else held[1] + ONE_DAY)
        return held[0] <= self.on <= held[1]

    def observed(self, code: str) -> Observed | None:
        """The most recent observation with this code that holds on the day asked about."""
        found = [o for o in self.person.observed if o.code == code]
        for o in found:
            self.watch(o.on, o.until and o.until + ONE_DAY)
        held = [o for o in found if o.holds(self.on)]
        return max(held, key=lambda o: o.on or date.min) if held else None


def case_of(person: Person, doses: Iterable[Given], schedule: Schedule, on: date) -> Case:
    """Doses in order of their day; on one day, in the schedule's order of products.

    Reading 2: so the answer does not depend on the order of entry. Doses after `on` have not
    happened yet on that day, and doses before birth or of unknown products stand apart.
    """
    known = schedule.products
    rank = schedule.rank
    doses = list(doses)
    seen = [d for d in doses if d.product in known and person.born <= d.on <= on]
    seen.sort(key=lambda d: (d.on, rank[d.product], d.key))
    case = Case(schedule, person, on, [Record(n, d, d.product, d.on) for n, d in enumerate(seen)])
    case.watch(*(d.on for d in doses))
    return case


def by_antigen(case: Case) -> dict[str, list[Record]]:
    """Each dose under every antigen it holds at the age it was given."""
    found: dict[str, list[Record]] = {}
    for record in case.history:
        for antigen, begin, end in case.schedule.products[record.product].antigens:
            if case.of_age(record.on, begin, end):
                found.setdefault(antigen, []).append(record)
    return found


def is_relevant(series: SeriesRules, case: Case) -> bool:
    """Is the series for a person like this? (CDSi tables 5-4 and 5-5)"""
    if series.sexes and case.person.sex not in series.sexes:
        return False
    if series.type != "risk":
        return True
    return any(
        case.observed(i.observation) and case.of_age_now(i.begin, i.end) for i in series.indications
    )
