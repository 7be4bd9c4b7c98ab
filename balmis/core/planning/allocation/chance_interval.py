"""The chance of a target as a bracket: what the rolled plan reaches, and what perfect foresight could."""

from dataclasses import dataclass, replace

import numpy as np

from balmis.core.confidence_limits import wilson
from balmis.core.planning.allocation.formulation import build, counts, towards
from balmis.core.planning.allocation.futures import Floats, Rolled, Scenarios
from balmis.core.planning.allocation.lp import set_cost, solve
from balmis.core.planning.allocation.problem import Aim, Past, Problem
from balmis.core.planning.allocation.solve import Plan, Tell


@dataclass(frozen=True, slots=True)
class Bracket:
    """The chance that an aim is reached by its week: by the rolled plan, and with perfect foresight, each
    with its 95 % interval (Wilson, 1927)."""

    achievable: float
    achievable_low: float
    achievable_high: float
    bound: float
    bound_low: float
    bound_high: float
    futures: int
    solved: int  # of them, by the programme


def bracket(
    plan: Plan,
    aim: int,
    rolled: Rolled,
    futures: Scenarios,
    *,
    solved: int = 100,
    tell: Tell = lambda *_: None,
) -> Bracket:
    """On the first `solved` futures the programme is solved knowing all of each."""
    asked = plan.problem.aims[aim]
    reached = rolled.reached(plan.problem, aim)
    count = min(solved, len(reached))
    best = foresight(plan.problem, asked, futures, count, tell)
    bound = (best >= asked.people * (1 - 5e-5) - 0.5) | reached[:count]
    of_rolled = wilson(int(reached.sum()), len(reached))
    of_bound = wilson(int(bound.sum()), count)
    share = max(float(bound.mean()), float(reached.mean()))
    return Bracket(
        float(reached.mean()),
        of_rolled.low,
        of_rolled.high,
        share,
        of_bound.low,
        max(of_bound.high, share),
        len(reached),
        count,
    )


def foresight(
    problem: Problem, aim: Aim, futures: Scenarios, count: int, tell: Tell = lambda *_: None
) -> Floats:
    """(count,) the most people who could count towards the aim, knowing the whole future: areas pooled, no
    longest interval, so that nothing that can be done is above it."""
    pooled = _one_place(problem, aim)
    built = build(pooled)
    highs = built.model.highs()
    counted, share = towards(built, aim)
    set_cost(highs, counted, -share)
    groups, before = counts(problem, aim)
    people, past = pooled.people[0], pooled.past
    begin = past.stock if past else np.zeros(len(pooled.products))
    found = np.zeros(count)
    rows = np.concatenate([built.supplied.ravel(), built.room.ravel()]).astype(np.int32)
    for n in range(count):
        tell("foresight", n, count)
        supply = futures.supply[n, : len(pooled.supply)].copy()
        supply[0] += begin
        room = np.maximum(people * futures.uptake[n] - (past.first[0] if past else 0.0), 0.0)
        low = np.concatenate([supply.ravel(), np.full(len(room), -1e30)])
        high = np.concatenate([supply.ravel(), room])
        highs.changeRowsBounds(len(rows), rows, low, high)  # type: ignore[attr-defined]
        found[n] = -solve(highs, "simplex").objective + before[groups].sum()
    return found


def _one_place(problem: Problem, aim: Aim) -> Problem:
    """All areas as one, up to the aim's week; second doses may be as late as they like."""
    part = problem.limited(aim.week + 1)
    past = part.past and Past(
        part.past.first.sum(axis=0, keepdims=True),
        part.past.completed.sum(axis=0, keepdims=True),
        part.past.due.sum(axis=1, keepdims=True),
        part.past.stock,
    )
    products = tuple(
        replace(x, longest=len(part.supply) + x.lag, shelf=None)
        if x.doses == 2
        else replace(x, shelf=None)
        for x in part.products
    )
    return replace(
        part,
        areas=("all",),
        area_of=np.zeros_like(part.area_of),
        past=past,
        products=products,
        people=part.people.sum(axis=0, keepdims=True),
        equity=None,
        aims=(aim,),
    )
