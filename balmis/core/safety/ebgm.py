"""Ratios of observed to expected, drawn towards each other: small counts do not cry loudest.

The multi-item gamma Poisson shrinker (DuMouchel, American Statistician 1999;53:177): the true
ratios come from a mixture of two gamma distributions, fitted to all cells; a cell's score is the
geometric mean of its posterior (EBGM), with the 5 % and 95 % points. Counts of reports have no
empty cells, so each part of the mixture is cut at zero by itself (`CUT`); counts against doses have
(`WHOLE`).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from balmis.core.confidence_limits import Floats

STARTS = ((0.2, 0.06, 1.4, 1.8, 0.1), (0.2, 0.1, 2.0, 4.0, 1 / 3), (2.0, 4.0, 2.0, 4.0, 1 / 3))
CEILING = 200.0  # of a parameter; beyond, the likelihood is flat
NEWTON, CLOSE, TINY = 60, 1e-9, 1e-300
BLOCK = 32_768  # cells worked on together


class Zeros(StrEnum):
    CUT = "cut"  # cells without a report do not exist
    WHOLE = "whole"  # they do, and count


@dataclass(frozen=True, slots=True)
class Prior:
    """Shape and rate of both gammas, and the share of the first."""

    shape1: float
    rate1: float
    shape2: float
    rate2: float
    share: float

    def __post_init__(self) -> None:
        if min(self.shape1, self.rate1, self.shape2, self.rate2) <= 0 or not 0 <= self.share <= 1:
            raise ValueError(f"not a mixture of two gammas: {self}")


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Different (observed, expected) pairs and how often each comes, all (cells,)."""

    observed: NDArray[np.int64]
    expected: Floats
    times: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fitted:
    prior: Prior
    loss: float  # the negative log likelihood; a LOCAL least one
    starts: tuple[float, ...]  # what each start led to


def collapse(observed: NDArray[np.int64], expected: Floats) -> PairCounts:
    """Cells alike are one, without loss. Raises ValueError unless every expected count is above 0."""
    if len(observed) == 0 or not (expected > 0).all() or (observed < 0).any():
        raise ValueError("there must be cells, each with an expected count above 0")
    both = np.empty(len(observed), dtype=[("n", np.int64), ("e", np.float64)])
    both["n"], both["e"] = observed, expected
    found, times = np.unique(both, return_counts=True)
    return PairCounts(found["n"].copy(), found["e"].copy(), times)


def loss(prior: Prior, cells: PairCounts, zeros: Zeros) -> float:
    """The negative log likelihood of the cells."""
    first = _log_chance(cells, prior.shape1, prior.rate1, zeros)
    second = _log_chance(cells, prior.shape2, prior.rate2, zeros)
    with np.errstate(divide="ignore"):
        both = np.logaddexp(np.log(prior.share) + first, np.log1p(-prior.share) + second)
    return float(-(cells.times * both).sum())


def fit(cells: PairCounts, zeros: Zeros, starts: Sequence[tuple[float, ...]] = STARTS) -> Fitted:
    """The likeliest prior of those that the starts lead to. There may be a better one elsewhere."""

    def cost(x: Floats) -> float:
        return loss(_from(x), cells, zeros)

    bounds = [(np.log(1e-6), np.log(CEILING))] * 4 + [(-14.0, 14.0)]
    found = []
    for start in starts:
        x = np.array([*np.log(start[:4]), special.logit(start[4])])
        near = optimize.minimize(cost, x, method="L-BFGS-B", bounds=bounds)
        found.append(
            optimize.minimize(
                cost,
                near.x,
                method="L-BFGS-B",
                bounds=bounds,
                options={"ftol": 1e-13, "gtol": 1e-6},
            )
        )
    best = min(found, key=lambda f: float(f.fun))
    return Fitted(_from(best.x), float(best.fun), tuple(float(f.fun) for f in found))


def first_share(prior: Prior, observed: NDArray[np.int64], expected: Floats) -> Floats:
    """The posterior share of the first gamma in each cell."""
    n = observed.astype(np.float64)
    first = _log_pmf(n, expected, prior.shape1, prior.rate1)
    second = _log_pmf(n, expected, prior.shape2, prior.rate2)
    with np.errstate(divide="ignore"):
        odds = np.log(prior.share) - np.log1p(-prior.share)
        return np.asarray(special.expit(odds + first - second), dtype=np.float64)


