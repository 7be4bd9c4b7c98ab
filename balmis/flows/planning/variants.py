"""Ways to go on, side by side: as assumed, with the surge, with each of the doses that could be had."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from balmis.core.planning.allocation.scenario_file import Option, Scenario
from balmis.flows.planning.problem import WhatIf
from balmis.flows.planning.replan import study_from
from balmis.flows.planning.study import QUICK, Tell, nothing, study

KEPT = ("code", "people", "by", "done_by", "short", "reached_on", "earliest_on", "chance")


def variants(
    slug: str,
    scenario: Scenario,
    after: date | None,
    *,
    futures: int = 2_000,
    seed: int = 1,
    tell: Tell = nothing,
    now: datetime,
) -> list[dict[str, Any]]:
    """Each with its targets; of an option its price, doses, seller and standing. Raises as `study`."""
    asked: list[tuple[str, WhatIf, Option | None]] = [("as assumed", WhatIf(), None)]
    if scenario.surge:
        asked.append(("surge", WhatIf(surge=True), None))
    asked += [(o.code, WhatIf(option=o.code), o) for o in scenario.options]
    if scenario.surge:
        asked += [
            (f"surge + {o.code}", WhatIf(option=o.code, surge=True), o) for o in scenario.options
        ]
    depth = replace(QUICK, futures=futures, seed=seed)
    rows = []
    for n, (name, what, option) in enumerate(asked):
        tell(name, n, len(asked))
        if after:
            found = study_from(slug, scenario, what, after, depth=depth, now=now)
        else:
            found = study(slug, scenario, what, depth=depth, now=now)
        rows.append(_row(name, what, option, found, scenario))
    return rows


def _row(
    name: str, what: WhatIf, option: Option | None, found: dict[str, Any], scenario: Scenario
) -> dict[str, Any]:
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
        "aims": [{k: aim[k] for k in KEPT} for aim in found["aims"]],
    }


def _shelf(option: Option | None, scenario: Scenario) -> int | None:
    if option is None:
        return None
    known = {p.product: p.shelf_days for p in scenario.products}
    found = [d for x in option.deliveries if (d := known.get(x.product)) is not None]
    return min(found, default=None)
