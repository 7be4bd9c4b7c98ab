"""Watch a count as it grows: has it passed what chance explains, over all looks together?

The maximised sequential probability ratio test for Poisson data with continuous looks (Kulldorff
et al., Sequential Analysis 2011;30:58; Kulldorff & Silva, REVSTAT 2015;13:263). Time is counted in
expected events: surveillance runs from 0 to T of them. With n events and mu expected the statistic
is n ln(n/mu) - (n - mu) where n > mu, else 0. It signals when it reaches the critical value with at
least M events, and not before D events are expected.

All figures are exact up to rounding: for a critical value the n-th event signals if it comes while
less than mu(n) is expected, so the chance of no signal is that of a Poisson path that stays below a
staircase, carried from step to step.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from balmis.core.confidence_limits import Floats

MOST_EXPECTED = 2_000.0  # T beyond this takes minutes
FINE = 1e-13  # of a critical value
BISECTIONS = 60  # from 4.0 down to the last bit


@dataclass(frozen=True, slots=True)
class Plan:
    """What is watched for: `alpha` over the whole surveillance, `end` = T, `least` = M, `start` = D."""

    end: float
    least: int = 4
    alpha: float = 0.05
    start: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.end <= MOST_EXPECTED:
            raise ValueError(f"T must be above 0 and at most {MOST_EXPECTED:g}, not {self.end:g}")
        if self.least < 1:
            raise ValueError(f"M must be at least 1, not {self.least}")
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must be between 0 and 1, not {self.alpha:g}")
        if not 0 <= self.start < self.end:
            raise ValueError(f"D must be at least 0 and below T, not {self.start:g}")


@dataclass(frozen=True, slots=True)
class Performance:
    """At a relative risk: the chance of a signal; the expected events due (under no risk) when it
    comes, given that it does; and when surveillance ends, with or without one."""

    power: float
    signal_time: float
    sample: float


def statistic(events: int, expected: float) -> float:
    """The log likelihood ratio of `events` against `expected` > 0; 0 where fewer came than were due."""
    if events <= expected:
        return 0.0
    return events * float(np.log(events / expected)) - (events - expected)


def crossing(events: Floats, critical: float) -> Floats:
    """mu(n): so many events signal while fewer than this are expected."""
    inside = np.maximum(-np.exp(-1.0 - critical / events), -np.exp(-1.0) * (1 - 1e-16))
    w = np.where(inside <= -np.exp(-1.0), -1.0, special.lambertw(inside, k=0).real)
    return np.asarray(-events * w, dtype=np.float64)


def critical_value(plan: Plan) -> float | None:
    """The smallest value at which the chance of a false signal is at most alpha. None when even
    the M-th event alone comes so seldom that alpha is never reached."""
    if false_alarm(plan, 0.0) <= plan.alpha:
        return None
    high = 4.0
    while false_alarm(plan, high) > plan.alpha:
        high *= 2
    if plan.start == 0:
        root = optimize.brentq(
            lambda c: false_alarm(plan, c) - plan.alpha, 0.0, high, xtol=FINE, rtol=1e-14
        )
        return float(root)
    low = 0.0  # a late start makes the chance jump: the smallest value that keeps alpha
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if false_alarm(plan, middle) > plan.alpha else (low, middle)
    return high


def false_alarm(plan: Plan, critical: float) -> float:
    """The chance of a signal when there is no risk, for any critical value."""
    return performance(plan, critical, 1.0).power


def performance(plan: Plan, critical: float, relative_risk: float) -> Performance:
    """What the test does when the true rate is `relative_risk` times what is expected."""
    if relative_risk <= 0:
        raise ValueError(f"a relative risk must be above 0, not {relative_risk:g}")
    held = np.ones(1)  # chance of each count so far, without a signal
    at, lasted = 0.0, 0.0
    for until, most in _stairs(plan, critical):
        width = (until - at) * relative_risk
        if at < plan.start:  # nothing can signal yet
            lasted += until - at
        else:
            lasted += _survival(held, most, width) / relative_risk
        held = np.convolve(held, _poisson(width, most + 1))[: most + 1]
        at = until
    power = 1.0 - float(held.sum())
    signal_time = (lasted - float(held.sum()) * plan.end) / power if power > 0 else float("nan")
    return Performance(power, signal_time, lasted)


def _stairs(plan: Plan, critical: float) -> Iterator[tuple[float, int]]:
    """(expected events, most events without a signal) from step to step until T."""
    top = max(plan.least, int(plan.end)) + 1
    while crossing(np.array([float(top)]), critical)[0] <= plan.end:
        top = top * 2
    counts = np.arange(plan.least, top + 1, dtype=np.float64)
    reach = crossing(counts, critical)
    late = reach >= plan.start if plan.start else np.ones(len(counts), dtype=bool)
    first = int(np.argmax(late))
    if plan.start:
        yield plan.start, int(counts[first]) - 1
    for n, mu in zip(counts[first:], reach[first:], strict=True):
        yield min(float(mu), plan.end), int(n) - 1
        if mu >= plan.end:
            return


def _poisson(mean: float, size: int) -> Floats:
    """The chances of 0 .. size-1 events."""
    k = np.arange(size, dtype=np.float64)
    if mean == 0:
        return np.asarray(k == 0, dtype=np.float64)
    return np.asarray(np.exp(k * np.log(mean) - mean - special.gammaln(k + 1)), dtype=np.float64)


def _survival(held: Floats, most: int, width: float) -> float:
    """The integral over a step of the chance that no signal has come: the (most + 1)-th event is one."""
    j = np.arange(most + 1, dtype=np.float64)
    beyond = np.cumsum(special.gammainc(j + 1, width))  # sum of P(N > j) up to each count
    left = most - np.arange(len(held))
    return float((held * beyond[left]).sum())
