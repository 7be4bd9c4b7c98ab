"""A list of people: its cells read, each row a person or a problem in words.

Nothing is asked of the register here: what a row says is compared with what is known elsewhere. `None` is
"not stated" and says nothing; `""` says that there is none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from balmis.core.birth_date import BirthDate
from balmis.core.errors import BadInput
from balmis.core.files.date_column import OPEN_DATES, DateColumn, NoDate, date_cell, decide, is_open
from balmis.core.files.line_list import (
    EMPTY,
    ERRORS,
    LACKS,
    MISSING,
    NOTHING,
    ROW_TOO_LONG,
    SPREADSHEET,
    FoundList,
    RowProblem,
    name_cell,
)
from balmis.core.people.area_names import find_area
from balmis.core.people.list_columns import ROW_NUMBER
from balmis.core.people.listed_groups import GroupWords, Trait
from balmis.core.people.national_id import read_national_id, said_by
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.people import DetailKind, Sex
from balmis.core.written_forms import fold, fold_code, tidy

SEXES = {
    Sex.FEMALE: (
        "f",
        "female",
        "woman",
        "w",
        "여",
        "여자",
        "여성",
        "女",
        "女性",
        "nữ",
        "nu",
        "gái",
        "2",
    ),
    Sex.MALE: ("m", "male", "man", "남", "남자", "남성", "男", "男性", "nam", "trai", "1"),
    Sex.UNKNOWN: ("u", "unknown", "x", "other", "미상", "未知", "không rõ", "0", "9"),
}
_SEX = {fold(word): sex for sex, words in SEXES.items() for word in words}
_ROUNDED = re.compile(r"-?\d([.,]\d+)?E\+?\d+$", re.IGNORECASE)
_ROWS = 5  # that count themselves, before a column is taken for a count
LONGEST = 250  # characters of an address
OLDEST = 115  # years; whoever is older is looked at

ROUNDED = gettext_noop(
    "the spreadsheet has rounded this number; make the column text and fill it in anew"
)
TOO_LONG = gettext_noop("is longer than a list can have")
NO_SEX = gettext_noop("write F, M or leave it empty")
NO_AREA = gettext_noop("no area of the campaign has this code or (unique) name")
NO_GROUP = gettext_noop("no group of the plan has this name")
BOTH_YEARS = gettext_noop("a year stands under both sexes")
FUTURE = gettext_noop("is in the future")
TOO_EARLY = gettext_noop("is before 1900")
OLD = gettext_noop("would be more than 115 years old; look whether the year is right")
ID_WRONG = gettext_noop("the check digit or the birthday in the number is wrong")
ID_BORN = gettext_noop("the number says another birthday than the row")
ID_SEX = gettext_noop("the number says another sex than the row")
TWICE = gettext_noop("stands in row {row} as well")


Values = tuple[tuple[str, str], ...]  # that go into a message


@dataclass(slots=True, kw_only=True)
class Row:
    """What a row says of a person."""

    row: int
    external_id: str | None
    name: str
    born: BirthDate
    sex: Sex | None = None
    area: int | None = None
    national_id: str | None = None
    romanised_name: str | None = None
    phone: str | None = None
    email: str | None = None
    language: str | None = None
    traits: tuple[Trait, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)  # stated; "" takes away


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a list is read against."""

    areas: Mapping[str, int]  # folded code or name to area, as far as it names one
    groups: Mapping[str, Trait]  # folded code, group or title to what the plan knows its people by
    words: Mapping[str, Trait | None] = field(default_factory=dict)  # folded; what somebody decided
    id_style: str = "none"
    default_area: int | None = None  # of rows that name none
    day_first: bool | None = None
    today: date
    read_phone: Callable[[str], str] | None = None  # raises ValueError


@dataclass(slots=True)
class PeopleList:
    """The rows that are right, the problems of the others, and what was decided."""

    rows: list[Row] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    doubts: list[RowProblem] = field(default_factory=list)  # rows that are right, and odd
    told_of: set[int] = field(default_factory=set)  # people whom problems name, by the register
    read: int = 0
    dates: DateColumn | None = None
    numbered: str = ""  # the heading of a column that only counts rows
    words: GroupWords = field(default_factory=lambda: GroupWords({}, {}))


