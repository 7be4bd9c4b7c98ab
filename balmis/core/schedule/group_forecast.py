"""One forecast per vaccine group (CDSi Logic Specification 4.6, chapter 9)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from balmis.core.schedule.conditions import Deferred
from balmis.core.schedule.forecast import Advice
from balmis.core.schedule.format import VaccineGroup
from balmis.core.schedule.series_selection import Path
from balmis.core.vocabulary.schedule import Finding, SeriesStatus, SeriesType

# worst first: table 9-4
_ORDER = (
    SeriesStatus.CONTRAINDICATED,
    SeriesStatus.AGED_OUT,
    SeriesStatus.NOT_RECOMMENDED,
    SeriesStatus.NOT_COMPLETE,
)
# of several best series of one antigen: what is still to do, then what is done (reading 13)
_SINGLE = (
    SeriesStatus.NOT_COMPLETE,
    SeriesStatus.COMPLETE,
    SeriesStatus.IMMUNE,
    SeriesStatus.CONTRAINDICATED,
    SeriesStatus.NOT_RECOMMENDED,
    SeriesStatus.AGED_OUT,
)


@dataclass(frozen=True, slots=True)
class GroupForecast:
    """What a vaccine group asks of the person next."""

    group: str
    kind: SeriesType  # standard or risk
    status: SeriesStatus
    findings: tuple[Finding, ...]
    series: tuple[str, ...]  # ids of the series it rests on
    number: int | None = None
    role: str = ""
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None
    latest: date | None = None
    products: tuple[Advice, ...] = ()
    bars: tuple[str, ...] = ()
    deferred: Deferred | None = None


def group_forecasts(
    name: str, group: VaccineGroup, best: dict[str, list[Path]]
) -> list[GroupForecast]:
    """Blend the antigens' best series, standard with standard and risk with risk.

    Usually one forecast; two when a risk asks for something beside the usual series, the
    more urgent first.
    """
    kinds = {
        kind: [p for a in group.antigens for p in best.get(a, ()) if _kind(p) == kind]
        for kind in (SeriesType.RISK, SeriesType.STANDARD)
    }
    blends = [_blend(name, kind, group, paths) for kind, paths in kinds.items() if paths]
    if not blends:
        return [
            GroupForecast(
                name, SeriesType.STANDARD, SeriesStatus.NOT_RECOMMENDED, (Finding.NO_SERIES,), ()
            )
        ]
    return sorted(blends, key=_urgency)


def _kind(path: Path) -> SeriesType:
    return SeriesType.RISK if path.run.series.type is SeriesType.RISK else SeriesType.STANDARD


def _urgency(found: GroupForecast) -> tuple[bool, date]:
    """What is still to do goes before what is done; then the earlier."""
    return (found.status is not SeriesStatus.NOT_COMPLETE, found.earliest or date.max)


def _status(group: VaccineGroup, paths: list[Path]) -> SeriesStatus:
    statuses = {p.forecast.status for p in paths}
    if len(group.antigens) == 1:
        return next(s for s in _SINGLE if s in statuses)
    for status in _ORDER:
        if status in statuses:
            return status
    return SeriesStatus.IMMUNE if statuses == {SeriesStatus.IMMUNE} else SeriesStatus.COMPLETE


def _blend(name: str, kind: SeriesType, group: VaccineGroup, paths: list[Path]) -> GroupForecast:
    status = _status(group, paths)
    open_ = [p for p in paths if p.forecast.status is SeriesStatus.NOT_COMPLETE]
    findings = tuple(
        dict.fromkeys(p.forecast.finding for p in paths if p.forecast.status is status)
    )
    ids = tuple(p.run.series.id for p in paths)
    bars = tuple(dict.fromkeys(b for p in paths for b in p.forecast.bars))
    if status is not SeriesStatus.NOT_COMPLETE:
        return GroupForecast(name, kind, status, findings, ids, bars=bars)
    forecasts = [p.forecast for p in open_]
    earliest = _earliest(group, open_, [r.on for p in paths for r in p.run.records])
    recommended = _first(f.recommended for f in forecasts)
    past_due = _first(f.past_due for f in forecasts)
    numbers = [f.number for f in forecasts]
    return GroupForecast(
        name,
        kind,
        status,
        findings,
        ids,
        min(numbers) if group.full else max(numbers),
        forecasts[0].role,
        earliest,
        max(recommended, earliest) if recommended and earliest else earliest,
        max(past_due, earliest) if past_due and earliest else past_due,
        _first(f.latest for f in forecasts),
        _named((a for f in forecasts for a in f.products), paths[0].run.case.schedule.rank),
        bars,
        next((f.deferred for f in forecasts if f.deferred), None),
    )


def _named(advice: Iterable[Advice], rank: dict[str, int]) -> tuple[Advice, ...]:
    """Each product once: as early as any series allows it, preferred if any prefers it."""
    found: dict[str, Advice] = {}
    for a in advice:
        known = found.get(a.product)
        if known is None:
            found[a.product] = a
            continue
        first = a if a.earliest < known.earliest else known
        found[a.product] = replace(first, preferred=a.preferred or known.preferred)
    return tuple(sorted(found.values(), key=lambda a: (not a.preferred, rank[a.product])))


def _earliest(group: VaccineGroup, paths: list[Path], given: list[date]) -> date | None:
    """MULTIANTVG-1, with the days of the group's doses; for one antigen simply the earliest."""
    dates = [p.forecast.earliest for p in paths if p.forecast.earliest]
    if not dates:
        return None
    if len(group.antigens) == 1:
        return min(dates)
    if any(p.forecast.priority for p in paths):
        return max([min(dates), *given])
    return max(dates)


def _first(dates: Iterable[date | None]) -> date | None:
    return min((d for d in dates if d is not None), default=None)
