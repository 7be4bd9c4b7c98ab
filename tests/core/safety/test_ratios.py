"""Limits, expected counts, measures from reports and shrunken ratios."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from balmis.core.confidence_limits import count_interval, ratio, wilson
from balmis.core.safety import disproportionality, ebgm
from balmis.core.safety.ebgm import Prior, Zeros
from balmis.core.safety.expected_counts import (
    Window,
    completeness,
    expected,
    known_by,
    tipping_share,
)


@pytest.fixture
def anchors(shared_data):
    return json.loads((shared_data / "safety" / "anchors.json").read_text())


def test_limits_of_counts_are_the_printed_ones(anchors):
    for known in anchors["garwood"]:
        found = count_interval(known["count"])
        assert (found.low, found.high) == pytest.approx((known["lo"], known["hi"]), abs=0.0005)
    vte = anchors["pottegard_vte"]
    found = ratio(vte["observed"], vte["observed"] / vte["smr"])
    assert (found.low, found.high) == pytest.approx((vte["lo"], vte["hi"]), abs=0.005)


@given(st.integers(0, 2000), st.floats(0.5, 0.999))
def test_a_limit_leaves_its_tail(count, level):
    found = count_interval(count, level)
    tail = (1 - level) / 2
    assert stats.poisson.cdf(count, found.high) == pytest.approx(tail, rel=1e-6)
    if count:
        assert stats.poisson.sf(count - 1, found.low) == pytest.approx(tail, rel=1e-6)
    else:
        assert found.low == 0


def test_nothing_expected_and_counts_below_zero_are_refused():
    with pytest.raises(ValueError):
        ratio(3, 0.0)
    with pytest.raises(ValueError):
        count_interval(-1)


def test_a_share_has_wilsons_limits():
    found = wilson(81, 263)  # Newcombe, Statistics in Medicine 1998;17:857, table I
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 0).high == 1.0
    nobody = stats.binomtest(0, 20).proportion_ci(method="wilson")
    assert wilson(0, 20).high == pytest.approx(nobody.high)


def test_what_is_due_follows_from_published_background_rates():
    # Black et al.: so many in 6 weeks among 10 million people
    for rate, known in ((1.870, 21.5), (0.500, 5.75), (7.505, 86.3)):
        assert expected(1e7, rate, Window(1, 42)) == pytest.approx(known, rel=1e-3)


def test_events_that_cannot_have_been_reported_yet_are_not_due():
    window, delay = Window(1, 3), [0.5, 0.75]
    # onset on day 1 (reported by now: all), 2 (0.75), 3 (0.5)
    assert known_by(window, delay, 3) == pytest.approx((1 + 0.75 + 0.5) / 3)
    found = completeness(window, delay, 10)
    assert found[0] == 0 and found[-1] == 1 and (np.diff(found) >= 0).all()
    with pytest.raises(ValueError):
        known_by(window, [0.5, 0.4], 3)


def test_how_many_unreported_events_would_tip_the_scale():
    assert tipping_share(10, 3.0) is None  # raised as it is
    share = tipping_share(10, 8.0)
    assert count_interval(10).low == pytest.approx(8.0 * share)


def test_measures_from_reports_are_the_published_ones(anchors):
    known = anchors["ror"]
    found = disproportionality.ror(disproportionality.Table(*known["abcd"]))
    assert found.value == pytest.approx(known["ror"])
    assert (found.low, found.high) == pytest.approx((known["lo"], known["hi"]), abs=0.05)
    known = anchors["ic"]
    found = disproportionality.ic(known["obs"], known["exp"])
    assert found.value == pytest.approx(known["ic"], abs=5e-4)
    assert (found.low, found.high) == pytest.approx((known["ic025"], known["ic975"]), abs=1e-3)
    assert disproportionality.ic(1, 1).value == 0


def test_a_proportional_ratio_is_that_of_the_shares():
    found = disproportionality.prr(disproportionality.Table(10, 20, 200, 10000))
    assert found.value == pytest.approx((10 / 30) / (200 / 10200))
    assert found.low < found.value < found.high
    assert np.isnan(disproportionality.prr(disproportionality.Table(0, 5, 1, 9)).value)


def caers(shared_data):
    table = pl.read_csv(shared_data / "safety" / "caers_pairs.csv")
    reports = pl.col("id").n_unique()
    seen = table.group_by("var1", "var2").agg(n=reports)
    found = seen.join(table.group_by("var1").agg(p=reports), on="var1").join(
        table.group_by("var2").agg(v=reports), on="var2"
    )
    e = found["p"].to_numpy() * found["v"].to_numpy() / table["id"].n_unique()
    return found["n"].to_numpy().astype(np.int64), e


def test_scores_of_real_reports_are_the_published_ones(shared_data, anchors):
    n, e = caers(shared_data)
    prior = Prior(*anchors["ebgm_theta"])
    score = ebgm.ebgm(prior, n, e)
    q05, q95 = (ebgm.quantile(prior, n, e, at) for at in (0.05, 0.95))
    assert len(n) == 17_189
    for row in anchors["ebgm_rows"]:
        at = int(np.argmin(np.abs(e - row["E"]) + 1e6 * (n != row["N"])))
        assert score[at] == pytest.approx(row["ebgm"], abs=0.01)
        assert q05[at] == pytest.approx(row["q05"], abs=0.01)
        assert q95[at] == pytest.approx(row["q95"], abs=0.011)  # their bisection stops at 0.01
    assert int((q05 >= 2).sum()) == 131
    assert int((ebgm.below(prior, n, e, 2.0) <= 0.05).sum()) == 131


def test_the_likelihood_of_real_reports_is_the_published_one_and_a_least_one_near_it(shared_data):
    cells = ebgm.collapse(*caers(shared_data))
    published = Prior(3.25596685, 0.39998994, 2.02376139, 1.90614108, 0.06530755)
    assert ebgm.loss(published, cells, Zeros.CUT) == pytest.approx(4162.456, abs=5e-4)
    start = (3.25596685, 0.39998994, 2.02376139, 1.90614108, 0.06530755)
    found = ebgm.fit(cells, Zeros.CUT, [start])
    assert found.loss == pytest.approx(4162.456, abs=5e-4)
    assert found.prior.shape1 == pytest.approx(published.shape1, rel=0.01)


@given(
    st.integers(0, 60),
    st.floats(0.01, 40),
    st.floats(0.2, 5),
    st.floats(0.1, 5),
    st.floats(0.05, 0.95),
)
def test_a_score_is_what_integrating_the_posterior_gives(n, e, shape, rate, share):
    prior = Prior(shape, rate, 2.0, 1.9, share)
    top = (n + 60) / e * 3 + 40

    def weight(x):
        mixed = share * stats.gamma.pdf(x, shape, scale=1 / rate)
        mixed += (1 - share) * stats.gamma.pdf(x, 2.0, scale=1 / 1.9)
        return mixed * stats.poisson.pmf(n, x * e)

    found = ebgm.quantile(prior, np.array([n]), np.array([e]), 0.05)[0]
    points = np.linspace(0, 1, 4001)[1:] ** 4 * top
    dense = weight(points)
    under = points <= found
    whole = integrate.trapezoid(dense, points)
    inside = integrate.trapezoid(dense[under], points[under]) / whole
    assert inside == pytest.approx(0.05, abs=5e-3)
    log = integrate.trapezoid(dense * np.log(points), points) / whole
    score = ebgm.ebgm(prior, np.array([n]), np.array([e]))[0]
    if n:
        assert np.log(score) == pytest.approx(log, abs=0.02)


def test_a_planted_prior_is_found_again():
    rng = np.random.default_rng(3)
    high = rng.random(40_000) < 0.2
    true = np.where(high, rng.gamma(6, 1, 40_000), rng.gamma(8, 1 / 8, 40_000))
    e = rng.gamma(2, 3, 40_000) + 0.01
    n = rng.poisson(true * e)
    found = ebgm.fit(ebgm.collapse(n, e), Zeros.WHOLE).prior
    parts = sorted(
        [(found.shape1 / found.rate1, found.share), (found.shape2 / found.rate2, 1 - found.share)]
    )
    assert parts[0] == pytest.approx((1.0, 0.8), abs=0.05)
    assert parts[1] == pytest.approx((6.0, 0.2), rel=0.1)
    assert ebgm.ebgm(found, np.array([0]), np.array([5.0]))[0] < 1
