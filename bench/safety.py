"""Safety statistics at the size of a nation: 135 million doses as counts, 480,000 reports."""

import statistics
from collections.abc import Iterator
from typing import Any

import numpy as np

from balmis.core.safety import ebgm as safety_ebgm
from balmis.core.safety import observed_expected as safety_observed_expected
from balmis.core.safety.observed_expected import Reports
from bench.measuring import ROUNDS, seconds

LOTS, SITES, EVENTS, STRATA = 2_000, 1_000, 300, 16
DOSES, REPORTS, SERIOUS = 135_000_000, 480_000, 19_309
SIZES = (0.25, 0.5, 1.0)  # of the nation, to see how the cost grows


class Nation:
    """Lots go to fifty sites each; events are as unequal as reported terms are."""

    def __init__(self, size: float) -> None:
        rng = np.random.default_rng(11)
        self.lots, self.sites = int(LOTS * size), int(SITES * size)
        self.pair_lot = np.repeat(np.arange(self.lots), 50)
        self.pair_site = np.concatenate(
            [rng.choice(self.sites, 50, replace=False) for _ in range(self.lots)]
        )
        weight = rng.gamma(2, 1, (len(self.pair_lot), STRATA))
        self.by_pair = rng.poisson(weight / weight.sum() * DOSES * size).astype(np.float64)
        self.by_lot = self.sums(self.pair_lot, self.lots)
        self.by_site = self.sums(self.pair_site, self.sites)
        common = 1 / np.arange(1, EVENTS + 1)
        rates = rng.gamma(4, 0.25, (STRATA, EVENTS)) * common
        self.rates = rates * REPORTS * size / (self.by_lot.sum(axis=0) @ rates).sum()
        n = int(REPORTS * size)
        self.event = rng.choice(EVENTS, n, p=common / common.sum())
        per_pair = self.by_pair.sum(axis=1)
        self.pair = rng.choice(len(per_pair), n, p=per_pair / per_pair.sum())
        self.serious = np.bincount(self.event[: int(SERIOUS * size)], minlength=EVENTS)

    def sums(self, label: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
        found = np.zeros((size, STRATA))
        np.add.at(found, label, self.by_pair)
        return found

    def observed_expected(self) -> int:
        """All observed lot x event, site x event and lot x site x event cells with limits."""
        found = [
            safety_observed_expected.observed_expected(
                Reports(self.pair_lot[self.pair], self.event), self.by_lot, self.rates
            ),
            safety_observed_expected.observed_expected(
                Reports(self.pair_site[self.pair], self.event), self.by_site, self.rates
            ),
            safety_observed_expected.observed_expected(
                Reports(self.pair, self.event), self.by_pair, self.rates
            ),
        ]
        return sum(len(f.observed) for f in found)


def _lines(times: dict[float, list[float]], **more: Any) -> Iterator[dict[str, Any]]:
    at = {size: statistics.median(t) for size, t in times.items()}
    yield {
        "value": round(at[1.0], 3),
        "unit": "s",
        "rounds": ROUNDS,
        "growth": {str(size): round(t / at[1.0], 3) for size, t in at.items()},
        **more,
    }


def oe() -> Iterator[dict[str, Any]]:
    nations = {size: Nation(size) for size in SIZES}
    times: dict[float, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size, nation in nations.items():
            times[size].append(seconds(nation.observed_expected))
    yield from _lines(
        times,
        cells=nations[1.0].observed_expected(),
        doses=int(nations[1.0].by_pair.sum()),
        reports=REPORTS,
    )


def threshold() -> Iterator[dict[str, Any]]:
    nations = {size: Nation(size) for size in SIZES}
    times: dict[float, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size, n in nations.items():
            times[size].append(
                seconds(
                    lambda n=n: safety_observed_expected.family_threshold(  # type: ignore[misc]
                        n.serious, n.by_lot, n.rates, replicas=999, alpha=0.05, seed=1
                    )
                )
            )
    yield from _lines(times, replicas=999, serious=SERIOUS)


def ebgm() -> Iterator[dict[str, Any]]:
    """Score and 5 % point of every cell, all different."""
    rng = np.random.default_rng(5)
    whole = 1_000_000
    e = rng.gamma(0.5, 2, whole) + 1e-3
    n = rng.poisson(
        e * np.where(rng.random(whole) < 0.1, rng.gamma(3, 1, whole), rng.gamma(5, 0.2, whole))
    )
    prior = safety_ebgm.Prior(3.0, 1.0, 5.0, 5.0, 0.1)
    times: dict[float, list[float]] = {size: [] for size in SIZES}

    def score(k: int) -> None:
        safety_ebgm.ebgm(prior, n[:k], e[:k])
        safety_ebgm.quantile(prior, n[:k], e[:k], 0.05)

    for _ in range(ROUNDS):
        for size in SIZES:
            times[size].append(seconds(lambda k=int(whole * size): score(k)))  # type: ignore[misc]
    yield from _lines(times, cells=whole)
