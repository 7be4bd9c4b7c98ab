"""Read the file of a data logger: CSV or tab-separated text, whoever made the logger.

Loggers write some lines about themselves, then a header, then a line for each reading; with the time
in one column or in two, a decimal point or comma, °C or °F. What is ambiguous is refused, not
guessed: a date like 03/04/2021 needs the order of day and month.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from zoneinfo import ZoneInfo

from balmis.core.errors import BadInput
from balmis.core.spreadsheet_cells import read_date

MOST_BYTES = 2_000_000
MOST_ROWS = 60_000  # a month by the minute, and some
LONGEST = 200  # characters of a cell; what is longer is neither a time nor a temperature
COLDEST, WARMEST = -100.0, 80.0
TIME = re.compile(
    r"\b(time|date|datum|zeit|ngày|giờ|timestamp)|시간|일시|날짜|时间|日期", re.IGNORECASE
)
TEMPERATURE = re.compile(
    r"temp|[°º]\s?[cf]|℃|℉|\b[cf]\b|celsius|fahrenheit|ch\s?1|probe|온도|温度|nhiệt", re.IGNORECASE
)
FAHRENHEIT = re.compile(r"[°º]\s?f\b|fahrenheit|\(f\)|℉|\bf$", re.IGNORECASE)
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*([ap])?\.?m?\.?$", re.IGNORECASE)
HALF = re.compile(r"[-−]?\d{1,3}")  # of a number that was torn at its decimal comma
OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True, slots=True)
class Columns:
    time: tuple[int, ...]  # one, or a date and a time
    celsius: int
    fahrenheit: bool


def read_logger(
    data: bytes, *, time_zone: str, day_first: bool | None = None
) -> list[tuple[datetime, float]]:
    """The readings of a file. Times without an offset are of `time_zone`.

    Raises BadInput naming the line, or what is missing.
    """
    if len(data) > MOST_BYTES:
        raise BadInput(f"The file is larger than {MOST_BYTES // 1_000_000} MB; export fewer days.")
    rows = list(_rows(_text(data)))
    start, columns = _header(rows)
    found: list[tuple[datetime, float]] = []
    width = len(rows[start - 1][1])
    for number, cells in rows[start:]:
        if len(cells) > width and HALF.fullmatch(cells[width - 1]) and cells[width].isdigit():
            raise BadInput(
                f"Line {number} has more cells than the header: with a decimal comma, export the file "
                "with semicolons."
            )
        if len(cells) <= max(columns.celsius, *columns.time) or not any(cells):
            continue  # a remark, or the foot
        at, celsius = _reading(number, cells, columns, time_zone, day_first)
        if found and at.astimezone(UTC) < found[-1][0] < at.replace(fold=1).astimezone(UTC):
            at = at.replace(fold=1)  # the hour that the end of summer time repeats
        found.append((at.astimezone(UTC), celsius))
        if len(found) > MOST_ROWS:
            raise BadInput(f"The file has more than {MOST_ROWS} readings; export fewer days.")
    if not found:
        raise BadInput("The file has a header but no readings.")
    return found


def _text(data: bytes) -> str:
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        if b"\0" in data:
            raise BadInput("This is no text file. Export the readings from the logger as CSV.")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells; the separator is the one that most lines have."""
    if text.count("\n") > MOST_ROWS + 1_000:
        raise BadInput(f"The file has more than {MOST_ROWS} readings; export fewer days.")
    lines = text.splitlines()
    counts = {sep: sum(sep in line for line in lines) for sep in ("\t", ";", ",")}
    sep = max(counts, key=lambda s: counts[s])
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=sep), 1):
            yield number, [c.strip() if len(c) <= LONGEST else "…" for c in cells]
    except csv.Error as error:
        raise BadInput(f"This is no CSV file: {error}.") from None


