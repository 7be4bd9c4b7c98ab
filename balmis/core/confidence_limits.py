"""How sure is a count, a share or a ratio to what was expected?

Garwood limits are the exact ones of a Poisson count (Garwood, Biometrika 1936;28:437): they are
what published observed/expected studies print (Pottegård et al., BMJ 2021;373:n1114). A mean is
never given without them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value between its limits; `high` may be infinite, `value` NaN when nothing was expected."""

    value: float
    low: float
    high: float


def garwood(counts: NDArray[np.integer], level: float = 0.95) -> tuple[Floats, Floats]:
    """The exact limits of Poisson counts, each worked out once: (low, high), of the shape of `counts`.

    Raises ValueError for a negative count.
    """
    if counts.size and counts.min() < 0:
        raise ValueError("a count is negative")
    tail = (1 - level) / 2
    unique, back = np.unique(counts, return_inverse=True)
    known = unique.astype(np.float64)
    low = np.where(known > 0, special.gammaincinv(np.maximum(known, 1e-9), tail), 0.0)
    high = special.gammaincinv(known + 1, 1 - tail)
    return low[back].reshape(counts.shape), high[back].reshape(counts.shape)


def count_interval(count: int, level: float = 0.95) -> Interval:
    """A count with its exact Poisson limits."""
    low, high = garwood(np.array([count]), level)
    return Interval(float(count), float(low[0]), float(high[0]))


def ratio(observed: int, expected: float, level: float = 0.95) -> Interval:
    """Observed to expected (SMR) with Garwood limits; `expected` is taken as known.

    Raises ValueError unless `expected` is a positive number.
    """
    if not 0 < expected < float("inf"):
        raise ValueError(f"the expected count must be a number above 0, not {expected:g}")
    found = count_interval(observed, level)
    return Interval(observed / expected, found.low / expected, found.high / expected)


def wilson(hits: int, trials: int, level: float = 0.95) -> Interval:
    """A share with its limits (Wilson, JASA 1927;22:209). Nothing tried: 0 to 1, and no value."""
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials}")
    if trials == 0:
        return Interval(float("nan"), 0.0, 1.0)
    from scipy.stats import binomtest  # slow to import, and few need it

    limits = binomtest(hits, trials).proportion_ci(level, method="wilson")
    return Interval(hits / trials, float(limits.low), float(limits.high))


def poisson_tail(observed: int, expected: float) -> float:
    """The chance of at least so many when `expected` were due."""
    return 1.0 if observed <= 0 else float(special.gammainc(observed, expected))
