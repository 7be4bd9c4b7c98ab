"""How fast does help come, and how many teams does it take?

Incidents that are still open count with the time they have waited so far (Kaplan & Meier, JASA
1958;53:457): leaving them out would make a slow day look fast.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from balmis.core.confidence_limits import Interval, wilson
from balmis.core.planning.centre.queueing_formulas import erlang_b


@dataclass(frozen=True, slots=True)
class Waited:
    """Minutes until it was reached, or so far."""

    minutes: float
    reached: bool


@dataclass(frozen=True, slots=True)
class Times:
    """None where so few were reached that the share is not known."""

    reached: int
    waiting: int
    median: float | None
    p90: float | None
    within: Interval  # share reached within the target, of those whose time to it is over


def times(waits: Sequence[Waited], target: float) -> Times:
    """Median and 90th percentile with open ones censored, and the share within `target` minutes."""
    over = [w for w in waits if w.reached or w.minutes >= target]
    hits = sum(w.reached and w.minutes <= target for w in over)
    reached = [w.minutes for w in waits if w.reached]
    median, p90 = _percentiles(waits, (0.5, 0.9)) if reached else (None, None)
    return Times(len(reached), len(waits) - len(reached), median, p90, wilson(hits, len(over)))


def _percentiles(waits: Sequence[Waited], shares: Sequence[float]) -> list[float | None]:
    from scipy import stats  # slow to import, and few need it

    data = stats.CensoredData.right_censored(
        np.array([w.minutes for w in waits]), np.array([not w.reached for w in waits])
    )
    curve = stats.ecdf(data).cdf
    found: list[float | None] = []
    for share in shares:
        at = np.flatnonzero(curve.probabilities >= share - 1e-12)
        found.append(float(curve.quantiles[at[0]]) if len(at) else None)
    return found


def teams_needed(per_hour: float, minutes: float, risk: float = 0.01) -> int:
    """The fewest teams such that a call finds all busy at most in the share `risk` (Erlang loss).

    `per_hour` calls, each keeping a team for `minutes`.
    """
    if per_hour < 0 or minutes <= 0 or not 0 < risk < 1:
        raise ValueError(f"{per_hour} calls an hour of {minutes} minutes, risk {risk}")
    load = per_hour * minutes / 60
    teams = 1
    while load > 0 and erlang_b(teams, load) > risk:
        teams += 1
    return teams
