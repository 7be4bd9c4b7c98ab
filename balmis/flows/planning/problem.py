"""A campaign and assumptions become a problem to plan: who, where, with what, by when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import AreaEntry, GroupEntry, Plan, ProductEntry
from balmis.contexts.places import queries as places
from balmis.core.campaigns.bands import OLDEST, parse_band
from balmis.core.errors import BadInput
from balmis.core.files.reader import read
from balmis.core.planning.allocation.problem import Aim, Floats, Problem, Product
from balmis.core.planning.allocation.scenario_file import Capacity, Scenario
from balmis.core.planning.centre.centre_file import read_centre
from balmis.core.planning.centre.sizing import most_slots
from balmis.core.vocabulary.campaigns import Measure, Progress
from balmis.presets import centre_text

DAYS = 30  # simulated for a centre's capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What differs from the assumptions, to try it."""

    by: date | None = None  # of every target
    supply: float = 1.0  # times the deliveries
    capacity: float = 1.0
    uptake: float = 0.0  # added to every share
    surge: bool = False
    option: str | None = None  # doses that could be had besides
    lag_days: int = 0  # that every delivery comes later


@dataclass(frozen=True, slots=True)
class Assembled:
    campaign: Campaign
    plan: Plan
    scenario: Scenario
    problem: Problem
    stations: dict[str, float]  # doses a week of one more station, by area


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanQuestion:
    """A campaign's plan under assumptions, with what is tried."""

    campaign: str
    scenario: Scenario
    what: WhatIf = WhatIf()


def assemble(question: PlanQuestion, *, after: date | None = None) -> Assembled:
    """From the first day of the campaign, by the plan as it was when the assumptions were made; or from
    the day after `after`, by the plan of that day. Raises Refusal(PLAN_UNKNOWN), BadInput."""
    scenario, what = question.scenario, question.what
    campaign = campaigns.campaign(question.campaign)
    plan = campaigns.plan_on(campaign.pk, after or scenario.as_of)
    _check(plan, scenario, what)
    if after and not plan.period.starts_on <= after <= plan.period.ends_on:
        raise BadInput(
            f"{after} is not a day of the campaign: it runs from {plan.period.starts_on} to "
            f"{plan.period.ends_on}. To plan anew, name a day that is over."
        )
    pools = plan.root.areas or [plan.root]
    starts = after + timedelta(days=1) if after else plan.period.starts_on
    weeks = _weeks(plan, scenario, starts)
    products = tuple(_product(p, scenario) for p in plan.products)
    groups = tuple(g.code for g in plan.groups)
    sites = tuple(dict.fromkeys(c.site for c in scenario.capacity))
    area_of = np.array([_pool_of(plan, pools, site) for site in sites])
    problem = _problem(
        starts_on=starts,
        products=products,
        areas=tuple(a.code for a in pools),
        sites=sites,
        groups=groups,
        area_of=area_of,
        people=_people(campaign, plan, pools),
        uptake=_uptake(groups, scenario, what),
        eligible=_eligible(plan, scenario),
        opens=_opens(plan, starts, weeks),
        supply=_supply(plan, question, starts, weeks, after),
        capacity=_capacity(scenario, what, sites, starts, weeks),
        cold=_cold(scenario, sites),
        aims=_aims(plan, what, starts, weeks),
        deliveries=scenario.deliveries_a_week,
        equity=scenario.equity,
    )
    return Assembled(campaign, plan, scenario, problem, _stations(plan, problem))


def _problem(**parts: Any) -> Problem:
    try:
        return Problem(**parts)
    except ValueError as error:
        raise BadInput(f"These assumptions cannot be planned with: {error}.") from None


