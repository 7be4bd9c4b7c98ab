"""Coverage: people reached out of a stated denominator, with what is odd about it."""

from dataclasses import dataclass
from datetime import date
from math import ceil


@dataclass(frozen=True, slots=True)
class Denominator:
    """Who could be reached: never a number without its label, date and source."""

    people: int
    label: dict[str, str]  # by language
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class Coverage:
    people: int
    denominator: Denominator
    share: float | None  # None when the denominator is zero
    above_denominator: (
        bool  # more people than the denominator holds: it is out of date or too small
    )


def coverage(people: int, denominator: Denominator) -> Coverage:
    share = people / denominator.people if denominator.people > 0 else None
    return Coverage(people, denominator, share, people > denominator.people)


@dataclass(frozen=True, slots=True)
class Pace:
    """Doses a day: what is needed from tomorrow on, against what was given lately."""

    still_needed: int
    days_left: int  # full days after the day of the report, to the target's date
    needed_a_day: int | None  # None when no day is left
    given_a_day: float  # mean of the last seven days

    @property
    def on_course(self) -> bool:
        """Would the last seven days' pace reach the target in time?"""
        return self.needed_a_day is not None and self.given_a_day >= self.needed_a_day


def pace(*, needed: int, done: int, day: date, by: date, last_week: int) -> Pace:
    """`needed` and `done` in the same unit (people or doses); `last_week` its last seven days."""
    left = max(0, needed - done)
    days = max(0, (by - day).days)
    a_day = ceil(left / days) if days else (0 if left == 0 else None)
    return Pace(left, days, a_day, last_week / 7)
