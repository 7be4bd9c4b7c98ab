"""A campaign written down day by day, ready to be played."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from balmis.contexts.campaigns.services import State
from balmis.contexts.people.synthesis.population import Chunk


@dataclass(frozen=True, slots=True)
class Delivery:
    """Doses of a product that came to a site, or, below zero, went back."""

    site: str
    product: str
    doses: int


@dataclass(slots=True)
class DayScript:
    """What happened on one day. `doses` has the columns of `import_doses.COLUMNS` but row."""

    day: date
    deliveries: list[Delivery] = field(default_factory=list)
    doses: pl.DataFrame | None = None
    taken_back: list[str] = field(default_factory=list)  # keys of doses the source took back
    revision: State | None = None  # the plan as it is from this day on
    newcomers: list[Chunk] = field(default_factory=list)  # people the register lacked


@dataclass(slots=True)
class Script:
    campaign: str
    source: str
    states: list[State]  # the plan at the start
    residents: list[Chunk]
    days: list[DayScript]


@dataclass(frozen=True, slots=True)
class Played:
    days: int
    doses: int
    people: int
    deliveries: int
    taken_back: int
    recounts: int  # the book was short of what went back, and was set right first


Progress = Callable[[int], None]
