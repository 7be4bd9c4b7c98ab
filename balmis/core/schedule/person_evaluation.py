"""Judge a person's doses and say what comes next: the scalar reference.

The order follows CDC's CDSi Logic Specification 4.6; every reading of our own where the
specification is silent is numbered in `docs/explanation/schedule-readings.md`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from balmis.core.schedule.dose_evaluation import Note, Outcome, _silent
from balmis.core.schedule.forecast import forecast
from balmis.core.schedule.group_forecast import GroupForecast, group_forecasts
from balmis.core.schedule.history import (
    Case,
    Given,
    Person,
    Record,
    by_antigen,
    case_of,
    is_relevant,
)
from balmis.core.schedule.rules import Schedule, SeriesRules
from balmis.core.schedule.series_selection import Path, best_paths
from balmis.core.schedule.series_walk import walk
from balmis.core.vocabulary.schedule import DoseStatus, Finding, SeriesType


@dataclass(frozen=True, slots=True)
class Judged:
    """A dose as one series judged it."""

    group: str
    antigen: str
    series: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class JudgedDose:
    given: Given
    judged: tuple[Judged, ...]  # one for each antigen's series; empty: no series looked at it
    finding: Finding | None = None  # why no series could

    def status_in(self, group: str) -> DoseStatus | None:
        """How the dose counts for a vaccine group; None if the group did not look at it."""
        return _status_of(j for j in self.judged if j.group == group)

    @property
    def status(self) -> DoseStatus | None:
        """How the dose counts for everything it protects against."""
        return _status_of(self.judged)


def _status_of(judged: Iterable[Judged]) -> DoseStatus | None:
    """For each antigen the best of its series; over antigens, what must be repeated decides.

    Reading 7: a dose that one antigen needed and another no longer did is valid.
    """
    best: dict[str, int] = {}
    for j in judged:
        rank = _IN_ONE_ANTIGEN.index(j.outcome.status)
        best[j.antigen] = min(rank, best.get(j.antigen, rank))
    found = {_IN_ONE_ANTIGEN[rank] for rank in best.values()}
    return next((s for s in _OVER_ANTIGENS if s in found), None)


_IN_ONE_ANTIGEN = (
    DoseStatus.VALID,
    DoseStatus.EXTRANEOUS,
    DoseStatus.NOT_VALID,
    DoseStatus.SUBSTANDARD,
)
_OVER_ANTIGENS = (
    DoseStatus.SUBSTANDARD,
    DoseStatus.NOT_VALID,
    DoseStatus.VALID,
    DoseStatus.EXTRANEOUS,
)


@dataclass(frozen=True, slots=True)
class Result:
    on: date
    schedule: str
    version: str
    rules: str  # hash of the exact rules
    doses: tuple[JudgedDose, ...]
    groups: tuple[GroupForecast, ...]  # in the order asked for, the more urgent first
    valid_until: date | None = None  # the first day on which the answer may change by itself
    trace: tuple[tuple[str, dict[str, object]], ...] = field(default=())

    def group(self, name: str, kind: SeriesType | None = None) -> GroupForecast:
        """The group's forecast; of a kind, if there is one of that kind."""
        found = [g for g in self.groups if g.group == name]
        return next((g for g in found if g.kind is kind), found[0])


def evaluate(
    person: Person,
    doses: Iterable[Given],
    schedule: Schedule,
    on: date,
    *,
    groups: Iterable[str] | None = None,
    trace: bool = False,
) -> Result:
    """Judge every dose given until `on` and forecast each vaccine group.

    `groups` limits the answer to some vaccine groups; `trace` records every step.
    """
    doses = list(doses)
    case = case_of(person, doses, schedule, on)
    steps: list[tuple[str, dict[str, object]]] = []

    def note(step: str, **facts: object) -> None:
        steps.append((step, facts))

    wanted = list(groups) if groups is not None else list(schedule.groups)
    records = by_antigen(case)
    best: dict[str, list[Path]] = {}
    for name in wanted:
        for antigen in schedule.groups[name].antigens:
            best[antigen] = _best(
                case, antigen, records.get(antigen, []), note if trace else _silent
            )
    forecasts = tuple(g for n in wanted for g in group_forecasts(n, schedule.groups[n], best))
    return Result(
        on,
        schedule.id,
        schedule.version,
        schedule.hash,
        _judged(case, doses, best),
        forecasts,
        case.until,
        tuple(steps),
    )


def _best(case: Case, antigen: str, records: list[Record], note: Note) -> list[Path]:
    """Walk and forecast the antigen's series; those that ask about others' completion last."""
    relevant = [s for s in case.schedule.series.get(antigen, ()) if is_relevant(s, case)]
    paths: list[Path] = []
    complete = case.complete.setdefault(antigen, set())
    for series in sorted(relevant, key=lambda s: bool(s.asks_completed)):
        path = _path(case, series, records, note)
        paths.append(path)
        if path.is_complete:
            complete.add(series.group)
    best = best_paths(paths)
    for path in best:
        note("best", antigen=antigen, series=path.run.series.id, status=path.forecast.status)
    return best


def _path(case: Case, series: SeriesRules, records: list[Record], note: Note) -> Path:
    run = walk(case, series, records, note)
    found = Path(run, forecast(run))
    note(
        "forecast",
        series=series.id,
        status=found.forecast.status,
        target=found.forecast.target,
        earliest=found.forecast.earliest,
    )
    return found


def _judged(case: Case, doses: list[Given], best: dict[str, list[Path]]) -> tuple[JudgedDose, ...]:
    found: dict[int, list[Judged]] = {id(r.dose): [] for r in case.history}
    for antigen, paths in best.items():
        group = case.schedule.vaccine_group_of[antigen]
        for path in paths:
            for record, outcome in zip(path.run.records, path.run.outcomes, strict=True):
                found[id(record.dose)].append(Judged(group, antigen, path.run.series.id, outcome))
    return tuple(
        JudgedDose(d, tuple(found.get(id(d), ())), _apart(case, d))
        for d in doses
        if d.on <= case.on
    )


def _apart(case: Case, dose: Given) -> Finding | None:
    if dose.on < case.person.born:
        return Finding.BEFORE_BIRTH
    return None if dose.product in case.schedule.products else Finding.PRODUCT_UNKNOWN
