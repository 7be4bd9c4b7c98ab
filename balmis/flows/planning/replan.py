"""What has happened takes the place of what was planned; the rest is planned anew, and the difference
is explained."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from math import ceil, floor

import numpy as np

from balmis.contexts.booking.attendance import kept_and_missed
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.places import queries as places
from balmis.contexts.supply import stock_book
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Unusable
from balmis.core.planning.allocation.lp import NoAnswer
from balmis.core.planning.allocation.problem import Floats, Past, Problem
from balmis.core.planning.allocation.scenario_file import Scenario
from balmis.core.planning.allocation.solve import Plan, earliest, plan, with_hopes
from balmis.core.planning.study_result import AimDates, AimReached, Cause, Difference, StudyResult
from balmis.core.vocabulary.planning import Bottleneck
from balmis.flows.planning.problem import (
    Assembled,
    PlanQuestion,
    WhatIf,
    assemble,
    overall_scale,
    pool_of_area,
    scale_of,
)
from balmis.flows.planning.study import Depth, Tell, day_of, nothing, study_of


def replan(
    question: PlanQuestion,
    day: date,
    *,
    depth: Depth = Depth(),  # noqa: B008
    tell: Tell = nothing,
    now: datetime,
) -> StudyResult:
    """The study from the day after `day`, with all doses and stock as of its 24:00, and what differs from
    the plan of the same assumptions. Raises Refusal(PLAN_UNKNOWN), BadInput, Unusable."""
    after, given = _from_then(question, day, now)
    # what was assumed of the past is not changed by what is tried of the future
    before = assemble(replace(question, what=WhatIf(by=question.what.by)))
    found = study_of(after, question.what, depth=depth, tell=tell, now=now)
    try:
        hoped, dates = with_hopes(before.problem, tell)
        old = plan(hoped, lexicographic=False)
        was = {
            a.code: _day(before.problem, d) for a, d in zip(before.problem.aims, dates, strict=True)
        }
        differs = _difference(before, old, after, day, given)
        differs["dates"] = _dates(was, found["aims"], after, differs, tell)
    except NoAnswer as error:
        raise Unusable(f"The plan to compare with cannot be found: {error}.") from None
    return {**found, "difference": differs, "after": day.isoformat()}


def study_from(question: PlanQuestion, day: date, *, depth: Depth, now: datetime) -> StudyResult:
    """The same without the difference."""
    after, _ = _from_then(question, day, now)
    return study_of(after, question.what, depth=depth, now=now)


def _from_then(question: PlanQuestion, day: date, now: datetime) -> tuple[Assembled, float]:
    if day > local_day(now, campaigns.campaign(question.campaign).time_zone):
        raise BadInput(f"{day} is not over: name a day up to today.")
    return with_past(assemble(question, after=day), day)


def with_past(found: Assembled, day: date) -> tuple[Assembled, float]:
    """With the doses that were given and the stock as of 24:00 of the day; and how many were given."""
    problem, plan_ = found.problem, found.plan
    w, _, a, g, p = problem.shape
    pools = plan_.root.areas or [plan_.root]
    within, scale = pool_of_area(found.campaign, pools), scale_of(found.campaign, pools)
    groups = {code: n for n, code in enumerate(problem.groups)}
    products = {x.code: n for n, x in enumerate(problem.products)}
    first, completed, due = np.zeros((a, g)), np.zeros((a, g)), np.zeros((w, a, g, p))
    wait = np.zeros((w, a, g, p))
    given = 0.0
    for row in clinic.standings(found.campaign.pk, day):
        if row.area not in within or row.group not in groups:
            continue
        area, group = within[row.area], groups[row.group]
        people = row.people * scale[area]
        first[area, group] += people
        k = products.get(row.product)
        two = k is not None and problem.products[k].doses == 2
        given += people * (2 if row.completed and two else 1)
        if row.completed or k is None:
            completed[area, group] += people * row.completed
            continue
        since = (row.since - problem.starts_on).days / 7
        possible = max(0, ceil(since + problem.products[k].lag))
        if possible < w and two:
            due[possible, area, group, k] += people
            last = max(
                0, min(w, floor(since + problem.products[k].longest))
            )  # a week by whose end it is too late
            wait[possible:last, area, group, k] += people
    stock, _ = _stock(found, day)
    past = Past(first, completed, due, stock, wait)
    return replace(found, problem=replace(problem, past=past)), given


def _stock(found: Assembled, day: date) -> tuple[Floats, Floats]:
    """(P,) doses on the shelves, and all that have come, as of 24:00 of the day."""
    scale = overall_scale(found.campaign, found.plan)
    sites = [s.id for s in places.sites_below(found.campaign.area.code)]
    known = stock_book.stock_on(sites, day)
    both = np.array([known.get(x.code, (0.0, 0.0)) for x in found.problem.products])
    return np.maximum(both[:, 0], 0.0) * scale, both[:, 1] * scale


def _difference(
    before: Assembled, old: Plan, after: Assembled, day: date, given: float
) -> Difference:
    """Doses to the day, planned and given; where the difference comes from; the date, step by step."""
    problem = before.problem
    planned = _to(problem, (old.first + old.second).sum(axis=(1, 2)), day)
    came_planned = _assumed(before.scenario, day)
    stock, came = _stock(after, day)
    scale = overall_scale(after.campaign, after.plan)
    kept, missed = (
        round(n * scale) for n in kept_and_missed(before.campaign.pk, problem.starts_on, day)
    )
    lacks = max(0.0, planned.sum() - given)
    by_supply = min(lacks, max(0.0, came_planned - came.sum()))
    by_absence = min(lacks - by_supply, float(missed))
    rows: list[Cause] = [
        {"cause": Bottleneck.SUPPLY.value, "doses": round(by_supply)},
        {"cause": Bottleneck.NO_SHOW.value, "doses": round(by_absence)},
        {"cause": Bottleneck.PACE.value, "doses": round(lacks - by_supply - by_absence)},
    ]
    return {
        "planned": round(planned.sum()),
        "given": round(given),
        "lacks": round(lacks),
        "leads": round(max(0.0, given - planned.sum())),
        "delivered": round(came.sum()),
        "delivered_planned": round(float(came_planned)),
        "stock": round(stock.sum()),
        "kept": kept,
        "missed": missed,
        "causes": [r for r in rows if r["doses"]],
        "dates": [],
    }


def _to(problem: Problem, weekly: Floats, day: date) -> Floats:
    """(P,) the sum to the end of a day; of the week at hand the days that are over."""
    weeks = max(0.0, ((day - problem.starts_on).days + 1) / 7)
    whole = min(int(weeks), len(weekly))
    found = weekly[:whole].sum(axis=0)
    if whole < len(weekly):
        found = found + weekly[whole] * (weeks - whole)
    return np.asarray(found)


def _assumed(scenario: Scenario, day: date) -> float:
    """Doses that were assumed to have come by the end of a day."""
    return float(
        sum(
            d.doses
            for d in scenario.deliveries
            for n in range(d.times)
            if d.on + timedelta(days=n * d.every_days) <= day
        )
    )


def _dates(
    was: dict[str, str | None],
    aims: list[AimReached],
    after: Assembled,
    told: Difference,
    tell: Tell,
) -> list[AimDates]:
    """For each aim: the earliest date as planned, had only the deliveries been as planned, and now."""
    problem, past = after.problem, after.problem.past
    if past is None:
        return []
    missing = float(told["delivered_planned"] - told["delivered"])
    topped = replace(problem, past=replace(past, stock=_topped(past.stock, missing)))
    return [
        {
            "aim": aim.code,
            "planned": was.get(aim.code),
            "with_deliveries": _day(topped, earliest(topped, aim, tell)),
            "now": row["earliest_on"],
        }
        for aim, row in zip(problem.aims, aims, strict=True)
    ]


def _day(problem: Problem, found: tuple[int, float] | None) -> str | None:
    return day_of(problem.starts_on, *found).isoformat() if found else None


def _topped(stock: Floats, missing: float) -> Floats:
    """As if what did not come lay there, in proportion to what does; less, where more came."""
    share = stock / stock.sum() if stock.sum() > 0 else np.full(len(stock), 1 / len(stock))
    return np.maximum(stock + share * missing, 0.0)
