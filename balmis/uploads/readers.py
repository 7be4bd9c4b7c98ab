"""The readers that run apart. Each takes the bytes, and options by name; raises BadInput in words."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from balmis.core.coldchain.loggers import read_logger
from balmis.core.errors import BadInput
from balmis.core.files.book import Book, Page
from balmis.core.refusal_texts import gettext_noop
from balmis.uploads import limits

NOT_EXCEL = gettext_noop("The file cannot be read as an Excel workbook. Save it again as xlsx.")
TOO_LARGE = gettext_noop(
    "The file holds more than such a list can have. Split it, or save it anew."
)
NOT_TEXT = gettext_noop("The file is not UTF-8 text. Save it as 'CSV UTF-8', or as xlsx.")
EMPTY = gettext_noop("The file is empty.")
CONTROL = gettext_noop("The file holds characters that no text has. Export it again.")
QUOTES = gettext_noop("A quotation mark that is opened is never closed.")
PIECE = 1 << 20  # bytes
# what zipfile says of a file that is torn, garbled, encrypted (RuntimeError) or packed in another way
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
)


def read_book(data: bytes) -> Book:
    """An xlsx workbook, or a list in text. What it is shows in its first bytes, not in its name."""
    if not data.strip():
        raise BadInput(EMPTY)
    return _workbook(data) if data[:4] == b"PK\x03\x04" else Book([Page("", _list(data))])


def _list(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(NOT_TEXT) from None
    if "\x00" in text:
        raise BadInput(CONTROL)
    lines = io.StringIO(text, newline=None)  # every end of line becomes one
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    separator = max(",;\t|", key=first.count)
    before = csv.field_size_limit(limits.LONGEST)  # of the whole process
    try:
        return _within(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error as error:
        raise BadInput(TOO_LARGE if "field larger" in str(error) else QUOTES) from None
    finally:
        csv.field_size_limit(before)


def _within(rows: Iterable[list[str]]) -> list[list[str]]:
    """The rows, as long as they are not too many."""
    found: list[list[str]] = []
    cells = signs = 0
    for row in rows:
        cells, signs = cells + len(row), signs + sum(map(len, row))
        if len(found) >= limits.ROWS or len(row) > limits.COLUMNS or cells > limits.CELLS:
            raise BadInput(TOO_LARGE)
        if signs > limits.CHARACTERS:
            raise BadInput(TOO_LARGE)
        found.append(row)
    return found


def _workbook(data: bytes) -> Book:
    from python_calamine import CalamineError, CalamineWorkbook

    _check_parts(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names[: limits.PAGES]
        return Book([Page(name, _rows(book.get_sheet_by_name(name))) for name in names])
    except (CalamineError, ValueError, OSError):
        raise BadInput(NOT_EXCEL) from None


def _rows(sheet: Any) -> list[list[str]]:
    high, wide = sheet.total_height, sheet.total_width
    if high > limits.ROWS or wide > limits.COLUMNS or high * wide > limits.CELLS:
        raise BadInput(TOO_LARGE)
    rows = sheet.to_python(skip_empty_area=False)
    return _within([_cell(c) for c in row] for row in rows)


def _check_parts(data: bytes) -> None:
    """Unpack it, counting: what a workbook says of its own size is not believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if len(packed.infolist()) > limits.PARTS:
                raise BadInput(TOO_LARGE)
            left = limits.UNPACKED
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
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


READERS: dict[str, Callable[..., Any]] = {"book": read_book, "logger": read_logger}
