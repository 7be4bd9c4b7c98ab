"""Plans of doses: nothing is made or lost, the rules of each product are kept, and pooling loses nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balmis.core.planning.allocation.aggregation import by_area
from balmis.core.planning.allocation.bottlenecks import best_of, gains, waterfall
from balmis.core.planning.allocation.problem import Aim, Past, Product
from balmis.core.planning.allocation.site_split import largest_remainder, split
from balmis.core.planning.allocation.solve import earliest, most_by, plan
from tests.budgets import examples
from tests.core.provinces import province


def small(seed: int, **changes):
    return replace(province(seed, weeks=16, sites=12, areas=3, groups=4), **changes)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("deliveries", [1, 2])
def test_pooled_by_area_the_optimum_is_that_of_all_sites(seed, deliveries):
    problem = small(seed, deliveries=deliveries)
    pooled, whole = (
        plan(problem, lexicographic=False),
        plan(problem, lexicographic=False, pooled=False),
    )
    assert pooled.answer.objective == pytest.approx(whole.answer.objective, rel=1e-6)
    without = plan(replace(problem, cold=np.full(12, np.inf)), lexicographic=False)
    assert (
        without.answer.objective < pooled.answer.objective * (1 - 1e-5) or deliveries == 2
    )  # they bind


@pytest.mark.parametrize("seed", range(4, 8))
def test_a_plan_keeps_every_limit(seed):
    problem = small(seed, equity=0.05)
    found = plan(problem)
    w = problem.shape[0]
    drawn = (found.first + found.second).sum(axis=(1, 2)) / [
        1 - x.wastage for x in problem.products
    ]
    assert (drawn.cumsum(axis=0) <= problem.supply.cumsum(axis=0) + 0.01).all()
    limits = by_area(problem)
    weekly = (found.first + found.second).sum(axis=2)  # (W, A, P)
    assert (weekly @ limits.weights.T <= limits.most + 0.01).all()
    assert (found.first.sum(axis=(0, 3)) <= problem.room + 0.01).all()
    for k, product in enumerate(problem.products):
        first, second = found.first[..., k].cumsum(axis=0), found.second[..., k].cumsum(axis=0)
        if product.doses == 1:
            assert not second.any()
            continue
        due, last = np.zeros_like(first), np.zeros_like(first)
        due[product.lag :] = first[: w - product.lag]
        last[product.longest :] = first[: w - product.longest]
        assert (second <= due + 0.01).all(), "a second dose before its interval"
        assert (second >= last - 0.01).all(), "a second dose after its longest interval"
    assert not found.first[:, :, ~problem.eligible].any()
    for g, week in enumerate(problem.opens):
        assert not found.first[:week, :, g].any()
    covered = found.first.sum(axis=(0, 2, 3)) / problem.people.sum(axis=1)
    assert covered.min() >= found.first.sum() / problem.people.sum() - 0.0501
    aim = problem.aims[0]
    assert found.done(aim)[aim.week] + found.short[0] >= aim.people - 1


def test_a_simplex_and_an_interior_point_agree():
    problem = small(9)
    one, other = (plan(problem, lexicographic=False, solver=s) for s in ("ipm", "simplex"))
    assert one.answer.objective == pytest.approx(other.answer.objective, rel=1e-7)
    assert (one.answer.solver, other.answer.solver) == ("ipm", "simplex")


def test_what_is_impossible_comes_back_as_the_smallest_shortfall():
    problem = small(1)
    people = problem.people.sum()
    far = replace(problem, aims=(Aim("all", people, 15, True),))
    found = plan(far)
    assert found.short[0] == pytest.approx(people - found.done(far.aims[0])[15], rel=1e-4)
    assert found.week_reached(far.aims[0]) is None
    nearer = replace(problem, aims=(Aim("less", people - found.short[0] - 10, 15, True),))
    assert plan(nearer).short[0] < 1


def test_earlier_groups_come_first_and_more_of_anything_is_never_worse():
    problem = small(2)
    base = plan(problem, lexicographic=False)
    for more in (
        {"supply": problem.supply * 1.1},
        {"capacity": problem.capacity * 1.1},
        {"cold": problem.cold * 2},
    ):
        better = plan(replace(problem, **more), lexicographic=False)
        assert better.answer.objective <= base.answer.objective * (1 + 1e-9) + 1e-3
    turned = replace(problem, opens=np.array([9, 9, 0, 0]))
    first = plan(turned).first.sum(axis=(1, 3))
    assert not first[:9, :2].any() and first[:9, 2:].any()


def test_the_past_counts_and_who_was_promised_a_second_dose_gets_it():
    problem = small(3)
    w, _, a, g, p = problem.shape
    due = np.zeros((w, a, g, p))
    due[:3, :, 0, 0] = problem.people[:, 0] * 0.1
    past = Past(
        first=problem.people * [0.5, 0, 0, 0],
        completed=problem.people * [0.2, 0, 0, 0],
        due=due,
        stock=np.full(p, 500.0),
    )
    late = replace(problem, past=past)
    found = plan(late)
    assert found.first[:, :, 0].sum(axis=(0, 2)) == pytest.approx(late.room[:, 0], abs=0.5)
    assert found.second[..., 0].sum() >= due.sum() - 1 and found.late < 3
    assert found.done(late.aims[0])[0] >= past.completed.sum()
    none = replace(late, supply=problem.supply * 0.01)
    assert plan(none).late > 100  # told, and not impossible


@pytest.mark.parametrize("seed", range(10, 14))
def test_the_split_to_sites_loses_nothing(seed):
    problem = small(seed)
    found = plan(problem)
    parts = split(found)
    assert parts.check(found) == []
    planned = (found.first + found.second).sum()
    assert planned - 12 * 3 * 3 <= parts.doses.sum() <= planned + 1
    given = parts.doses.sum(axis=(2, 4))
    assert ((parts.vials * [10, 6, 5] - given) >= 0).all()
    litres = (given * [x.litres for x in problem.products]).sum(axis=2)
    assert (litres <= problem.cold + 10 * 0.003 * 3).all()  # at most a vial of each product over
    assert (given.sum(axis=2) <= problem.capacity + 10 * 3).all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.integers(0, 100_000))
def test_largest_remainder_adds_up_and_is_near(shares, total):
    weights = np.array(shares)
    found = largest_remainder(weights, total)
    assert found.sum() == total and (found >= 0).all()
    if weights.sum() > 0:
        assert (abs(found - weights / weights.sum() * total) <= 1 + 1e-6).all()


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12), st.data())
def test_largest_remainder_keeps_to_what_each_can_take(most, data):
    limit = np.array(most)
    total = data.draw(st.integers(0, int(limit.sum())))
    found = largest_remainder(np.ones(len(most)), total, limit)
    assert found.sum() == total and (found <= limit).all()
    with pytest.raises(ValueError, match="cannot be shared"):
        largest_remainder(np.ones(len(most)), int(limit.sum()) + 1, limit)


@settings(deadline=None, max_examples=examples(20))
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_a_site_takes_what_pooling_says_it_takes(seed, count):
    """For any weights that are concave in the volume, the pooled bound is the best of the sites."""
    chance = np.random.default_rng(seed)
    problem = small(seed % 50)
    limits = by_area(problem)
    litres = np.array([x.litres for x in problem.products])
    week, k = int(chance.integers(16)), int(chance.integers(len(limits.weights)))
    weights, best = limits.weights[k], 0.0
    for site in np.flatnonzero(problem.area_of == count % 3):
        room, cold = problem.capacity[week, site], problem.cold[site]
        mixes = [(i, j) for i in range(3) for j in range(3)]
        value = 0.0
        for i, j in mixes:  # the best of two products: vertices of a programme with two limits
            for share in np.linspace(0, 1, 201):
                volume = share * litres[i] + (1 - share) * litres[j]
                number = min(room, cold / volume)
                value = max(value, number * (share * weights[i] + (1 - share) * weights[j]))
        best += value
    assert limits.most[week, count % 3, k] >= best - 1e-6
    assert limits.most[week, count % 3, k] == pytest.approx(best, rel=5e-3)


def test_what_cannot_be_planned_says_so():
    with pytest.raises(ValueError, match="no such product"):
        Product("x", 3)
    with pytest.raises(ValueError, match="comes after the first"):
        Product("x", 2, lag=4, longest=3)
    for wrong in (
        {"uptake": np.full(4, 1.5)},
        {"supply": np.zeros((16, 2))},
        {"capacity": np.full((16, 12), -1.0)},
    ):
        with pytest.raises(ValueError, match=r"share|shape|below zero"):
            small(1, **wrong)


def test_what_holds_back_most_comes_first_and_the_steps_add_up():
    problem = small(1)
    people = 0.75 * problem.people.sum()
    starved = replace(
        problem,
        supply=problem.supply * 0.4,
        uptake=np.ones(4),
        aims=(Aim("most", people, 15, True),),
    )
    found = waterfall(starved, starved.aims[0])
    assert found.steps[0].cause == "supply"
    assert sum(s.people for s in found.steps) == pytest.approx(found.short, abs=2)
    crowded = replace(
        problem, capacity=problem.capacity * 0.3, uptake=np.ones(4), aims=starved.aims
    )
    assert waterfall(crowded, crowded.aims[0]).steps[0].cause == "capacity"
    easy = replace(problem, aims=(Aim("few", 1_000, 15, True),))
    assert waterfall(easy, easy.aims[0]).steps == ()


def test_what_one_more_would_buy_is_what_it_buys():
    problem = replace(small(1), supply=small(1).supply * 0.5, uptake=np.ones(4))
    aim = problem.aims[0]
    most = most_by(problem, aim)[0]
    found = [g for g in best_of(gains(problem, aim, doses=100)) if g.kind == "supply"]
    assert found
    for gain in found:
        k = [x.code for x in problem.products].index(gain.what)
        supply = problem.supply.copy()
        supply[gain.week, k] += 100
        more = most_by(replace(problem, supply=supply), aim)[0]
        assert more - most == pytest.approx(gain.people, rel=0.02, abs=1)


def test_the_earliest_week_is_the_same_wherever_the_search_begins():
    problem = small(4)
    weeks, aim = problem.shape[0], problem.aims[0]
    reached = [most_by(problem, replace(aim, week=w, part=1.0))[0] for w in range(weeks)]
    for people in (reached[0] * 0.5, reached[weeks // 2], reached[-1] * 0.99):
        first = next(w for w in range(weeks) if reached[w] >= people - 0.5)
        for week in range(weeks):
            found = earliest(problem, replace(aim, people=people, week=week, part=0.5))
            assert found is not None and found[0] == first
    assert earliest(problem, replace(aim, people=reached[-1] + 10)) is None
