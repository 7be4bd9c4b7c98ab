"""What is random about a centre's day: who comes when, and how long everything takes.

Every stream of random numbers has its own seed, made from the one that is stated, and its draws are by
person: a centre with another server sees the same people, so that differences are of the centre.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from balmis.core.planning.centre.layout import NEVER, Draws, Line, Times

Rng = np.random.Generator
ARRIVALS, ABSENCE, WALK_INS, STAYS, SERVICE, WALKS, DOSES, REACTIONS, CARS = range(9)  # the streams


@dataclass(frozen=True, slots=True)
class Duration:
    """Minutes. `kind` names what `a`, `b` and `c` are.

    fixed: a · uniform: from a to b · triangular: a, most often b, to c · exponential: at least a, mean
    b beyond · lognormal, gamma: mean a, coefficient of variation b · normal: mean a, standard
    deviation b, at least c.
    """

    kind: str
    a: float
    b: float = 0.0
    c: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such distribution: {self.kind}; there are {', '.join(KINDS)}")
        ordered = {"uniform": self.a <= self.b, "triangular": self.a <= self.b <= self.c}
        if self.a < 0 or self.b < 0 or not ordered.get(self.kind, True):
            raise ValueError(f"no such duration: {self}")
        if self.kind in ("gamma", "lognormal") and not (self.a > 0 and self.b > 0):
            raise ValueError(
                f"a {self.kind} distribution has a mean and a variation above 0: {self}"
            )

    @property
    def mean(self) -> float:
        means = {
            "uniform": (self.a + self.b) / 2,
            "triangular": (self.a + self.b + self.c) / 3,
            "exponential": self.a + self.b,
        }
        return means.get(self.kind, self.a)

    def draw(self, rng: Rng, shape: tuple[int, ...]) -> Times:
        if self.kind == "fixed":
            return np.full(shape, self.a)
        if self.kind == "uniform":
            return rng.uniform(self.a, self.b, shape)
        if self.kind == "triangular":
            return rng.triangular(self.a, self.b, self.c, shape)
        if self.kind == "exponential":
            return self.a + rng.exponential(self.b, shape)
        if self.kind == "normal":
            return np.maximum(rng.normal(self.a, self.b, shape), self.c)
        if self.kind == "gamma":
            return rng.gamma(self.b**-2, self.a * self.b**2, shape)
        spread = sqrt(log(1 + self.b**2))
        return rng.lognormal(log(self.a) - spread**2 / 2, spread, shape)


KINDS = ("fixed", "uniform", "triangular", "exponential", "lognormal", "gamma", "normal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Appointments every `every` minutes from opening on, for `hours`; people come early or late."""

    a_slot: int  # people
    every: float = 15.0  # minutes
    hours: float = 8.0
    early: float = 3.0  # minutes, on average
    spread: float = 6.0  # standard deviation of the punctuality, minutes
    no_show: float = 0.05  # share
    walk_ins: float = 0.0  # people an hour, at random

    def __post_init__(self) -> None:
        if self.a_slot < 0 or self.every <= 0 or self.hours <= 0 or self.walk_ins < 0:
            raise ValueError(f"no such appointments: {self}")
        if not 0 <= self.no_show <= 1 or self.spread < 0:
            raise ValueError(f"no such punctuality: {self}")

    @property
    def slots(self) -> NDArray[np.float64]:
        """Times of the appointments of everyone who is booked, in their order."""
        count = int(np.ceil(self.hours * 60 / self.every - 1e-9))
        return np.repeat(np.arange(count) * self.every, self.a_slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactions:
    """Immediate reactions after a dose. Onset is gamma distributed: many begin after the person has left."""

    share: float  # of doses
    onset: Duration  # minutes from the dose
    treatment: Duration = Duration("exponential", 20.0, 10.0)  # minutes in a bay


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A centre and its day. The line's stations have their durations here, in the same order."""

    line: Line
    arrivals: Arrivals
    service: tuple[Duration, ...]
    observation: tuple[tuple[float, float], ...] = ((15.0, 0.95), (30.0, 0.05))  # minutes, share
    walks: tuple[Duration, ...] | None = None  # to each station; None: the line's fixed ones
    reactions: Reactions | None = None
    preparing: Duration | None = None  # of one dose, by the line's preparers
    ahead: float = 0.0  # minutes before the appointment that a dose is ordered
    drives: float = 1.0  # share of people who take a place to park

    def __post_init__(self) -> None:
        if len(self.service) != len(self.line.stations):
            raise ValueError("each station has one duration")
        if abs(sum(share for _, share in self.observation) - 1) > 1e-9:
            raise ValueError("the shares of the observation do not add up to 1")
        if self.walks is not None and len(self.walks) != len(self.line.stations):
            raise ValueError("each station has one walk")
        if (self.preparing is None) != (self.line.preparers is None):
            raise ValueError("preparing a dose takes people and time: both, or neither")
        if not 0 <= self.drives <= 1 or (self.reactions and not 0 <= self.reactions.share <= 1):
            raise ValueError("a share is from 0 to 1")


def draw(centre: Centre, days: int, seed: int) -> Draws:
    """Everything random about so many days."""
    if days < 1:
        raise ValueError("at least one day")
    arrive = _arrive(centre.arrivals, centre.arrivals.slots, days, seed)
    shape = arrive.shape
    service = np.stack(
        [d.draw(_stream(seed, SERVICE, k), shape) for k, d in enumerate(centre.service)]
    )
    lengths = np.array([minutes for minutes, _ in centre.observation])
    edges = np.cumsum([share for _, share in centre.observation])[:-1]
    observe = lengths[np.searchsorted(edges, _stream(seed, STAYS).random(shape), side="right")]
    walk = (
        None
        if centre.walks is None
        else np.stack([d.draw(_stream(seed, WALKS, k), shape) for k, d in enumerate(centre.walks)])
    )
    cars = _stream(seed, CARS).random(shape) < centre.drives if centre.drives < 1 else None
    order, prepare = _doses(centre, arrive, seed)
    onset, treat = _reactions(centre, shape, seed)
    return Draws(arrive, service, observe, walk, order, prepare, onset, treat, cars)


Both = tuple[Times, Times] | tuple[None, None]


def _doses(centre: Centre, arrive: Times, seed: int) -> Both:
    """When each dose is ordered, and how long preparing it takes."""
    if centre.preparing is None:
        return None, None
    lasts = centre.preparing.draw(_stream(seed, DOSES), arrive.shape)
    booked = centre.arrivals.slots
    order = arrive.copy()
    order[:, : len(booked)] = booked  # those who walk in: when they come
    order -= centre.ahead
    order[arrive >= NEVER / 2] = NEVER
    return order, lasts


def _reactions(centre: Centre, shape: tuple[int, ...], seed: int) -> Both:
    """Minutes from the dose to a reaction, and of its treatment."""
    if centre.reactions is None or centre.reactions.share == 0:
        return None, None
    reacts = _stream(seed, REACTIONS, 0).random(shape) < centre.reactions.share
    onset = centre.reactions.onset.draw(_stream(seed, REACTIONS, 1), shape)
    treat = centre.reactions.treatment.draw(_stream(seed, REACTIONS, 2), shape)
    return np.where(reacts, onset, NEVER), treat


def _arrive(a: Arrivals, booked: Times, days: int, seed: int) -> Times:
    """Those with an appointment, then the walk-ins; NEVER for who stays away. Nobody comes before the
    doors open a little before the first slot, so times may be below zero."""
    come = booked + _stream(seed, ARRIVALS).normal(-a.early, a.spread, (days, len(booked)))
    come[_stream(seed, ABSENCE).random(come.shape) < a.no_show] = NEVER
    if a.walk_ins == 0:
        return come
    rng = _stream(seed, WALK_INS)
    counts = rng.poisson(a.walk_ins * a.hours, days)
    at = rng.uniform(0, a.hours * 60, (days, int(counts.max(initial=0))))
    at[np.arange(at.shape[1]) >= counts[:, None]] = NEVER
    return np.concatenate([come, at], axis=1)


def _stream(seed: int, *which: int) -> Rng:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=which))
