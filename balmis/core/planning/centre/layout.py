"""The line of a vaccination centre, and everything random about some days of it.

People come to the parking, wait for a place, go from station to station in one line each, sit under
observation and leave; the place in the parking is theirs until they have left. A full observation
room blocks the station before it: who is done there stays, and holds its server. Who reacts goes from
the seat to a treatment bay; while none is free, they are looked after on the seat. Times are minutes
from the opening of the day.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
NEVER = 1e12  # of a person who did not come: large, and finite


@dataclass(frozen=True, slots=True)
class Away:
    """When one server of a station takes nobody new: lunch, or before and after a shift. Who is being
    served is finished first."""

    server: int  # 0 is the first
    from_: float
    to: float


@dataclass(frozen=True, slots=True)
class Refill:
    """After every `every` people a server is away for so many minutes."""

    every: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Station:
    name: str
    servers: int
    walk: float = 0.0  # minutes to get there
    away: tuple[Away, ...] = ()
    refill: Refill | None = None
    room: int | None = (
        None  # for how many to wait there; who finds none stays at the station before
    )

    def __post_init__(self) -> None:
        if any(not 0 <= a.server < self.servers or a.from_ >= a.to for a in self.away):
            raise ValueError(f"{self.name}: somebody is away who is not there, or for no time")
        if self.refill and (self.refill.every < 1 or self.refill.minutes < 0):
            raise ValueError(f"{self.name}: no such refill: {self.refill}")
        if {a.server for a in self.away if a.to >= NEVER} >= set(range(self.servers)):
            raise ValueError(f"{self.name}: nobody stays until the last person has left")

    @property
    def is_plain(self) -> bool:
        """Every server is there all day, and the line may be of any length."""
        return not self.away and self.refill is None and self.room is None


@dataclass(frozen=True, slots=True)
class Line:
    """Stations in their order; observation comes after `before_seats` of them."""

    stations: tuple[Station, ...]
    before_seats: int
    seats: int | None = None  # None: as many as are wanted
    parking: int | None = None
    walk_to_seats: float = 0.0
    bays: int | None = None  # for treatment
    preparers: int | None = None  # of doses; None: a dose is always ready

    def __post_init__(self) -> None:
        if not 0 < self.before_seats <= len(self.stations):
            raise ValueError("observation comes after at least one of the stations")
        limits = [
            *(s.servers for s in self.stations),
            self.seats,
            self.parking,
            self.bays,
            self.preparers,
        ]
        if any(n is not None and n < 1 for n in limits):
            raise ValueError(f"a limit below one: {limits}")
        for k, station in enumerate(self.stations):
            inside = 0 < k < self.before_seats and station.walk == 0
            inside = inside and not waits_for_dose(self, k)
            if station.room is not None and (station.room < 0 or not inside):
                raise ValueError(
                    f"{station.name}: a room to wait in needs a station right before it, and doses at hand"
                )
        if self.walk_to_seats and self.seats is not None:
            raise ValueError("a way to the seats needs seats without limit")


@dataclass(frozen=True, slots=True)
class Draws:
    """What was drawn for each person of each day: the same for every centre that is compared. All but
    `service` and `walk` have the shape (days, people)."""

    arrive: Times  # NEVER for those who do not come
    service: Times  # (stations, days, people)
    observe: Times  # minutes on a seat
    walk: Times | None = None  # (stations, days, people), instead of the line's fixed walks
    order: Times | None = None  # when the dose is ordered from who prepares it
    prepare: Times | None = None  # minutes that preparing it takes
    onset: Times | None = None  # minutes from the dose to a reaction; NEVER for none
    treat: Times | None = None  # minutes in a treatment bay
    drives: NDArray[np.bool_] | None = None  # takes a place to park; None: everybody

    def __post_init__(self) -> None:
        alike = (self.observe, self.order, self.prepare, self.onset, self.treat, self.drives)
        if self.service.shape[1:] != self.arrive.shape or any(
            x is not None and x.shape != self.arrive.shape for x in alike
        ):
            raise ValueError("the draws are not of the same days and people")
        if self.walk is not None and self.walk.shape != self.service.shape:
            raise ValueError("the walks are not of the same stations, days and people")

    def of(self, days: NDArray[np.int_] | slice) -> "Draws":
        """Only these days."""

        def part(x: NDArray[np.float64] | None) -> Times | None:
            return None if x is None else x[days]

        return Draws(
            self.arrive[days],
            self.service[:, days],
            self.observe[days],
            None if self.walk is None else self.walk[:, days],
            part(self.order),
            part(self.prepare),
            part(self.onset),
            part(self.treat),
            None if self.drives is None else self.drives[days],
        )


@dataclass(frozen=True, slots=True)
class Path:
    """When everything happened. Shapes as of `Draws`; NEVER for those who did not come."""

    entered: Times  # into the parking
    reached: Times  # (stations, days, people) into the line of the station
    began: Times  # (stations, days, people)
    ended: Times  # (stations, days, people) of the service
    seated: Times
    rose: Times
    treated: Times  # began in a bay; NEVER: was not there
    left: Times


def ways(line: Line, draws: Draws, k: int) -> Times | float:
    """Minutes to station `k`, of each person or of all."""
    return line.stations[k].walk if draws.walk is None else draws.walk[k]


def waits_for_dose(line: Line, k: int) -> bool:
    """Does one begin at station `k` only with a dose that is prepared?"""
    return line.preparers is not None and k == line.before_seats - 1
