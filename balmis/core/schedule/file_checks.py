"""Is a schedule file right? Every problem at once, each with its line and what to write."""

import difflib
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations, pairwise
from typing import Any

import msgspec

from balmis.core.files.reader import Document, Path, Problem, read
from balmis.core.files.shapes import schema_of, shape
from balmis.core.schedule import format as f
from balmis.core.schedule.duration import parse_duration
from balmis.core.vocabulary.people import Sex

_SAMPLE = date(2001, 1, 1)  # lengths are compared from here; 31 days do not pass for a month


def schema() -> dict[str, Any]:
    """The JSON Schema of the schedule file."""
    return schema_of(f.ScheduleFile, "Balmis schedule file")


def check_schedule(text: str) -> tuple[f.ScheduleFile | None, tuple[Problem, ...]]:
    """Read and check a schedule file; None when there are problems."""
    document = read(text)
    found = None
    if not document.problems:
        found = shape(document, f.ScheduleFile, name=f.FORMAT, what="schedule file")
    if found is not None:
        for path, message in problems_of(found):
            document.problem(path, message)
    problems = tuple(sorted(set(document.problems)))
    return (None if problems else found), problems


def check_imported(file: f.ScheduleFile) -> tuple[Problem, ...]:
    """The same questions of a schedule that was not read from YAML; places are keys only."""
    document = Document(msgspec.to_builtins(file))
    for path, message in problems_of(file):
        document.problem(path, f"{'/'.join(map(str, path))}: {message}")
    return tuple(document.problems)


Found = Iterator[tuple[Path, str]]


def problems_of(file: f.ScheduleFile) -> Found:
    """Do codes refer to something, do lengths and windows fit, can every dose be reached?"""
    yield from _check_names(file)
    for i, series in enumerate(file.series):
        yield from _check_series(file, series, ("series", i))
    yield from _check_defaults(file)
    yield from _check_sources(file, file, ())


def _close(name: str, known: Iterable[str], what: str) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    hint = f"did you mean '{close[0]}'?" if close else f"add it to {what} first"
    return f"there is no '{name}' in {what}; {hint}"


# ---- names ----------------------------------------------------------------------------------

_PRODUCTS = {"from_recent", "previous", "current", "this", "products"}
_OBSERVATIONS = {"observation", "from_observation"}


def _check_names(file: f.ScheduleFile) -> Found:
    """Every product, set, observation, antigen and group that is named must exist."""
    for code, product in file.products.items():
        for (_, a), (j, b) in combinations(enumerate(product.antigens), 2):
            if a.antigen == b.antigen and _overlap(
                (
                    _days(a.begin_age) if a.begin_age else None,
                    _days(a.end_age) if a.end_age else None,
                ),
                (b.begin_age, b.end_age),
            ):
                yield (
                    ("products", code, "antigens", j),
                    f"'{b.antigen}' stands twice for the same ages",
                )
    antigens = {a.antigen for p in file.products.values() for a in p.antigens}
    for name, codes in file.sets.items():
        for j, code in enumerate(codes):
            if code not in file.products:
                yield ("sets", name, j), _close(code, file.products, "products")
        if name in file.products:
            yield ("sets", name), f"'{name}' is a product as well; give the set another name"
    for name, group in file.vaccine_groups.items():
        for j, antigen in enumerate(group.antigens):
            if antigen not in antigens:
                yield (
                    ("vaccine_groups", name, "antigens", j),
                    f"no product protects against '{antigen}'; state it at a product's antigens",
                )
    yield from _named(file, file, ())


def _named(node: Any, file: f.ScheduleFile, path: Path) -> Found:
    """Walk everything and look up what names something."""
    if isinstance(node, msgspec.Struct):
        names = {fi.name: fi.encode_name for fi in msgspec.structs.fields(node)}
        for field, key in names.items():
            value = getattr(node, field)
            here = (*path, key)
            if field in _OBSERVATIONS and value is not None:
                if value not in file.observations:
                    yield here, _close(value, file.observations, "observations")
            elif field in ("product", "set") and value is not None:
                known: Iterable[str] = file.products if field == "product" else file.sets
                if value not in known:
                    yield here, _close(value, known, "products" if field == "product" else "sets")
            elif field in _PRODUCTS and isinstance(value, list) and _are_names(value):
                for j, name in enumerate(value):
                    if name not in file.products and name not in file.sets:
                        yield (*here, j), _close(name, [*file.products, *file.sets], "products")
            elif isinstance(value, msgspec.Struct | list | dict):
                yield from _named(value, file, here)
        if "product" in names and "set" in names:
            stated = [getattr(node, name) is not None for name in ("product", "set")]
            if sum(stated) != 1:
                yield path, "name either a product or a set"
    elif isinstance(node, list):
        for j, value in enumerate(node):
            yield from _named(value, file, (*path, j))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _named(value, file, (*path, key))


