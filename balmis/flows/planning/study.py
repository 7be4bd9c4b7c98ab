"""A study: the plan of a campaign under assumptions, how surely it holds, what holds it back.

The result is plain values, so that it can be kept, compared, drawn, printed and read by others.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np

from balmis.core.errors import Unusable
from balmis.core.planning.allocation.bottlenecks import (
    BottleneckGain,
    best_of,
    confirmed,
    gains,
    waterfall,
)
from balmis.core.planning.allocation.chance_interval import bracket
from balmis.core.planning.allocation.futures import (
    Doubt,
    Policy,
    by_policy,
    chances,
    roll,
    scenarios,
)
from balmis.core.planning.allocation.lp import NoAnswer
from balmis.core.planning.allocation.problem import Aim, Floats
from balmis.core.planning.allocation.site_split import split
from balmis.core.planning.allocation.solve import VERSION, Plan, plan, with_hopes
from balmis.core.planning.study_result import (
    AimPlanned,
    AimReached,
    GainBought,
    PlanByWeek,
    StudyResult,
    WhatAsked,
)
from balmis.core.vocabulary.planning import Bottleneck
from balmis.flows.planning.problem import Assembled, PlanQuestion, WhatIf, assemble

FUTURES, SOLVED = 10_000, 100
Tell = Callable[[str, int, int], None]


def nothing(*_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much is worked out; `quick` answers within two seconds."""

    lexicographic: bool = True
    futures: int = FUTURES
    solved: int = SOLVED
    causes: bool = True
    seed: int = 1


QUICK = Depth(lexicographic=False, futures=1_000, solved=0, causes=False)


def study(
    question: PlanQuestion,
    *,
    depth: Depth = Depth(),
    tell: Tell = nothing,
    now: datetime,
) -> StudyResult:
    """Raises Refusal(PLAN_UNKNOWN), BadInput, Unusable where limits contradict each other."""
    return study_of(assemble(question), question.what, depth=depth, tell=tell, now=now)


def study_of(
    found: Assembled, what: WhatIf, *, depth: Depth, tell: Tell = nothing, now: datetime
) -> StudyResult:
    """The study of a problem that is put together already."""
    try:
        tell("earliest", 0, 1)
        problem, earliest = with_hopes(found.problem, tell)
        began = perf_counter()
        made = plan(problem, lexicographic=depth.lexicographic, tell=tell)
        took = perf_counter() - began
        dates = [_iso(x and day_of(problem.starts_on, *x)) for x in earliest]
        aims = _aims(found, made, dates, depth, tell)
    except NoAnswer as error:
        raise Unusable(
            f"No plan can be found: {error}. Limits contradict each other; try without equity, or with "
            "longer intervals at most."
        ) from None
    return {
        **_told(found, made),
        "what": plain(what),
        "seed": depth.seed,
        "futures": depth.futures,
        "made_at": now.isoformat(timespec="seconds"),
        "seconds": round(took, 3),
        "seconds_in_highs": round(made.inside, 3),
        "aims": aims,
        "levels": [
            {"name": x.name, "value": round(x.value, 1), "seconds": round(x.seconds, 3)}
            for x in made.levels
        ],
    }


def plain(what: WhatIf) -> WhatAsked:
    """As it is kept."""
    return {
        "by": what.by.isoformat() if what.by else None,
        "supply": what.supply,
        "capacity": what.capacity,
        "uptake": what.uptake,
        "surge": what.surge,
        "option": what.option,
        "lag_days": what.lag_days,
    }


def _aims(
    found: Assembled, made: Plan, earliest: list[str | None], depth: Depth, tell: Tell
) -> list[AimReached]:
    problem, doubts = found.problem, found.scenario.doubts
    doubt = Doubt(
        late=doubts.late, spread=doubts.spread, common=doubts.common, uptake=doubts.uptake
    )
    tell("futures", 0, 1)
    futures = scenarios(problem, doubt, depth.futures, depth.seed)
    rolled = roll(made, futures, trust=doubt.trust, threads=os.cpu_count() or 1)
    policies = {Policy.FOLLOW.value: chances(rolled, problem)}
    if depth.solved:
        others = (Policy.SET_ASIDE, Policy.LOCKBOX)
        tell("futures", 0, 1)
        policies |= by_policy(made, futures, others, trust=doubt.trust)
    rows = []
    for n, aim in enumerate(problem.aims):
        row: AimReached = {
            **_aim(made, aim),
            "earliest_on": earliest[n],
            "chance": round(float(policies["follow"][n]), 4),
            "fan": rolled.fan(n).round(0).tolist(),
        }
        if depth.solved:
            said = bracket(made, n, rolled, futures, solved=depth.solved, tell=tell)
            row["bracket"] = {
                name: round(getattr(said, name), 4) for name in said.__dataclass_fields__
            }
            row["policies"] = {name: round(float(x[n]), 4) for name, x in policies.items()}
        if depth.causes:
            _explain(row, found, aim, tell)
        rows.append(row)
    return rows