def _header(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, Columns]:
    """Where the readings begin, and which columns they are in."""
    for n, (_, cells) in enumerate(rows[:200]):
        times = [i for i, c in enumerate(cells) if TIME.search(c) and len(c) < 60]
        warm = [i for i, c in enumerate(cells) if TEMPERATURE.search(c) and i not in times]
        below = rows[n + 1][1] if n + 1 < len(rows) else []
        numbers = [i for i in warm if _holds_number(below, i)]
        if not times or not numbers:
            continue
        if len(numbers) > 1:
            names = ", ".join(cells[i] for i in numbers)
            raise BadInput(
                f"Several columns could be the temperature ({names}). Export one of them."
            )
        first = _time_columns(below, [i for i in times if i < len(below)])
        if first:
            return n + 1, Columns(first, numbers[0], bool(FAHRENHEIT.search(cells[numbers[0]])))
    raise BadInput(
        "No line of the file names a column of times and one of temperatures. Export the readings "
        "as CSV with a header, for example: time,temperature"
    )


def _time_columns(cells: list[str], times: list[int]) -> tuple[int, ...]:
    whole = [
        i for i in times if i < len(cells) and ":" in cells[i] and re.search(r"\d[-/.]\d", cells[i])
    ]
    if whole:
        return (whole[0],)
    if len(times) >= 2:
        dated = sorted(times[:2], key=lambda i: ":" in cells[i])
        return (dated[0], dated[1])
    return (times[0],) if times else ()


def _holds_number(cells: list[str], column: int) -> bool:
    return column < len(cells) and _number(cells[column]) is not None


def _number(text: str) -> float | None:
    """Without its unit."""
    bare = text.strip().rstrip("CFcf℃℉").rstrip(" °º").replace(",", ".").replace("−", "-")
    try:
        value = float(bare)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _reading(
    number: int, cells: list[str], columns: Columns, time_zone: str, day_first: bool | None
) -> tuple[datetime, float]:
    text = " ".join(cells[i] for i in columns.time)
    try:
        at = _time(text, time_zone, day_first)
    except ValueError as error:
        raise BadInput(f"Line {number}: {text!r} is no time: {error}") from None
    value = _number(cells[columns.celsius])
    if value is None:
        raise BadInput(f"Line {number}: {cells[columns.celsius]!r} is no temperature.")
    unit = cells[columns.celsius].strip()[-1:]
    fahrenheit = columns.fahrenheit
    if (unit in ("C", "c", "℃") and fahrenheit) or (unit in ("F", "f", "℉") and not fahrenheit):
        raise BadInput(f"Line {number}: the unit is not the one that the header names.")
    celsius = round((value - 32) / 1.8, 2) if fahrenheit else value
    if not COLDEST <= celsius <= WARMEST:
        raise BadInput(f"Line {number}: {celsius} °C cannot be; is the column the temperature?")
    return at, celsius


def _time(text: str, time_zone: str, day_first: bool | None) -> datetime:
    text = text.strip().replace("T", " ")
    offset = OFFSET.search(text)
    bare = text[: offset.start()].strip() if offset and ":" in text[: offset.start()] else text
    clock = CLOCK.search(bare)
    if clock is None:
        raise ValueError("write it as 2021-06-17 09:30")
    day_text = bare[: clock.start()].strip().rstrip(",")
    if day_first is None and re.match(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}$", day_text):
        first, second = (int(p) for p in re.split(r"[-/.]", day_text)[:2])
        if first <= 12 and second <= 12 and first != second:
            if "." in day_text:
                day_first = True  # dots: the day comes first everywhere
            else:
                raise ValueError("say whether the day or the month comes first")
        else:
            day_first = first > 12 or first == second
    day = read_date(day_text, day_first=bool(day_first))
    hour, minute, second_ = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[4]:
        hour = hour % 12 + (12 if clock[4].lower() == "p" else 0)
    zone = ZoneInfo(time_zone)
    local = datetime(day.year, day.month, day.day, hour, minute, second_, tzinfo=zone)
    if offset and bare != text:
        stated = local.replace(tzinfo=None).isoformat() + offset[1].replace("Z", "+00:00")
        return datetime.fromisoformat(stated)
    return local
