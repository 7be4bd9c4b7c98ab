"""Scans, thresholds of families and the question whether it is the lot or the site."""

import itertools
import json

import numpy as np
import polars as pl
import pytest

from balmis.core.safety import observed_expected, scan
from balmis.core.safety.lot_or_site import (
    Compared,
    Count,
    Place,
    RiskAndControl,
    localise,
    self_controlled,
)


def test_clusters_of_real_cases_are_the_published_ones(shared_data):
    known = json.loads((shared_data / "safety" / "anchors.json").read_text())["scan_ny_leukaemia"]
    table = pl.read_csv(shared_data / "safety" / "ny_leukaemia.csv")
    cases = np.floor(table["cases"].to_numpy()).astype(np.int64)
    people = table["population"].to_numpy()
    far = scan.great_circle(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    windows = scan.circles(far, people)
    found = scan.scan(cases[:, None], people[:, None], windows, replicas=199, seed=1)
    for cluster, published in zip(found.clusters, known, strict=False):
        assert cluster.statistic == pytest.approx(published["LLR"], abs=0.005)
        assert people[windows.members(cluster.window)].sum() == published["pop"]
        assert cluster.cases == published["cases"]
        assert cluster.expected == pytest.approx(published["exp"], abs=0.005)
        assert cluster.relative_risk == pytest.approx(published["rr"], abs=0.005)
    assert found.clusters[0].p == pytest.approx(1 / 200)
    assert found.clusters[1].p < 0.1


def by_hand(cases, share, groups):
    """The largest statistic over groups, each written out."""
    total, best = sum(cases), 0.0
    for group in groups:
        c, e = sum(cases[i] for i in group), total * sum(share[i] for i in group)
        if c > e:
            rest = total - c
            value = c * np.log(c / e) + (rest * np.log(rest / (total - e)) if rest else 0.0)
            best = max(best, value)
    return best


def test_the_chance_of_a_cluster_is_what_dealing_out_every_case_gives():
    share, total = np.array([0.4, 0.3, 0.2, 0.1]), 4
    groups = [(0,), (1,), (2,), (3,), (2, 3)]
    seen = np.array([1, 0, 1, 2])
    exact, observed = 0.0, by_hand(seen, share, groups)
    for dealt in itertools.product(range(4), repeat=total):
        cases = np.bincount(dealt, minlength=4)
        if by_hand(cases, share, groups) >= observed - 1e-9:
            exact += float(np.prod(share[list(dealt)]))
    windows = scan.chains(groups)
    found = scan.scan(seen[:, None], share[:, None], windows, replicas=19_999, seed=3)
    assert found.clusters[0].statistic == pytest.approx(observed)
    assert found.clusters[0].p == pytest.approx(
        exact, abs=4 * (exact * (1 - exact) / 19_999) ** 0.5
    )


def test_a_short_burst_is_found_in_its_time():
    # 3 places, looked back 1, 2 and 8 days; place 1 had 5 cases on the last day
    expected = np.outer([1.0, 1.0, 1.0], [1, 2, 8])
    cases = np.array([[0, 1, 4], [5, 5, 6], [0, 0, 3]])
    windows = scan.together([scan.chains([(0,), (1,), (2,)]), scan.chains([(0, 1, 2)])])
    found = scan.scan(cases, expected, windows, replicas=999, seed=1)
    first = found.clusters[0]
    assert (first.window, first.back, first.cases) == (1, 0, 5)
    assert first.expected == pytest.approx(13 / 24)
    assert first.p < 0.05 and scan.threshold(found.maxima, 0.05) <= first.statistic


def test_circles_grow_until_half_of_the_people_are_inside():
    far = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0)))
    windows = scan.circles(far, np.ones(4))
    sizes = [len(windows.members(i)) for i in range(len(windows.ends))]
    assert sizes == [1, 2] * 4
    assert set(windows.members(1)) == {0, 1}


def test_nothing_is_scanned_when_there_are_no_cases():
    windows = scan.chains([(0,)])
    assert (
        scan.scan(np.zeros((1, 1), int), np.ones((1, 1)), windows, replicas=9, seed=1).clusters
        == []
    )


