"""How warm were goods on their way, and what follows from it?

What travels along (a logger, an indicator) says the coldest and the warmest temperature in °C, and
often for how many minutes it was outside the range. Where it does not, nobody knows for how long.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from balmis.core.coldchain.excursions import RANGES
from balmis.core.coldchain.stability import Curve
from balmis.core.vocabulary.supply import Storage


@dataclass(frozen=True, slots=True)
class Way:
    coldest: float
    warmest: float
    minutes: int | None = None  # outside the range; None: nobody knows

    def __post_init__(self) -> None:
        if self.coldest > self.warmest:
            raise ValueError(f"colder than the coldest: {self}")

    def __str__(self) -> str:
        return f"{self.coldest:.1f} … {self.warmest:.1f} °C"


def was_outside(way: Way, storage: Storage) -> bool:
    """Out of the range it is kept at, and of 2 to 8 °C, at which frozen vaccines travel thawed."""
    ranges = (RANGES[storage], RANGES[Storage.REFRIGERATED])
    return not any(low <= way.coldest and way.warmest <= high for low, high in ranges)


def curves_of(way: Way, arrived_at: datetime, storage: Storage) -> list[Curve]:
    """As times outside 2 to 8 °C, the worst that agrees with what is known: all of the time at its
    peak. Without a duration it is not known to have ended; nor is it known what a frozen vaccine was
    that travelled neither frozen nor thawed."""
    if not was_outside(way, storage):
        return []
    low, high = RANGES[Storage.REFRIGERATED]
    if way.coldest < low and storage is not Storage.REFRIGERATED:
        return [Curve([(arrived_at, high)], ended=False)]
    peaks = [
        t for t, out in ((way.coldest, way.coldest < low), (way.warmest, way.warmest > high)) if out
    ]
    if not way.minutes:  # it was outside: no minutes at all cannot be
        return [Curve([(arrived_at, t)], ended=False) for t in peaks]
    began = arrived_at - timedelta(minutes=way.minutes)
    return [Curve([(began, t), (arrived_at, t)], ended=True) for t in peaks]
