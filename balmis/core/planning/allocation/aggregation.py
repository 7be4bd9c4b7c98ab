"""All sites of an area as one: the same optimum, a fraction of the size.

A site takes `x_p` doses of each product in a week if `sum x_p` is within its capacity and `sum l_p x_p`
within its cold room. The sum of such regions over sites is bounded by their support functions in the
directions `min(l_p, l_k)`, one for each product's volume, and `1`: every price vector that a split to
sites can have is concave and rising in the volume, so it is a sum of those, and on them a site's best
value is linear. Nothing is lost by pooling, and nothing gained.
"""

from dataclasses import dataclass

import numpy as np

from balmis.core.planning.allocation.problem import Floats, Problem


@dataclass(frozen=True, slots=True)
class Limits:
    """`weights[k] · doses by product` is at most `most[week, place, k]`, for each k."""

    weights: Floats  # (K, P)
    most: Floats  # (W, places, K)


def by_site(problem: Problem) -> Limits:
    """Each site for itself: capacity, then cold room."""
    litres = np.array([p.litres for p in problem.products])
    room = np.broadcast_to(problem.cold * problem.deliveries, problem.capacity.shape)
    if not np.isfinite(problem.cold).any() or not litres.any():
        return Limits(np.ones((1, len(litres))), problem.capacity[:, :, None])
    most = np.stack([problem.capacity, room], axis=2)
    return Limits(np.stack([np.ones_like(litres), litres]), most)


def by_area(problem: Problem) -> Limits:
    """The sum over each area's sites."""
    litres = np.array([p.litres for p in problem.products])
    cold = problem.cold * problem.deliveries
    if not np.isfinite(cold).any() or not litres.any():
        return Limits(np.ones((1, len(litres))), _sum(problem, problem.capacity)[:, :, None])
    weights = np.stack(
        [np.ones_like(litres), *(np.minimum(litres, k) for k in np.unique(litres) if k > 0)]
    )
    most = np.stack([_best(problem, w, litres, cold) for w in weights], axis=2)
    return Limits(weights, most)


def _sum(problem: Problem, of_sites: Floats) -> Floats:
    """(W, S) to (W, A)."""
    found = np.zeros((len(of_sites), len(problem.areas)))
    np.add.at(found.T, problem.area_of, of_sites.T)
    return found


def _best(problem: Problem, weights: Floats, litres: Floats, cold: Floats) -> Floats:
    """The most of `weights · doses` that each site can take in a week, summed by area: (W, A). Weights are
    concave in the volume, so the best is as many doses as there is capacity for, all of the volume that
    the cold room allows on average."""
    order = np.argsort(litres)
    volume, worth = litres[order], weights[order]
    capacity = problem.capacity
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(capacity > 0, cold / np.maximum(capacity, 1e-300), np.inf)
    best = capacity * np.interp(np.minimum(mean, volume[-1]), volume, worth)
    if volume[0] > 0:
        short = mean < volume[0]  # the cold room alone limits
        best = np.where(short, np.broadcast_to(cold, capacity.shape) * worth[0] / volume[0], best)
    return _sum(problem, best)
