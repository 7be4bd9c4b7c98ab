"""The day's sheet as it comes back, filled in by hand."""

import re
from datetime import date, datetime
from uuid import UUID

from balmis.core.clinic.paper_form import Row, Sheet, VialOnSheet
from balmis.core.errors import BadInput
from balmis.core.files.book import Book
from balmis.core.refusal_texts import gettext_noop
from balmis.flows.clinic.paper import questions_of
from balmis.web.clinic.day_sheet import COLUMNS, FILLED, FIRST, FORMAT, MOST

MAX_FILE = 2 * 1024 * 1024  # bytes
MOMENT = re.compile(r"(?:\d{4}-\d\d-\d\dT)?(\d\d:\d\d)(?::\d\d)?")


def read_day(book: Book, *, campaign: str, site: str) -> tuple[Sheet, list[Row]]:
    """Raises BadInput for a workbook that is not such a sheet of this site."""
    said = book.page("about")
    if said is None:
        raise BadInput(gettext_noop("This is not a day's sheet of Balmis, saved as xlsx."))
    about = {row[0]: row[1] for row in said.rows[:60] if len(row) > 1}
    if about.get("format") != FORMAT or (about.get("campaign"), about.get("site")) != (
        campaign,
        site,
    ):
        raise BadInput(gettext_noop("This sheet is not of this site."))
    lines = list(enumerate(book.pages[0].rows, 1))[FIRST - 1 : FIRST + MOST]
    rows = (_row(n, cells[: len(COLUMNS)]) for n, cells in lines)
    return _sheet(about), [row for row in rows if row is not None]


def _sheet(about: dict[str, str]) -> Sheet:
    try:
        asked, consent = about["questionnaire"].split("|"), about["consent"].split("|")
        return Sheet(
            id=UUID(about["id"]),
            on=date.fromisoformat(about["on"]),
            time_zone=about["time_zone"],
            as_of=datetime.fromisoformat(about["as_of"]),
            questionnaire=(asked[0], asked[1]),
            questions=questions_of(asked[0], asked[1]),
            consent=(consent[0], consent[1]),
            vials=_vials(about),
        )
    except (KeyError, ValueError, IndexError):
        raise BadInput(
            gettext_noop("This is not a day's sheet of Balmis, saved as xlsx.")
        ) from None


def _vials(about: dict[str, str]) -> dict[str, VialOnSheet]:
    found = {}
    for key, value in about.items():
        if key.startswith("vial "):
            vial, product, opened, lot = value.split("|", 3)
            found[key[5:]] = VialOnSheet(UUID(vial), product, lot, datetime.fromisoformat(opened))
    return found


def _row(number: int, cells: list[str]) -> Row | None:
    text = dict(zip(COLUMNS, (_text(c) for c in cells), strict=False))
    person = text.get("person", "")
    if not person.isascii() or not person.isdigit() or len(person) > 18:
        return None
    return Row(
        number=number,
        person=int(person),
        product=text.get("product", ""),
        register=text.get("number", "").lstrip("'"),
        born=text.get("born", ""),
        **{name: text.get(name, "") for name in FILLED},
    )


def _text(cell: str) -> str:
    """A time that a spreadsheet made of what was typed is a time again."""
    if at := MOMENT.fullmatch(cell):
        return at[1]
    return cell.strip()[:500]