def read_people(found: FoundList, setting: Setting, *, from_1904: bool = False) -> PeopleList:
    """Read every row. Raises BadInput when the list has no birthdays, or no areas and none is given, or
    when nothing says whether its days or its months come first."""
    lines = list(found.rows())
    _check_columns(found, setting)
    result = PeopleList(read=len(lines), words=GroupWords(setting.groups, setting.words))
    cells = [c for _, line in lines for c in map(date_cell, _births(line)) if c]
    result.dates = decide(
        cells, day_first=setting.day_first, today=setting.today, from_1904=from_1904
    )
    if result.dates.is_open:
        example = next(c for c in cells if c and is_open(c))
        raise BadInput(OPEN_DATES, ("day_first",), example=example)
    if "external_id" in found.columns and _only_counts(found, lines):
        result.numbered = found.headings[found.columns["external_id"][0]]
    reader = _Reader(found, setting, result)
    too_long = set(found.too_long())
    for number, line in lines:
        if number in too_long:
            result.problems.append(RowProblem(number, "", line.get("name", "")[:70], ROW_TOO_LONG))
        else:
            reader.take(number, line)
    _find_repeated(result)
    return result


def _check_columns(found: FoundList, setting: Setting) -> None:
    if not {"born", "born_man", "born_woman"} & found.columns.keys():
        has = ", ".join(filter(None, found.headings))
        raise BadInput(LACKS, ("file",), column="born", has=has)
    if "area" not in found.columns and setting.default_area is None:
        raise BadInput(
            gettext_noop("The list has no column of areas. Say which area its people live in."),
            ("area",),
        )


def _births(line: Mapping[str, str]) -> list[str]:
    return [line.get(name, "") for name in ("born", "born_man", "born_woman")]


def _only_counts(found: FoundList, lines: Sequence[tuple[int, dict[str, str]]]) -> bool:
    """Is the column of keys a count of the rows? Then it says nothing of anybody."""
    heading = found.headings[found.columns["external_id"][0]]
    if fold(heading) in {fold(h) for h in ROW_NUMBER} or tidy(heading) == "#":
        return True
    keys = [line["external_id"] for _, line in lines if line["external_id"]]
    return len(keys) >= _ROWS and keys == [str(n) for n in range(1, len(keys) + 1)]


