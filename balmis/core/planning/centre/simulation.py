"""A centre's day, many times over: waits, occupancy, the bottleneck, each with its uncertainty.

The fast recursion runs as if seats and parking had no end; the days on which it never passed their
limits are exact, the others are run event by event. Every result carries its centre, seed and version.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from balmis.core.planning.centre import event_loop, tandem
from balmis.core.planning.centre.layout import NEVER, Draws, Line, Path, Station, Times
from balmis.core.planning.centre.sampling import Centre, draw

VERSION = "centre/2"


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

    def held(self, k: int) -> Times:
        """Minutes that people stood at station `k`, done, for the next has no room; (days, people)."""
        beyond = k + 1
        if beyond >= len(self.path.reached) or self.centre.line.stations[beyond].room is None:
            return np.where(self.came, 0.0, np.nan)
        return np.where(self.came, self.path.reached[beyond] - self.path.ended[k], np.nan)

    def in_line(self) -> Times:
        """All of a person's waiting: for the parking, at stations, for a seat; shape (days, people)."""
        outside = np.where(self.came, self.path.entered - self.draws.arrive, np.nan)
        held = sum(self.held(k) for k in range(len(self.path.began)))
        return np.asarray(outside + self.waits().sum(axis=0) + self.blocked() + held)

    def on_site(self) -> Times:
        """Minutes from arrival to leaving, shape (days, people)."""
        return np.where(self.came, self.path.left - self.draws.arrive, np.nan)

    def percentile(self, share: float, of: Times) -> Estimate:
        """Of each day, then over the days."""
        return _estimate(np.nanquantile(of, share, axis=-1))

    def share_over(self, minutes: float) -> Estimate:
        """Of those who came, how many waited longer in all."""
        return self.share_of(self.in_line() > minutes)

    def share_of(self, which: NDArray[np.bool_]) -> Estimate:
        """Of those who came; shape (days, people)."""
        number = self.came.sum(axis=1)
        return _estimate((which & self.came).sum(axis=1) / np.maximum(number, 1))

    def utilisation(self) -> dict[str, Estimate]:
        """Of each station, from opening to the last leaving; a server held by a full room is busy."""
        found = {}
        last = np.maximum(self._last(), 1e-9)
        for k, station in enumerate(self.centre.line.stations):
            busy = np.where(self.came, self.draws.service[k], 0).sum(axis=1)
            waits = self.blocked() if k == self.centre.line.before_seats - 1 else self.held(k)
            busy += np.nansum(waits, axis=1)
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
        return tandem.most_at_once(*tandem.parked(self.path, self.draws))

    def most_treated(self) -> Times:
        """In treatment bays at once, of each day; shape (days,)."""
        return tandem.most_at_once(*tandem.bays(self.path, self.draws))

    def reactions(self) -> tuple[Estimate, Estimate]:
        """A day: those that begin on the site, and those that begin after the person has left."""
        if self.draws.onset is None:
            return Estimate(0.0, 0.0), Estimate(0.0, 0.0)
        all_ = (self.came & (self.draws.onset < NEVER / 2)).sum(axis=1).astype(float)
        here = (self.path.treated < NEVER / 2).sum(axis=1).astype(float)
        return _estimate(here), _estimate(all_ - here)

    def staff_hours(self) -> float:
        """Of everyone at the stations and who prepares, from opening to closing, without absences."""
        hours = self.centre.arrivals.hours
        line = self.centre.line
        there = [_hours_there(s, hours) for s in line.stations]
        return sum(there) + (line.preparers or 0) * hours

    def doses_a_staff_hour(self) -> Estimate:
        return _estimate(self.came.sum(axis=1) / self.staff_hours())

    def profile(self, came: Times, went: Times, at: Times) -> NDArray[np.float64]:
        """How many are between the two at each minute: the 10th, 50th and 90th percentile of the days;
        shape (3, len(at))."""
        return np.quantile(self.there(came, went, at), (0.1, 0.5, 0.9), axis=0)

    def busy(self, k: int, edges: Times) -> Times:
        """The share of a station's servers at work in each stretch between edges, over the days; shape
        (len(edges) - 1,)."""
        begin, end = self.path.began[k][self.came], self.path.ended[k][self.came]
        if k == self.centre.line.before_seats - 1:
            end = self.path.seated[self.came] - self.centre.line.walk_to_seats
        found = []
        for low, high in pairwise(edges):
            within = np.clip(np.minimum(end, high) - np.maximum(begin, low), 0, None).sum()
            found.append(within / (high - low) / self.days / self.centre.line.stations[k].servers)
        return np.array(found)

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


def _hours_there(station: Station, hours: float) -> float:
    """Hours of a station's servers between opening and closing."""
    gone = sum(max(0.0, min(a.to, hours * 60) - max(a.from_, 0.0)) for a in station.away)
    return station.servers * hours - gone / 60


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
    return replace(line, seats=None, parking=None, bays=None)


def _replace(path: Path, line: Line, draws: Draws, days: NDArray[np.int_]) -> None:
    """These days event by event."""
    found = event_loop.run(line, draws.of(days))
    for name in ("entered", "seated", "rose", "treated", "left"):
        getattr(path, name)[days] = getattr(found, name)
    for name in ("reached", "began", "ended"):
        getattr(path, name)[:, days] = getattr(found, name)


def changed(station: Station, step: int) -> Station:
    """With so many servers more or less; the last ones come and go."""
    servers = station.servers + step
    away = tuple(a for a in station.away if a.server < servers)
    return replace(station, servers=servers, away=away)


@dataclass(frozen=True, slots=True)
class ServerGain:
    """What one server more, or less, at a station changes: the P95 of all waiting, in minutes, on the
    same days."""

    station: str
    change: Estimate


def ladder(found: DayResult, step: int = 1) -> list[ServerGain]:
    """For each station; the one that gains most first: with `step` 1 the bottleneck. Utilisation alone
    misleads."""
    before = np.nanquantile(found.in_line(), 0.95, axis=1)
    gains = []
    for k, station in enumerate(found.centre.line.stations):
        if station.servers + step < 1:
            continue
        stations = list(found.centre.line.stations)
        stations[k] = changed(station, step)
        line = replace(found.centre.line, stations=tuple(stations))
        other = walk(replace(found.centre, line=line), found.draws, found.seed)
        after = np.nanquantile(other.in_line(), 0.95, axis=1)
        gains.append(ServerGain(station.name, _estimate(after - before)))
    return sorted(gains, key=lambda g: g.change.mean)
