"""A centre's day, many times over: waits, occupancy, the bottleneck, each with its uncertainty.

The fast recursion runs as if seats and parking had no end; the days on which it never passed their
limits are exact, the others are run event by event. Every result carries its centre, seed and version.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from balmis.core.centre import events, tandem
from balmis.core.centre.drawing import Centre, draw
from balmis.core.centre.line import NEVER, Draws, Line, Path, Station, Times

VERSION = "centre/1"


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean over the days, and half the width of its 95 % interval."""

    mean: float
    error: float


@dataclass(frozen=True, slots=True)
class DayResult:
    centre: Centre
    seed: int
    days: int
    certified: int  # days that the recursion had exactly; the others were run event by event
    draws: Draws
    path: Path
    version: str = VERSION

    @property
    def came(self) -> NDArray[np.bool_]:
        """Shape (days, people)."""
        return self.draws.arrive < NEVER / 2

    def waits(self) -> Times:
        """Minutes in line, shape (stations, days, people); NaN for those who did not come."""
        waited = self.path.began - self.path.reached
        return np.where(self.came, waited, np.nan)

    def blocked(self) -> Times:
        """Minutes that people waited for a seat, done at the station before; shape (days, people)."""
        k = self.centre.line.before_seats - 1
        wait = self.path.seated - self.path.ended[k] - self.centre.line.walk_to_seats
        return np.where(self.came, wait, np.nan)

    def in_line(self) -> Times:
        """All of a person's waiting: for the parking, at stations, for a seat; shape (days, people)."""
        outside = np.where(self.came, self.path.entered - self.draws.arrive, np.nan)
        return np.asarray(outside + self.waits().sum(axis=0) + self.blocked())

    def on_site(self) -> Times:
        """Minutes from arrival to leaving, shape (days, people)."""
        return np.where(self.came, self.path.left - self.draws.arrive, np.nan)

    def percentile(self, share: float, of: Times) -> Estimate:
        """Of each day, then over the days."""
        return _estimate(np.nanquantile(of, share, axis=-1))

    def share_over(self, minutes: float) -> Estimate:
        """Of those who came, how many waited longer in all."""
        over = np.where(self.came, self.in_line() > minutes, np.nan)
        return _estimate(np.nanmean(over, axis=1))

    def utilisation(self) -> dict[str, Estimate]:
        """Of each station, from opening to the last leaving; a server held by a full room is busy."""
        found = {}
        last = np.maximum(self._last(), 1e-9)
        for k, station in enumerate(self.centre.line.stations):
            busy = np.where(self.came, self.draws.service[k], 0).sum(axis=1)
            if k == self.centre.line.before_seats - 1:
                busy += np.nansum(self.blocked(), axis=1)
            found[station.name] = _estimate(busy / last / station.servers)
        return found

    def overtime(self) -> Estimate:
        """Minutes after closing until the last person has left."""
        return _estimate(np.maximum(0, self._last() - self.centre.arrivals.hours * 60))

    def doses(self) -> Estimate:
        """A day."""
        return _estimate(self.came.sum(axis=1).astype(float))

    def most_seated(self) -> Times:
        """At once, of each day; shape (days,)."""
        return tandem.most_at_once(self.path.seated, self.path.rose)

    def most_parked(self) -> Times:
        return tandem.most_at_once(self.path.entered, self.path.left)

    def there(self, came: Times, went: Times, at: Times) -> Times:
        """How many are between the two at each of these minutes, shape (days, len(at))."""
        found = np.empty((self.days, len(at)))
        for day in range(self.days):
            for sign, times in ((1, came[day]), (-1, went[day])):
                known = np.sort(times[times < NEVER / 2])
                count = np.searchsorted(known, at, side="right")
                found[day] = count if sign > 0 else found[day] - count
        return found

    def _last(self) -> Times:
        return np.asarray(np.where(self.came, self.path.left, 0).max(axis=1, initial=0))


def _estimate(values: Times) -> Estimate:
    kept = values[np.isfinite(values)]
    if not len(kept):
        return Estimate(0.0, 0.0)
    error = 1.96 * kept.std(ddof=1) / np.sqrt(len(kept)) if len(kept) > 1 else float("inf")
    return Estimate(float(kept.mean()), float(error))


def simulate(centre: Centre, days: int = 200, seed: int = 1) -> DayResult:
    """Raises ValueError for no days."""
    return walk(centre, draw(centre, days, seed), seed)


def walk(centre: Centre, draws: Draws, seed: int) -> DayResult:
    """These days at this centre."""
    path = tandem.run(_unlimited(centre.line), draws)
    exact = tandem.fits(centre.line, path, draws)
    if not exact.all():
        _replace(path, centre.line, draws, np.flatnonzero(~exact))
    return DayResult(centre, seed, len(exact), int(exact.sum()), draws, path)


def _unlimited(line: Line) -> Line:
    return replace(line, seats=None, parking=None)


def _replace(path: Path, line: Line, draws: Draws, days: NDArray[np.int_]) -> None:
    """These days event by event."""
    part = Draws(draws.arrive[days], draws.service[:, days], draws.observe[days])
    found = events.run(line, part)
    for name in ("entered", "seated", "rose", "left"):
        getattr(path, name)[days] = getattr(found, name)
    for name in ("reached", "began", "ended"):
        getattr(path, name)[:, days] = getattr(found, name)


@dataclass(frozen=True, slots=True)
class Gain:
    """What one server more, or less, at a station changes: the P95 of all waiting, in minutes, on the
    same days."""

    station: str
    change: Estimate


def ladder(found: DayResult, step: int = 1) -> list[Gain]:
    """For each station; the one that gains most first: with `step` 1 the bottleneck. Utilisation alone
    misleads."""
    before = np.nanquantile(found.in_line(), 0.95, axis=1)
    gains = []
    for k, station in enumerate(found.centre.line.stations):
        if station.servers + step < 1:
            continue
        stations = list(found.centre.line.stations)
        stations[k] = Station(station.name, station.servers + step, station.walk)
        line = replace(found.centre.line, stations=tuple(stations))
        other = walk(replace(found.centre, line=line), found.draws, found.seed)
        after = np.nanquantile(other.in_line(), 0.95, axis=1)
        gains.append(Gain(station.name, _estimate(after - before)))
    return sorted(gains, key=lambda g: g.change.mean)