def _aim(made: Plan, aim: Aim) -> AimPlanned:
    problem, done = made.problem, made.done(aim)
    return {
        "code": aim.code,
        "people": aim.people,
        "completed": aim.completed,
        "week": aim.week,
        "by": (
            problem.starts_on + timedelta(days=7 * aim.week + round(7 * aim.part) - 1)
        ).isoformat(),
        "done_by": round(made.done_by(aim), 1),
        "short": round(max(0.0, aim.people - made.done_by(aim)), 1),
        "reached_on": _iso(reached_on(made, aim)),
        "done": done.round(0).tolist(),
    }


def reached_on(made: Plan, aim: Aim) -> date | None:
    """The day on which the aim is reached, evenly within its week; None: not in the weeks planned."""
    week = made.week_reached(aim)
    if week is None:
        return None
    done = made.done(aim)
    before = float(done[week - 1]) if week else 0.0
    part = (aim.people - before) / max(1e-9, float(done[week]) - before)
    return day_of(made.problem.starts_on, week, part)


def day_of(starts_on: date, week: int, part: float) -> date:
    """The day of a week on which so much of it has passed."""
    return starts_on + timedelta(days=7 * week + min(7, max(1, ceil(part * 7 - 1e-6))) - 1)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _explain(row: AimReached, found: Assembled, aim: Aim, tell: Tell) -> None:
    """Adds the waterfall, and what one more of each would buy."""
    problem = found.problem
    fall = waterfall(problem, aim, tell)
    best = confirmed(problem, aim, best_of(gains(problem, aim)), fall.most)
    row["most"] = round(fall.most, 1)
    row["margin"] = round(fall.most - aim.people, 1)
    row["steps"] = [{"cause": s.cause, "people": round(s.people, 1)} for s in fall.steps]
    row["without"] = {cause: round(n, 1) for cause, n in fall.without.items()}
    row["gains"] = [_gain(found, g) for g in best]


def _gain(found: Assembled, gain: BottleneckGain) -> GainBought:
    """In doses, or in stations where the plan says how many a site has."""
    row: GainBought = {
        "kind": gain.kind.value,
        "what": gain.what,
        "unit": gain.unit,
        "people": round(gain.people, 1),
        "week": None
        if gain.week < 0
        else (found.problem.starts_on + timedelta(days=7 * gain.week)).isoformat(),
    }
    if gain.kind is Bottleneck.CAPACITY and (station := found.stations.get(gain.what)):
        row["station_doses"] = round(station)
        row["station_people"] = round(gain.people * station / gain.unit, 1)
    return row


def _told(found: Assembled, made: Plan) -> PlanByWeek:
    """The plan itself, week by week."""
    problem = made.problem
    parts = split(made)
    wrong = parts.check(made)
    if wrong:
        raise Unusable(f"The split to sites is not the plan: {'; '.join(wrong)}.")
    people = np.maximum(problem.people.sum(axis=1), 1e-9)
    before = problem.past.first.sum(axis=1) if problem.past else np.zeros(len(people))
    covered = (made.first.sum(axis=(2, 3)).cumsum(axis=0) + before) / people
    site_doses = parts.doses.sum(axis=(2, 4))
    return {
        "version": VERSION,
        "campaign": found.plan.id,
        "as_of": found.scenario.as_of.isoformat(),
        "starts_on": problem.starts_on.isoformat(),
        "weeks": problem.shape[0],
        "areas": list(problem.areas),
        "sites": list(problem.sites),
        "groups": list(problem.groups),
        "products": [p.code for p in problem.products],
        "people": problem.people.sum(axis=1).round(1).tolist(),
        "first": _rounded(made.first.sum(axis=(1, 2, 3))),
        "second": _rounded(made.second.sum(axis=(1, 2, 3))),
        "first_by_product": _rounded(made.first.sum(axis=(1, 2))),
        "second_by_product": _rounded(made.second.sum(axis=(1, 2))),
        "first_by_group": _rounded(made.first.sum(axis=(1, 3))),
        "supply": _rounded(problem.supply),
        "stock": _rounded(made.central),
        "thrown": _rounded(made.thrown),
        "promised": _rounded(_promised(made)),
        "capacity": _rounded(problem.capacity),
        "coverage": covered.round(4).tolist(),
        "late": round(made.late, 1),
        "site_doses": site_doses.tolist(),
        "site_vials": parts.vials.tolist(),
    }


def _promised(made: Plan) -> Floats:
    """(W, P) doses that first doses given so far still ask for."""
    problem = made.problem
    owed = made.first.sum(axis=(1, 2)).cumsum(axis=0) - made.second.sum(axis=(1, 2)).cumsum(axis=0)
    if problem.past is not None:
        owed += problem.past.due.sum(axis=(0, 1, 2))
    return np.where([p.doses == 2 for p in problem.products], np.maximum(owed, 0.0), 0.0)


def _rounded(values: Floats) -> list[Any]:
    found: list[Any] = values.round(1).tolist()
    return found
