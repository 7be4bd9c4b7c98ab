"""Watch a count when what to expect is itself known from few events only.

The conditional maximised sequential probability ratio test (Li & Kulldorff, Statistics in Medicine
2010;29:284): `history` events were seen in one unit of person-time before. Given them the new
events form a Pólya process, whose steps are negative binomial, so the staircase that is exact for
known expectations is exact here too. Surveillance ends with `most` events (the K of the paper).
"""

import numpy as np
from scipy import optimize, special

from balmis.core.confidence_limits import Floats


def statistic(events: int, time: float, history: int) -> float:
    """The log likelihood ratio of `events` in `time` against `history` in one unit of time."""
    if time <= 0 or events <= history * time:
        return 0.0
    both = (events + history) / (1 + time)
    return float(events * np.log(events / time / both) + history * np.log(history / both))


def crossing(events: int, critical: float, history: int) -> float:
    """The time before which so many events signal."""
    high = events / history
    if critical <= 0:
        return high
    return float(
        optimize.brentq(
            lambda t: statistic(events, t, history) - critical,
            high * 1e-12,
            high,
            xtol=1e-16,
            rtol=1e-14,
        )
    )


def false_alarm(critical: float, *, history: int, most: int, least: int) -> float:
    """The chance of a signal when the rate is as it was."""
    held, at = np.ones(1), 0.0
    for n in range(least, most + 1):
        until = crossing(n, critical, history)
        held = _step(held, history, at, until, n)
        at = until
    return 1.0 - float(held.sum())


def critical_value(*, history: int, most: int, least: int = 1, alpha: float = 0.05) -> float | None:
    """The smallest value that keeps alpha; None when alpha cannot be reached.

    Raises ValueError unless history >= 1 and 1 <= least <= most.
    """
    if history < 1 or not 1 <= least <= most:
        raise ValueError(f"history {history}, events {least} to {most}")

    def over(critical: float) -> float:
        return false_alarm(critical, history=history, most=most, least=least) - alpha

    if over(0.0) <= 0:
        return None
    high = 4.0
    while over(high) > 0:
        high *= 2
    return float(optimize.brentq(over, 0.0, high, xtol=1e-12))


def _step(held: Floats, history: int, at: float, until: float, size: int) -> Floats:
    """The chances of 0 .. size-1 events at `until`, from those at `at`."""
    stay = (1 + at) / (1 + until)
    found = np.zeros(size)
    for k, chance in enumerate(held):
        j = np.arange(size - k, dtype=np.float64)
        r = history + k
        new = np.exp(
            special.gammaln(r + j)
            - special.gammaln(r)
            - special.gammaln(j + 1)
            + r * np.log(stay)
            + j * np.log1p(-stay)
        )
        found[k:] += chance * new
    return found
