"""Which doses where, when, to whom: aims first, then groups in their order, then thrift.

Each purpose is pursued as far as it goes, and what it reached is kept for the next (lexicographic). The
quick form weighs them in one solve, for what-if questions.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from balmis.core.planning.allocation.formulation import Built, build, counts, towards
from balmis.core.planning.allocation.lp import INF, Answer, Floats, NoAnswer, set_cost, solve
from balmis.core.planning.allocation.problem import Aim, Problem

SLACK = 1e-5  # relative, that a purpose may lose to the next ones
MARGIN = 0.05  # of an aim's people, that a plan tries to have to spare
VERSION = "allocation/2"
# weights of the quick form; a first dose a week earlier is below 1
LATE, SHORT, HOPED, THRIFT = 50.0, 20.0, 10.0, 1e-3
Columns = NDArray[np.int64]
Tell = Callable[[str, int, int], None]  # what, done, of


@dataclass(frozen=True, slots=True)
class Level:
    """One purpose and what it came to."""

    name: str
    value: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Doses by week, area, group and product. `short` is people missing of each aim."""

    problem: Problem
    first: Floats  # (W, A, G, P)
    second: Floats  # (W, A, G, P)
    waiting: Floats  # (W, A, G, P)
    central: Floats  # (W, P)
    thrown: Floats  # (W, P)
    late: float  # weeks that people wait longer than they should
    short: Floats  # (aims,)
    levels: tuple[Level, ...]
    inside: float  # seconds that HiGHS took
    answer: Answer = field(repr=False)
    version: str = VERSION

    def done(self, aim: Aim) -> Floats:
        """(W,) people who count towards an aim, by the end of each week."""
        groups, before = counts(self.problem, aim)
        one = np.array([x.doses == 1 for x in self.problem.products])
        if aim.completed:
            week = self.first[..., one].sum(axis=3) + self.second[..., ~one].sum(axis=3)
        else:
            week = self.first.sum(axis=3)
        return np.asarray(np.cumsum(week[:, :, groups].sum(axis=(1, 2))) + before[groups].sum())

    def done_by(self, aim: Aim) -> float:
        """Who counts towards an aim by its day."""
        groups, before = counts(self.problem, aim)
        return float(aim.at(self.done(aim), float(before[groups].sum())))

    def week_reached(self, aim: Aim) -> int | None:
        """The first week by whose end the aim is reached, its own or a later one."""
        enough = np.flatnonzero(self.done(aim) >= aim.people - max(0.5, 1e-6 * aim.people))
        return int(enough[0]) if len(enough) else None


def plan(
    problem: Problem,
    *,
    lexicographic: bool = True,
    pooled: bool = True,
    solver: str = "ipm",
    tell: Tell = lambda *_: None,
) -> Plan:
    """The best plan. Raises NoAnswer where HiGHS finds none (limits that contradict each other)."""
    built = build(problem, pooled=pooled)
    highs = built.model.highs()
    purposes = _purposes(built) if lexicographic else [_all_at_once(built)]
    levels: list[Level] = []
    answer: Answer | None = None
    for n, (name, columns, cost) in enumerate(purposes):
        tell(name, n, len(purposes))
        set_cost(highs, columns, cost)
        answer = solve(highs, solver)
        levels.append(Level(name, answer.objective, answer.seconds))
        if name == "late":
            _no_later(highs, columns, answer)
        elif n + 1 < len(purposes):
            room = SLACK * max(1.0, abs(answer.objective))
            most = answer.objective + room
            highs.addRow(-INF, most, len(columns), columns.astype(np.int32), cost)
    if answer is None:
        raise NoAnswer("there is nothing to plan for")
    inside = sum(level.seconds for level in levels)
    return _read(built, answer, tuple(levels), inside)


Purpose = tuple[str, Columns, Floats]


