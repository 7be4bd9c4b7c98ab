"""From the plan of areas to whole vials and doses at sites; nothing is made and nothing is lost."""

from dataclasses import dataclass

import numpy as np

from balmis.core.planning.allocation.lp import INF, Model, set_cost, solve
from balmis.core.planning.allocation.problem import Floats, Ints, Problem
from balmis.core.planning.allocation.solve import Plan

TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Split:
    vials: Ints  # (W, S, P)
    doses: Ints  # (W, S, G, P, 2) first and second

    def check(self, plan: Plan) -> list[str]:
        """What is not as it must be: more doses than vials hold, more than the plan or the supply has."""
        problem, found = plan.problem, []
        vial = np.array([x.vial for x in problem.products])
        if (self.doses.sum(axis=(2, 4)) > self.vials * vial).any():
            found.append("a site gives more doses than its vials hold")
        supply = problem.supply.cumsum(axis=0) + (problem.past.stock if problem.past else 0)
        if ((self.vials.sum(axis=1) * vial).cumsum(axis=0) > supply + TINY).any():
            found.append("more vials are sent than have come")
        planned = (plan.first + plan.second).sum(axis=2)  # (W, A, P)
        given = np.zeros(planned.shape)
        np.add.at(
            given.transpose(1, 0, 2),
            problem.area_of,
            self.doses.sum(axis=(2, 4)).transpose(1, 0, 2),
        )
        behind = planned.cumsum(axis=0) - given.cumsum(axis=0)
        if (behind < -0.5).any() or (behind > 2 * vial + 1).any():
            found.append("an area's doses are not those of the plan")
        return found


def largest_remainder(shares: Floats, total: int, most: Ints | None = None) -> Ints:
    """Whole numbers in proportion to `shares` that add up to `total`, none above `most`: the whole parts,
    then one more for the largest remainders. Raises ValueError where `most` does not allow it."""
    limit = np.full(shares.shape, total) if most is None else most
    if total < 0 or limit.sum() < total:
        raise ValueError(f"{total} cannot be shared among places for {limit.sum()}")
    found = np.zeros(shares.shape, dtype=np.int64)
    while (left := total - int(found.sum())) > 0:
        open_ = found < limit
        weight = np.where(open_, np.maximum(shares, 0.0), 0.0)
        if weight.sum() <= 0:
            weight = open_.astype(float)
        exact = weight / weight.sum() * left
        whole = np.floor(exact + 1e-9)
        order = np.argsort(-np.where(weight > 0, exact - whole, -1.0), kind="stable")
        whole[order[: left - int(whole.sum())]] += 1
        found += np.minimum(whole.astype(np.int64), limit - found)
    return found


def split(plan: Plan) -> Split:
    """Each week's doses of an area to its sites, by their capacity and their cold room."""
    problem = plan.problem
    w, s, a, g, p = problem.shape
    vials, doses = np.zeros((w, s, p), np.int64), np.zeros((w, s, g, p, 2), np.int64)
    by_area_vials, by_area_doses = _whole(plan)
    both = np.stack([plan.first, plan.second], axis=4)
    for week in range(w):
        for area in range(a):
            if not by_area_vials[week, area].any() and not by_area_doses[week, area].any():
                continue
            sites = np.flatnonzero(problem.area_of == area)
            shares = _shares(problem, week, sites, by_area_doses[week, area].astype(float))
            for k in range(p):
                here = largest_remainder(shares[:, k], int(by_area_vials[week, area, k]))
                vials[week, sites, k] = here
                cells = both[week, area, :, k]
                doses[week, sites, :, k] = _cells(
                    cells, here * problem.products[k].vial, int(by_area_doses[week, area, k])
                )
    return Split(vials, doses)


def _whole(plan: Plan) -> tuple[Ints, Ints]:
    """(W, A, P) vials that are sent and doses that are given; what does not fill a vial waits."""
    problem = plan.problem
    given = (plan.first + plan.second).sum(axis=2)
    kept = np.array([1 - x.wastage for x in problem.products])
    vial = np.array([x.vial for x in problem.products])
    sent = np.floor((given / kept).cumsum(axis=0) / vial + TINY)
    whole = np.minimum(np.floor(given.cumsum(axis=0) + TINY), np.floor(sent * vial * kept + TINY))
    zero = np.zeros((1, *given.shape[1:]))
    vials = np.diff(np.concatenate([zero, sent]), axis=0).astype(np.int64)
    doses = np.diff(np.concatenate([zero, whole]), axis=0).astype(np.int64)
    return vials, np.minimum(doses, vials * vial)


def _shares(problem: Problem, week: int, sites: Ints, doses: Floats) -> Floats:
    """(sites, P): how each product is spread. By capacity, unless that is too much for a cold room."""
    capacity = problem.capacity[week, sites]
    if capacity.sum() <= 0:
        capacity = np.ones(len(sites))
    spread: Floats = capacity[:, None] / capacity.sum() * doses[None, :]
    litres = np.array([x.litres for x in problem.products])
    cold = problem.cold[sites] * problem.deliveries
    if (spread @ litres <= cold * (1 + 1e-9)).all():
        return spread
    return _transported(capacity, cold, litres, doses)


def _transported(capacity: Floats, cold: Floats, litres: Floats, doses: Floats) -> Floats:
    """The spread that exceeds capacity and cold room least (nothing, where the plan was pooled rightly)."""
    s, p = len(capacity), len(doses)
    model = Model()
    x, over = model.variables((s, p)), model.variables((s,))
    model.put(model.constraints((p,), doses, doses)[None, :], x, 1.0)
    for weights, limit in ((np.ones(p), capacity), (litres, np.minimum(cold, 1e12))):
        rows = model.constraints((s,), -INF, 1.0)
        model.put(rows[:, None], x, weights[None, :] / np.maximum(limit, 1e-9)[:, None])
        model.put(rows, over, -1.0)
    highs = model.highs()
    set_cost(highs, over, np.ones(s))
    return np.asarray(np.maximum(solve(highs, "simplex").x[x], 0.0))


def _cells(cells: Floats, room: Ints, total: int) -> Ints:
    """(sites, G, 2): an area's doses of one product, by group and dose number, to sites whose vials hold
    `room` doses."""
    flat = largest_remainder(cells.ravel(), total) if total else np.zeros(cells.size, np.int64)
    at_site = largest_remainder(room.astype(float), total, room) if total else np.zeros_like(room)
    found = np.zeros((len(room), cells.size), np.int64)
    for n, number in enumerate(at_site):
        if n + 1 == len(at_site):
            found[n] = flat
        elif number:
            found[n] = largest_remainder(flat.astype(float), int(number), flat)
        flat = flat - found[n]
    return found.reshape(len(room), *cells.shape)
