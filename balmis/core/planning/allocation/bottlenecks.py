"""What holds the target back: each limit taken away, and what one more unit of each would buy."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from balmis.core.planning.allocation.lp import NoAnswer
from balmis.core.planning.allocation.problem import Aim, Problem
from balmis.core.planning.allocation.solve import Tell, most_by
from balmis.core.vocabulary.planning import Bottleneck

PLENTY = 10.0  # times what all people together could want


@dataclass(frozen=True, slots=True)
class Step:
    """With this limit and all before it gone, so many people more are done by the date."""

    cause: (
        str  # supply, capacity, cold, uptake, phases, interval, products, or rest; a+b: only both
    )
    people: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From the most that can be done to what is asked for."""

    aim: Aim
    most: float  # with all limits
    short: float  # people missing
    steps: tuple[Step, ...]  # they add up to `short`, where the aim is within the people there are
    without: dict[str, float]  # the most with this limit alone gone


@dataclass(frozen=True, slots=True)
class BottleneckGain:
    """One unit more of something in a week changes how many are done by the date."""

    kind: Bottleneck  # capacity, supply or uptake
    week: int  # -1: of no week
    what: str  # the area, product or group
    unit: float  # doses or people
    people: float  # more who are done, for that unit


def _without(problem: Problem) -> dict[str, Callable[[Problem], Problem]]:
    """Each limit taken away."""
    w, _, _, g, p = problem.shape
    enough = PLENTY * max(1.0, problem.people.sum())
    return {
        Bottleneck.SUPPLY: lambda x: replace(x, supply=np.full((w, p), enough)),
        Bottleneck.CAPACITY: lambda x: replace(x, capacity=np.full_like(x.capacity, enough)),
        Bottleneck.COLD: lambda x: replace(x, cold=np.full_like(x.cold, np.inf)),
        Bottleneck.UPTAKE: lambda x: replace(x, uptake=np.ones(g)),
        Bottleneck.PHASES: lambda x: replace(x, opens=np.zeros(g, np.int64)),
        Bottleneck.INTERVAL: lambda x: replace(
            x, products=tuple(replace(k, lag=1) if k.doses == 2 else k for k in x.products)
        ),
        Bottleneck.PRODUCTS: lambda x: replace(x, eligible=np.ones((g, p), np.bool_)),
    }


def waterfall(problem: Problem, aim: Aim, tell: Tell = lambda *_: None) -> Waterfall:
    """The limit that holds back most comes first, then what holds back most after it, and so on. Where no
    single one helps, the pair that would is looked for by taking away what is left in the order of supply,
    capacity, and the others. Raises NoAnswer."""
    most = most_by(problem, aim)[0]
    short = max(0.0, aim.people - most)
    left, at, steps = _without(problem), problem, list[Step]()
    reached, alone, together = most, dict[str, float](), list[str]()
    for n in range(len(left)):
        if n and reached >= aim.people - 0.5:
            break
        tried = {}
        for cause, without in left.items():
            tell(cause, n, len(left) + n)
            tried[cause] = _most(without(at), aim)
        alone = alone or tried
        if reached >= aim.people - 0.5:
            break
        cause = max(tried, key=lambda c: tried[c])
        gained = min(tried[cause], aim.people) - min(reached, aim.people)
        if gained < 0.5:  # alone none helps: the next counts together with this one
            cause = next(iter(left))
        at = left.pop(cause)(at)
        together.append(cause)
        if gained >= 0.5:
            steps.append(Step("+".join(together), gained))
            together = []
        reached = max(reached, tried[cause])
    rest = aim.people - reached
    if rest >= 0.5:
        steps.append(Step("rest", rest))
    return Waterfall(aim, most, short, tuple(s for s in steps if s.people >= 0.5), alone)


def _most(problem: Problem, aim: Aim) -> float:
    try:
        return most_by(problem, aim)[0]
    except NoAnswer:
        return 0.0


def gains(problem: Problem, aim: Aim, *, doses: float = 1_000.0) -> list[BottleneckGain]:
    """For each week and place what `doses` more would do, the best first: of capacity, of supply; and of
    uptake by so many more people. Exact for small changes. Raises NoAnswer."""
    _, built, answer = most_by(problem, aim)
    duals = -answer.duals
    found = []
    for week, area in np.ndindex(built.limits.shape[:2]):
        if (value := float(duals[built.limits[week, area, 0]])) > 1e-4:
            found.append(
                BottleneckGain(Bottleneck.CAPACITY, week, problem.areas[area], doses, value * doses)
            )
    for week, k in np.ndindex(built.supplied.shape):
        if (value := float(duals[built.supplied[week, k]])) > 1e-4:
            found.append(
                BottleneckGain(
                    Bottleneck.SUPPLY, week, problem.products[k].code, doses, value * doses
                )
            )
    for area, group in np.ndindex(built.room.shape):
        if (value := float(duals[built.room[area, group]])) > 1e-4:
            what = f"{problem.areas[area]} {problem.groups[group]}"
            found.append(BottleneckGain(Bottleneck.UPTAKE, -1, what, doses, value * doses))
    return sorted(found, key=lambda x: (-round(x.people, 3), x.week))


def confirmed(
    problem: Problem, aim: Aim, found: list[BottleneckGain], most: float
) -> list[BottleneckGain]:
    """Gains of capacity are worked out anew with so much more at the area's largest site: a cold room may
    bind beside the hands. Those that buy nothing are left out. Raises NoAnswer."""
    kept = []
    for gain in found:
        if gain.kind is not Bottleneck.CAPACITY:
            kept.append(gain)
            continue
        sites = np.flatnonzero(problem.area_of == problem.areas.index(gain.what))
        if not len(sites):
            continue
        capacity = problem.capacity.copy()
        capacity[gain.week, sites[problem.capacity[gain.week, sites].argmax()]] += gain.unit
        more = most_by(replace(problem, capacity=capacity), aim)[0] - most
        if more >= 0.5:
            kept.append(replace(gain, people=more))
    return kept


def best_of(found: list[BottleneckGain], each: int = 2) -> list[BottleneckGain]:
    """The best few of each kind; of a supply that counts the same in every week, the latest week."""
    kept: list[BottleneckGain] = []
    for kind in (Bottleneck.SUPPLY, Bottleneck.CAPACITY, Bottleneck.UPTAKE):
        rows = [x for x in found if x.kind == kind]
        seen: dict[str, BottleneckGain] = {}
        for x in rows:
            other = seen.get(x.what)
            if (
                other is None
                or (x.people > other.people * 1.001)
                or (
                    x.people > other.people * 0.999
                    and kind is Bottleneck.SUPPLY
                    and x.week > other.week
                )
            ):
                seen[x.what] = x
        kept += sorted(seen.values(), key=lambda x: -x.people)[:each]
    return kept
