"""What do a product's data say of the times it was too warm or too cold?

A budget is the time that unopened vials may spend in a band outside their range, over their whole
life: it is used up by all excursions together. What the program says is advice; a person decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct

from balmis.core.coldchain.excursions import FREEZING, RANGES, time_beyond
from balmis.core.vocabulary.coldchain import Advice, Side
from balmis.core.vocabulary.supply import Storage

Points = Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class Curve:
    """A time outside the range, as far as it was read."""

    points: Points
    ended: bool  # it is known when it began and how it ended


class Band(Struct, frozen=True, kw_only=True):
    """Up to this temperature, for this long in all."""

    up_to: float  # °C
    hours: float


class Stability(Struct, frozen=True, kw_only=True):
    """Of unopened vials at 2 to 8 °C."""

    product: str
    bands: tuple[Band, ...] = ()  # warmer ones after colder ones
    freezing_spoils: bool = True
    diluted: bool = False  # needs a vial of diluent each
    cm3_per_dose: float | None = None  # in its carton, as it is kept
    source: str


class StabilityFile(Struct, frozen=True):
    format: str
    products: tuple[Stability, ...]


def advise(data: Stability | None, curves: Iterable[Curve]) -> tuple[Advice, timedelta]:
    """The advice, and the time above 8 °C, for goods that lived through these times outside 2 to 8 °C.

    Nothing is WITHIN of which nobody knows how long it lasted, or for which there are no data.
    """
    every = list(curves)
    low, high = RANGES[Storage.REFRIGERATED]
    warm = sum((time_beyond(c.points, high, Side.WARM) for c in every), timedelta())
    lowest = min((t for c in every for _, t in c.points), default=low)
    if data is not None and lowest <= FREEZING and data.freezing_spoils:
        return Advice.FROZEN, warm
    if data is not None and data.bands and not _within(data.bands, every):
        return Advice.OVER, warm
    known = all(c.ended and len(c.points) > 1 for c in every)
    if data is None or not known or lowest < low or (warm and not data.bands):
        return Advice.UNKNOWN, warm
    return Advice.WITHIN, warm


def _within(bands: Sequence[Band], curves: list[Curve]) -> bool:
    """Time above a band's lower limit counts against that band; what is above the last is over."""
    above = RANGES[Storage.REFRIGERATED][1]
    for band in bands:
        spent = sum((time_beyond(c.points, above, Side.WARM) for c in curves), timedelta())
        if spent > timedelta(hours=band.hours):
            return False
        above = band.up_to
    return not any(t > above for c in curves for _, t in c.points)