def _purposes(b: Built) -> list[Purpose]:
    """Nobody late, the aims by their date and then earlier, the groups in their order and early, then
    thrift."""
    late = b.late[b.late >= 0]
    found: list[Purpose] = [("late", late, np.ones(len(late)))] if len(late) else []
    if len(b.short):
        found.append(("aims", b.short, np.ones(len(b.short))))
    if len(b.hoped):
        found.append(("early", b.hoped, np.ones(len(b.hoped))))
    tiers = _tiers(b.problem)
    found += [(f"groups {n + 1}", *_early(b, tier)) for n, tier in enumerate(tiers)]
    return [*found, ("thrift", *_thrift(b))]


def _tiers(problem: Problem, most: int = 4) -> list[list[int]]:
    """Groups in their order, in at most so many steps: those that open together stand together."""
    order = sorted(range(problem.shape[3]), key=lambda g: (int(problem.opens[g]), g))
    steps: list[list[int]] = []
    for g in order:
        if steps and (problem.opens[g] == problem.opens[steps[-1][-1]] or len(steps) == most):
            steps[-1].append(g)
        else:
            steps.append([g])
    return steps


def _early(b: Built, tier: Sequence[int]) -> tuple[Columns, Floats]:
    """First doses of these groups, the earlier the better; of equal ones those before in order."""
    w = b.problem.shape[0]
    columns = b.first[:, :, list(tier)]
    worth = (w - np.arange(w))[:, None] / w * (1 - 0.01 * np.arange(len(tier)))[None, :]
    cost = np.broadcast_to(-worth[:, None, :, None], columns.shape)
    kept = columns >= 0
    return columns[kept], cost[kept]


def _thrift(b: Built) -> tuple[Columns, Floats]:
    """Doses thrown away, then second doses later than they could be, then stock."""
    waiting = b.waiting[b.waiting >= 0]
    columns = np.concatenate([b.thrown.ravel(), waiting, b.central.ravel()])
    cost = np.concatenate(
        [np.ones(b.thrown.size), np.full(len(waiting), 0.1), np.full(b.central.size, 0.01)]
    )
    return columns, cost


def _all_at_once(b: Built) -> Purpose:
    """The same purposes with weights."""
    parts: list[Purpose] = [("", *_thrift(b))]
    cost = [THRIFT * parts[0][2]]
    columns = [parts[0][1]]
    late = b.late[b.late >= 0]
    columns += [late, b.short, b.hoped]
    cost += [np.full(len(late), LATE), np.full(len(b.short), SHORT), np.full(len(b.hoped), HOPED)]
    tiers = _tiers(b.problem)
    for n, tier in enumerate(tiers):
        which, worth = _early(b, tier)
        columns.append(which)
        cost.append(worth * 2.0**-n)
    return "all", np.concatenate(columns), np.concatenate(cost)


def _read(b: Built, answer: Answer, levels: tuple[Level, ...], inside: float) -> Plan:
    w, _, a, g, p = b.problem.shape

    def values(block: Columns) -> Floats:
        return np.where(block >= 0, np.maximum(answer.x[block], 0.0), 0.0)

    def pooled(block: Columns) -> Floats:
        found = np.zeros((a, w, g, p))
        np.add.at(found, b.place_area, values(block).transpose(1, 0, 2, 3))
        return found.transpose(1, 0, 2, 3)

    return Plan(
        b.problem,
        pooled(b.first),
        pooled(b.second),
        values(b.waiting),
        values(b.central),
        values(b.thrown),
        float(values(b.late).sum()),
        values(b.short),
        levels,
        inside,
        answer,
    )


def most_by(problem: Problem, aim: Aim, *, solver: str = "ipm") -> tuple[float, Built, Answer]:
    """The most people who can count towards an aim by its day, with nobody later than must be at any time,
    and what one more of each limit would change (the answer's duals). The weeks after it are planned too:
    who has a first dose by then is owed the second one later. Raises NoAnswer."""
    built, highs = _kept(problem, solver)
    people, answer = _most(built, highs, aim, solver)
    return people, built, answer


def _kept(problem: Problem, solver: str) -> tuple[Built, Any]:
    """The model in which nobody is later than must be, for any one aim."""
    built = build(replace(problem, aims=(), hopes=()))
    highs = built.model.highs()
    late = built.late[built.late >= 0]
    if len(late):
        set_cost(highs, late, np.ones(len(late)))
        _no_later(highs, late, solve(highs, solver))
    return built, highs


