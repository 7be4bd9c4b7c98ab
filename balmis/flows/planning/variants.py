"""Ways to go on, side by side: as question, with the surge, with each of the doses that could be had."""

from dataclasses import replace
from datetime import date, datetime

from balmis.core.planning.allocation.scenario_file import Option, Scenario
from balmis.core.planning.study_result import AimReached, StudyResult, Variant, VariantAim
from balmis.flows.planning.problem import PlanQuestion, WhatIf
from balmis.flows.planning.replan import study_from
from balmis.flows.planning.study import QUICK, Depth, Tell, nothing, study

SIDE_BY_SIDE = replace(QUICK, futures=2_000)


def variants(
    question: PlanQuestion,
    after: date | None,
    *,
    depth: Depth = SIDE_BY_SIDE,
    tell: Tell = nothing,
    now: datetime,
) -> list[Variant]:
    """Each with its targets; of an option its price, doses, seller and standing. Raises as `study`."""
    scenario, base = question.scenario, question.what
    asked: list[tuple[str, WhatIf, Option | None]] = [("as assumed", base, None)]
    if scenario.surge:
        asked.append(("surge", replace(base, surge=True), None))
    asked += [(o.code, replace(base, option=o.code), o) for o in scenario.options]
    if scenario.surge:
        asked += [
            (f"surge + {o.code}", replace(base, option=o.code, surge=True), o)
            for o in scenario.options
        ]
    rows = []
    for n, (name, what, option) in enumerate(asked):
        tell(name, n, len(asked))
        found = _found(replace(question, what=what), after, depth, now)
        rows.append(_row(name, what, option, found, scenario))
    return rows


def _found(question: PlanQuestion, after: date | None, depth: Depth, now: datetime) -> StudyResult:
    if after:
        return study_from(question, after, depth=depth, now=now)
    return study(question, depth=depth, now=now)


def _row(
    name: str, what: WhatIf, option: Option | None, found: StudyResult, scenario: Scenario
) -> Variant:
    doses = sum(d.doses * d.times for d in option.deliveries) if option else 0
    price = option.price_a_dose if option else None
    return {
        "name": name,
        "surge": what.surge,
        "option": option.code if option else None,
        "title": option.title if option else None,
        "seller": option.seller if option else "",
        "regulatory": option.regulatory if option else "",
        "doses": doses,
        "first_on": min(d.on for d in option.deliveries).isoformat() if option else None,
        "price_a_dose": price,
        "currency": option.currency if option else "",
        "cost": price * doses if price is not None else None,
        "shelf_days": _shelf(option, scenario),
        "aims": [_aim(aim) for aim in found["aims"]],
    }


def _aim(aim: AimReached) -> VariantAim:
    return {
        "code": aim["code"],
        "people": aim["people"],
        "by": aim["by"],
        "done_by": aim["done_by"],
        "short": aim["short"],
        "reached_on": aim["reached_on"],
        "earliest_on": aim["earliest_on"],
        "chance": aim["chance"],
    }


def _shelf(option: Option | None, scenario: Scenario) -> int | None:
    if option is None:
        return None
    known = {p.product: p.shelf_days for p in scenario.products}
    found = [d for x in option.deliveries if (d := known.get(x.product)) is not None]
    return min(found, default=None)
