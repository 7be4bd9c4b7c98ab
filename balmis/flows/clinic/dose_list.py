"""A list of doses from a file, as `import_doses` takes it."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from balmis.contexts.people.line_list import read_pieces
from balmis.core.dates import noon
from balmis.core.errors import BadInput, Unusable
from balmis.flows.clinic.import_doses import COLUMNS

NEEDED = ("key", "person", "product", "kind", "given_at")


def read_dose_list(path: Path, *, time_zone: str) -> pl.DataFrame:
    """The rows of a CSV or Excel list. `given_at` is an instant, or a date (then: noon); without
    an offset it is local. Raises Unusable, or BadInput with a problem for each row."""
    frames = []
    for piece in read_pieces(path):
        missing = [name for name in NEEDED if name not in piece.columns]
        if missing:
            raise Unusable(
                f"{path} lacks {', '.join(missing)}; its first row must hold the headings."
            )
        frames.append(piece)
    rows = pl.concat(frames).with_row_index("row", offset=2)
    rows = rows.with_columns(
        pl.lit("").alias(name) for name in ("lot", "site", "units") if name not in rows.columns
    ).select(
        pl.col("row").cast(pl.Int64), *[pl.col(n).str.strip_chars() for n in list(COLUMNS)[1:]]
    )
    problems: list[str] = []
    instants = {t: _instant(t, time_zone) for t in rows["given_at"].unique()}
    units = {t: _units(t) for t in rows["units"].unique()}
    for row, given_at, part, key in rows.select("row", "given_at", "units", "key").iter_rows():
        if instants[given_at] is None:
            problems.append(
                f"row {row}, given_at: {given_at!r} is no date or time; write 2021-06-17"
            )
        if units[part] is None:
            problems.append(f"row {row}, units: {part!r} is no number")
        if not key:
            problems.append(f"row {row}, key: is missing; the same key is the same dose for ever")
    if problems:
        raise BadInput(f"{path} has problems; nothing was recorded.", tuple(problems))
    return rows.with_columns(
        given_at=pl.col("given_at").replace_strict(instants, return_dtype=pl.String),
        units=pl.col("units").replace_strict(units, return_dtype=pl.Float64),
    )


def _instant(text: str, time_zone: str) -> str | None:
    try:
        if len(text) == len("2021-06-17"):
            return noon(date.fromisoformat(text), time_zone).isoformat()
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(time_zone))).isoformat()


def _units(text: str) -> float | None:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return None
