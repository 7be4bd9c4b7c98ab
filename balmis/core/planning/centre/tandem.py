"""Many days at once, where seats, parking and bays have no limit: station by station, in NumPy.

A first-come-first-served station of c servers: who comes next begins with the server that is free
first (Kiefer and Wolfowitz, 1955), for all days abreast. People overtake on the way, so each station
is worked through in the order of arrival there.
"""

import numpy as np
from numpy.typing import NDArray

from balmis.core.planning.centre.layout import (
    NEVER,
    Draws,
    Line,
    Path,
    Refill,
    Station,
    Times,
    waits_for_dose,
    ways,
)


def run(line: Line, draws: Draws) -> Path:
    """As if there were room for everybody; `fits` says on which days that is exact."""
    reached, began, ended = (np.empty_like(draws.service) for _ in range(3))
    at = draws.arrive
    seated = rose = treated = at
    for k, station in enumerate(line.stations):
        if k == line.before_seats:
            seated, rose, treated, at = _sit(line, draws, at)
        reached[k] = at + ways(line, draws, k)
        if waits_for_dose(line, k):
            np.maximum(reached[k], ready(line, draws), out=reached[k])
        began[k] = served(station, reached[k], draws.service[k])
        ended[k] = began[k] + draws.service[k]
        at = ended[k]
    if line.before_seats == len(line.stations):
        seated, rose, treated, at = _sit(line, draws, at)
    return Path(
        draws.arrive.copy(),
        reached,
        began,
        ended,
        seated.copy(),
        rose.copy(),
        treated.copy(),
        at.copy(),
    )


def ready(line: Line, draws: Draws) -> Times:
    """When each one's dose is prepared; the doses are taken in the order in which they were ordered."""
    if draws.order is None or draws.prepare is None or line.preparers is None:
        raise ValueError("nobody has drawn when doses are ordered and how long preparing takes")
    at = served(Station("preparation", line.preparers), draws.order, draws.prepare)
    return np.asarray(at + draws.prepare)


def _sit(line: Line, draws: Draws, at: Times) -> tuple[Times, Times, Times, Times]:
    """Seated, rose, came to a bay, free to go on."""
    seated = at + line.walk_to_seats
    rose = seated + draws.observe
    none = np.full_like(at, NEVER)
    if draws.onset is None or draws.treat is None:
        return seated, rose, none, rose
    reacts = np.maximum(at + draws.onset, seated)
    there = reacts < rose
    rose = np.where(there, reacts, rose)
    return seated, rose, np.where(there, reacts, none), np.where(there, reacts + draws.treat, rose)


def served(station: Station, reached: Times, service: Times) -> Times:
    """When service begins, shape (days, people)."""
    order = np.argsort(reached, axis=1, kind="stable")
    come = np.take_along_axis(reached, order, axis=1).T.copy()  # (people, days)
    lasts = np.take_along_axis(service, order, axis=1).T.copy()
    walk = _first_there if station.away or station.refill else _first_free
    found = np.empty_like(reached)
    np.put_along_axis(found, order, walk(station, come, lasts).T, axis=1)
    return found


def _first_free(station: Station, come: Times, lasts: Times) -> Times:
    """Where everybody is there all day. Shapes (people, days)."""
    people, days = come.shape
    begun = np.empty_like(come)
    free = np.full(
        (days, min(station.servers, people) or 1), -NEVER
    )  # since when each server is free
    rows = np.arange(days)
    for n in range(people):
        first = free.argmin(axis=1)
        begin = np.maximum(come[n], free[rows, first])
        begun[n] = begin
        free[rows, first] = begin + lasts[n]
    return begun


def _first_there(station: Station, come: Times, lasts: Times) -> Times:
    """Where servers are away at times: the one who can begin first, of several the first."""
    people, days = come.shape
    begun = np.empty_like(come)
    free = np.full((days, station.servers), -NEVER)
    done = np.zeros((days, station.servers), dtype=np.int64)
    refill = station.refill or Refill(people + 1, 0.0)
    windows = sorted(station.away, key=lambda a: a.from_)
    rows = np.arange(days)
    for n in range(people):
        could = np.maximum(come[n][:, None], free)
        for away in windows:
            column = could[:, away.server]
            column[(away.from_ <= column) & (column < away.to)] = away.to
        first = could.argmin(axis=1)
        begun[n] = could[rows, first]
        done[rows, first] += 1
        pause = np.where(done[rows, first] % refill.every == 0, refill.minutes, 0.0)
        free[rows, first] = begun[n] + lasts[n] + pause
    return begun


def most_at_once(came: Times, went: Times) -> Times:
    """For each day, how many were there at once at the most; shape (days,). Who leaves at the moment
    another comes makes room."""
    times = np.concatenate([came, went], axis=1)
    steps = np.concatenate([np.ones_like(came), -np.ones_like(went)], axis=1)
    steps[times >= NEVER / 2] = 0
    order = np.lexsort((steps, times), axis=1)
    running = np.take_along_axis(steps, order, axis=1).cumsum(axis=1)
    return np.asarray(running.max(axis=1))


def fits(line: Line, path: Path, draws: Draws) -> NDArray[np.bool_]:
    """The days, shape (days,), on which no limit was ever reached: there the path is exact whatever the
    limits are."""
    found: NDArray[np.bool_] = np.ones(path.entered.shape[0], dtype=np.bool_)
    if line.seats is not None:
        found &= most_at_once(path.seated, path.rose) <= line.seats
    if line.parking is not None:
        found &= most_at_once(*parked(path, draws)) <= line.parking
    for k, station in enumerate(line.stations):
        if station.room is not None:
            found &= most_at_once(path.reached[k], path.began[k]) <= station.room
    if line.bays is not None and draws.treat is not None:
        found &= most_at_once(*bays(path, draws)) <= line.bays
    return found


def parked(path: Path, draws: Draws) -> tuple[Times, Times]:
    """From when to when each one's car stands there."""
    if draws.drives is None:
        return path.entered, path.left
    drives = draws.drives
    return np.where(drives, path.entered, NEVER), np.where(drives, path.left, NEVER)


def bays(path: Path, draws: Draws) -> tuple[Times, Times]:
    """From when to when each one is in a treatment bay."""
    treat = np.zeros_like(path.treated) if draws.treat is None else draws.treat
    was = path.treated < NEVER / 2
    return path.treated, np.where(was, path.treated + treat, NEVER)
