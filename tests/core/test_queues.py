"""Queues against values that theory gives exactly."""

from fractions import Fraction
from math import factorial, inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balmis.core.planning.centre import queueing_formulas
from balmis.core.planning.centre.queueing_formulas import Stay
from tests.budgets import examples

# c, rho, Wq of M/M/c, Wq and P(wait) of M/D/c, mean service 1 (Erlang C; Crommelin's relation)
TABLE = [
    (1, 0.7, 2.33333, 1.166667, 0.70000),
    (1, 0.9, 9.00000, 4.500000, 0.90000),
    (2, 0.7, 0.96078, 0.493610, 0.56537),
    (2, 0.9, 4.26316, 2.146923, 0.84711),
    (5, 0.7, 0.25189, 0.135517, 0.35812),
    (5, 0.9, 1.52499, 0.776695, 0.74783),
]


@pytest.mark.parametrize(("servers", "rho", "mm", "md", "md_waits"), TABLE)
def test_waits_of_the_tables(servers, rho, mm, md, md_waits):
    rate = rho * servers
    assert queueing_formulas.mmc(rate, 1.0, servers).wait == pytest.approx(mm, abs=6e-6)
    found = queueing_formulas.mdc(rate, 1.0, servers)
    assert found.wait == pytest.approx(md, abs=6e-7)
    assert found.p_wait == pytest.approx(md_waits, abs=6e-6)


def test_erlang_s_formulas():
    assert queueing_formulas.erlang_b(10, 5) == pytest.approx(0.018384570, abs=5e-10)
    exact = Fraction(90**100, factorial(100)) / sum(
        Fraction(90**k, factorial(k)) for k in range(101)
    )
    assert queueing_formulas.erlang_b(100, 90) == pytest.approx(float(exact), rel=1e-12)
    assert queueing_formulas.erlang_b(150, 130) == pytest.approx(0.007823430, abs=5e-10)
    assert queueing_formulas.erlang_c(10, 8) == pytest.approx(0.409180150, abs=1e-9)


@pytest.mark.parametrize(
    ("mean", "risk", "seats"),
    [
        (150, 0.01, 179),
        (150, 0.001, 189),
        (90, 0.01, 113),
        (90, 0.001, 121),
    ],
)
def test_seats_for_a_stated_risk(mean, risk, seats):
    assert queueing_formulas.seats_for(mean, risk) == seats


def test_occupancy_follows_the_arrivals():
    """300 an hour from 9 to 17, 30 minutes each: 150 after half an hour, half of it after a quarter."""
    at = [0, 15, 30, 240, 480, 495, 510]
    found = queueing_formulas.mean_occupancy([(0, 480, 5.0)], [Stay(30, 1.0)], at)
    assert found == pytest.approx([0, 75, 150, 150, 150, 75, 0])
    mixed = queueing_formulas.mean_occupancy(
        [(0, 480, 5.0)], [Stay(15, 0.95), Stay(30, 0.05)], [240]
    )
    assert mixed == pytest.approx([5 * (0.95 * 15 + 0.05 * 30)])


@settings(deadline=None, max_examples=examples(100))
@given(st.integers(1, 30), st.floats(0.05, 0.97), st.floats(0.1, 20), st.floats(0.1, 10))
def test_more_servers_never_wait_longer_and_times_scale(servers, rho, service, k):
    rate = rho * servers / service
    for model in (queueing_formulas.mmc, queueing_formulas.mdc):
        found, more = model(rate, service, servers), model(rate, service, servers + 1)
        assert more.wait <= found.wait * (1 + 1e-9) + 1e-12
        scaled = model(rate / k, service * k, servers)
        assert scaled.wait == pytest.approx(found.wait * k, rel=1e-6, abs=1e-9)
        assert found.waiting == pytest.approx(rate * found.wait)  # Little's law
    assert (
        queueing_formulas.mdc(rate, service, servers).wait
        <= queueing_formulas.mmc(rate, service, servers).wait + 1e-9
    )


@given(st.integers(1, 60), st.floats(0, 80))
def test_erlang_b_is_a_probability_below_c(servers, load):
    b, c = queueing_formulas.erlang_b(servers, load), queueing_formulas.erlang_c(servers, load)
    assert 0 <= b <= c <= 1


def test_a_line_that_grows_for_ever_says_so():
    assert queueing_formulas.mmc(2, 1, 2).wait == queueing_formulas.mdc(3, 1, 2).wait == inf
    assert queueing_formulas.mmc_wait_percentile(2, 1, 2, 0.95) == inf
    for wrong in ((0, 1.0), (1, -1.0), (1, float("nan"))):
        with pytest.raises(ValueError, match="no such queue"):
            queueing_formulas.erlang_b(*wrong)


def test_a_percentile_of_the_wait():
    """P(W > t) = C exp(-(c mu - lambda) t)."""
    rate, servers = 4.5, 5
    t = queueing_formulas.mmc_wait_percentile(rate, 1.0, servers, 0.95)
    assert queueing_formulas.mmc(rate, 1.0, servers).p_wait * np.exp(
        -(servers - rate) * t
    ) == pytest.approx(0.05)
    assert queueing_formulas.mmc_wait_percentile(0.1, 1.0, 5, 0.95) == 0
