"""Which sites become centres? What each has, whom it reaches, and the best set of so many.

Sets are compared by the people within a distance (maximal covering, Church and ReVelle 1974) and by the
mean distance to the nearest (p-median, Hakimi 1964), both as integer programmes solved by HiGHS.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from balmis.core.places.distance import km_between
from balmis.core.planning.allocation.lp import INF, Floats, Model, set_cost, solve

BANDS = (5.0, 10.0, 20.0, 30.0)  # km
READY = ("entrance-and-exit-apart", "step-free", "heating", "network", "ambulance-access")
POWER = {"none": 0.0, "mains": 0.6, "backup": 1.0}
COLD = {"none": 0.0, "possible": 0.5, "ready": 1.0}
WEIGHTS = {
    "seats": 0.3,
    "parking": 0.25,
    "reach": 0.2,
    "cold chain": 0.1,
    "power": 0.05,
    "readiness": 0.1,
}
EQUAL = 1e-3  # a difference of coverage that does not matter
SEAT_M2 = 4.0  # floor of an observation seat, two metres apart


@dataclass(frozen=True, slots=True)
class Candidate:
    code: str
    at: tuple[float, float]  # latitude, longitude
    parking: int
    observation_m2: float
    power: str
    cold_chain: str
    ready: tuple[str, ...] = ()

    @property
    def seats(self) -> int:
        return int(self.observation_m2 // SEAT_M2)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a centre of the size that is wanted must have."""

    seats: int
    parking: int
    within: float  # km that people can be asked to travel


@dataclass(frozen=True, slots=True)
class Scored:
    """Parts from 0 to 1 by what they are of, and their weighted sum; `lacks` names what is below the need."""

    candidate: Candidate
    parts: dict[str, float]
    score: float
    reached: dict[float, float]  # km to people within
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """Chosen candidates, the share of people within the distance, and the mean distance in km."""

    chosen: tuple[str, ...]
    covered: float
    mean_km: float


def distances(candidates: Sequence[Candidate], places: Sequence[tuple[float, float]]) -> Floats:
    """(candidates, places) in km."""
    return np.array([[km_between(c.at, p) for p in places] for c in candidates])


def scores(
    candidates: Sequence[Candidate],
    places: Sequence[tuple[float, float]],
    people: Floats,
    needs: Needs,
) -> list[Scored]:
    """The best first. Reach counts people within the distance, against all there are."""
    km = distances(candidates, places)
    found = []
    for n, c in enumerate(candidates):
        reached = {b: float(people[km[n] <= b].sum()) for b in BANDS}
        within = float(people[km[n] <= needs.within].sum())
        parts = {
            "seats": min(1.0, c.seats / max(1, needs.seats)),
            "parking": min(1.0, c.parking / max(1, needs.parking)),
            "reach": within / max(1.0, float(people.sum())),
            "cold chain": COLD[c.cold_chain],
            "power": POWER[c.power],
            "readiness": sum(r in c.ready for r in READY) / len(READY),
        }
        lacks = tuple(
            name for name in ("seats", "parking", "cold chain", "power") if parts[name] < 1
        )
        score = sum(WEIGHTS[k] * x for k, x in parts.items())
        found.append(Scored(c, parts, round(score, 4), reached, lacks))
    return sorted(found, key=lambda s: (-s.score, s.candidate.code))


def fit(found: Sequence[Scored]) -> list[Scored]:
    """Those that have the seats and the parking a centre must have."""
    return [s for s in found if not {"seats", "parking"} & set(s.lacks)]


def cover_most(
    candidates: Sequence[Candidate],
    places: Sequence[tuple[float, float]],
    people: Floats,
    within: float,
    p: int,
    worth: Sequence[float] = (),
) -> Set:
    """The `p` sites with the most people within the distance; of sets that reach as many (to one person in
    a thousand) those of more `worth`, such as their scores. Raises ValueError where there are too few."""
    km = _checked(candidates, places, p)
    n, m = km.shape
    model = Model()
    open_, reach = model.variables((n,), 0.0, 1.0), model.variables((m,), 0.0, 1.0)
    model.whole.append(open_)
    model.put(model.constraints((1,), p, p), open_, 1.0)
    rows = model.constraints((m,), 0.0, INF)
    near = km <= within
    model.put(
        np.broadcast_to(rows[None], near.shape)[near],
        np.broadcast_to(open_[:, None], near.shape)[near],
        1.0,
    )
    model.put(rows, reach, -1.0)
    highs = model.highs()
    value = np.array(worth) if len(worth) else np.zeros(n)
    cost = np.concatenate([-people / max(1.0, people.sum()), -value * EQUAL / p])
    set_cost(highs, np.concatenate([reach, open_]), cost)
    return measured(candidates, km, people, within, solve(highs, "choose").x[open_] > 0.5)


def nearest_on_average(
    candidates: Sequence[Candidate],
    places: Sequence[tuple[float, float]],
    people: Floats,
    within: float,
    p: int,
) -> Set:
    """The `p` sites with the shortest mean way (p-median). Raises ValueError where there are too few."""
    km = _checked(candidates, places, p)
    n, m = km.shape
    model = Model()
    open_, goes = model.variables((n,), 0.0, 1.0), model.variables((n, m), 0.0, 1.0)
    model.whole.append(open_)
    model.put(model.constraints((1,), p, p), open_, 1.0)
    model.put(model.constraints((m,), 1.0, 1.0)[None, :], goes, 1.0)
    rows = model.constraints((n, m), -INF, 0.0)
    model.put(rows, goes, 1.0)
    model.put(rows, open_[:, None], -1.0)
    highs = model.highs()
    set_cost(highs, goes, km * people[None, :] / max(1.0, people.sum()))
    return measured(candidates, km, people, within, solve(highs, "choose").x[open_] > 0.5)


def _checked(
    candidates: Sequence[Candidate], places: Sequence[tuple[float, float]], p: int
) -> Floats:
    if not 0 < p <= len(candidates):
        raise ValueError(f"{p} sites cannot be chosen from {len(candidates)}")
    return distances(candidates, places)


def measured(
    candidates: Sequence[Candidate],
    km: Floats,
    people: Floats,
    within: float,
    chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> Set:
    """What a set reaches."""
    way = km[chosen].min(axis=0)
    total = max(1.0, float(people.sum()))
    codes = tuple(c.code for c, yes in zip(candidates, chosen, strict=True) if yes)
    return Set(
        codes, float(people[way <= within].sum()) / total, float((way * people).sum()) / total
    )
