"""Is an event told of more often with this product, lot or site than with the others?

Measures from reports alone. ROR and PRR with limits on the log scale (Evans et al.,
Pharmacoepidemiology and Drug Safety 2001;10:483); the information component with its shrinkage by
one half (Norén et al., Statistical Methods in Medical Research 2013;22:57).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from balmis.core.confidence_limits import Interval

HALF = 0.5  # the IC's shrinkage


@dataclass(frozen=True, slots=True)
class Table:
    """Reports: with both; with the product alone; with the event alone; with neither."""

    both: int
    product: int
    event: int
    neither: int

    def __post_init__(self) -> None:
        if min(self.both, self.product, self.event, self.neither) < 0:
            raise ValueError("a count of the table is negative")


def ror(table: Table, level: float = 0.95) -> Interval:
    """The reporting odds ratio; without a value where a cell is empty."""
    cells = (table.both, table.product, table.event, table.neither)
    if 0 in cells:
        return _unknown()
    value = table.both * table.neither / (table.product * table.event)
    return _around(value, sum(1 / n for n in cells), level)


def prr(table: Table, level: float = 0.95) -> Interval:
    """The proportional reporting ratio; without a value where no share can be worked out."""
    with_product, without = table.both + table.product, table.event + table.neither
    if 0 in (table.both, table.event):
        return _unknown()
    value = (table.both / with_product) / (table.event / without)
    spread = 1 / table.both - 1 / with_product + 1 / table.event - 1 / without
    return _around(value, spread, level)


def ic(observed: float, expected: float, level: float = 0.95) -> Interval:
    """The information component: log2 of the shrunk ratio, and of its gamma quantiles."""
    if observed < 0 or expected < 0:
        raise ValueError("a count is negative")
    tail = (1 - level) / 2
    shape, rate = observed + HALF, expected + HALF
    low, high = (float(np.log2(special.gammaincinv(shape, q) / rate)) for q in (tail, 1 - tail))
    return Interval(float(np.log2(shape / rate)), low, high)


def _around(value: float, variance: float, level: float) -> Interval:
    width = float(special.ndtri((1 + level) / 2)) * variance**0.5
    return Interval(value, float(value * np.exp(-width)), float(value * np.exp(width)))


def _unknown() -> Interval:
    return Interval(float("nan"), 0.0, float("inf"))
