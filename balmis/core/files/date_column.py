"""Dates as a column of a list writes them. What has two readings is decided once for the column, from
all of its cells, or asked: never guessed for a cell.

03/05/1950 is read by the cells beside it: 23/05/1950 says that days come first. 1956 is a year; 20577 is
a day of a spreadsheet, which counts from 1900 or, in some workbooks, from 1904.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from balmis.core.birth_date import BirthDate
from balmis.core.files.line_list import EMPTY, PART
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.people import BirthPrecision
from balmis.core.written_forms import tidy

# Day 0 of Excel's calendars; the first counts a 29 February 1900 that never was (ECMA-376, 18.17.4).
ZERO_1900, ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)
SERIALS = range(8_000, 73_051)  # 1921 to 2099; below they may be years
YEARS = range(1880, 2101)

_TIME = re.compile(r"[T ]+00:00(:00(\.0+)?)?$")
_YEAR_FIRST = re.compile(r"(\d{4}) ?[-/.년年] ?(\d{1,2}) ?[-/.월月] ?(\d{1,2}) ?[일日.]?$")
_YEAR_LAST = re.compile(r"(\d{1,2}) ?[-/.] ?(\d{1,2}) ?[-/.] ?(\d{4})\.?$")
_SHORT_YEAR = re.compile(r"(\d{2}) ?[-/.] ?(\d{2}) ?[-/.] ?(\d{2})$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_WORDS = re.compile(r"(?:ngày )?(\d{1,2}) tháng (\d{1,2})(?: năm|,)? (\d{4})$")
_MONTH_YEAR = re.compile(r"(?:(?:00|xx|\?\?|--)[-/.])?(\d{1,2})[-/.](\d{4})$")
_YEAR_MONTH = re.compile(r"(\d{4}) ?[-/.년年] ?(\d{1,2}) ?[월月]?(?:[-/.](?:00|xx|\?\?))?$")
_YEAR = re.compile(r"(?:(?:00|xx|\?\?|--)[-/.]){0,2}(\d{4})(?:[-/.](?:00|xx|\?\?)){0,2} ?[년年]?$")
_ABOUT = re.compile(
    r"(?:~|≈|±|c\.|ca\.?|about|around|approx\.?|khoảng|약|约|大约)\s*(\d{4}) ?[년年]?$"
)
_NAMED = re.compile(
    r"(\d{1,2})[ .-]+([a-zé]{3,9})\.?[ ,-]+(\d{4})$|([a-zé]{3,9})\.? (\d{1,2}),? (\d{4})$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

NO_DATE = gettext_noop("not a date; write it as 1950-05-03")
OPEN_DATES = gettext_noop(
    "In {example} the day or the month may come first, and no cell of the list decides. Say which does."
)


TWO_READINGS = gettext_noop("the day or the month may come first; say which it is in this list")
NO_MONTH_DAY_FIRST = gettext_noop("read day first there is no month {month}")
NO_MONTH_MONTH_FIRST = gettext_noop("read month first there is no month {month}")
TWO_CENTURIES = gettext_noop("{year} may be {early} or {late}; write the whole year")
NO_DAY = gettext_noop("there is no day {day}")


class NoDate(ValueError):
    """A text that is no date; `facts` fill in the `{names}` of the message, which pages translate."""

    def __init__(self, message: str, **facts: object) -> None:
        self.message = message
        self.facts = tuple((name, str(value)) for name, value in facts.items())
        super().__init__(message.format(**facts) if facts else message)


def date_cell(cell: str) -> str:
    """A date as one text, of parts (year, month, day) too; '' when the cell says nothing."""
    if PART not in cell:
        return "" if cell.casefold() in EMPTY else cell
    year, month, day = (p.strip() for p in cell.split(PART))
    return f"{year}-{month or '00'}-{day or '00'}" if year else ""


@dataclass(slots=True)
class DateColumn:
    """How the dates of a column are read, and what says so."""

    day_first: bool | None  # None: no cell needs it, or none decides (`is_open`)
    is_open: bool = False  # cells have two readings, and nothing decides
    decided_by: str = ""  # the cell that does
    zero: date = ZERO_1900
    years: int = 0  # cells that hold a year alone
    serials: int = 0  # cells that hold a spreadsheet's number of a day
    today: date = field(default=date.max)

    def read(self, text: str) -> BirthDate:
        """Raises NoDate, saying what was understood."""
        return _read(_bare(text), self)


def decide(
    cells: Iterable[str], *, day_first: bool | None, today: date, from_1904: bool = False
) -> DateColumn:
    """Look at all cells of the column. `day_first` is what somebody said; None: look."""
    found = DateColumn(day_first, zero=ZERO_1904 if from_1904 else ZERO_1900, today=today)
    votes: dict[bool, str] = {}
    is_needed = False
    for cell in cells:
        text = _bare(cell)
        if match := _YEAR_LAST.match(text):
            first, second = int(match[1]), int(match[2])
            if first > 12 >= second:
                votes.setdefault(True, text)
            elif second > 12 >= first:
                votes.setdefault(False, text)
            elif first != second:
                is_needed = True
        elif text.isdecimal() and len(text) == 4 and int(text) in YEARS:
            found.years += 1
        elif text.isdecimal() and int(text) in SERIALS and len(text) == 5:
            found.serials += 1
    if day_first is None and len(votes) == 1:
        ((found.day_first, found.decided_by),) = votes.items()
    found.is_open = is_needed and found.day_first is None
    return found


def is_open(cell: str) -> bool:
    """Has it two readings, seen by itself?"""
    return decide([cell], day_first=None, today=date.max).is_open


def _bare(text: str) -> str:
    wide = unicodedata.normalize("NFKC", tidy(text)).casefold()
    dashed = "".join("-" if unicodedata.category(c) == "Pd" else c for c in wide)
    return _TIME.sub("", dashed)


def _read(text: str, column: DateColumn) -> BirthDate:
    if match := _YEAR_FIRST.match(text) or _COMPACT.match(text):
        year, month, day = match.groups()
        return _partial(year, month, day)
    if match := _WORDS.match(text):
        return _partial(match[3], match[2], match[1])
    if match := _YEAR_LAST.match(text):
        return _ordered(match, column.day_first)
    if match := _ABOUT.match(text):
        return BirthDate(_day(match[1], "1", "1"), BirthPrecision.ABOUT)
    if (match := _YEAR.match(text)) and int(match[1]) in YEARS:
        return BirthDate(_day(match[1], "1", "1"), BirthPrecision.YEAR)
    if match := _MONTH_YEAR.match(text):
        return _partial(match[2], match[1], "0")
    if match := _YEAR_MONTH.match(text):
        return _partial(match[1], match[2], "0")
    if (match := _NAMED.match(text)) and (named := _named(match)):
        return named
    if match := _SHORT_YEAR.match(text):
        return _short(match, column)
    if text.isdecimal() and int(text) in SERIALS:
        return BirthDate(column.zero + timedelta(days=int(text)))
    raise NoDate(NO_DATE)


def _partial(year: str, month: str, day: str) -> BirthDate:
    """00 is "not known", as many lists write it."""
    if int(month) == 0 and int(day) == 0:
        return BirthDate(_day(year, "1", "1"), BirthPrecision.YEAR)
    if int(day) == 0:
        return BirthDate(_day(year, month, "1"), BirthPrecision.MONTH)
    return BirthDate(_day(year, month, day))


def _ordered(match: re.Match[str], day_first: bool | None) -> BirthDate:
    first, second, year = match.groups()
    if int(first) == 0:
        return _partial(year, second, "0")
    if day_first is None and first != second and int(first) <= 12 and int(second) <= 12:
        raise NoDate(TWO_READINGS)
    if day_first is None:
        day_first = int(first) > 12 or first == second
    day, month = (first, second) if day_first else (second, first)
    if int(month) > 12:
        raise NoDate(NO_MONTH_DAY_FIRST if day_first else NO_MONTH_MONTH_FIRST, month=month)
    return _partial(year, month, day)


def _short(match: re.Match[str], column: DateColumn) -> BirthDate:
    """46-03-29: the century is clear when the other one has not come yet."""
    year = 2000 + int(match[1])
    if year <= column.today.year:
        raise NoDate(TWO_CENTURIES, year=match[1], early=year - 100, late=year)
    return BirthDate(_day(str(year - 100), match[2], match[3]))


def _named(match: re.Match[str]) -> BirthDate | None:
    day, name, year = match.groups()[:3] if match[1] else (match[5], match[4], match[6])
    month = next((n for n, m in enumerate(_MONTHS, 1) if str(name).startswith(m)), None)
    return None if month is None else BirthDate(_day(year, str(month), day))


def _day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise NoDate(NO_DAY, day=f"{year}-{month:0>2}-{day:0>2}") from None
