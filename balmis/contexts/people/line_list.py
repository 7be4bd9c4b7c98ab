"""Read a line list (CSV or Excel) in pieces, and check every row.

Everything is read as text: leading zeros stay, and a cell that looks like a formula is data.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from balmis.core.errors import Unusable
from balmis.core.spreadsheet_cells import read_date
from balmis.core.vocabulary.people import Sex

COLUMNS = ("external_id", "name", "born", "sex", "area", "national_id", "romanised_name")
NEEDED = ("external_id", "name", "born", "sex", "area")
PIECE = 50_000  # rows at a time
MAX_BYTES = 500 * 1024 * 1024
MAX_UNPACKED = 2 * 1024 * 1024 * 1024  # an .xlsx that unpacks to more is refused

SEXES = {
    "f": Sex.FEMALE,
    "female": Sex.FEMALE,
    "여": Sex.FEMALE,
    "여자": Sex.FEMALE,
    "여성": Sex.FEMALE,
    "女": Sex.FEMALE,
    "nữ": Sex.FEMALE,
    "2": Sex.FEMALE,
    "m": Sex.MALE,
    "male": Sex.MALE,
    "남": Sex.MALE,
    "남자": Sex.MALE,
    "남성": Sex.MALE,
    "男": Sex.MALE,
    "nam": Sex.MALE,
    "1": Sex.MALE,
    "u": Sex.UNKNOWN,
    "": Sex.UNKNOWN,
    "unknown": Sex.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` as the person sees it in the file; the heading is row 1."""

    row: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.value!r}: {self.message}"