def _check(plan: Plan, scenario: Scenario, what: WhatIf) -> None:
    """Every code is one of the campaign's."""
    known = {
        "product": {p.code for p in plan.products},
        "site": {s.code for s in plan.sites},
        "group": {g.code for g in plan.groups},
        "option": {o.code for o in scenario.options},
    }
    used = [("product", d.product) for d in scenario.deliveries]
    used += [("product", p.product) for p in scenario.products]
    used += [("product", d.product) for o in scenario.options for d in o.deliveries]
    used += [("site", c.site) for c in scenario.capacity] + [
        ("site", c.site) for c in scenario.cold
    ]
    used += [("group", u.group) for u in scenario.uptake if u.group]
    used += [("group", g) for p in scenario.products for g in p.only]
    used += [("option", what.option)] if what.option else []
    wrong = [
        f"no {kind} of the campaign is called '{code}'; there are {', '.join(sorted(known[kind]))}"
        for kind, code in dict.fromkeys(used)
        if code not in known[kind]
    ]
    if scenario.campaign != plan.id:
        wrong.insert(0, f"it is for the campaign '{scenario.campaign}'")
    if wrong:
        raise BadInput(
            f"These assumptions do not fit the campaign '{plan.id}' of {scenario.as_of}.",
            tuple(wrong),
        )


def _weeks(plan: Plan, scenario: Scenario, starts: date) -> int:
    days = (plan.period.ends_on - starts).days + 1
    return max(1, ceil(days / 7)) + scenario.weeks_after


