"""The day's sheet as it comes back, filled in by hand."""

import zipfile
from datetime import date, datetime, time
from io import BytesIO
from uuid import UUID

import openpyxl

from balmis.core.clinic.paper_form import Row, Sheet, VialOnSheet
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.flows.clinic.paper import questions_of
from balmis.web.clinic.day_sheet import COLUMNS, FILLED, FIRST, FORMAT, MOST

MAX_FILE, MAX_UNPACKED = 2 * 1024 * 1024, 40 * 1024 * 1024  # bytes


def read_day(data: bytes, *, campaign: str, site: str) -> tuple[Sheet, list[Row]]:
    """Raises BadInput for a file that is not such a sheet of this site."""
    if len(data) > MAX_FILE:
        raise BadInput(gettext_noop("The file is too large to be a day's sheet."))
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            if sum(i.file_size for i in packed.infolist()) > MAX_UNPACKED:
                raise BadInput(gettext_noop("The file is too large to be a day's sheet."))
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
        about = {
            str(r[0]): str(r[1])
            for r in book["about"].iter_rows(values_only=True, max_row=60, max_col=2)
        }
        rows = list(
            book.worksheets[0].iter_rows(
                values_only=True, min_row=FIRST, max_row=FIRST + MOST, max_col=len(COLUMNS)
            )
        )
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError):
        raise BadInput(
            gettext_noop("This is not a day's sheet of Balmis, saved as xlsx.")
        ) from None
    if about.get("format") != FORMAT or (about.get("campaign"), about.get("site")) != (
        campaign,
        site,
    ):
        raise BadInput(gettext_noop("This sheet is not of this site."))
    return _sheet(about), [
        r for n, cells in enumerate(rows, FIRST) if (r := _row(n, cells)) is not None
    ]


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


def _row(number: int, cells: tuple[object, ...]) -> Row | None:
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


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | time):
        return value.strftime("%H:%M")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()[:500]
