"""The line of a vaccination centre, and everything random about some days of it.

People come to the parking, wait for a place, go from station to station in one line each, sit under
observation and leave; the place in the parking is theirs until they have left. A full observation
room blocks the station before it: who is done there stays, and holds its server. Times are minutes
from the opening of the day.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
NEVER = 1e12  # of a person who did not come: large, and finite


@dataclass(frozen=True, slots=True)
class Station:
    name: str
    servers: int
    walk: float = 0.0  # minutes to get there


@dataclass(frozen=True, slots=True)
class Line:
    """Stations in their order; observation comes after `before_seats` of them."""

    stations: tuple[Station, ...]
    before_seats: int
    seats: int | None = None  # None: as many as are wanted
    parking: int | None = None
    walk_to_seats: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.before_seats <= len(self.stations):
            raise ValueError("observation comes after at least one of the stations")
        limits = [*(s.servers for s in self.stations), self.seats, self.parking]
        if any(n is not None and n < 1 for n in limits):
            raise ValueError(f"a limit below one: {limits}")
        if self.walk_to_seats and self.seats is not None:
            raise ValueError("a way to the seats needs seats without limit")


@dataclass(frozen=True, slots=True)
class Draws:
    """What was drawn for each person of each day: the same for every centre that is compared."""

    arrive: Times  # (days, people); NEVER for those who do not come
    service: Times  # (stations, days, people)
    observe: Times  # (days, people)

    def __post_init__(self) -> None:
        if self.service.shape[1:] != self.arrive.shape or self.observe.shape != self.arrive.shape:
            raise ValueError("the draws are not of the same days and people")


@dataclass(frozen=True, slots=True)
class Path:
    """When everything happened. Shapes as of `Draws`; NEVER for those who did not come."""

    entered: Times  # (days, people) into the parking
    reached: Times  # (stations, days, people) into the line of the station
    began: Times  # (stations, days, people)
    ended: Times  # (stations, days, people) of the service
    seated: Times  # (days, people)
    rose: Times  # (days, people)
    left: Times  # (days, people)
