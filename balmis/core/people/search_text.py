"""What somebody types to find a person: parts of a name, a birthday or a year, a number or a phone."""

import re
from dataclasses import dataclass
from datetime import date

from balmis.core.files.date_column import DateColumn
from balmis.core.vocabulary.people import BirthPrecision
from balmis.core.written_forms import fold, fold_number, tidy

PHONE = 6  # digits of a phone at least
_PIECE = re.compile(r"\S+")
_SHORT_DAY = re.compile(r"(\d{2})(\d{2})(\d{2})")  # as Korean numbers begin


@dataclass(frozen=True, slots=True)
class SearchText:
    """`words` begin words of the name, or stand in them; all of what is stated has to fit."""

    words: tuple[str, ...]
    days: tuple[tuple[date, date], ...] = ()  # one of these spans holds the birthday
    number: str = ""  # letters and digits, without leading zeros
    digits: str = ""  # the end of a phone

    @property
    def is_certain_day(self) -> bool:
        """Is a whole birthday stated, and not a year?"""
        return bool(self.days) and all(first == last for first, last in self.days)


def read_search(text: str, today: date) -> SearchText:
    """What the text may mean. A day with two readings means both."""
    said = tidy(text)
    spans, rest = [], []
    pieces = _PIECE.findall(said)
    whole = _spans(said, today)
    if whole:
        spans, pieces = whole, []
    for piece in pieces:
        found = [] if spans or len(pieces) == 1 else _spans(piece, today, years=True)
        if found:
            spans = found
        else:
            rest.append(piece)
    has_digits = any(c.isdigit() for c in said)
    compact = "".join(c for c in said if c.isdigit())
    is_number = (
        has_digits
        and len(said.split()) <= 4
        and not any(c.isalpha() and not c.isascii() for c in said)
    )
    return SearchText(
        words=tuple(fold(" ".join(rest)).split()),
        days=tuple(spans),
        number=fold_number(said) if is_number else "",
        digits=compact if len(compact) >= PHONE and len(compact) >= len(said) - 4 else "",
    )


def _spans(text: str, today: date, *, years: bool = False) -> list[tuple[date, date]]:
    """The days that the text may mean."""
    found: dict[tuple[date, date], None] = {}
    for day_first in (True, False):
        try:
            read = DateColumn(day_first, today=today).read(text)
        except ValueError:
            continue
        is_year = years and read.precision is BirthPrecision.YEAR
        is_whole = len(text) == 8 and read.precision is BirthPrecision.DAY
        if not text.isdecimal() or is_year or is_whole:
            found[read.earliest, read.latest] = None
    if match := _SHORT_DAY.fullmatch(text):
        for century in (1900, 2000):
            try:
                day = date(century + int(match[1]), int(match[2]), int(match[3]))
            except ValueError:
                continue
            if day <= today:
                found[day, day] = None
    return list(found)
