"""A list of doses from a file, as `import_doses` takes it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import polars as pl

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.supply.products import products_by_id
from balmis.core.clinic.dose_columns import DOSES, KINDS
from balmis.core.dates import instant, noon
from balmis.core.errors import BadInput
from balmis.core.files.book import Book
from balmis.core.files.date_column import OPEN_DATES, DateColumn, decide, is_open
from balmis.core.files.line_list import find_list
from balmis.core.vocabulary.people import BirthPrecision
from balmis.core.written_forms import fold, fold_code
from balmis.flows.clinic.import_doses import COLUMNS

_TIME = re.compile(
    r"(.+?)(?:T| +)(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?: ?(am|pm|오전|오후))?$", re.I
)
_OFFSET = re.compile(r"[+-]\d{2}:?\d{2}$|Z$")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFile:
    """A list of doses, and what somebody said of it."""

    campaign: str
    book: Book
    file: str  # its name
    mapping: Mapping[str, Sequence[str]] | None = None
    page: str | None = None
    day_first: bool | None = None


def read_dose_list(sent: DoseFile, *, today: date) -> pl.DataFrame:
    """The rows of a list. `given_at` is an instant, or a day (then: noon); without an offset it is
    local. Products, sites and kinds may be written as the campaign calls them.

    Raises BadInput, with a problem for each row that cannot be read.
    """
    campaign = campaigns.campaign(sent.campaign)
    found = find_list(sent.book, DOSES, mapping=sent.mapping, page=sent.page)
    words = _words(campaign.area.code)
    lines = list(found.rows())
    dates = decide(
        (_day_of(cells["given_at"]) for _, cells in lines),
        day_first=sent.day_first,
        today=today,
        from_1904=sent.book.from_1904,
    )
    if dates.is_open:
        example = next(c["given_at"] for _, c in lines if is_open(_day_of(c["given_at"])))
        raise BadInput(OPEN_DATES, ("day_first",), example=example)
    problems: list[str] = []
    too_long = set(found.too_long())
    rows = []
    for number, cells in lines:
        if number in too_long:
            problems.append(f"row {number}: the row has more cells than there are headings")
        rows.append(_row(number, cells, words, dates, campaign.time_zone, problems))
    if problems:
        raise BadInput(f"{sent.file} has problems; nothing was recorded.", tuple(problems))
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    return frame.select(list(COLUMNS))


Words = dict[str, dict[str, str]]


def _words(root: str) -> Words:
    """What a list may write, folded, to our codes."""
    return {
        "product": {
            fold(word): p.code for p in products_by_id().values() for word in (p.code, p.name)
        },
        "site": {
            fold(word): s.code
            for s in places.sites_below(root)
            for word in (s.code, *s.names.values())
        },
        "kind": {
            fold(word): kind.value for kind, said in KINDS.items() for word in (kind.value, *said)
        },
    }


def _row(
    number: int,
    cells: dict[str, str],
    words: Words,
    dates: DateColumn,
    zone: str,
    problems: list[str],
) -> tuple[object, ...]:
    """As COLUMNS has them; what is no word of ours stays as it stands, and is told when it is looked up."""

    def word(column: str) -> str:
        said = cells.get(column, "")
        return words[column].get(fold(said), said)

    at, units = _instant(cells["given_at"], dates, zone), _units(cells.get("units", ""))
    if at is None:
        problems.append(
            f"row {number}, given_at: {cells['given_at']!r} is no date or time; write 2021-06-17"
        )
    if units is None:
        problems.append(f"row {number}, units: {cells['units']!r} is no number")
    if not cells["key"]:
        problems.append(f"row {number}, key: is missing; the same key is the same dose for ever")
    return (
        number,
        cells["key"],
        fold_code(cells["person"]),
        word("product"),
        cells.get("lot", ""),
        word("site"),
        word("kind"),
        units,
        at,
    )


def _day_of(text: str) -> str:
    match = _TIME.match(text)
    return match[1] if match else text


def _instant(text: str, dates: DateColumn, zone: str) -> str | None:
    try:
        if _OFFSET.search(text) and "T" in text:
            return datetime.fromisoformat(text).isoformat()
        day = dates.read(_day_of(text))
    except ValueError:
        return None
    if day.precision is not BirthPrecision.DAY:
        return None
    match = _TIME.match(text)
    if match is None:
        return noon(day.day, zone).isoformat()
    hour, minute, half = int(match[2]), int(match[3]), (match[4] or "").lower()
    if half in ("pm", "오후") and hour < 12:
        hour += 12
    if half in ("am", "오전") and hour == 12:
        hour = 0
    if hour > 23 or minute > 59:
        return None
    return instant(day.day, time(hour, minute), zone).isoformat()


def _units(text: str) -> float | None:
    try:
        return float(text.replace(",", ".")) if text else 1.0
    except ValueError:
        return None
