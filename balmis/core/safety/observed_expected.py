"""Observed against expected for every cell of a country that has a report.

Cells are only those observed: there are at most as many as reports, however many lots, sites and
events there are. Expected = sum over strata of doses(cell, stratum) x rate(stratum, event).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from balmis.core.confidence_limits import Floats, garwood

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reports:
    """One row a report: where its dose belongs (a lot, a site, a lot at a site), and the event; (reports,)."""

    place: Ints
    event: Ints


@dataclass(frozen=True, slots=True)
class ObservedCells:
    """Every observed (place, event), all (cells,)."""

    place: Ints
    event: Ints
    observed: Ints
    expected: Floats
    ratio: Floats
    low: Floats
    high: Floats
    statistic: Floats  # log likelihood ratio, 0 where no more came than were due
    p: Floats  # chance of at least so many


def observed_expected(reports: Reports, doses: Floats, rates: Floats) -> ObservedCells:
    """All observed cells with Garwood limits.

    `doses` (places, strata); `rates` (strata, events), events due per dose as known today. Raises
    ValueError for a cell in which no event was due: its doses are missing.
    """
    n_events = rates.shape[1]
    keys, observed = np.unique(reports.place * n_events + reports.event, return_counts=True)
    place, event = keys // n_events, keys % n_events
    mean = np.einsum("cs,cs->c", doses[place], np.ascontiguousarray(rates.T)[event])
    if len(mean) and mean.min() <= 0:
        bad = int(np.argmin(mean))
        raise ValueError(f"no event {event[bad]} was due at {place[bad]}: are its doses there?")
    low, high = garwood(observed)
    seen = observed.astype(np.float64)
    statistic = np.where(seen > mean, seen * np.log(seen / mean) - (seen - mean), 0.0)
    return ObservedCells(
        place,
        event,
        observed,
        mean,
        seen / mean,
        low / mean,
        high / mean,
        statistic,
        special.gammainc(seen, mean),
    )


def family_threshold(
    totals: Ints,
    doses: Floats,
    rates: Floats,
    *,
    replicas: int,
    alpha: float,
    seed: int,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[float, Floats]:
    """What the most extreme of all cells reaches by chance in `alpha` of the replicas, and all maxima.

    Each event's reports, (events,) `totals`, are dealt out over places as their doses make them due:
    the overall level of an event, which reporting habits set, cancels out.
    """
    rng = np.random.default_rng(seed)
    maxima = np.zeros(replicas)
    for event in np.flatnonzero(totals):
        if stop():
            break
        share = doses @ rates[:, event]
        np.maximum(maxima, _most_extreme(int(totals[event]), share, replicas, rng), out=maxima)
    maxima.sort()
    beyond = int(np.floor(alpha * (replicas + 1)))
    return (float(maxima[replicas - beyond]) if beyond else float("inf")), maxima


def conditional_statistic(observed: Ints, mean: Floats, total: int) -> Floats:
    """The log likelihood ratio of a place against all others, given the event's `total` reports."""
    rest = total - observed
    value = special.xlogy(observed, observed / mean) + special.xlogy(
        rest, rest / np.maximum(total - mean, 1e-300)
    )
    return np.where(observed > mean, value, 0.0)


def _most_extreme(total: int, share: Floats, replicas: int, rng: np.random.Generator) -> Floats:
    """The largest statistic over all places of each replica, (replicas,)."""
    edges = np.cumsum(share)
    edges /= edges[-1]
    mean = share / share.sum() * total
    found = np.zeros(replicas)
    block = max(1, 2_000_000 // total)
    for begin in range(0, replicas, block):
        n = min(block, replicas - begin)
        drawn = np.searchsorted(edges[:-1], rng.random((n, total)), side="right")
        drawn.sort(axis=1)
        new = np.ones(drawn.shape, dtype=bool)
        new[:, 1:] = drawn[:, 1:] != drawn[:, :-1]
        first = np.flatnonzero(new)
        count = np.diff(np.append(first, drawn.size))
        value = conditional_statistic(count, mean[drawn.ravel()[first]], total)
        row = first // total
        starts = np.searchsorted(row, np.arange(n))
        found[begin : begin + n] = np.maximum.reduceat(value, starts)
    return found