def ebgm(prior: Prior, observed: NDArray[np.int64], expected: Floats) -> Floats:
    """The geometric mean of each cell's posterior."""
    q = first_share(prior, observed, expected)
    first = special.psi(prior.shape1 + observed) - np.log(prior.rate1 + expected)
    second = special.psi(prior.shape2 + observed) - np.log(prior.rate2 + expected)
    return np.asarray(np.exp(q * first + (1 - q) * second), dtype=np.float64)


def below(prior: Prior, observed: NDArray[np.int64], expected: Floats, value: float) -> Floats:
    """The posterior chance that a cell's true ratio is below `value`: Q05 >= value where it is at
    most 0.05."""
    q = first_share(prior, observed, expected)
    return _cdf(prior, q, observed, expected, np.full(len(q), value))


def quantile(
    prior: Prior, observed: NDArray[np.int64], expected: Floats, at: float, *, threads: int = 2
) -> Floats:
    """Each cell's posterior quantile; blocks of cells side by side (SciPy lets go of the interpreter)."""
    starts = range(0, len(observed), BLOCK)
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(
            lambda i: _quantile(prior, observed[i : i + BLOCK], expected[i : i + BLOCK], at), starts
        )
        return np.concatenate([np.empty(0), *parts])


def _quantile(prior: Prior, observed: NDArray[np.int64], expected: Floats, at: float) -> Floats:
    """By Newton's steps kept inside a bracket."""
    q = first_share(prior, observed, expected)
    shapes = (prior.shape1 + observed, prior.shape2 + observed)
    rates = (prior.rate1 + expected, prior.rate2 + expected)
    ends = [special.gammaincinv(s, at) / r for s, r in zip(shapes, rates, strict=True)]
    low, high = np.minimum(*ends), np.maximum(*ends)  # a mixture's quantile lies between its parts'
    x: Floats = q * ends[0] + (1 - q) * ends[1]
    scale = [s * np.log(r) - special.gammaln(s) for s, r in zip(shapes, rates, strict=True)]
    left = np.arange(len(x))
    for _ in range(NEWTON):
        at_x = x[left]
        value = -np.full(len(left), at)
        slope = np.zeros(len(left))
        for part, s, r, k in zip((q, 1 - q), shapes, rates, scale, strict=True):
            value += part[left] * special.gammainc(s[left], r[left] * at_x)
            log = k[left] + (s[left] - 1) * np.log(np.maximum(at_x, TINY)) - r[left] * at_x
            slope += part[left] * np.exp(log)
        low[left] = np.where(value < 0, at_x, low[left])
        high[left] = np.where(value > 0, at_x, high[left])
        step = at_x - value / np.maximum(slope, TINY)
        inside = (step > low[left]) & (step < high[left])
        x[left] = np.where(inside, step, (low[left] + high[left]) / 2)
        left = left[np.abs(x[left] - at_x) > CLOSE * (1 + x[left])]
        if not len(left):
            break
    return x


def _cdf(
    prior: Prior, q: Floats, observed: NDArray[np.int64], expected: Floats, x: Floats
) -> Floats:
    first = special.gammainc(prior.shape1 + observed, (prior.rate1 + expected) * x)
    second = special.gammainc(prior.shape2 + observed, (prior.rate2 + expected) * x)
    return np.asarray(q * first + (1 - q) * second, dtype=np.float64)


def _log_pmf(n: Floats, expected: Floats, shape: float, rate: float) -> Floats:
    """Negative binomial: so many when the ratio is drawn from the gamma."""
    return np.asarray(
        special.gammaln(n + shape)
        - special.gammaln(shape)
        - special.gammaln(n + 1)
        + shape * np.log(rate / (rate + expected))
        + n * np.log(expected / (rate + expected)),
        dtype=np.float64,
    )


def _log_chance(cells: PairCounts, shape: float, rate: float, zeros: Zeros) -> Floats:
    whole = _log_pmf(cells.observed.astype(np.float64), cells.expected, shape, rate)
    if zeros is Zeros.WHOLE:
        return whole
    none = shape * np.log(rate / (rate + cells.expected))
    return np.asarray(whole - np.log(-np.expm1(np.minimum(none, -TINY))), dtype=np.float64)


def _from(x: Floats) -> Prior:
    a = np.exp(x[:4])
    return Prior(float(a[0]), float(a[1]), float(a[2]), float(a[3]), float(special.expit(x[4])))