def _are_names(values: list[Any]) -> bool:
    return all(isinstance(v, str) for v in values)


# ---- series ---------------------------------------------------------------------------------


def _check_series(file: f.ScheduleFile, series: f.Series, path: Path) -> Found:
    group = file.vaccine_groups.get(series.vaccine_group)
    if group is None:
        yield (
            (*path, "vaccine_group"),
            _close(series.vaccine_group, file.vaccine_groups, "vaccine_groups"),
        )
    elif series.antigen not in group.antigens:
        yield (
            (*path, "antigen"),
            f"the group {series.vaccine_group} does not hold '{series.antigen}'",
        )
    if [d.number for d in series.doses] != list(range(1, len(series.doses) + 1)):
        yield (*path, "doses"), "number the doses 1, 2, 3 … in this order"
    if series.type == "risk" and not series.indications:
        yield (*path, "type"), "a risk series needs indications; otherwise no one is on it"
    for j, dose in enumerate(series.doses):
        yield from _check_dose(file, series, dose, (*path, "doses", j))


def _check_dose(file: f.ScheduleFile, series: f.Series, dose: f.SeriesDose, path: Path) -> Found:
    for j, age in enumerate(dose.ages):
        yield from _rising(age, ("abs_min", "min", "rec_from", "rec_to", "max"), (*path, "ages", j))
    for name in ("intervals", "allowable_intervals"):
        for j, row in enumerate(getattr(dose, name)):
            yield from _rising(row, ("abs_min", "min", "rec_from", "rec_to"), (*path, name, j))
            yield from _check_reference(row, dose, (*path, name, j))
    yield from _check_overlaps(file, dose, path)
    yield from _check_reachable(dose, path)
    for j, rule in enumerate(dose.product_rules):
        if isinstance(rule.same_as, int) and rule.same_as >= dose.number:
            yield (
                (*path, "product_rules", j, "same_as"),
                f"dose {rule.same_as} does not come before dose {dose.number}",
            )
    for j, skip in enumerate(dose.skips):
        for k, group in enumerate(skip.sets):
            for m, condition in enumerate(group.conditions):
                yield from _check_condition(
                    condition, (*path, "skips", j, "sets", k, "conditions", m)
                )
    if (
        dose.season
        and dose.season.start
        and dose.season.end
        and dose.season.start > dose.season.end
    ):
        yield (*path, "season"), "the season ends before it starts"


def _rising(row: Any, names: tuple[str, ...], path: Path) -> Found:
    """Lengths must not fall from the absolute minimum to the maximum; dates neither."""
    stated = [(n, v) for n in names if (v := getattr(row, n, None)) is not None]
    for (low, a), (high, b) in pairwise(stated):
        if parse_duration(a).after(_SAMPLE) > parse_duration(b).after(_SAMPLE):
            yield (
                (*path, high),
                f"{high} ({b}) is shorter than {low} ({a}); exchange or correct them",
            )
    if row.effective and row.cessation and row.effective > row.cessation:
        yield (*path, "cessation"), "the rule ceases before it takes effect"


def _check_reference(row: Any, dose: f.SeriesDose, path: Path) -> Found:
    stated = [
        name
        for name in ("from_previous", "from_dose", "from_recent", "from_observation")
        if getattr(row, name, None)
    ]
    if len(stated) != 1:
        yield (
            path,
            "an interval counts from exactly one of from_previous, from_dose, from_recent, "
            f"from_observation; stated: {', '.join(stated) or 'none'}",
        )
    if row.from_dose is not None and row.from_dose >= dose.number:
        yield (
            (*path, "from_dose"),
            f"dose {row.from_dose} does not come before dose {dose.number}",
        )


def _check_overlaps(file: f.ScheduleFile, dose: f.SeriesDose, path: Path) -> Found:
    """Of rows that answer one question, no two may hold on the same day for the same products."""
    for (_, a), (j, b) in combinations(enumerate(dose.ages), 2):
        if _same_days(a, b):
            yield (*path, "ages", j), "two age rows hold on the same days; limit one by its dates"
    for (_, x), (j, y) in combinations(enumerate(dose.intervals), 2):
        same = _reference(x) == _reference(y) and _same_days(x, y)
        if same and all(
            _meet(file, getattr(x.when, side, []), getattr(y.when, side, []))
            for side in ("previous", "this")
        ):
            yield (
                (*path, "intervals", j),
                "two intervals from the same dose hold for the same products and days; "
                "limit one by 'when' or by its dates",
            )


