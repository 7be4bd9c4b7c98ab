"""Each lot is watched from its first dose: when do its reports hold it?

A sequential test a lot, looked at as often as one likes. The chance of any false alarm in the whole
campaign is declared beforehand and shared out by doses: a lot that is a hundredth of all doses has a
hundredth of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from balmis.core.confidence_limits import Floats
from balmis.core.safety import maxsprt
from balmis.core.safety.expected_counts import Window, completeness

Ints = NDArray[np.int64]
LEAST = 4  # events; fewer never hold a lot by themselves
ALPHA = 0.05  # of a campaign and an event
GIVEN_WITHIN = 7  # days after a delivery
SMALLEST = 1e-6  # T below which a lot is too small to be watched


@dataclass(frozen=True, slots=True)
class Watch:
    """What is declared before the first look."""

    per_dose: float  # events due in the whole window
    window: Window
    delay: tuple[float, ...]
    alpha: float = ALPHA
    least: int = LEAST

    def __post_init__(self) -> None:
        if not 0 < self.per_dose < 1 or not 0 < self.alpha < 1 or self.least < 1:
            raise ValueError(f"not a watch: {self}")


@dataclass(frozen=True, slots=True)
class LotTest:
    """The test of one lot: its size in events due, its part of alpha, its boundary."""

    end: float
    alpha: float
    critical: float


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found."""

    observed: int
    expected: float
    statistic: float
    critical: float
    crossed: bool


def lot_test(watch: Watch, lot_doses: float, campaign_doses: float) -> LotTest:
    """The test of a lot of `lot_doses` in a campaign of `campaign_doses`. Raises ValueError."""
    if not 0 < lot_doses <= campaign_doses:
        raise ValueError(f"a lot of {lot_doses:g} doses in a campaign of {campaign_doses:g}")
    end = max(lot_doses * watch.per_dose, SMALLEST)
    alpha = watch.alpha * lot_doses / campaign_doses
    return LotTest(end, alpha, _critical(round(end, 9), watch.least, round(alpha, 12)))


@lru_cache(maxsize=4096)
def _critical(end: float, least: int, alpha: float) -> float:
    """0.0 where so many events alone come more seldom than alpha."""
    return maxsprt.critical_value(maxsprt.Plan(end, least, alpha)) or 0.0


def look(watch: Watch, test: LotTest, observed: int, expected: float) -> Looked:
    """Has the lot crossed its boundary? `expected` by now, with reports that cannot be here yet left
    out. Beyond its size (a lot larger than was counted in) the last boundary stands."""
    value = maxsprt.statistic(observed, expected) if expected > 0 else 0.0
    crossed = observed >= watch.least and observed > expected and value >= test.critical
    return Looked(observed, expected, value, test.critical, crossed)


def due_by_day(watch: Watch, doses: Floats) -> Floats:
    """Events due and told of up to each day: (lots, days) from doses a day (lots, days)."""
    days = doses.shape[1]
    known = completeness(watch.window, watch.delay, days - 1) if days else np.zeros(0)
    told = np.array([np.convolve(row, known)[:days] for row in doses])
    return np.asarray(told.reshape(doses.shape) * watch.per_dose, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Drill:
    """Campaigns played through; a lot that is never held has day -1."""

    false_alarms: int  # campaigns without a bad lot in which one was held
    campaigns: int
    held_on: Ints  # (campaigns,) day of the planted lot's hold, counted from its first dose
    doses_given: Ints  # (campaigns,) of the planted lot until then


def drill(
    watch: Watch, doses: Floats, planted: int, relative_risk: float, *, campaigns: int, seed: int
) -> Drill:
    """Play the campaign without a bad lot and with one, looking every day.

    `doses` (lots, days); reports come by chance as they are due, `relative_risk` times as often
    after the planted lot's.
    """
    rng = np.random.default_rng(seed)
    due = due_by_day(watch, doses)
    steps = np.diff(due, axis=1, prepend=0.0)
    sizes, total = doses.sum(axis=1), float(doses.sum())
    critical = np.array([lot_test(watch, float(s), total).critical if s else np.inf for s in sizes])
    false = 0
    for _ in range(campaigns):
        seen = np.cumsum(rng.poisson(np.maximum(steps, 0)), axis=1)
        false += bool(_crossed(watch, seen, due, critical).any())
    one = slice(planted, planted + 1)
    rate = np.maximum(steps[one], 0) * relative_risk
    seen = np.cumsum(rng.poisson(np.broadcast_to(rate, (campaigns, rate.shape[1]))), axis=1)
    crossed = _crossed(watch, seen, due[one], critical[one])
    day = np.where(crossed.any(axis=1), crossed.argmax(axis=1), -1)
    given = np.cumsum(doses[planted]).astype(np.int64)
    first = int(np.argmax(doses[planted] > 0))
    return Drill(
        false,
        campaigns,
        np.where(day < 0, -1, day - first),
        np.where(day < 0, given[-1], given[np.maximum(day, 0)]),
    )


def _crossed(watch: Watch, seen: Ints, due: Floats, critical: Floats) -> NDArray[np.bool_]:
    mean = np.maximum(due, 1e-12)
    value = seen * np.log(np.maximum(seen, 1) / mean) - (seen - mean)
    return np.asarray(
        (seen >= watch.least) & (seen > mean) & (value >= critical[:, None]), dtype=np.bool_
    )


def lots_of_deliveries(
    deliveries: Sequence[tuple[int, float]], largest: float, days: int
) -> Floats:
    """(lots, days) of one product: deliveries (day, doses) come in lots of `largest` doses, one after
    the other; each delivery is given evenly over the week after it came."""
    rows: list[Floats] = []
    left = 0.0
    for day, doses in deliveries:
        end = min(day + GIVEN_WITHIN, days)
        rest = doses
        while rest > 0 and end > day:
            if left <= 0:
                rows.append(np.zeros(days))
                left = largest
            part = min(rest, left)
            rows[-1][day:end] += part / (end - day)
            rest, left = rest - part, left - part
    return np.asarray(np.round(rows), dtype=np.float64).reshape(len(rows), days)
