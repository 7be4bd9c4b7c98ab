"""How many people, staff, seats and places does a centre take, if 95 of 100 are not to wait too long?

Each answer is looked for on the same simulated days, and comes with the estimate that it rests on. Seats
and parking are sized from what is wanted of them when they have no limit, which the recursion has
exactly; staff and slots are looked for with seats and parking for all.
"""

from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np

from balmis.core.planning.centre.layout import Line
from balmis.core.planning.centre.sampling import Centre
from balmis.core.planning.centre.simulation import DayResult, Estimate, changed, ladder, simulate

DAYS = 50
MARGIN = 1.0  # servers beyond the load, times its root, to begin with (Halfin and Whitt, 1981)
MOST = 100_000  # people a slot


@dataclass(frozen=True, slots=True)
class Sized:
    """The centre as it should be, and the 95th percentile of all waiting there, minutes."""

    centre: Centre
    wait: Estimate
    tried: int  # centres that were simulated

    @property
    def an_hour(self) -> float:
        """Appointments."""
        return self.centre.arrivals.a_slot * 60 / self.centre.arrivals.every

    @property
    def servers(self) -> dict[str, int]:
        return {s.name: s.servers for s in self.centre.line.stations}


def most_slots(centre: Centre, wait: float, *, days: int = DAYS, seed: int = 1) -> Sized:
    """The most people a slot with whom the 95th percentile of all waiting is at most `wait` minutes.

    Raises ValueError when not even one can be served in that time.
    """
    tried: dict[int, Estimate] = {}

    def fits(a_slot: int) -> bool:
        if a_slot not in tried:
            tried[a_slot] = _p95(simulate(_with_slots(centre, a_slot), days, seed))
        return tried[a_slot].mean <= wait

    low, high = 0, max(1, _slots_of_load(centre))
    while fits(high):
        low, high = high, 2 * high
        if high > MOST:
            raise ValueError("no number of people makes this centre wait")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    if low == 0:
        raise ValueError(f"not even one person a slot is served within {wait} minutes")
    return Sized(_with_slots(centre, low), tried[low], len(tried))


def _slots_of_load(centre: Centre) -> int:
    """With whom the busiest station is just busy."""
    a_minute = min(
        s.servers / max(d.mean, 1e-9)
        for s, d in zip(centre.line.stations, centre.service, strict=True)
    )
    came = max(1e-9, 1 - centre.arrivals.no_show)
    return ceil(a_minute * centre.arrivals.every / came)


def _with_slots(centre: Centre, a_slot: int) -> Centre:
    line = replace(centre.line, seats=None, parking=None, bays=None)
    return replace(centre, line=line, arrivals=replace(centre.arrivals, a_slot=a_slot))


def _p95(found: DayResult) -> Estimate:
    return found.percentile(0.95, found.in_line())


def fewest_servers(centre: Centre, wait: float, *, days: int = DAYS, seed: int = 1) -> Sized:
    """Servers at each station, so that the 95th percentile of all waiting is at most `wait` minutes and
    one less anywhere would make it longer. Raises ValueError for a wait below zero."""
    if wait < 0:
        raise ValueError(f"no such wait: {wait}")
    at = _with_servers(_with_slots(centre, centre.arrivals.a_slot), _by_load(centre))
    found, tried = simulate(at, days, seed), 1
    while (now := _p95(found)).mean > wait:
        gains = ladder(found)
        tried += len(gains) + 1
        at = _more(at, gains[0].station, 1)
        found = simulate(at, days, seed)
    for name in [s.name for s in at.line.stations]:
        while _servers(at, name) > 1:
            less = _more(at, name, -1)
            smaller = _p95(simulate(less, days, seed))
            tried += 1
            if smaller.mean > wait:
                break
            at, now = less, smaller
    return Sized(at, now, tried)


def _by_load(centre: Centre) -> list[int]:
    rate = centre.arrivals.a_slot * (1 - centre.arrivals.no_show) / centre.arrivals.every
    rate += centre.arrivals.walk_ins / 60
    loads = [rate * d.mean for d in centre.service]
    return [max(1, ceil(load + MARGIN * sqrt(load))) for load in loads]


def _with_servers(centre: Centre, servers: list[int]) -> Centre:
    stations = tuple(
        changed(s, n - s.servers) for s, n in zip(centre.line.stations, servers, strict=True)
    )
    return replace(centre, line=replace(centre.line, stations=stations))


def _servers(centre: Centre, name: str) -> int:
    return next(s.servers for s in centre.line.stations if s.name == name)


def _more(centre: Centre, name: str, step: int) -> Centre:
    found = [s.servers + (step if s.name == name else 0) for s in centre.line.stations]
    return _with_servers(centre, found)


@dataclass(frozen=True, slots=True)
class SeatsAndParking:
    """Seats and places to park that are enough on so many of 100 days."""

    seats: int
    parking: int


def room_for(centre: Centre, risk: float, *, days: int = 200, seed: int = 1) -> SeatsAndParking:
    """Enough but on this share of the days. Raises ValueError for a risk that is none."""
    if not 0 < risk < 1:
        raise ValueError(f"no such risk: {risk}")
    line: Line = replace(centre.line, seats=None, parking=None, bays=None)
    found = simulate(replace(centre, line=line), days, seed)
    seats, parking = (
        int(np.ceil(np.quantile(most, 1 - risk, method="higher")))
        for most in (found.most_seated(), found.most_parked())
    )
    return SeatsAndParking(max(1, seats), max(1, parking))


def surge(centre: Centre, factor: float, wait: float, *, days: int = DAYS, seed: int = 1) -> Sized:
    """What so many times the appointments need of staff."""
    if factor <= 0:
        raise ValueError(f"no such surge: {factor}")
    a_slot = ceil(centre.arrivals.a_slot * factor)
    return fewest_servers(_with_slots(centre, a_slot), wait, days=days, seed=seed)
