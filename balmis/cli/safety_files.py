"""Lists of reports, pairs and places, read for the safety statistics."""

from pathlib import Path

import numpy as np
import polars as pl

from balmis.cli.runtime import read_text
from balmis.core.errors import BadInput
from balmis.core.safety.summary import Pairs, Places

PAIR = (("id", "product", "event"), ("id", "var1", "var2"))


def pairs(path: Path, by: str) -> Pairs:
    """Pairs of a list of reports (id, product, event) or of counts (N, E). Raises BadInput."""
    table = _table(path)
    if {"N", "E"} <= set(table.columns):
        if by:
            raise BadInput(f"{path}: counts of N and E are not made in strata; leave out --by")
        names = [(str(r.get("product", "")), str(r.get("event", ""))) for r in table.to_dicts()]
        return Pairs(names, _whole(table, "N", path), _numbers(table, "E", path))
    known = next((p for p in PAIR if set(p) <= set(table.columns)), None)
    if known is None:
        raise BadInput(
            f"{path}: columns id, product, event (or id, var1, var2), or N and E are needed; "
            f"there are {', '.join(table.columns)}"
        )
    if by and by not in table.columns:
        raise BadInput(f"{path}: there is no column {by!r}; there are {', '.join(table.columns)}")
    return _counted(table.rename(dict(zip(known, PAIR[0], strict=True))), by)


def _counted(table: pl.DataFrame, by: str) -> Pairs:
    """Reports of each pair; expected as the margins make it, in each stratum."""
    strata = [by] if by else []
    reports = pl.col("id").n_unique()
    seen = table.group_by("product", "event").agg(n=reports)
    product = table.group_by("product", *strata).agg(p=reports)
    event = table.group_by("event", *strata).agg(v=reports)
    whole = table.group_by(strata or pl.lit(1)).agg(t=reports)
    joined = seen.join(product, on="product").join(event, on=["event", *strata])
    joined = (
        joined.join(whole, on=strata)
        if strata
        else joined.with_columns(t=pl.lit(int(whole["t"][0])))
    )
    found = (
        joined.group_by("product", "event")
        .agg(pl.col("n").first(), e=(pl.col("p") * pl.col("v") / pl.col("t")).sum())
        .sort("product", "event")
    )
    names = list(zip(found["product"].to_list(), found["event"].to_list(), strict=True))
    return Pairs(names, found["n"].to_numpy().astype(np.int64), found["e"].to_numpy())


def places(path: Path) -> Places:
    """Places with their people and cases; part cases are cut to whole ones. Raises BadInput."""
    table = _table(path)
    missing = [
        c for c in ("longitude", "latitude", "population", "cases") if c not in table.columns
    ]
    if missing:
        raise BadInput(f"{path}: column {', '.join(missing)} is missing")
    longitude, latitude = _numbers(table, "longitude", path), _numbers(table, "latitude", path)
    if np.abs(latitude).max() > 90 or np.abs(longitude).max() > 360:
        raise BadInput(f"{path}: longitude and latitude are in degrees")
    people, cases = _numbers(table, "population", path), _numbers(table, "cases", path)
    if people.min() < 0 or cases.min() < 0 or not people.sum():
        raise BadInput(
            f"{path}: population and cases cannot be below 0, and somebody must live there"
        )
    return Places(longitude, latitude, people, np.floor(cases).astype(np.int64))


def _table(path: Path) -> pl.DataFrame:
    text = read_text(path)
    try:
        table = pl.read_csv(text.encode(), infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"{path} is not a table with commas: {str(error).splitlines()[0]}") from None
    if table.is_empty():
        raise BadInput(f"{path} has no rows")
    return table


def _numbers(
    table: pl.DataFrame, name: str, path: Path
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    column = table[name].cast(pl.Float64, strict=False)
    bad = column.is_null() | ~column.is_finite()
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise BadInput(f"{path}, row {row + 2}: {name} is not a number: {table[name][row]!r}")
    return column.to_numpy().astype(np.float64)


def _whole(
    table: pl.DataFrame, name: str, path: Path
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    values = _numbers(table, name, path)
    if (values != np.floor(values)).any() or values.min() < 0:
        raise BadInput(f"{path}: {name} must be whole numbers, at least 0")
    return values.astype(np.int64)


def deliveries(name: str) -> dict[str, list[tuple[int, float]]]:
    """(day, doses) of a scenario's deliveries by product, from the first on. Raises BadInput, Unusable."""
    from balmis.flows.planning.scenarios import scenario_of
    from balmis.presets import scenario_names

    scenario = scenario_of(name, None if name in scenario_names() else read_text(Path(name)))
    first = min(d.on for d in scenario.deliveries)
    found: dict[str, list[tuple[int, float]]] = {}
    for d in scenario.deliveries:
        came = found.setdefault(d.product, [])
        came += [((d.on - first).days + i * d.every_days, float(d.doses)) for i in range(d.times)]
    return {product: sorted(came) for product, came in found.items()}