class _Reader:
    """Cells that say the same are read once."""

    def __init__(self, found: FoundList, setting: Setting, result: PeopleList) -> None:
        self.found, self.setting, self.result = found, setting, result
        self.births: dict[str, BirthDate | NoDate] = {}

    def take(self, number: int, line: dict[str, str]) -> None:
        problems: list[RowProblem] = []

        def wrong(column: str, value: str, message: str, values: Values = ()) -> None:
            problems.append(RowProblem(number, self.heading(column), value[:70], message, values))

        for column, cell in line.items():
            if cell in ERRORS:
                wrong(column, cell, SPREADSHEET)
        if problems:
            self.result.problems += problems
            return
        line = {name: _stated(cell) for name, cell in line.items()}
        name = name_cell(line.get("name", ""))
        if not name or name in NOTHING:
            wrong("name", "", MISSING)
        born = self.born(line, wrong)
        row = Row(
            row=number,
            external_id=self.key(line.get("external_id", ""), wrong),
            name=name,
            born=born or BirthDate(date.min),
            sex=self.sex(line, wrong),
            area=self.area(line.get("area", ""), wrong),
            national_id=self.national_id(line.get("national_id", ""), wrong),
            romanised_name=_optional(line.get("romanised_name", "")),
            phone=self.phone("phone", line.get("phone", ""), wrong),
            email=_optional(line.get("email", "")),
            language=_optional(line.get("language", "")),
            traits=self.traits(line, wrong),
            details=self.details(line, wrong),
        )
        if problems:
            self.result.problems += problems
            return
        self.result.rows.append(row)
        self.doubt(row)

    def heading(self, column: str) -> str:
        """As the list calls it."""
        places = self.found.columns.get(column)
        return self.found.headings[places[0]] if places else column

    def key(self, cell: str, wrong: "Wrong") -> str | None:
        if "external_id" not in self.found.columns or self.result.numbered:
            return None
        if not cell or cell in NOTHING:
            wrong("external_id", "", MISSING)
            return None
        if _ROUNDED.match(cell):
            wrong("external_id", cell, ROUNDED)
        if len(cell) > 60:
            wrong("external_id", cell, TOO_LONG)
        return cell

    def born(self, line: dict[str, str], wrong: "Wrong") -> BirthDate | None:
        stated = [(n, date_cell(line.get(n, ""))) for n in ("born", "born_man", "born_woman")]
        given = [(n, text) for n, text in stated if text]
        if len(given) > 1:
            wrong(given[0][0], given[0][1], BOTH_YEARS)
            return None
        if not given:
            wrong("born", "", MISSING)
            return None
        ((column, text),) = given
        if text not in self.births:
            self.births[text] = self.read_born(text)
        found = self.births[text]
        if isinstance(found, NoDate):
            wrong(column, text, found.message, found.facts)
            return None
        return found

    def read_born(self, text: str) -> BirthDate | NoDate:
        assert self.result.dates is not None
        try:
            born = self.result.dates.read(text)
        except NoDate as error:
            return error
        if born.earliest > self.setting.today:
            return NoDate(FUTURE)
        return NoDate(TOO_EARLY) if born.latest.year < 1900 else born

    def sex(self, line: dict[str, str], wrong: "Wrong") -> Sex | None:
        cell = line.get("sex", "")
        by_column = {"born_man": Sex.MALE, "born_woman": Sex.FEMALE}
        if not cell:
            return next((sex for name, sex in by_column.items() if line.get(name)), None)
        if cell in NOTHING:
            return Sex.UNKNOWN
        found = _SEX.get(fold(cell))
        if found is None:
            wrong("sex", cell, NO_SEX)
        return found

    def area(self, cell: str, wrong: "Wrong") -> int | None:
        if not cell:
            if self.setting.default_area is None:
                wrong("area", "", MISSING)
            return self.setting.default_area
        found = find_area(cell, self.setting.areas)
        if found is None:
            wrong("area", cell, NO_AREA)
        return found

    def national_id(self, cell: str, wrong: "Wrong") -> str | None:
        if not cell or cell in NOTHING:
            return "" if cell else None
        if _ROUNDED.match(cell):
            wrong("national_id", cell, ROUNDED)
            return None
        if len(cell) > 40:
            wrong("national_id", cell, TOO_LONG)
            return None
        try:
            return read_national_id(cell, self.setting.id_style)
        except ValueError as error:
            wrong("national_id", cell, str(error))
            return None

    def details(self, line: dict[str, str], wrong: "Wrong") -> dict[str, str]:
        """Address and guardian, as far as the row states them."""
        found = {}
        for kind in DetailKind:
            cell = line.get(kind, "")
            is_phone = kind is DetailKind.GUARDIAN_PHONE
            said = self.phone(kind, cell, wrong) if is_phone else _optional(cell)
            if said is not None and len(said) > LONGEST:
                wrong(kind, said, TOO_LONG)
            elif said is not None:
                found[kind.value] = said
        return found

    def phone(self, column: str, cell: str, wrong: "Wrong") -> str | None:
        if not cell or self.setting.read_phone is None:
            return None
        if cell in NOTHING:
            return ""
        if _ROUNDED.match(cell):
            wrong(column, cell, ROUNDED)
            return None
        try:
            return self.setting.read_phone(cell)
        except ValueError as error:
            wrong(column, cell, str(error))
            return None

    def traits(self, line: dict[str, str], wrong: "Wrong") -> tuple[Trait, ...]:
        """What the plan asks for. A word of `group` has to be one of the plan's."""
        found, unknown = self.result.words.read(line)
        for word in unknown:
            wrong("group", word, NO_GROUP)
        return found

    def doubt(self, row: Row) -> None:
        """What is odd of a row that is right."""

        def odd(column: str, value: str, message: str) -> None:
            self.result.doubts.append(RowProblem(row.row, self.heading(column), value, message))

        if self.setting.today.year - row.born.latest.year > OLDEST:
            odd("born", str(row.born), OLD)
        if row.national_id:
            said = said_by(row.national_id, self.setting.id_style)
            if said.is_wrong:
                odd("national_id", row.national_id, ID_WRONG)
            elif said.born is not None and not said.born.meets(row.born):
                odd("national_id", row.national_id, ID_BORN)
            elif row.sex in (Sex.MALE, Sex.FEMALE) and said.sex not in (row.sex, Sex.UNKNOWN):
                odd("national_id", row.national_id, ID_SEX)


class Wrong(Protocol):
    """Notes what is wrong with a cell."""

    def __call__(self, column: str, value: str, message: str, values: Values = ()) -> None: ...


def _stated(cell: str) -> str:
    return "" if cell.casefold() in EMPTY else cell


def _optional(cell: str) -> str | None:
    return None if not cell else "" if cell in NOTHING else cell


def _find_repeated(result: PeopleList) -> None:
    """Keys that stand twice in one list: an error, not 'the last one wins'."""
    for column in ("external_id", "national_id"):
        first: dict[str, int] = {}
        again: set[int] = set()
        for row in result.rows:
            said = getattr(row, column)
            if not said:
                continue
            key = fold_code(said)
            if key in first:
                values = (("row", str(first[key])),)
                result.problems.append(RowProblem(row.row, column, said, TWICE, values))
                again.add(row.row)
            first.setdefault(key, row.row)
        result.rows = [row for row in result.rows if row.row not in again]
    result.problems.sort()