def _most(built: Built, highs: Any, aim: Aim, solver: str) -> tuple[float, Answer]:
    counted, share = towards(built, aim)
    set_cost(highs, counted, -share)
    answer = solve(highs, solver)
    groups, before = counts(built.problem, aim)
    return float(answer.x[counted] @ share + before[groups].sum()), answer


def _no_later(highs: Any, late: Columns, answer: Answer) -> None:
    """Nobody waits longer than in this answer, but for a little in each place: a row over the sum
    would leave an interior point no room."""
    upper = np.maximum(answer.x[late], 0.0) * (1 + SLACK) + 0.01
    highs.changeColsBounds(len(late), late.astype(np.int32), np.zeros(len(late)), upper)


Models = list[tuple[Built, Any]]


def earliest(
    problem: Problem, aim: Aim, tell: Tell = lambda *_: None, models: Models | None = None
) -> tuple[int, float] | None:
    """The first week by whose end the aim can be reached at all, and the part of that week that it takes
    (0 to 1); None: not in the weeks planned. Two weeks are tried at a time, side by side, in models that
    aims of one problem may share. Raises NoAnswer."""
    weeks, models = problem.shape[0], models or _two(problem)
    low, high, most = -1, weeks, dict[int, float]()

    def tried(model: tuple[Built, Any], week: int) -> float:
        return _most(*model, replace(aim, week=week, part=1.0), "ipm")[0]

    with ThreadPoolExecutor(2) as pool:  # HiGHS lets go of the interpreter while it solves
        guess = aim.week - (aim.part < 1.0)  # the last whole week before its day
        while high - low > 1:
            tell("earliest", len(most), len(most) + 2)
            pair = _beside(guess, low, high)
            most |= zip(pair, pool.map(tried, models, pair), strict=True)
            for week in pair:
                if most[week] < aim.people - max(0.5, 1e-6 * aim.people):
                    low = max(low, week)
                else:
                    high = min(high, week)
            guess = _guess(most, aim.people, low, high)
    if high >= weeks:
        return None
    groups, done = counts(problem, aim)
    before = most[high - 1] if high else float(done[groups].sum())
    part = (aim.people - before) / max(1e-9, most[high] - before)
    return high, min(1.0, max(0.0, part))


def _two(problem: Problem) -> Models:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda _: _kept(problem, "ipm"), range(2)))


def _beside(guess: int, low: int, high: int) -> list[int]:
    """The guess and the week before it, or what of the weeks between low and high is nearest to them."""
    last = min(max(guess, low + 1), high - 1)
    first = max(last - 1, low + 1)
    return list(range(first, min(first + 1, high - 1) + 1))


def _guess(most: dict[int, float], people: float, low: int, high: int) -> int:
    """The first week that reaches so many, by a straight line through the weeks tried that are nearest;
    the middle, once the line has had its chances."""
    if len(most) > 6:
        return (low + high) // 2
    near = sorted(sorted(most, key=lambda w: min(abs(w - low), abs(w - high)))[:2])
    if low in most and high in most:
        near = [low, high]
    one, other = near[0], near[-1]
    rate = max(1.0, (most[other] - most[one]) / max(1, other - one))
    if low < 0:  # downwards no flatter than from the first week on: the last weeks may add nothing
        rate = max(rate, most[one] / (one + 1))
    return one + math.ceil((people - most[one]) / rate)


def with_hopes(
    problem: Problem, tell: Tell = lambda *_: None
) -> tuple[Problem, list[tuple[int, float] | None]]:
    """Each aim also as early as it can be reached alone, and with a margin; and those earliest times."""
    models = _two(problem) if problem.aims else []
    found = [earliest(problem, aim, tell, models) for aim in problem.aims]
    hopes = [
        replace(a, week=f[0], part=1.0)
        for a, f in zip(problem.aims, found, strict=True)
        if f is not None
    ]
    hopes += [replace(a, people=a.people * (1 + MARGIN)) for a in problem.aims]
    return replace(problem, hopes=tuple(hopes)), found
