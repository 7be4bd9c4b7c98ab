"""Lengths of time as schedules write them, and what they do to a date.

Years and months are added first and together, then weeks and days; a day that does not
exist moves forward to the first of the next month. Source: CDSi Logic Specification 4.6,
CALCDT-1 to CALCDT-6. Reading 1 in `docs/explanation/schedule-readings.md`: years and months
are one step, so that 1y and 12mo are always the same.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_PART = re.compile(r"\s*([+-]?)\s*(\d{1,5})\s*(y|mo|w|d)(?![a-z])")
_ONE = r"(1?\d{1,2}y|\d{1,3}mo|\d{1,4}w|\d{1,5}d)"  # less than 275 years each
PATTERN = rf"^-?{_ONE}( [+-] {_ONE}){{0,2}}$"
_MONTHS = {"y": 12, "mo": 1}
_DAYS = {"w": 7, "d": 1}


@dataclass(frozen=True, slots=True)
class Duration:
    """`months` calendar months, then `days` days; either may be negative."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """`day` plus this length. Raises OverflowError beyond the calendar's years 1 to 9999."""
        moved = add_months(day, self.months) if self.months else day
        return moved + timedelta(days=self.days) if self.days else moved


def parse_duration(text: str) -> Duration:
    """'6mo - 4d' → Duration(6, -4). Units: y, mo, w, d. Raises ValueError."""
    months = days = end = 0
    for match in _PART.finditer(text):
        if match.start() != end or (end and not match[1]):
            break
        end = match.end()
        amount = int(match[2]) * (-1 if match[1] == "-" else 1)
        months += amount * _MONTHS.get(match[3], 0)
        days += amount * _DAYS.get(match[3], 0)
    if not text.strip() or text[end:].strip() or abs(months) > 9600 or abs(days) > 300_000:
        raise ValueError(f"{text!r} is not a length of time; write 6w, 12mo or '6mo - 4d'")
    return Duration(months, days)


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; forward to the 1st if it does not exist."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    month += 1
    if not 1 <= year <= 9999:
        raise OverflowError(f"{day} plus {months} months lies outside the calendar")
    if day.day <= 28 or day.day <= monthrange(year, month)[1]:
        return date(year, month, day.day)
    return date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
