"""A line list of adverse events: its cells read, each row a report or a problem in words.

Whose report it is, and of which dose, is asked of the register elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from balmis.core.errors import BadInput
from balmis.core.files.date_column import OPEN_DATES, DateColumn, NoDate, date_cell, decide, is_open
from balmis.core.files.line_list import (
    EMPTY,
    ERRORS,
    MISSING,
    ROW_TOO_LONG,
    SPREADSHEET,
    FoundList,
    RowProblem,
)
from balmis.core.refusal_texts import gettext_noop
from balmis.core.safety.report_columns import ENDS, SERIOUS, SEVERITIES
from balmis.core.vocabulary.people import BirthPrecision
from balmis.core.vocabulary.safety import EventEnd, Serious, Severity
from balmis.core.written_forms import fold

LONGEST = 4000  # characters of a description
DAYS = ("onset_on", "dose_on")

NO_DAY = gettext_noop("write the whole day, like 2021-06-17")
FUTURE = gettext_noop("is in the future")
NO_EVENT = gettext_noop("no event that is watched has this name; there are: {known}")
NO_WORD = gettext_noop("is none of: {known}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a row says."""

    row: int
    number: str
    event: str
    onset_on: date
    dose_on: date | None
    why_serious: tuple[Serious, ...]
    severity: Severity
    outcome: EventEnd
    words: str
    cells: Mapping[str, str]  # as they stand


@dataclass(slots=True)
class ReportList:
    """The rows that are right, and the problems of the others."""

    read: int
    dates: DateColumn
    rows: list[Report] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


def read_reports(
    found: FoundList,
    events: Mapping[str, str],
    *,
    today: date,
    day_first: bool | None = None,
    from_1904: bool = False,
) -> ReportList:
    """Read every row. `events`: folded code or name to code. Raises BadInput when nothing says whether
    its days or its months come first."""
    lines = list(found.rows())
    cells = [c for _, line in lines for c in (date_cell(line.get(n, "")) for n in DAYS) if c]
    dates = decide(cells, day_first=day_first, today=today, from_1904=from_1904)
    if dates.is_open:
        raise BadInput(OPEN_DATES, ("day_first",), example=next(c for c in cells if is_open(c)))
    result = ReportList(len(lines), dates)
    too_long = set(found.too_long())
    for number, line in lines:
        if number in too_long:
            result.problems.append(RowProblem(number, "", line["number"][:70], ROW_TOO_LONG))
        else:
            _Row(number, line, events, result, today).read()
    return result


W = TypeVar("W", bound=StrEnum)


def _folded(words: Mapping[W, tuple[str, ...]]) -> dict[str, W]:
    return {fold(text): word for word, said in words.items() for text in (word.value, *said)}


_SERIOUS, _SEVERITY, _END = _folded(SERIOUS), _folded(SEVERITIES), _folded(ENDS)


class _Row:
    """One row, and what is wrong with it."""

    def __init__(
        self,
        number: int,
        line: dict[str, str],
        events: Mapping[str, str],
        result: ReportList,
        today: date,
    ) -> None:
        self.number, self.line, self.events = number, line, events
        self.result, self.today = result, today
        self.is_wrong = False

    def wrong(self, column: str, message: str, **values: str) -> None:
        self.is_wrong = True
        said = self.line.get(column, "")[:70]
        self.result.problems.append(
            RowProblem(self.number, column, said, message, tuple(values.items()))
        )

    def read(self) -> None:
        for column, cell in self.line.items():
            if cell in ERRORS:
                self.wrong(column, SPREADSHEET)
        if self.is_wrong:
            return
        if not self.cell("number"):
            self.wrong("number", MISSING)
        onset, dose_on = self.day("onset_on"), self.day("dose_on")
        if onset is None and not self.cell("onset_on"):
            self.wrong("onset_on", MISSING)
        report = Report(
            row=self.number,
            number=self.cell("number"),
            event=self.event(),
            onset_on=onset or date.min,
            dose_on=dose_on,
            why_serious=self.why_serious(),
            severity=self.word("severity", _SEVERITY, Severity.UNKNOWN),
            outcome=self.word("outcome", _END, EventEnd.UNKNOWN),
            words=self.cell("words")[:LONGEST],
            cells=self.line,
        )
        if not self.is_wrong:
            self.result.rows.append(report)

    def cell(self, column: str) -> str:
        text = self.line.get(column, "").replace("\x00", "")
        return "" if text.casefold() in EMPTY else text

    def day(self, column: str) -> date | None:
        text = date_cell(self.line.get(column, ""))
        if not text:
            return None
        try:
            found = self.result.dates.read(text)
        except NoDate as error:
            self.wrong(column, error.message, **dict(error.facts))
            return None
        if found.precision is not BirthPrecision.DAY:
            self.wrong(column, NO_DAY)
        elif found.day > self.today:
            self.wrong(column, FUTURE)
        return found.day

    def event(self) -> str:
        said = self.cell("event")
        found = self.events.get(fold(said), "")
        if not said:
            self.wrong("event", MISSING)
        elif not found:
            self.wrong("event", NO_EVENT, known=", ".join(dict.fromkeys(self.events.values())))
        return found

    def why_serious(self) -> tuple[Serious, ...]:
        """One reason, or several with a comma, a semicolon or blanks between."""
        said = self.cell("why_serious")
        if not said:
            return ()
        if whole := _SERIOUS.get(fold(said)):
            return (whole,)
        parts = [p for p in re.split(r"[;,、，；]", said) if p.strip()]
        if any(fold(p) not in _SERIOUS for p in parts):
            parts = said.split()
        found = [_SERIOUS.get(fold(part)) for part in parts]
        if None in found:
            self.wrong("why_serious", NO_WORD, known=", ".join(Serious))
        return tuple(dict.fromkeys(word for word in found if word))

    def word(self, column: str, words: Mapping[str, W], missing: W) -> W:
        said = self.cell(column)
        found = words.get(fold(said)) if said else missing
        if found is None:
            self.wrong(column, NO_WORD, known=", ".join(type(missing)))
        return found or missing
