"""What stations really take, from the site's own timestamps.

A stamp is made when somebody is done with a person. The time between two stamps of one member of staff is
a service time where the second person was waiting already when the first was done; otherwise somebody
stood idle for a while that nobody knows, and the pair says nothing. Walking and changing gloves are in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, pi, sqrt

import numpy as np

from balmis.core.planning.centre.sampling import Duration

ENOUGH = 100  # service times, before they take the place of a default
SHORTEST, LONGEST = 0.1, 60.0  # minutes; others are breaks, or two stamps at once


@dataclass(frozen=True, slots=True)
class Stamp:
    station: str
    person: int
    by: str  # who of the staff
    at: float  # minutes


@dataclass(frozen=True, slots=True)
class Fitted:
    """`number` service times, and the distribution that fits them better of lognormal and gamma."""

    station: str
    number: int
    mean: float
    error: float  # half of the 95 % interval of the mean
    lasts: Duration

    @property
    def is_enough(self) -> bool:
        return self.number >= ENOUGH


def service_times(stamps: Iterable[Stamp]) -> dict[str, list[float]]:
    """By station, minutes; none for the first station, where nobody knows since when people waited."""
    before: dict[int, float] = {}  # the person's stamp before
    last: dict[tuple[str, str], float] = {}  # of the member of staff, there
    found: dict[str, list[float]] = {}
    for stamp in sorted(stamps, key=lambda s: (s.at, s.person)):
        since, begun = before.get(stamp.person), last.get((stamp.station, stamp.by))
        if since is not None and begun is not None and since <= begun:
            took = stamp.at - begun
            if SHORTEST < took < LONGEST:
                found.setdefault(stamp.station, []).append(took)
        before[stamp.person] = last[stamp.station, stamp.by] = stamp.at
    return found


def fit(station: str, values: Sequence[float]) -> Fitted:
    """Raises ValueError for fewer than two."""
    if len(values) < 2:
        raise ValueError("at least two service times")
    x = np.array(values)
    mean, sd = float(x.mean()), float(x.std(ddof=1))
    error = 1.96 * sd / sqrt(len(x))
    if sd < 1e-9:
        return Fitted(station, len(x), mean, error, Duration("fixed", mean))
    choices = [_lognormal(x), _gamma(x, mean)]
    return Fitted(station, len(x), mean, error, max(choices, key=lambda c: c[0])[1])


def _lognormal(x: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, Duration]:
    """Log likelihood at its maximum, and the distribution."""
    logs = np.log(x)
    m, s2 = float(logs.mean()), max(1e-12, float(logs.var()))
    likely = float((-logs - 0.5 * log(2 * pi * s2) - (logs - m) ** 2 / (2 * s2)).sum())
    return likely, Duration("lognormal", exp(m + s2 / 2), sqrt(exp(s2) - 1))


def _gamma(
    x: np.ndarray[tuple[int, ...], np.dtype[np.float64]], mean: float
) -> tuple[float, Duration]:
    """With the shape near its maximum likelihood (Minka 2002, the first approximation)."""
    s = max(1e-9, log(mean) - float(np.log(x).mean()))
    shape = (3 - s + sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)
    scale = mean / shape
    likely = float(((shape - 1) * np.log(x) - x / scale).sum()) - len(x) * (
        lgamma(shape) + shape * log(scale)
    )
    return likely, Duration("gamma", mean, 1 / sqrt(shape))
