"""A centre's day: what holds of every result, and of one that is compared with another."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balmis.core.planning.centre import event_loop
from balmis.core.planning.centre.layout import NEVER, Line, Station
from balmis.core.planning.centre.sampling import Arrivals, Centre, Duration, draw
from balmis.core.planning.centre.simulation import ladder, simulate
from tests.budgets import examples


def centre(*, servers=(5, 6, 5), seats=None, parking=None, **arrivals) -> Centre:
    names = ("registration", "screening", "vaccination")
    stations = tuple(Station(n, c, 0.5) for n, c in zip(names, servers, strict=True))
    asked = {"a_slot": 18, "every": 15.0, "hours": 4.0} | arrivals
    return Centre(
        line=Line((*stations, Station("exit", 2)), 3, seats, parking),
        arrivals=Arrivals(**asked),
        service=(
            Duration("lognormal", 3.0, 0.4),
            Duration("gamma", 3.5, 0.8),
            Duration("exponential", 3.0, 1.0),
            Duration("fixed", 0.5),
        ),
    )


def test_days_that_pass_no_limit_are_exact_and_the_others_are_run_event_by_event():
    tight = centre(seats=22, parking=50)
    found = simulate(tight, days=60, seed=3)
    assert 0 < found.certified < 60
    whole = event_loop.run(tight.line, found.draws)
    came = found.came
    for name in ("entered", "seated", "rose", "left", "began"):
        a, b = getattr(found.path, name), getattr(whole, name)
        assert np.array_equal(a[..., came], b[..., came]), name
    assert found.most_seated().max() <= 22 and found.most_parked().max() <= 50


def test_the_same_seed_is_the_same_day_and_another_centre_sees_the_same_people():
    one, again, other = (
        simulate(centre(servers=s), 20, seed=7) for s in ((5, 6, 5), (5, 6, 5), (5, 7, 5))
    )
    assert np.array_equal(one.path.left, again.path.left)
    assert np.array_equal(one.draws.arrive, other.draws.arrive)
    assert np.array_equal(one.draws.service, other.draws.service)
    assert not np.array_equal(one.draws.arrive, simulate(centre(), 20, seed=8).draws.arrive)


def test_the_bottleneck_is_the_station_whose_extra_server_helps_most():
    found = simulate(centre(servers=(8, 4, 8)), 40, seed=2)
    gains = ladder(found)
    assert gains[0].station == "screening" and gains[0].change.mean < -3 * gains[0].change.error < 0
    worse = ladder(found, step=-1)
    assert all(g.change.mean >= -1e-9 for g in worse)


def test_a_day_to_which_nobody_comes_is_empty():
    found = simulate(centre(no_show=1.0), 5, seed=1)
    assert found.doses().mean == 0 and found.overtime().mean == 0
    assert found.most_seated().max(initial=0) == 0


def test_little_s_law_and_everyone_who_comes_leaves():
    """The mean number there is the rate times the mean stay, on every day."""
    found = simulate(centre(seats=30, parking=60, walk_ins=6.0), 20, seed=4)
    last = np.where(found.came, found.path.left, 0).max(axis=1)
    at = np.linspace(-60, last.max() + 1, 40_000)
    there = found.there(found.draws.arrive, found.path.left, at)
    step = at[1] - at[0]
    assert there[:, -1].max() == 0
    assert there.sum(axis=1) * step == pytest.approx(np.nansum(found.on_site(), axis=1), rel=2e-3)


@settings(deadline=None, max_examples=examples(15))
@given(st.integers(1, 10_000), st.integers(0, 3), st.floats(0.5, 4))
def test_more_servers_never_wait_longer_in_all_and_times_scale(seed, k, scale):
    base = centre(servers=(3, 4, 4))
    found = simulate(base, 4, seed)
    stations = list(base.line.stations)
    stations[k] = replace(stations[k], servers=stations[k].servers + 1)
    more = simulate(replace(base, line=replace(base.line, stations=tuple(stations))), 4, seed)
    assert np.nansum(more.on_site()) <= np.nansum(found.on_site()) + 1e-6
    stretched = replace(
        found.draws,
        arrive=np.where(found.came, found.draws.arrive * scale, NEVER),
        service=found.draws.service * scale,
        observe=found.draws.observe * scale,
    )
    line = replace(
        base.line, stations=tuple(replace(s, walk=s.walk * scale) for s in base.line.stations)
    )
    slow = event_loop.run(line, stretched)
    waited = (slow.began - slow.reached)[:, found.came]
    assert waited == pytest.approx(scale * found.waits()[:, found.came], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("duration", "mean", "sd"),
    [
        (Duration("fixed", 2), 2, 0),
        (Duration("uniform", 1, 3), 2, 0.5774),
        (Duration("triangular", 0.33, 1.25, 1.67), 1.0833, 0.2797),
        (Duration("exponential", 3, 1), 4, 1),
        (Duration("lognormal", 3, 0.4), 3, 1.2),
        (Duration("gamma", 3.5, 0.8), 3.5, 2.8),
        (Duration("normal", 20, 0.5, 0), 20, 0.5),
    ],
)
def test_durations_have_the_mean_and_the_spread_that_are_stated(duration, mean, sd):
    drawn = duration.draw(np.random.default_rng(1), (200_000,))
    assert duration.mean == pytest.approx(mean, abs=1e-4)
    assert drawn.mean() == pytest.approx(mean, abs=0.02) and drawn.std() == pytest.approx(
        sd, abs=0.03
    )
    assert drawn.min() >= 0


def test_centres_that_cannot_be_are_told():
    for wrong in ({"a_slot": -1}, {"every": 0.0}, {"no_show": 1.5}, {"walk_ins": -1.0}):
        with pytest.raises(ValueError, match="no such"):
            centre(**wrong)
    with pytest.raises(ValueError, match="no such distribution"):
        Duration("weibull", 1)
    with pytest.raises(ValueError, match="no such duration"):
        Duration("triangular", 3, 2, 1)
    for never in (("gamma", 3.0), ("lognormal", 0.0, 0.4)):
        with pytest.raises(ValueError, match="above 0"):
            Duration(*never)
    with pytest.raises(ValueError, match="one duration"):
        replace(centre(), service=(Duration("fixed", 1),))
    with pytest.raises(ValueError, match="add up"):
        replace(centre(), observation=((15.0, 0.5),))
    with pytest.raises(ValueError, match="one day"):
        draw(centre(), 0, 1)
