"""What do a product's data say of the times it was too warm or too cold?

A budget is the time that unopened vials may spend in a band outside their range, over their whole
life: it is used up by all excursions together. What the program says is advice; a person decides.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from balmis.core.coldchain.excursions import FREEZING, RANGES, time_beyond
from balmis.core.coldchain.words import Advice, Side
from balmis.core.vocabulary import Storage

Points = Sequence[tuple[datetime, float]]


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


def advise(data: Stability | None, curves: Iterable[Points]) -> tuple[Advice, timedelta]:
    """The advice, and the time above 8 °C, for goods that lived through these curves outside the
    range of 2 to 8 °C."""
    every = list(curves)
    high = RANGES[Storage.REFRIGERATED][1]
    warm = sum((time_beyond(c, high, Side.WARM) for c in every), timedelta())
    froze = any(time_beyond(c, FREEZING, Side.COLD) for c in every)
    if data is None:
        return Advice.UNKNOWN, warm
    if froze and data.freezing_spoils:
        return Advice.FROZEN, warm
    if not warm:
        return Advice.WITHIN if not froze else Advice.UNKNOWN, warm
    if not data.bands:
        return Advice.UNKNOWN, warm
    return (Advice.WITHIN if _within(data.bands, every) else Advice.OVER), warm


def _within(bands: Sequence[Band], curves: list[Points]) -> bool:
    """Time above a band's lower limit counts against that band; what is above the last is over."""
    above = RANGES[Storage.REFRIGERATED][1]
    for band in bands:
        spent = sum((time_beyond(c, above, Side.WARM) for c in curves), timedelta())
        if spent > timedelta(hours=band.hours):
            return False
        above = band.up_to
    return not any(c > above for curve in curves for _, c in curve)
