"""What there is to plan: weeks, places, groups, products, doses; and what limits it.

Shapes: W weeks from `starts_on`, S sites, A areas, G groups in the order of their priority, P products.
Doses and people are counted, cold room is in litres; a week is seven days from `starts_on` on.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Product:
    code: str
    doses: int  # a person: 1 or 2
    lag: int = 0  # weeks from the first dose to the second, at least
    longest: int = 0  # weeks at most: the rule by which second doses are reserved
    litres: float = 0.0  # of cold room a dose, packed
    wastage: float = 0.0  # share of doses drawn from stock that reach nobody
    vial: int = 1  # doses
    shelf: int | None = None  # weeks that it keeps after it came; None: longer than the campaign

    def __post_init__(self) -> None:
        if self.doses not in (1, 2) or self.vial < 1 or not 0 <= self.wastage < 1:
            raise ValueError(f"no such product: {self}")
        if self.doses == 2 and not 0 < self.lag <= self.longest:
            raise ValueError(
                f"{self.code}: the second dose comes after the first, and not too late"
            )


@dataclass(frozen=True, slots=True)
class Aim:
    """So many people by a day, of these groups: by the end of `part` of a week."""

    code: str
    people: float
    week: int  # 0 is the first
    completed: bool  # the whole course; else the first dose
    groups: tuple[int, ...] = ()  # none: all
    part: float = 1.0  # of that week that has passed by then; 0: nothing of it counts

    def at(self, done: Floats, before: float = 0.0) -> Floats:
        """How many count by then, of cumulative numbers by week (..., W), evenly within the week; `before`
        of them before the first."""
        last = done[..., self.week - 1] if self.week else np.full(done.shape[:-1], before)
        return np.asarray(last + self.part * (done[..., self.week] - last))


@dataclass(frozen=True, slots=True)
class Past:
    """What has happened before the first week."""

    first: Floats  # (A, G) people with a first dose
    completed: Floats  # (A, G)
    due: Floats  # (W, A, G, P) people whose second dose becomes possible in that week
    stock: Floats  # (P,) doses
    wait: Floats | None = None  # (W, A, G, P) of them, who may still wait at the end of a week


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    starts_on: date
    products: tuple[Product, ...]
    areas: tuple[str, ...]
    sites: tuple[str, ...]
    groups: tuple[str, ...]
    area_of: Ints  # (S,) the area of each site
    people: Floats  # (A, G)
    uptake: Floats  # (G,) share who come when they may
    eligible: Bools  # (G, P) may have it
    opens: Ints  # (G,) first week
    supply: Floats  # (W, P) doses that come at the beginning of the week
    capacity: Floats  # (W, S) doses
    cold: Floats  # (S,) litres at a delivery, inf where it is no limit
    aims: tuple[Aim, ...]
    deliveries: int = 1  # a week
    equity: float | None = None  # no area further behind the average coverage than this share
    past: Past | None = None
    hopes: tuple[Aim, ...] = ()  # pursued as far as the aims allow: the same, earlier

    def __post_init__(self) -> None:
        w, s, a, g, p = self.shape
        shapes = {
            "area_of": (s,),
            "people": (a, g),
            "uptake": (g,),
            "eligible": (g, p),
            "opens": (g,),
            "supply": (w, p),
            "capacity": (w, s),
            "cold": (s,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has the shape {getattr(self, name).shape}, not {shape}")
        if min(x.min(initial=0) for x in (self.people, self.supply, self.capacity)) < 0:
            raise ValueError("people, supply and capacity are not below zero")
        if not ((self.uptake >= 0) & (self.uptake <= 1)).all():
            raise ValueError("uptake is a share")

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """W, S, A, G, P."""
        return (
            len(self.supply),
            len(self.sites),
            len(self.areas),
            len(self.groups),
            len(self.products),
        )

    @property
    def room(self) -> Floats:
        """(A, G) people who may still have a first dose."""
        there = self.people * self.uptake
        if self.past is not None:
            there = np.maximum(there - self.past.first, 0.0)
        return there

    def day(self, week: int) -> date:
        """The last day of a week."""
        return self.starts_on + timedelta(days=7 * week + 6)

    def limited(self, weeks: int) -> "Problem":
        """Only the first weeks; aims after them end with them."""
        past = self.past and replace(
            self.past,
            due=self.past.due[:weeks],
            wait=None if self.past.wait is None else self.past.wait[:weeks],
        )
        return replace(
            self,
            supply=self.supply[:weeks],
            capacity=self.capacity[:weeks],
            past=past,
            aims=tuple(replace(x, week=min(x.week, weeks - 1)) for x in self.aims),
            hopes=(),
        )
