"""Which of several series is a person on? (CDSi Logic Specification 4.6, chapter 8)"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from balmis.core.schedule.dose_evaluation import Run
from balmis.core.schedule.forecast import Forecast
from balmis.core.vocabulary.schedule import DoseStatus, SeriesStatus, SeriesType, TargetStatus

_SPEAKING = frozenset(
    {
        SeriesStatus.NOT_COMPLETE,
        SeriesStatus.COMPLETE,
        SeriesStatus.IMMUNE,
        SeriesStatus.CONTRAINDICATED,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One series walked and forecast."""

    run: Run
    forecast: Forecast

    @property
    def valid_doses(self) -> int:
        return len(self.run.satisfied)

    @property
    def skipped(self) -> int:
        return sum(t.status is TargetStatus.SKIPPED for t in self.run.targets)

    @property
    def remaining(self) -> int:
        return len(self.run.targets) - self.run.at

    @property
    def is_complete(self) -> bool:
        return self.forecast.status is SeriesStatus.COMPLETE

    @property
    def is_in_process(self) -> bool:
        return self.valid_doses > 0 and self.forecast.status is SeriesStatus.NOT_COMPLETE

    @property
    def all_valid(self) -> bool:
        return all(o.status is DoseStatus.VALID for o in self.run.outcomes)

    @property
    def waits(self) -> bool:
        """Not begun, and meant for people older than this. Reading 6: then other series speak."""
        start, case = self.run.series.min_start_age, self.run.case
        if self.valid_doses or start is None:
            return False
        case.watch(case.age_date(start))
        return case.on < case.age_date(start)

    @property
    def speaks(self) -> bool:
        return not self.waits and self.forecast.status in _SPEAKING

    def finish(self) -> date | None:
        """The earliest date plus the minimum intervals of the targets after it (SELECTB-12)."""
        day = self.forecast.earliest
        if day is None:
            return None
        for target in self.run.targets[self.run.at + 1 :]:
            day = max((i.min.after(day) for i in target.dose.intervals if i.min), default=day)
        return day

    def is_completable(self) -> bool:
        """Can the last target still be met before its maximum age? (SELECTB-3)"""
        finish = self.finish()
        if finish is None:
            return False
        limits = [a.max for a in self.run.targets[-1].dose.ages if a.max]
        return not limits or finish < self.run.case.age_date(limits[-1])


def best_paths(paths: Sequence[Path]) -> list[Path]:
    """The series to follow for one antigen: one prioritised per series group, none redundant."""
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(path.run.series.group, []).append(path)
    chosen = {group: found for group, members in groups.items() if (found := _prioritised(members))}
    best = [path for path in chosen.values() if _is_best(path, chosen)]
    return [p for p in best if not p.waits] if any(p.speaks for p in best) else best


def _is_best(path: Path, chosen: dict[str, Path]) -> bool:
    """Table 8-14."""
    if path.is_complete:
        return True
    equivalent = [chosen[g] for g in path.run.series.equivalent if g in chosen]
    if any(p.is_complete for p in equivalent) or path.run.series.type is SeriesType.EVALUATION_ONLY:
        return False
    if path.run.series.type is SeriesType.RISK:
        return True
    return not any(p.run.series.type is SeriesType.RISK for p in equivalent)


def _prioritised(members: list[Path]) -> Path | None:
    """The one series of a group (tables 8-3 and 8-5)."""
    defaults = [p for p in members if p.run.series.default]
    scorable = _scorable(members)
    complete = [p for p in scorable if p.is_complete]
    started = [p for p in scorable if p.is_in_process]
    if not scorable:
        return defaults[0] if defaults else None
    if len(scorable) == 1:
        return scorable[0]
    if complete:
        return _highest(complete, _score_complete)
    if started:
        return _highest(started, _score_started)
    if defaults:
        return defaults[0]
    if any(p.valid_doses for p in scorable):
        # closed to further doses, yet begun: reading 9, the one that got furthest
        return _highest(scorable, lambda path, _: path.valid_doses)
    return _highest(scorable, _score_unstarted)


def _scorable(members: list[Path]) -> list[Path]:
    """Table 8-2."""
    open_ = [p for p in members if p.forecast.status is not SeriesStatus.CONTRAINDICATED]
    candidates = open_ or members
    priority = min((p.run.series.priority for p in members), default="A")
    untouched = all(p.valid_doses == 0 for p in members)
    has_default = any(p.run.series.default for p in members)

    def is_scorable(path: Path) -> bool:
        series = path.run.series
        if series.type is SeriesType.EVALUATION_ONLY:
            return path.is_complete
        if path not in candidates:
            return False
        if series.type is SeriesType.RISK:
            return series.priority <= priority
        if path.valid_doses:
            return _started_in_time(path)
        return untouched and not has_default

    return [p for p in members if is_scorable(p)]


def _started_in_time(path: Path) -> bool:
    limit = path.run.series.max_start_age
    first = min(t.record.on for t in path.run.satisfied if t.record)
    return limit is None or first < path.run.case.age_date(limit)


def _highest(paths: list[Path], score: Callable[[Path, list[Path]], int]) -> Path:
    """The highest score; of equals the preferred series (SELECTBEST-2).

    Reading 11: without a preference, the series of which fewer targets were passed over.
    """
    return max(paths, key=lambda p: (score(p, paths), -p.run.series.preference, -p.skipped))


def _points(path: Path, best: list[Path], gain: int, tie: int, loss: int) -> int:
    if path not in best:
        return loss
    return gain if len(best) == 1 else tie


def _most_valid(paths: list[Path]) -> list[Path]:
    top = max(p.valid_doses for p in paths)
    return [p for p in paths if p.valid_doses == top]


def _score_complete(path: Path, paths: list[Path]) -> int:
    return _points(path, _most_valid(paths), 1, 0, -1)


def _score_started(path: Path, paths: list[Path]) -> int:
    """Table 8-9."""
    fewest = min(p.remaining for p in paths)
    finishes = {p: f for p in paths if p.is_completable() and (f := p.finish())}
    first = min(finishes.values(), default=None)
    return (
        (2 if path.run.series.product_path and path.all_valid else -2)
        + (3 if path.is_completable() else -3)
        + _points(path, _most_valid(paths), 2, 0, -2)
        + _points(path, [p for p in paths if p.remaining == fewest], 2, 0, -2)
        + _points(path, [p for p, f in finishes.items() if f == first], 1, 0, -1)
    )


def _score_unstarted(path: Path, paths: list[Path]) -> int:
    """Table 8-11. Reading 10: nothing can start before the day asked about."""
    path.run.case.watch(*(p.forecast.earliest for p in paths))
    starts = {p: max(d, p.run.case.on) for p in paths if (d := p.forecast.earliest)}
    first = min(starts.values(), default=None)
    return (
        _points(path, [p for p, s in starts.items() if s == first], 1, 0, -1)
        + (1 if path.is_completable() else -1)
        + (-1 if path.run.series.product_path else 1)
    )