def _reference(row: f.Interval) -> tuple[Any, ...]:
    return (row.from_previous, row.from_dose, tuple(row.from_recent), row.from_observation)


def _same_days(a: f.Dated, b: f.Dated) -> bool:
    first = max(a.effective or date.min, b.effective or date.min)
    return first <= min(a.cessation or date.max, b.cessation or date.max)


def _meet(file: f.ScheduleFile, a: list[str], b: list[str]) -> bool:
    """Do two lists of products have one in common? An empty list means any product."""
    if not a or not b:
        return True
    opened = [{c for n in names for c in file.sets.get(n, [n])} for names in (a, b)]
    return not opened[0].isdisjoint(opened[1])


def _check_reachable(dose: f.SeriesDose, path: Path) -> Found:
    """Someone of some age must be able to receive a product that satisfies the dose."""
    if not dose.preferable and not dose.allowable:
        yield path, "no product is preferable or allowable, so the dose can never be satisfied"
        return
    for j, age in enumerate(dose.ages):
        low = age.abs_min or age.min
        if age.max and low and _days(low) >= _days(age.max):
            yield (*path, "ages", j, "max"), f"no one is between {low} and {age.max}"
        window = (_days(low) if low else None, _days(age.max) if age.max else None)
        rows = [*dose.preferable, *dose.allowable]
        if not any(_overlap(window, (r.begin_age, r.end_age)) for r in rows):
            yield (
                (*path, "ages", j),
                "no product may be given in this age window; look at begin_age and end_age",
            )


def _days(length: str) -> date:
    return parse_duration(length).after(_SAMPLE)


def _overlap(window: tuple[date | None, date | None], ages: tuple[str | None, str | None]) -> bool:
    begin = max(window[0] or date.min, _days(ages[0]) if ages[0] else date.min)
    end = min(window[1] or date.max, _days(ages[1]) if ages[1] else date.max)
    return begin < end


_NEEDS = {
    "age": (),
    "completed_series": ("series_groups",),
    "interval": ("interval",),
    "count_by_age": ("count", "doses", "op"),
    "count_by_date": ("count", "doses", "op"),
    "count_by_date_and_age": ("count", "doses", "op"),
}


def _check_condition(condition: f.Condition, path: Path) -> Found:
    for name in _NEEDS[condition.type]:
        if getattr(condition, name) in (None, []):
            yield path, f"a condition of type {condition.type} needs '{name}'"
    if condition.type == "age" and not (condition.begin_age or condition.end_age):
        yield path, "a condition of type age needs 'begin_age' or 'end_age'"


def _check_defaults(file: f.ScheduleFile) -> Found:
    seen: dict[tuple[str, str, str], str] = {}
    for i, series in enumerate(file.series):
        if not series.select.default:
            continue
        for sex in series.sexes or list(Sex):
            key = (series.antigen, series.select.group, sex.value)
            if key in seen:
                yield (
                    ("series", i, "select", "default"),
                    f"'{seen[key]}' is the default of this series group already; keep one",
                )
            seen[key] = series.id


# ---- sources --------------------------------------------------------------------------------


def _check_sources(node: Any, file: f.ScheduleFile, path: Path) -> Found:
    """A cited source must be listed; a dose's numbers need one, of their own or of the series."""
    cited = node.source if isinstance(node, f.Sourced | f.Accepted) else None
    if cited is not None and cited not in file.sources:
        yield (*path, "source"), _close(cited, file.sources, "sources")
    if isinstance(node, f.Series) and not (node.source or node.assumption):
        for j, dose in enumerate(node.doses):
            if not (dose.source or dose.assumption):
                yield (
                    (*path, "doses", j),
                    "the numbers of this dose have neither a source nor an assumption; state one",
                )
    if isinstance(node, msgspec.Struct):
        for fi in msgspec.structs.fields(node):
            value = getattr(node, fi.name)
            if isinstance(value, msgspec.Struct | list | dict) and fi.name != "sources":
                yield from _check_sources(value, file, (*path, fi.encode_name))
    elif isinstance(node, list):
        for j, value in enumerate(node):
            yield from _check_sources(value, file, (*path, j))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _check_sources(value, file, (*path, key))
