"""Is a target possible at all? The arithmetic that comes before any optimiser.

So many people times so many doses, at so many doses a day and a month, from a day on: when is it
done? If too late, what is the smallest change of each number alone that makes it possible?
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil

DAY = timedelta(days=1)
LONGEST = 20 * 366  # days; a plan that needs more is no plan


@dataclass(frozen=True, slots=True, kw_only=True)
class FeasibilityTarget:
    """A target, and what there is to reach it with. Doses and people are whole."""

    people: int
    doses_each: int = 1
    interval: int = 0  # least days between two doses of a person
    begins_on: date
    by: date
    a_day: int | None = None  # doses; None: not stated
    a_month: int | None = None  # doses in a calendar month
    given: int = 0  # doses that count towards it and are in arms already

    @property
    def doses(self) -> int:
        """That are to be given from `begins_on` on."""
        return max(0, self.people * self.doses_each - self.given)


@dataclass(frozen=True, slots=True)
class Change:
    """One number, and what it must be; the others stay as they are. None: it cannot help."""

    a_day: int | None
    a_month: int | None
    by: date | None
    people: int  # who can be reached in time
    begins_on: date | None  # the latest beginning that is early enough


@dataclass(frozen=True, slots=True)
class First:
    aim: FeasibilityTarget
    days: float | None  # of the stated daily capacity that the doses fill; None: none is stated
    months: float | None  # of the stated monthly capacity that the doses fill
    done_on: date | None  # None: never, or nobody knows
    change: Change | None  # None: it is possible

    @property
    def is_possible(self) -> bool:
        return self.change is None


def first(aim: FeasibilityTarget) -> First:
    """Raises ValueError for numbers that cannot be."""
    if aim.people < 0 or aim.doses_each < 1 or aim.interval < 0 or aim.given < 0:
        raise ValueError(f"no such target: {aim}")
    if any(n is not None and n < 1 for n in (aim.a_day, aim.a_month)):
        raise ValueError(f"no such capacity: {aim}")
    known = aim.a_day is not None or aim.a_month is not None
    done = _done_on(aim) if known else None
    days = aim.doses / aim.a_day if aim.a_day else None
    months = aim.doses / aim.a_month if aim.a_month else None
    possible = not known or (done is not None and done <= aim.by)
    return First(aim, days, months, done, None if possible else _change(aim, done))


def _done_on(aim: FeasibilityTarget) -> date | None:
    """First doses come first, so that nobody's interval delays the end: the last second doses follow the
    last first ones by the interval, or the capacity, whichever is later."""
    if aim.doses == 0:
        return aim.begins_on
    end = _filled(aim, aim.doses)
    if end is None or aim.doses_each == 1 or aim.interval == 0:
        return end
    waits = (aim.doses_each - 1) * timedelta(days=aim.interval)
    begun = _filled(aim, min(aim.doses, max(0, aim.people - aim.given)))
    return max(end, begun + waits) if begun else end


def _filled(aim: FeasibilityTarget, doses: int) -> date | None:
    """The day on which so many doses have been given."""
    if doses == 0:
        return aim.begins_on
    left = doses
    for begin, days in _months(aim.begins_on):
        a_day = aim.a_day if aim.a_day is not None else ceil((aim.a_month or 0) / days)
        most = min(a_day * days, aim.a_month if aim.a_month is not None else a_day * days)
        if left <= most:
            return begin + (ceil(left / a_day) - 1) * DAY
        left -= most
    return None


def _months(begin: date) -> Iterator[tuple[date, int]]:
    """Each month's first day from there on, and how many days of it are left."""
    at = begin
    while (at - begin).days < LONGEST:
        days = monthrange(at.year, at.month)[1] - at.day + 1
        yield at, days
        at += days * DAY


def _change(aim: FeasibilityTarget, done: date | None) -> Change:
    most = _people_by(aim)
    return Change(
        a_day=_least(aim, "a_day") if aim.a_day else None,
        a_month=_least(aim, "a_month") if aim.a_month else None,
        by=done,
        people=most,
        begins_on=_latest_begin(aim),
    )


def _in_time(aim: FeasibilityTarget) -> bool:
    done = _done_on(aim)
    return done is not None and done <= aim.by


def _least(aim: FeasibilityTarget, name: str) -> int | None:
    """The least capacity of this kind that is enough, the other kept; None: not even without end."""
    low, high = 0, max(1, aim.doses)
    if not _in_time(_with(aim, name, high)):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _in_time(_with(aim, name, middle)) else (middle, high)
    return high


def _with(aim: FeasibilityTarget, name: str, value: int) -> FeasibilityTarget:
    return replace(aim, a_day=value) if name == "a_day" else replace(aim, a_month=value)


def _people_by(aim: FeasibilityTarget) -> int:
    """The most people who are done by the day."""
    low, high = 0, aim.people + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _in_time(replace(aim, people=middle)) else (low, middle)
    return low


def _latest_begin(aim: FeasibilityTarget) -> date | None:
    """The latest day before `begins_on` from which it would be in time."""
    low, high = 0, LONGEST  # days earlier
    if not _in_time(replace(aim, begins_on=aim.begins_on - high * DAY)):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        early = _in_time(replace(aim, begins_on=aim.begins_on - middle * DAY))
        low, high = (low, middle) if early else (middle, high)
    return aim.begins_on - high * DAY