def _product(entry: ProductEntry, scenario: Scenario) -> Product:
    rule = next((r for r in scenario.products if r.product == entry.code), None)
    least = rule.interval_days if rule and rule.interval_days else entry.min_interval_days
    most = rule.longest_days if rule and rule.longest_days else least + 21
    lag = max(1, ceil(least / 7))
    two = entry.primary_doses > 1
    if rule and rule.longest_days and rule.longest_days < least:
        raise BadInput(
            f"{entry.code}: longest_days is {rule.longest_days}, less than the interval of {least} days."
        )
    shelf = rule.shelf_days if rule else None
    return Product(
        entry.code,
        2 if two else 1,
        lag=lag if two else 0,
        longest=max(lag, most // 7) if two else 0,
        litres=rule.cm3_per_dose / 1000 if rule else 0.0,
        wastage=rule.wastage if rule else 0.0,
        vial=entry.doses_per_vial,
        shelf=None if shelf is None else max(1, shelf // 7),
    )


def _pool_of(plan: Plan, pools: list[AreaEntry], site: str) -> int:
    area = next(s.area for s in plan.sites if s.code == site)
    for n, pool in enumerate(pools):
        if area in _codes(pool):
            return n
    raise BadInput(
        f"The site '{site}' lies in no part of {plan.root.code}: a plan by area needs one."
    )


def _codes(area: AreaEntry) -> set[str]:
    return {area.code}.union(*(_codes(a) for a in area.areas))


def pool_of_area(campaign: Campaign, pools: list[AreaEntry]) -> dict[int, int]:
    """Ids of areas to the part of the campaign's area in which they lie."""
    within = {code: n for n, pool in enumerate(pools) for code in _codes(pool)}
    areas = places.areas_below(campaign.area.code)
    return {a.id: within[a.code] for a in areas if a.code in within}


def _people(campaign: Campaign, plan: Plan, pools: list[AreaEntry]) -> Floats:
    """(A, G): as enrolled, in proportion to the plan's people; where nobody is, as the plan expects."""
    cells = campaigns.headcount_cells(campaign.pk)
    if not cells:
        return np.array([_expected(plan, pool) for pool in pools])
    groups = {g.code: n for n, g in enumerate(plan.groups)}
    within = pool_of_area(campaign, pools)
    found = np.zeros((len(pools), len(groups)))
    for area, group, people in cells:
        if area in within and group in groups:
            found[within[area], groups[group]] += people
    return found * scale_of(campaign, pools)[:, None]


def scale_of(campaign: Campaign, pools: list[AreaEntry]) -> Floats:
    """(A,) people of the plan for each who is registered: 1 for a whole register, more for a sample."""
    within = pool_of_area(campaign, pools)
    total = np.zeros(len(pools))
    for area, _, people in campaigns.headcount_cells(campaign.pk):
        if area in within:
            total[within[area]] += people
    planned = np.array([float(p.people or 0) for p in pools])
    return np.where((planned > 0) & (total > 0), planned / np.maximum(total, 1.0), 1.0)


def overall_scale(campaign: Campaign, plan: Plan) -> float:
    """People of the plan for each who is registered, over all of its area."""
    pools = plan.root.areas or [plan.root]
    people = np.array([float(x.people or 1) for x in pools])
    return float((scale_of(campaign, pools) * people).sum() / people.sum())


def _expected(plan: Plan, pool: AreaEntry) -> list[float]:
    """People of each group of an area by age and stated sizes, each in the first that takes them."""
    people = float(pool.people or plan.root.people or 0)
    whole = float(plan.root.people or people) or 1.0
    by_age = _by_age(plan, pool)
    left = by_age / max(by_age.sum(), 1e-9) * people
    return [_taken(group, left, people / whole) for group in plan.groups]


def _by_age(plan: Plan, pool: AreaEntry) -> Floats:
    found = np.zeros(OLDEST + 1)
    for band, weight in (pool.ages or plan.population.ages).items():
        low, high = parse_band(band)
        top = OLDEST if high is None else high
        found[low : top + 1] += weight / (top + 1 - low)
    return found


def _taken(group: GroupEntry, left: Floats, part: float) -> float:
    """Takes the group's people out of those who are left, by age."""
    took = 0.0
    for way in group.known_by:
        ages = slice(way.age_from, (OLDEST if way.age_to is None else way.age_to) + 1)
        there = left[ages].sum()
        if way.trait() is None and way.sex is None:
            want = there
        else:
            size = group.size.people / len(group.known_by) if group.size else 0.0
            want = min(there, size * part)
        if there > 0:
            left[ages] *= 1 - want / there
        took += want
    return took


def _uptake(groups: tuple[str, ...], scenario: Scenario, what: WhatIf) -> Floats:
    others = next(u.share for u in scenario.uptake if u.group is None)
    own = {u.group: u.share for u in scenario.uptake if u.group}
    return np.clip(np.array([own.get(g, others) for g in groups]) + what.uptake, 0.0, 1.0)


def _eligible(plan: Plan, scenario: Scenario) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(G, P): old enough, and not kept for others."""
    only = {r.product: set(r.only) for r in scenario.products if r.only}

    def may(group: GroupEntry, product: ProductEntry) -> bool:
        oldest = max(OLDEST if k.age_to is None else k.age_to for k in group.known_by)
        return oldest >= product.min_age_years and group.code in only.get(
            product.code, {group.code}
        )

    return np.array([[may(g, p) for p in plan.products] for g in plan.groups])


def _opens(plan: Plan, starts: date, weeks: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """(G,) the first week of each group's first phase; groups that are put off never open."""
    found = []
    for group in plan.groups:
        if group.status is Progress.DEFERRED:
            found.append(weeks)
            continue
        named = [p for p in plan.phases if group.code in p.groups]
        begins = [p.starts_on or starts for p in named if p.status is not Progress.DEFERRED]
        if named and not begins:
            found.append(weeks)
            continue
        first = min(begins, default=starts)
        found.append(min(weeks, max(0, ceil((first - starts).days / 7))))
    return np.array(found)


def _supply(
    plan: Plan, question: PlanQuestion, starts: date, weeks: int, after: date | None
) -> Floats:
    """(W, P) what comes at the beginning of each week; before the first, in the first. Planned anew, only
    what was to come later than `after`."""
    scenario, what, products = question.scenario, question.what, [p.code for p in plan.products]
    found = np.zeros((weeks, len(products)))
    besides = next((o.deliveries for o in scenario.options if o.code == what.option), ())
    for kind, deliveries in ((what.supply, scenario.deliveries), (1.0, besides)):
        for entry in deliveries:
            for n in range(entry.times):
                stated = entry.on + timedelta(days=n * entry.every_days)
                if after and stated <= after:
                    continue  # has come, and is in stock or given; or has not, and nobody knows when
                # what comes on the first day of a week can be given in it, else in the next
                on = stated + timedelta(days=what.lag_days)
                week = max(0, ceil((on - starts).days / 7))
                if week < weeks:
                    found[week, products.index(entry.product)] += kind * entry.doses
    return found


def _capacity(
    scenario: Scenario, what: WhatIf, sites: tuple[str, ...], starts: date, weeks: int
) -> Floats:
    """(W, S); a week that is open in part counts in part."""
    found = np.zeros((weeks, len(sites)))
    for entry in scenario.capacity:
        a_week = _a_week(entry, scenario.wait)
        for week in range(weeks):
            first = starts + timedelta(days=7 * week)
            open_ = sum(
                (entry.from_ is None or first + timedelta(days=d) >= entry.from_)
                and (entry.to is None or first + timedelta(days=d) <= entry.to)
                for d in range(7)
            )
            found[week, sites.index(entry.site)] += a_week * open_ / 7
    if what.surge and scenario.surge:
        begin = max(0, ceil((scenario.surge.from_ - starts).days / 7))
        found[begin:] *= scenario.surge.factor
    return found * what.capacity


def _a_week(entry: Capacity, wait: float) -> float:
    if entry.centre is None:
        return float(entry.a_week or 0)
    return capacity_of(entry.centre, wait) * entry.days_a_week


@lru_cache(maxsize=64)
def capacity_of(centre: str, wait: float) -> float:
    """Doses a day of a preset centre at which 95 of 100 wait at most so long, by simulation."""
    try:
        text = centre_text(centre)
    except FileNotFoundError:
        raise BadInput(f"No centre that comes along is called '{centre}'.") from None
    found = read_centre(read(text))
    if found is None:
        raise BadInput(f"The centre '{centre}' cannot be used.")
    sized = most_slots(found, wait, days=DAYS)
    return float(len(sized.centre.arrivals.slots) * (1 - found.arrivals.no_show))


def _cold(scenario: Scenario, sites: tuple[str, ...]) -> Floats:
    stated = {r.site: r.litres for r in scenario.cold}
    return np.array([stated.get(s, np.inf) for s in sites])


def _aims(plan: Plan, what: WhatIf, starts: date, weeks: int) -> tuple[Aim, ...]:
    """Targets counted in people with a first dose or a complete course. Raises BadInput where there is none:
    boosters and doses are not planned by courses."""
    kept = [t for t in plan.targets if t.measure in (Measure.COVERED, Measure.COMPLETED)]
    if not kept:
        raise BadInput(
            "No target of this campaign counts people with a first dose or a complete course: the "
            "studio cannot plan boosters or bare doses yet. The first arithmetic can."
        )
    last = starts + timedelta(days=7 * weeks - 1)
    if what.by and not plan.period.starts_on <= what.by <= last:
        raise BadInput(
            f"{what.by} is not within the weeks that are planned: {plan.period.starts_on} to {last}."
        )
    groups: Mapping[str, int] = {g.code: n for n, g in enumerate(plan.groups)}
    found = []
    for target in kept:
        passed = min(7 * weeks, max(0, ((what.by or target.by) - starts).days + 1))
        week = max(0, ceil(passed / 7) - 1)
        found.append(
            Aim(
                target.code,
                float(target.aim),
                week,
                target.measure is Measure.COMPLETED,
                tuple(groups[g] for g in target.groups),
                passed / 7 - week,
            )
        )
    return tuple(found)


def _stations(plan: Plan, problem: Problem) -> dict[str, float]:
    """Doses a week of one station, in each area: of its site with the most doses a station."""
    found: dict[str, float] = {}
    for n, code in enumerate(problem.sites):
        site = next(s for s in plan.sites if s.code == code)
        if site.stations:
            area = problem.areas[problem.area_of[n]]
            a_week = float(problem.capacity[:, n].max()) / site.stations
            found[area] = max(found.get(area, 0.0), a_week)
    return found
