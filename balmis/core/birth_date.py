"""A birth date and how well it is known: to the day, the month, the year, or about.

Kept as the first day it may be, and its precision. Rules that need an age get its bounds.
"""

import calendar
from dataclasses import dataclass
from datetime import date

from balmis.core.dates import age_on
from balmis.core.vocabulary.people import BirthPrecision

ABOUT = 2  # years either way of a year that somebody guesses


@dataclass(frozen=True, slots=True)
class BirthDate:
    """`day` is the day itself, or the first of the month or year that is known."""

    day: date
    precision: BirthPrecision = BirthPrecision.DAY

    @property
    def earliest(self) -> date:
        if self.precision is BirthPrecision.ABOUT:
            return self.day.replace(year=self.day.year - ABOUT)
        return self.day

    @property
    def latest(self) -> date:
        return latest_of(self.day, self.precision)

    def holds(self, other: "BirthDate") -> bool:
        """May the other be the same date, only known better or as well?"""
        return self.earliest <= other.earliest and other.latest <= self.latest

    def meets(self, other: "BirthDate") -> bool:
        """May both be one date?"""
        return self.earliest <= other.latest and other.earliest <= self.latest

    def __str__(self) -> str:
        match self.precision:
            case BirthPrecision.DAY:
                return self.day.isoformat()
            case BirthPrecision.MONTH:
                return f"{self.day:%Y-%m}"
            case BirthPrecision.YEAR:
                return f"{self.day.year}"
            case BirthPrecision.ABOUT:
                return f"~{self.day.year}"


def known_to(day: date, precision: BirthPrecision) -> BirthDate:
    """A birth date of which no more is kept than is known."""
    if precision is BirthPrecision.DAY:
        return BirthDate(day)
    first = day.replace(day=1)
    return BirthDate(
        first if precision is BirthPrecision.MONTH else first.replace(month=1), precision
    )


def latest_of(day: date, precision: str) -> date:
    """The last day it may be."""
    match precision:
        case BirthPrecision.MONTH:
            return day.replace(day=calendar.monthrange(day.year, day.month)[1])
        case BirthPrecision.YEAR:
            return date(day.year, 12, 31)
        case BirthPrecision.ABOUT:
            return date(day.year + ABOUT, 12, 31)
    return day


def ages_on(born: BirthDate, day: date) -> tuple[int, int]:
    """The least and the greatest age in completed years that the person may have."""
    return max(0, age_on(born.latest, day)), age_on(born.earliest, day)
