"""Plans of doses: the programme of an island and of a province of 35 million, and futures rolled."""

import resource
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from balmis.core.planning.allocation.futures import Doubt, roll, scenarios
from balmis.core.planning.allocation.solve import Plan, plan
from bench.measuring import ROUNDS, result, seconds
from tests.core.provinces import province

FUTURES = 10_000


def _planned(bound: float, rounds: int, **how: Any) -> Iterator[dict[str, Any]]:
    problem = province(1, **how.pop("size", {}))
    found: list[Plan] = []
    took = [seconds(lambda: found.append(plan(problem, **how))) for _ in range(rounds)]
    inside = max(x.inside / s for x, s in zip(found, took, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield result(
        took,
        [bound] * rounds,
        1,
        "plans/s",
        f"{bound:g} seconds",
        seconds=round(min(took), 2),
        share_in_highs=round(inside, 3),
        solver=found[0].answer.solver,
        short=round(float(found[0].short[0])),
        peak_mb=round(peak),
        levels=[round(x.seconds, 2) for x in found[0].levels],
    )


def jeju() -> Iterator[dict[str, Any]]:
    """40 weeks, 40 sites pooled into 4 areas, 8 groups, 3 products; one weighted solve."""
    yield from _planned(1.0, ROUNDS, lexicographic=False)


def lexicographic() -> Iterator[dict[str, Any]]:
    """The same, purpose by purpose."""
    yield from _planned(6.0, ROUNDS)


def shanxi() -> Iterator[dict[str, Any]]:
    """34.9 million people in 117 counties, each a place of its own."""
    yield from _planned(
        90.0, 1, lexicographic=False, size={"sites": 117, "areas": 117, "people": 34.9e6}
    )


def risk() -> Iterator[dict[str, Any]]:
    """10,000 futures drawn and the plan rolled through them."""
    problem = province(1)
    made = plan(problem, lexicographic=False)
    easier = replace(problem, aims=tuple(replace(a, people=0.78 * a.people) for a in problem.aims))
    made = replace(made, problem=easier)
    chance = 0.0

    def work() -> None:
        nonlocal chance
        rolled = roll(made, scenarios(easier, Doubt(), FUTURES, 1))
        chance = float(rolled.reached(easier, 0).mean())

    work()
    took = [seconds(work) for _ in range(ROUNDS)]
    yield result(
        took,
        [0.5] * ROUNDS,
        FUTURES,
        "futures/s",
        "0.5 seconds",
        seconds=round(min(took), 3),
        chance=round(chance, 3),
    )
