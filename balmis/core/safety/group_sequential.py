"""Watch a count at set looks: two groups side by side, or expected events that come in groups.

The maximised sequential probability ratio test with group looks. Binomial: of all events, those of
the exposed (cases) against those of the `ratio` times as large comparison (Kulldorff et al.,
Sequential Analysis 2011;30:58); Poisson: looks at given expected counts. Counts are whole, so alpha
cannot be spent exactly: the value told is the largest statistic that is NOT rejected, with the
smallest one that is, and the alpha that is really reached.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from balmis.core.confidence_limits import Floats
from balmis.core.safety.maxsprt import statistic


@dataclass(frozen=True, slots=True)
class Critical:
    """Reject above `not_rejected`; that is from `smallest_rejected` on. `alpha` is what is reached."""

    not_rejected: float
    smallest_rejected: float
    alpha: float


@dataclass(frozen=True, slots=True)
class SequentialLook:
    """One look: the chances of each number of new cases, with and without risk; and the statistic of
    each number of cases in all, (cases so far,)."""

    new: Floats
    statistics: Floats


@dataclass(frozen=True, slots=True)
class Reached:
    """What a test reaches; time in the units of the looks."""

    power: float
    signal_time: float  # given that it signals
    duration: float


def binomial_statistic(cases: int, events: int, ratio: float) -> float:
    """The log likelihood ratio of `cases` among `events`, with `ratio` comparison to one exposed."""
    null = 1 / (1 + ratio)
    if events == 0 or cases / events <= null:
        return 0.0
    controls = events - cases
    found = cases * np.log(cases / events / null)
    if controls:
        found += controls * np.log(controls / events / (1 - null))
    return float(found)


def binomial_looks(
    events: Sequence[int], ratio: float, least: int = 1, relative_risk: float = 1.0
) -> list[SequentialLook]:
    """Looks after so many events in all. Fewer than `least` cases never signal.

    Raises ValueError unless the looks grow and the ratio is above 0.
    """
    _growing(events)
    if ratio <= 0 or relative_risk <= 0:
        raise ValueError("the ratio and the relative risk must be above 0")
    share = relative_risk / (relative_risk + ratio)
    found = []
    for before, n in zip([0, *events], events, strict=False):
        k = np.arange(n - before + 1)
        size = n - before
        new = special.binom(size, k) * share**k * (1 - share) ** (size - k)
        values = [binomial_statistic(c, n, ratio) if c >= least else 0.0 for c in range(n + 1)]
        found.append(SequentialLook(new, np.array(values)))
    return found


def poisson_looks(
    expected: Sequence[float], least: int = 1, relative_risk: float = 1.0
) -> list[SequentialLook]:
    """Looks when so much is expected. Counts too many to come in 10^15 surveillances are left out."""
    _growing(expected)
    if relative_risk <= 0:
        raise ValueError("the relative risk must be above 0")
    most = int(special.pdtrik(1 - 1e-15, expected[-1] * relative_risk)) + 2
    found = []
    for before, mu in zip([0.0, *expected], expected, strict=False):
        k = np.arange(most + 1, dtype=np.float64)
        width = (mu - before) * relative_risk
        new = np.exp(k * np.log(width) - width - special.gammaln(k + 1))
        found.append(
            SequentialLook(
                new, np.array([statistic(n, mu) if n >= least else 0.0 for n in range(most + 1)])
            )
        )
    return found


def alpha_of(looks: Sequence[SequentialLook], rejects: Callable[[Floats], Floats]) -> list[float]:
    """The chance that the test first signals at each look; `rejects` says which statistics do."""
    held, found = np.ones(1), []
    for look in looks:
        size = len(look.statistics)
        held = np.convolve(held, look.new)[:size]
        out = rejects(look.statistics[: len(held)])
        found.append(float((held * out).sum()))
        held = held * (1 - out)
    return found


def critical_value(looks: Sequence[SequentialLook], alpha: float) -> Critical | None:
    """The test that spends as much of `alpha` as it can; `looks` without risk. None when even the
    most extreme outcome is likelier than alpha."""
    values = np.unique(np.concatenate([look.statistics for look in looks]))
    values = values[values > 0]
    values = values[np.concatenate([[True], np.diff(values) > 1e-12])] if len(values) else values
    low, high = 0, len(values)  # the first of `values` that may be rejected
    while low < high:
        middle = (low + high) // 2
        if sum(alpha_of(looks, _from(values[middle]))) <= alpha:
            high = middle
        else:
            low = middle + 1
    if low == len(values):
        return None
    spent = sum(alpha_of(looks, _from(values[low])))
    if spent == 0.0:
        return None
    return Critical(float(values[low - 1]) if low else 0.0, float(values[low]), spent)


def reached(looks: Sequence[SequentialLook], times: Sequence[float], above: float) -> Reached:
    """What the test does whose looks (at `times`) have the chances under a risk, rejecting above."""
    firsts = alpha_of(looks, lambda s: (s > above).astype(np.float64))
    power = sum(firsts)
    spent = sum(p * t for p, t in zip(firsts, times, strict=True))
    return Reached(power, spent / power if power else float("nan"), spent + (1 - power) * times[-1])


def _from(value: float) -> Callable[[Floats], Floats]:
    return lambda s: (s >= value - 1e-12).astype(np.float64)


def _growing(looks: Sequence[float]) -> None:
    if not looks or looks[0] <= 0 or any(b <= a for a, b in itertools.pairwise(looks)):
        raise ValueError("the looks must be above 0, each later than the one before")
