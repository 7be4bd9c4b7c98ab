"""Plans rolled over futures: what is certain comes out as planned, and nobody beats foresight."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from balmis.core.confidence_limits import wilson
from balmis.core.planning.allocation.bottlenecks import confirmed, gains, waterfall
from balmis.core.planning.allocation.chance_interval import bracket, foresight
from balmis.core.planning.allocation.futures import Doubt, Policy, by_policy, roll, scenarios
from balmis.core.planning.allocation.problem import Aim, Past, Problem, Product
from balmis.core.planning.allocation.solve import earliest, most_by, plan, with_hopes
from tests.core.provinces import province

CERTAIN = Doubt(late=0, spread=0, common=0, uptake=0)


def asked(seed: int, share: float = 0.95):
    """A small province with an aim somewhat below the most that it can reach."""
    problem = province(seed, weeks=24, sites=8, areas=2, groups=4)
    most = plan(problem, lexicographic=False)
    aim = problem.aims[0]
    people = (aim.people - most.short[0]) * share
    return replace(problem, aims=(Aim("most", people, aim.week, True),))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_nothing_is_in_doubt_the_plan_comes_true(seed):
    problem = asked(seed)
    found = plan(problem, lexicographic=False)
    rolled = roll(found, scenarios(problem, CERTAIN, 3, 1))
    aim = problem.aims[0]
    assert rolled.done[0][:, aim.week] == pytest.approx(found.done(aim)[aim.week], rel=1e-3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_beats_foresight_and_the_bracket_is_in_order(seed):
    problem = asked(seed)
    found = plan(problem, lexicographic=False)
    futures = scenarios(problem, Doubt(), 400, 7)
    aim = problem.aims[0]
    best = foresight(problem, aim, futures, 25)
    for policy in Policy:
        rolled = roll(found, futures, policy)
        assert (rolled.done[0][:25, aim.week] <= best * (1 + 1e-6)).all()
        given = (rolled.first + rolled.second).cumsum(axis=1)
        assert (given <= futures.supply.sum(axis=2).cumsum(axis=1) + 1).all()  # single precision
        assert (rolled.stock >= -1).all() and (np.diff(rolled.done[0], axis=1) >= -1e-6).all()
    rolled = roll(found, futures)
    said = bracket(found, 0, rolled, futures, solved=25)
    assert 0 <= said.achievable_low <= said.achievable <= said.achievable_high <= 1
    assert said.achievable <= said.bound and said.futures == 400 and said.solved == 25


def test_a_lockbox_is_never_faster_with_first_doses_and_reaches_the_aim_less_often():
    """Shumsky, Smith, Hoen and Gilbert (SSRN 3816200): set-aside policies come close to the bound, a second
    dose for each first one under lock is over-conservative."""
    problem = asked(2, 0.85)
    found = plan(problem, lexicographic=False)
    futures = scenarios(problem, Doubt(late=0.05, spread=0.1, common=0.02), 500, 3)
    first = {p: roll(found, futures, p).first.sum(axis=1).mean() for p in Policy}
    assert first[Policy.LOCKBOX] <= first[Policy.SET_ASIDE] + 1e-6
    chance = by_policy(found, futures)
    assert chance["lockbox"][0] <= chance["set-aside"][0] + 0.02
    assert chance["follow"][0] >= chance["lockbox"][0] - 0.02


def test_on_time_second_doses_take_more_than_half_of_what_comes():
    """Mak, Dai and Tang (Prod Oper Manag 2022): without stock, second doses on time require that strictly
    less than half of the supply goes to first doses."""
    problem = asked(1)
    two = replace(problem, supply=problem.supply * [1, 0, 0])
    found = plan(two, lexicographic=False)
    late = found.first[-3:].sum()  # whose second dose is due after the end
    assert found.first.sum() <= 0.5 * two.supply.sum() + found.waiting[-1].sum() + late + 1
    assert found.second[: two.aims[0].week + 1].sum() <= found.first.sum()


def test_futures_are_of_the_seed_and_keep_their_means():
    problem = asked(1)
    futures = scenarios(problem, Doubt(), 4_000, 5)
    assert np.array_equal(futures.supply, scenarios(problem, Doubt(), 4_000, 5).supply)
    assert not np.array_equal(futures.supply, scenarios(problem, Doubt(), 4_000, 6).supply)
    early = problem.supply[: 24 - 8]
    total = futures.supply.sum(axis=(1, 2)).mean()
    assert early.sum() * 0.98 <= total <= problem.supply.sum() * 1.02
    with pytest.raises(ValueError, match="one future"):
        scenarios(problem, Doubt(), 0, 1)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (8, 10, 0.4901625, 0.9433178),
        (0, 10, 0.0, 0.2775328),
        (10, 10, 0.7224672, 1.0),
    ],
)
def test_wilson_s_limits(hits, n, low, high):
    found = wilson(hits, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def bare(**changes):
    """Two areas of 1,000 people, one product of one dose, ten weeks, nothing in doubt."""
    ones = np.ones
    parts = {
        "starts_on": date(2021, 3, 1),
        "products": (Product("p", 1),),
        "areas": ("a", "b"),
        "sites": ("x", "y"),
        "groups": ("g",),
        "area_of": np.array([0, 1]),
        "people": np.full((2, 1), 1000.0),
        "uptake": ones(1),
        "eligible": ones((1, 1), bool),
        "opens": np.zeros(1, int),
        "supply": np.full((10, 1), 1000.0),
        "capacity": np.full((10, 2), 200.0),
        "cold": np.full(2, np.inf),
        "aims": (Aim("all", 1800, 9, False),),
    } | changes
    return Problem(**parts)


def test_hands_of_one_area_vaccinate_nobody_of_another():
    problem = bare(capacity=np.array([[400.0, 0.0]] * 10))
    found = plan(problem)
    rolled = roll(found, scenarios(problem, CERTAIN, 2, 1))
    assert found.done_by(problem.aims[0]) == pytest.approx(1000, abs=0.1)
    assert (
        rolled.done[0][:, 9] == pytest.approx(1000, abs=0.1)
        and not rolled.reached(problem, 0).any()
    )


def test_doses_past_their_shelf_life_are_given_to_nobody():
    supply = np.zeros((10, 1))
    supply[0] = 1000
    problem = bare(
        products=(Product("p", 1, shelf=1),), supply=supply, capacity=np.full((10, 2), 50.0)
    )
    found = plan(problem)
    assert found.done_by(problem.aims[0]) == pytest.approx(
        200, abs=1
    )  # in the week they came and the next
    for policy in Policy:
        assert roll(found, scenarios(problem, CERTAIN, 2, 1), policy).done[0][:, 9].max() <= 201


def test_the_second_dose_is_due_in_the_longest_interval_and_not_a_week_later():
    for longest in (2, 3):
        product = Product("p", 2, lag=2, longest=longest)
        capacity = np.zeros((10, 2))
        capacity[[0, 3]] = 200.0  # whoever begins in week 0 could only be second in week 3
        problem = bare(products=(product,), capacity=capacity, aims=(Aim("first", 300, 0, False),))
        found = plan(problem)
        assert found.first.sum() == pytest.approx(0 if longest == 2 else 400, abs=1)


def test_the_earliest_week_owes_the_second_doses_too():
    supply = np.zeros((10, 1))
    supply[0] = 100  # of which every second one is owed
    problem = bare(
        products=(Product("p", 2, lag=2, longest=4),),
        supply=supply,
        aims=(Aim("a", 100, 1, False),),
    )
    assert plan(problem).done_by(problem.aims[0]) == pytest.approx(50, abs=0.5)
    found = earliest(problem, problem.aims[0])
    assert (
        found is not None and found[0] >= 6
    )  # when second doses fall after the weeks that are planned
    half = earliest(problem, replace(problem.aims[0], people=50))
    assert half is not None and half[0] == 0


def test_an_area_that_is_behind_already_does_not_make_the_study_impossible():
    past = Past(np.array([[600.0], [0.0]]), np.zeros((2, 1)), np.zeros((10, 2, 1, 1)), np.zeros(1))
    problem = bare(past=past, equity=0.05)
    assert earliest(problem, problem.aims[0]) is not None
    assert plan(with_hopes(problem)[0]).short[0] < 1


def test_places_that_a_cold_room_keeps_empty_buy_nothing():
    problem = bare(
        products=(Product("p", 1, litres=1.0),),
        cold=np.array([50.0, 50.0]),
        aims=(Aim("a", 1900, 9, False),),
    )
    most = most_by(problem, problem.aims[0])[0]
    found = confirmed(problem, problem.aims[0], gains(problem, problem.aims[0]), most)
    assert [g for g in found if g.kind == "capacity"] == []


def test_two_limits_that_only_help_together_are_told_together():
    problem = bare(
        supply=np.full((10, 1), 10.0),
        capacity=np.full((10, 2), 5.0),
        aims=(Aim("a", 900, 9, False),),
    )
    (step,) = waterfall(problem, problem.aims[0]).steps
    assert set(step.cause.split("+")) == {"supply", "capacity"} and step.people == pytest.approx(
        800, abs=1
    )
