"""Many days at once, where seats and parking have no limit: station by station, in NumPy.

A first-come-first-served station of c servers: who comes next begins with the server that is free
first (Kiefer and Wolfowitz, 1955), for all days abreast. People overtake on the way, so each station
is worked through in the order of arrival there.
"""

import numpy as np
from numpy.typing import NDArray

from balmis.core.centre.line import NEVER, Draws, Line, Path, Times


def run(line: Line, draws: Draws) -> Path:
    """As if there were seats and parking for everybody; `fits` says on which days that is exact."""
    reached, began, ended = (np.empty_like(draws.service) for _ in range(3))
    at = draws.arrive
    seated = rose = at
    for k, station in enumerate(line.stations):
        if k == line.before_seats:
            seated, rose = _sit(line, draws, at)
            at = rose
        reached[k] = at + station.walk
        began[k] = _first_come(reached[k], draws.service[k], station.servers)
        ended[k] = began[k] + draws.service[k]
        at = ended[k]
    if line.before_seats == len(line.stations):
        seated, rose = _sit(line, draws, at)
        at = rose
    return Path(draws.arrive.copy(), reached, began, ended, seated.copy(), rose.copy(), at.copy())


def _sit(line: Line, draws: Draws, at: Times) -> tuple[Times, Times]:
    seated = at + line.walk_to_seats
    return seated, seated + draws.observe


def _first_come(reached: Times, service: Times, servers: int) -> Times:
    """When service begins, shape (days, people)."""
    days, people = reached.shape
    order = np.argsort(reached, axis=1, kind="stable")
    come = np.take_along_axis(reached, order, axis=1).T.copy()  # (people, days)
    lasts = np.take_along_axis(service, order, axis=1).T.copy()
    begun = np.empty_like(come)
    free = np.full((days, min(servers, people) or 1), -NEVER)  # since when each server is free
    rows = np.arange(days)
    for n in range(people):
        first = free.argmin(axis=1)
        begin = np.maximum(come[n], free[rows, first])
        begun[n] = begin
        free[rows, first] = begin + lasts[n]
    found = np.empty_like(reached)
    np.put_along_axis(found, order, begun.T, axis=1)
    return found


def most_at_once(came: Times, went: Times) -> Times:
    """For each day, how many were there at once at the most; shape (days,). Who leaves at the moment
    another comes makes room."""
    times = np.concatenate([came, went], axis=1)
    steps = np.concatenate([np.ones_like(came), -np.ones_like(went)], axis=1)
    steps[times >= NEVER / 2] = 0
    order = np.lexsort((steps, times), axis=1)
    running = np.take_along_axis(steps, order, axis=1).cumsum(axis=1)
    return np.asarray(running.max(axis=1))


def fits(line: Line, path: Path) -> NDArray[np.bool_]:
    """The days, shape (days,), on which no limit was ever reached: there the path is exact whatever the
    limits are."""
    found: NDArray[np.bool_] = np.ones(path.entered.shape[0], dtype=np.bool_)
    if line.seats is not None:
        found &= most_at_once(path.seated, path.rose) <= line.seats
    if line.parking is not None:
        found &= most_at_once(path.entered, path.left) <= line.parking
    return found
