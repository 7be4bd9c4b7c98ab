"""Workbooks of spreadsheets (xlsx), read in the confined process: cells as text, nothing guessed."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

from balmis.core.errors import BadInput
from balmis.core.files.book import Book, Page
from balmis.core.refusal_texts import gettext_noop
from balmis.uploads import limits

NOT_EXCEL = gettext_noop("The file cannot be read as an Excel workbook. Save it again as xlsx.")
TOO_LARGE = gettext_noop(
    "The file holds more than such a list can have. Split it, or save it anew."
)
PIECE = 1 << 20  # bytes
ROUNDED = 1e15  # a spreadsheet keeps fifteen digits of a number
# what zipfile says of a file that is torn, garbled, encrypted (RuntimeError) or packed in another way
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
)


def within(rows: Iterable[list[str]], bounds: limits.Bounds) -> list[list[str]]:
    """The rows, as long as they are not too many."""
    found: list[list[str]] = []
    cells = signs = 0
    for row in rows:
        cells, signs = cells + len(row), signs + sum(map(len, row))
        if len(found) >= bounds.rows or len(row) > limits.COLUMNS or cells > bounds.cells:
            raise BadInput(TOO_LARGE)
        if signs > bounds.characters:
            raise BadInput(TOO_LARGE)
        found.append(row)
    return found


def read_workbook(data: bytes, bounds: limits.Bounds) -> Book:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    _check_parts(data, bounds)
    faults, from_1904 = _faults(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        pages = []
        for sheet in book.sheets_metadata[: limits.PAGES]:
            rows = _rows(book.get_sheet_by_name(sheet.name), bounds)
            _put_faults(rows, faults.get(sheet.name, {}))
            pages.append(Page(sheet.name, rows, sheet.visible != SheetVisibleEnum.Visible))
        return Book(pages, from_1904=from_1904)
    except (CalamineError, ValueError, OSError):
        raise BadInput(NOT_EXCEL) from None


def _rows(sheet: Any, bounds: limits.Bounds) -> list[list[str]]:
    high, wide = sheet.total_height, sheet.total_width
    if high > bounds.rows or wide > limits.COLUMNS or high * wide > bounds.cells:
        raise BadInput(TOO_LARGE)
    rows = sheet.to_python(skip_empty_area=False)
    return within(([_cell(c) for c in row] for row in rows), bounds)


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FAULT = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*\bt="e"[^>]*>.*?<v>([^<]{1,20})</v>', re.DOTALL
)
Faults = dict[tuple[int, int], str]


def _faults(data: bytes) -> tuple[dict[str, Faults], bool]:
    """Cells that the spreadsheet could not work out, by sheet, which its reader hands over as empty; and
    does the workbook count its days from 1904?"""
    found: dict[str, Faults] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            book = _tree(packed.read("xl/workbook.xml"))
            links = _tree(packed.read("xl/_rels/workbook.xml.rels"))
            parts = {link.get("Id"): link.get("Target", "") for link in links}
            for sheet in book.iter(f"{MAIN}sheet"):
                target = parts.get(sheet.get(RELATION), "").removeprefix("/")
                name = target if target.startswith("xl/") else f"xl/{target}"
                if name in packed.namelist():
                    content = packed.read(name)
                    if b't="e"' in content:
                        found[sheet.get("name", "")] = _faults_of(content)
            way = book.find(f"{MAIN}workbookPr")
            return found, way is not None and way.get("date1904", "0") in ("1", "true")
    except (*BROKEN, KeyError, ElementTree.ParseError):
        return found, False


def _tree(content: bytes) -> ElementTree.Element:
    """In a process that is confined; parts with a document type were refused before."""
    return ElementTree.fromstring(content)  # noqa: S314


def _faults_of(content: bytes) -> Faults:
    found: Faults = {}
    for letters, row, said in _FAULT.findall(content):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        found[int(row) - 1, column - 1] = said.decode(errors="replace")
    return found


def _put_faults(rows: list[list[str]], faults: Faults) -> None:
    for (row, column), said in faults.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = said


def _check_parts(data: bytes, bounds: limits.Bounds) -> None:
    """Unpack it, counting: what a workbook says of its own size is not believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if len(packed.infolist()) > limits.PARTS:
                raise BadInput(TOO_LARGE)
            left = bounds.unpacked
            for part in packed.infolist():
                with packed.open(part) as opened:
                    start = opened.read(PIECE)
                    if b"<!DOCTYPE" in start[:4096] or b"<!ENTITY" in start[:4096]:
                        raise BadInput(NOT_EXCEL)
                    left -= len(start)
                    while left >= 0 and (piece := opened.read(PIECE)):
                        left -= len(piece)
                if left < 0:
                    raise BadInput(TOO_LARGE)
    except BROKEN:
        raise BadInput(NOT_EXCEL) from None


def _cell(value: object) -> str:
    """As text: whole numbers without '.0', days and times as in ISO 8601."""
    if isinstance(value, str):
        if len(value) > limits.LONGEST:
            raise BadInput(TOO_LARGE)
        return value.replace("\x00", "")
    if value is None:
        return ""
    if isinstance(value, datetime):
        whole = value.time() == time()
        return value.date().isoformat() if whole else value.isoformat(timespec="minutes")
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, timedelta):  # a time of day, in a column that counts hours
        return f"{value.seconds // 3600:02}:{value.seconds % 3600 // 60:02}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and abs(value) >= ROUNDED:
        return f"{value:.14E}"  # a number with more digits than are kept: its last ones are lost
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
