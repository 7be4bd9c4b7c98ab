"""Answers of the kernel as data frames: days, codes and texts in place of numbers."""

import numpy as np
import polars as pl

from balmis.core.schedule.columnar.calendar import FAR, NONE
from balmis.core.schedule.columnar.kernel import JudgedColumns, Next


def days_of(values: np.ndarray) -> pl.Series:
    """Day numbers as dates; NONE as null."""
    found = pl.Series(values)
    return (
        found.set(found == NONE, None).cast(pl.Date)
        if (values == NONE).any()
        else found.cast(pl.Date)
    )


def people_frame(person: pl.Series, ahead: Next) -> pl.DataFrame:
    days = ("earliest", "recommended", "past_due", "latest", "valid_until")
    columns = {
        name: days_of(values) if name in days else pl.Series(values)
        for name, values in ahead._asdict().items()
        if name not in ("own", "deferred_until")
    }
    waits = pl.Series(ahead.deferred_until)
    columns["deferred"] = waits != NONE
    columns["deferred_until"] = waits.set((waits == NONE) | (waits == FAR), None).cast(pl.Date)
    if ahead.own.size:
        columns["own"] = pl.Series(ahead.own)
    return pl.DataFrame({"person": person, **columns})


def doses_frame(person: pl.Series, judged: JudgedColumns) -> pl.DataFrame:
    return pl.DataFrame(
        {"person": person, **{n: pl.Series(v) for n, v in judged._asdict().items()}}
    )
