"""Provinces drawn by chance, to plan for: in tests, and at the size of real ones in benchmarks."""

from datetime import date

import numpy as np

from balmis.core.planning.allocation.problem import Aim, Problem, Product

LITRES = (0.002, 0.001, 0.003)


def province(
    seed: int,
    *,
    weeks: int = 40,
    sites: int = 40,
    areas: int = 4,
    groups: int = 8,
    people: float = 675_000,
    aim: float = 0.7,
) -> Problem:
    """Two products of two doses, one of one; supply that grows, clinics of uneven capacity, small fridges,
    groups that open one after the other; `aim` of all people completed, two weeks before the end."""
    chance = np.random.default_rng(seed)
    products = (
        Product("three", 2, lag=3, longest=6, litres=LITRES[0], wastage=0.02, vial=10),
        Product("four", 2, lag=4, longest=7, litres=LITRES[1], wastage=0.02, vial=6),
        Product("one", 1, litres=LITRES[2], vial=5),
    )
    there = chance.uniform(0.5, 1.5, (areas, groups))
    there *= people / there.sum()
    capacity = chance.uniform(0.3, 1.7, (weeks, sites)) * (people * 1.7 / weeks / sites)
    ramp = np.linspace(0.2, 1.8, weeks)[:, None] * np.array([0.5, 0.4, 0.1])
    eligible = chance.random((groups, 3)) < 0.8
    eligible[:, 0] = True
    return Problem(
        starts_on=date(2021, 2, 26),
        products=products,
        areas=tuple(f"area {k}" for k in range(areas)),
        sites=tuple(f"site {k}" for k in range(sites)),
        groups=tuple(f"group {k}" for k in range(groups)),
        area_of=np.concatenate([np.arange(areas), chance.integers(0, areas, sites - areas)]),
        people=there,
        uptake=chance.uniform(0.7, 0.95, groups),
        eligible=eligible,
        opens=np.sort(chance.integers(0, weeks // 3, groups)),
        supply=chance.gamma(2, 0.5, (weeks, 3)) * ramp * people * 1.5 / weeks,
        capacity=capacity,
        cold=chance.uniform(0.5, 2, sites) * capacity.mean() * 0.001,
        aims=(Aim("completed", aim * people, weeks - 3, True),),
    )
