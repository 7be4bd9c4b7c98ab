"""The readers that run apart. Each takes the bytes, and options by name; raises BadInput in words."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from balmis.core.coldchain.loggers import read_logger
from balmis.core.errors import BadInput
from balmis.core.files.book import Book, Page
from balmis.core.refusal_texts import gettext_noop
from balmis.uploads import limits
from balmis.uploads.workbook import TOO_LARGE, read_workbook, within

NOT_TEXT = gettext_noop(
    "The file is not text in any encoding that is known here. Save it as 'CSV UTF-8', or as xlsx."
)
EMPTY = gettext_noop("The file is empty.")
CONTROL = gettext_noop("The file holds characters that no text has. Export it again.")
QUOTES = gettext_noop("A quotation mark that is opened is never closed.")


def read_book(data: bytes, *, larger: bool = False) -> Book:
    """An xlsx workbook, or a list in text. What it is shows in its first bytes, not in its name.
    `larger`: the bounds of a list that the machine's own operator reads."""
    if not data.strip():
        raise BadInput(EMPTY)
    bounds = limits.OPERATOR if larger else limits.UPLOAD
    return read_workbook(data, bounds) if data[:4] == b"PK\x03\x04" else _list(data, bounds)


def _list(data: bytes, bounds: limits.Bounds) -> Book:
    """Text in whatever encoding, with whatever ends its lines and parts its cells."""
    text, encoding = _decoded(data)
    if "\x00" in text:
        raise BadInput(CONTROL)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    said = _SEP.match(text)
    if said:  # Excel's own way to say what parts the cells
        text = text[said.end() :]
    start = "\n".join(line for line in text[:65_536].split("\n")[:40] if line.strip())
    separator = said[1] if said else max(",;\t|", key=start.count)
    before = csv.field_size_limit(limits.LONGEST)  # of the whole process
    try:
        lines = csv.reader(io.StringIO(text, newline="\n"), delimiter=separator, strict=True)
        rows = within(lines, bounds)
    except csv.Error as error:
        raise BadInput(TOO_LARGE if "field larger" in str(error) else QUOTES) from None
    finally:
        csv.field_size_limit(before)
    if said:  # rows are counted as the file shows them
        rows.insert(0, [])
    return Book([Page("", rows)], encoding=encoding, separator=separator)


_SEP = re.compile(r"sep=(.)[^\n]*\n")
_VOWELS = frozenset("aăâeêioôơuưyAĂÂEÊIOÔƠUƯY")
LEGACY = ("cp949", "gb18030", "cp1258", "cp1252")  # as office programs of our countries write it


def _decoded(data: bytes) -> tuple[str, str]:
    """The text, and the encoding that was found. Raises BadInput."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _as(data, "utf-16"), "UTF-16"
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    if data[1:2000:2].count(0) > min(len(data), 2000) // 5:
        return _as(data, "utf-16-le"), "UTF-16"
    import chardet

    guess = chardet.detect(data[:200_000], include_encodings=LEGACY)["encoding"] or "cp1252"
    if guess.lower() == "cp1258" and not _is_vietnamese(data):
        guess = "cp1252"
    return _as(data, guess), guess.upper()


def _as(data: bytes, encoding: str) -> str:
    try:
        return unicodedata.normalize("NFC", data.decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise BadInput(NOT_TEXT) from None


def _is_vietnamese(data: bytes) -> bool:
    """Its tones follow their vowel; bytes of another encoding put them anywhere."""
    try:
        text = data.decode("cp1258")
    except UnicodeDecodeError:
        return False
    tones = [n for n, c in enumerate(text) if c in "\u0300\u0301\u0303\u0309\u0323"]
    return all(n and text[n - 1] in _VOWELS | _COMPOSED for n in tones)


_COMPOSED = frozenset("âêîôûăơưÂÊÎÔÛĂƠƯ")


READERS: dict[str, Callable[..., Any]] = {"book": read_book, "logger": read_logger}