def test_all_observed_cells_have_what_one_by_one_gives():
    rng = np.random.default_rng(2)
    doses, rates = rng.gamma(2, 500, (5, 3)), rng.gamma(1, 1e-3, (3, 4))
    place, event = rng.integers(0, 5, 60), rng.integers(0, 4, 60)
    found = observed_expected.observed_expected(
        observed_expected.Reports(place, event), doses, rates
    )
    assert found.observed.sum() == 60
    for i in range(len(found.place)):
        seen = int(((place == found.place[i]) & (event == found.event[i])).sum())
        due = sum(doses[found.place[i], s] * rates[s, found.event[i]] for s in range(3))
        assert found.observed[i] == seen
        assert found.expected[i] == pytest.approx(due)
        assert found.ratio[i] == pytest.approx(seen / due)


def test_a_report_on_a_lot_without_doses_is_said_not_divided_by():
    with pytest.raises(ValueError, match="no event 0 was due at 1"):
        observed_expected.observed_expected(
            observed_expected.Reports(np.array([1]), np.array([0])),
            np.array([[5.0], [0.0]]),
            np.array([[0.1]]),
        )


def test_the_threshold_of_a_family_is_what_every_way_of_dealing_gives():
    doses, rates, totals = np.array([[6.0], [3.0], [1.0]]), np.array([[0.1, 0.2]]), np.array([2, 3])
    share = doses[:, 0] / doses.sum()

    def largest(total):
        for dealt in itertools.product(range(3), repeat=total):
            count = np.bincount(dealt, minlength=3)
            stat = observed_expected.conditional_statistic(count, share * total, total).max()
            yield float(stat), float(np.prod(share[list(dealt)]))

    limit, maxima = observed_expected.family_threshold(
        totals, doses, rates, replicas=9_999, alpha=0.2, seed=1
    )
    both = [(max(a, b), p * q) for a, p in largest(2) for b, q in largest(3)]
    for value in (1.0, 2.0, 3.0, 4.0, 5.0):
        exact = sum(p for s, p in both if s >= value)
        assert (maxima >= value).mean() == pytest.approx(exact, abs=0.02)
    assert sum(p for s, p in both if s > limit + 1e-9) <= 0.2 + 0.02


def test_california_a_few_reactions_at_one_site_do_not_hold_the_whole_lot():
    # January 2021: under ten allergic reactions in a day at one site; the lot had 330,000 doses at
    # 287 places, and no other cluster. 5 per million are due; the site's doses are illustrative
    found = localise(Count(5_000, 6, 0.025), Count(325_000, 0, 1.625), Count(20_000, 0, 0.1))
    assert found.place is Place.LOT_AT_SITE
    assert found.here_p == pytest.approx(3e-13, rel=0.2)
    assert found.lot_elsewhere.says is Compared.QUIET


@pytest.mark.parametrize(
    ("elsewhere", "otherwise", "place"),
    [
        (Count(100_000, 40, 0.5), Count(20_000, 0, 0.1), Place.LOT),
        (Count(100_000, 0, 0.5), Count(20_000, 12, 0.1), Place.SITE),
        (Count(100_000, 40, 0.5), Count(20_000, 12, 0.1), Place.SITE_AND_LOT),
        (Count(100, 0, 0.0005), Count(20_000, 0, 0.1), Place.LOT),  # too few to be called quiet
        (Count(0, 0, 0.0), Count(0, 0, 0.0), Place.LOT_AT_SITE),  # it is nowhere else
    ],
)
def test_what_is_held_follows_from_the_doses_beside_the_cluster(elsewhere, otherwise, place):
    assert localise(Count(5_000, 6, 0.025), elsewhere, otherwise).place is place


def test_as_many_as_were_due_hold_nothing():
    found = localise(Count(5_000, 1, 1.2), Count(100, 0, 0.02), Count(0, 0, 0.0))
    assert found.place is Place.NOWHERE


def test_people_are_compared_with_themselves():
    even = self_controlled(RiskAndControl(1, 1, 21, 21))
    assert even.relative.value == 1 and even.relative.low < 1 < even.relative.high
    all_early = self_controlled(RiskAndControl(5, 0, 42, 42))
    assert all_early.p == pytest.approx(0.5**5)
    # twice as long a comparison: each event is half as likely to be in the risk window
    assert self_controlled(RiskAndControl(3, 0, 21, 42)).p == pytest.approx((1 / 3) ** 3)
    with pytest.raises(ValueError):
        self_controlled(RiskAndControl(1, 1, 0, 21))
