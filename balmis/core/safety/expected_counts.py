"""How many events would have come anyway, and been told of by now?

Expected = doses x background rate x the part of the risk window that has passed and whose events
have had time to be reported. Without the last part a lot looks safe only because it is new.
Rates are per 100,000 person-years, as published background rates are (Black et al., Lancet
2009;374:2115).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from balmis.core.confidence_limits import Floats, count_interval

DAYS_A_YEAR = 365.25
PER = 100_000.0


@dataclass(frozen=True, slots=True)
class Window:
    """Days after the dose in which an event counts: `first` to `last`, the day of the dose is 0."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last <= 3660:
            raise ValueError(
                f"a risk window goes from an earlier day to a later one, not from {self.first} to {self.last}"
            )

    @property
    def days(self) -> int:
        return self.last - self.first + 1


def known_by(window: Window, delay: Sequence[float], days_since: int) -> float:
    """The share of a dose's expected events that are known so many days after it.

    `delay[d]`: the share of reports that have come within d days of the onset; beyond its end all
    have. 1.0 when the whole window is known.
    """
    return float(completeness(window, delay, days_since)[-1])


def completeness(window: Window, delay: Sequence[float], days: int) -> Floats:
    """`known_by` for 0 .. `days` days since the dose, (days + 1,)."""
    check_delay(delay)
    reported = np.ones(days + 1)
    reported[: len(delay)] = np.asarray(delay, dtype=np.float64)[: days + 1]
    onset = np.zeros(days + 1)
    onset[window.first : window.last + 1] = 1.0
    return np.asarray(np.convolve(onset, reported)[: days + 1] / window.days, dtype=np.float64)


def check_delay(delay: Sequence[float]) -> None:
    """Raises ValueError unless the shares grow from at least 0 to at most 1."""
    ends = [0.0, *delay, 1.0]
    if any(b < a for a, b in itertools.pairwise(ends)):
        raise ValueError("the shares of reports that have come must grow from 0 to 1")


def expected(doses: float, rate: float, window: Window, known: float = 1.0) -> float:
    """Events due after `doses` at `rate` per 100,000 person-years, of which the share `known` is told."""
    if doses < 0 or rate < 0 or not 0 <= known <= 1:
        raise ValueError(
            f"doses and rate must be at least 0 and the share that is known 0 to 1, not {doses:g}, {rate:g}, {known:g}"
        )
    return doses * window.days / DAYS_A_YEAR * rate / PER * known


def tipping_share(observed: int, expected_count: float) -> float | None:
    """The share of true events reported below which so many observed would be a raised risk by the
    lower Garwood limit. None when it is raised as it stands, or nothing was observed."""
    low = count_interval(observed).low
    if observed == 0 or low >= expected_count:
        return None
    return low / expected_count