def read_mapping(path: Path | None) -> dict[str, str]:
    """Our column to the list's heading. Raises Unusable."""
    if path is None:
        return {name: name for name in COLUMNS}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Unusable(f"The mapping {path} cannot be read: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise Unusable(f"The mapping {path} must hold lines like 'born: Date of birth'.")
    if unknown := set(found) - set(COLUMNS):
        raise Unusable(
            f"The mapping {path} names {', '.join(sorted(map(str, unknown)))}; "
            f"possible: {', '.join(COLUMNS)}."
        )
    chosen = {name: found.get(name, name) for name in COLUMNS}
    twice = sorted({c for c in found.values() if list(found.values()).count(c) > 1})
    if twice:
        raise Unusable(f"The mapping {path} takes {', '.join(twice)} for more than one column.")
    return chosen


def open_list(path: Path, mapping: dict[str, str]) -> tuple[str, Iterator[pl.DataFrame]]:
    """The file's SHA-256, and its rows in pieces: `row` and the columns of COLUMNS, all text; a
    column the list lacks is null.

    Raises Unusable when the file cannot be read or lacks a needed column.
    """
    pieces = read_pieces(path)
    return hashlib.sha256(path.read_bytes()).hexdigest(), _renamed(path, pieces, mapping)


def read_pieces(path: Path) -> Iterator[pl.DataFrame]:
    """The rows of a CSV or Excel file in pieces, all text. Raises Unusable."""
    if not path.is_file():
        raise Unusable(f"There is no file {path}.")
    if path.stat().st_size > MAX_BYTES:
        raise Unusable(f"{path} is larger than {MAX_BYTES >> 20} MiB; split it.")
    return _excel(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv(path)


def _csv(path: Path) -> Iterator[pl.DataFrame]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable(f"{path} is not UTF-8 text; save it as 'CSV UTF-8'.") from None
    if "\x00" in text:
        raise Unusable(f"{path} holds a character that no text has (NUL); export it again.")
    if not text.strip():
        raise Unusable(f"{path} cannot be read as CSV: it is empty.")
    first = text.split("\n", 1)[0]
    separator = max(",;\t|", key=first.count)
    heading = _heading(path, next(csv.reader([first.rstrip("\r")], delimiter=separator)))
    try:
        frame = pl.read_csv(
            content,
            separator=separator,
            infer_schema=False,
            truncate_ragged_lines=False,
            has_header=False,
            skip_rows=1,
            new_columns=heading,
            schema=dict.fromkeys(heading, pl.String),
        ).fill_null("")
    except pl.exceptions.NoDataError:
        frame = pl.DataFrame(schema=dict.fromkeys(heading, pl.String))
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        raise Unusable(f"{path} cannot be read as CSV: {_fault(text, separator)}.") from None
    yield frame[:PIECE]
    yield from frame[PIECE:].iter_slices(PIECE)


def _fault(text: str, separator: str) -> str:
    """Which row does not fit the heading?"""
    width = 0
    for row, cells in enumerate(csv.reader(io.StringIO(text), delimiter=separator), start=1):
        width = width or len(cells)
        if len(cells) > width:
            return f"row {row} has {len(cells)} cells, the heading has {width}"
    return "a quotation mark that is opened is never closed"


def _heading(path: Path, cells: list[str]) -> list[str]:
    """The names of the columns; unnamed ones get a name nobody asks for."""
    names = [c.strip().lstrip("\ufeff") for c in cells]
    twice = sorted({n for n in names if n and names.count(n) > 1})
    if twice:
        raise Unusable(f"{path} has the column {', '.join(twice)} more than once; keep one.")
    return [name or f"\x1f{i}" for i, name in enumerate(names)]


def _excel(path: Path) -> Iterator[pl.DataFrame]:
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            if sum(i.file_size for i in packed.infolist()) > MAX_UNPACKED:
                raise Unusable(f"{path} unpacks to more than {MAX_UNPACKED >> 30} GiB.")
        book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Unusable(f"{path} cannot be read as an Excel file: {error}") from None
    rows = book.worksheets[0].iter_rows(values_only=True)
    heading = _heading(path, [_cell(c) for c in next(rows, ())])
    schema = dict.fromkeys(heading, pl.String)
    piece: list[list[str]] = []
    for row in rows:
        texts = [_cell(c) for c in row[: len(heading)]]
        piece.append(texts + [""] * (len(heading) - len(texts)))
        if len(piece) == PIECE:
            yield pl.DataFrame(piece, schema=schema, orient="row")
            piece = []
    book.close()
    yield pl.DataFrame(piece, schema=schema, orient="row")


def _cell(value: Any) -> str:
    """A cell as text; whole numbers without '.0', dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _renamed(
    path: Path, pieces: Iterator[pl.DataFrame], mapping: dict[str, str]
) -> Iterator[pl.DataFrame]:
    first = 2  # row 1 is the heading
    for piece in pieces:
        tidy = piece
        missing = [mapping[n] for n in NEEDED if mapping[n] not in tidy.columns]
        if missing:
            has = ", ".join(c for c in tidy.columns if not c.startswith("\x1f")) or "none"
            raise Unusable(
                f"{path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
                f"it has {has}. The first row must hold the headings; name them in a mapping file."
            )
        yield tidy.select(
            *(
                (
                    pl.col(mapping[n]).fill_null("").str.strip_chars()
                    if mapping[n] in tidy.columns
                    else pl.lit(None, dtype=pl.String)
                ).alias(n)
                for n in COLUMNS
            ),
            row=pl.int_range(first, first + pl.len(), dtype=pl.Int64),
        )
        first += tidy.height


def checked_rows(
    rows: pl.DataFrame, *, areas: dict[str, int], day_first: bool, today: date
) -> tuple[pl.DataFrame, list[Problem]]:
    """The rows as they go into the register, and what is wrong with them."""
    born_of = {text: _born(text, day_first, today) for text in rows["born"].unique()}
    sex_of = {text: SEXES.get(text.lower()) for text in rows["sex"].unique()}
    tidy = rows.with_columns(
        born_on=pl.col("born").replace_strict(
            {t: b for t, b in born_of.items() if isinstance(b, date)},
            default=None,
            return_dtype=pl.Date,
        ),
        sex_code=pl.col("sex").replace_strict(
            {t: s.value for t, s in sex_of.items() if s}, default=None, return_dtype=pl.String
        ),
        area_id=pl.col("area").replace_strict(areas, default=None, return_dtype=pl.Int64),
    )
    problems = [*_problems(tidy, born_of)]
    good = tidy.select(
        "row",
        "external_id",
        "national_id",
        "name",
        "romanised_name",
        pl.col("born_on").alias("born"),
        pl.col("sex_code").alias("sex"),
        "area_id",
    )
    return good, problems


def _born(text: str, day_first: bool, today: date) -> date | str:
    """The birthday, or what is wrong with it."""
    if not text:
        return "the date of birth is missing"
    try:
        born = read_date(text, day_first=day_first)
    except ValueError as error:
        return str(error) + _other_order(text, day_first)
    if born > today:
        return f"{born} is in the future"
    if born.year < 1900:
        return f"{born} is before 1900"
    return born


def _other_order(text: str, day_first: bool) -> str:
    try:
        read_date(text, day_first=not day_first)
    except ValueError:
        return ""
    return "; if days come first in this list, use --day-first" if not day_first else ""


def _problems(tidy: pl.DataFrame, born_of: dict[str, date | str]) -> Iterator[Problem]:
    wrong = tidy.filter(
        pl.any_horizontal(
            pl.col("born_on").is_null(),
            pl.col("sex_code").is_null(),
            pl.col("area_id").is_null(),
            pl.col("external_id") == "",
            pl.col("name") == "",
            pl.col("external_id").str.len_chars() > 60,
            pl.col("national_id").str.len_chars() > 40,
        )
    )
    for row in wrong.iter_rows(named=True):
        number = int(row["row"])
        for column in ("external_id", "name"):
            if not row[column]:
                yield Problem(number, column, "", "is missing; every person needs one")
        if row["born_on"] is None:
            yield Problem(number, "born", row["born"], str(born_of[row["born"]]))
        if row["sex_code"] is None:
            yield Problem(number, "sex", row["sex"], "write F, M or leave it empty")
        if row["area_id"] is None:
            known = "no area of the campaign has this code or (unique) name"
            yield Problem(number, "area", row["area"], known if row["area"] else "is missing")
        for column, most in (("external_id", 60), ("national_id", 40)):
            if len(row[column] or "") > most:
                yield Problem(number, column, row[column][:70], f"is longer than {most} characters")
