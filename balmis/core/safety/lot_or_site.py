"""Is it the lot, the site, or the lot at the site?

A cluster at one site on one lot is compared with the same lot elsewhere and with the site's other
lots. "Quiet" is a finding: had the rate of the cluster held there, so few events would have been
seldom. Too few doses to say so is not quiet; then the wider scope is held, until it is known.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special

from balmis.core.confidence_limits import Interval, poisson_tail, ratio

SELDOM = 0.05  # a chance below this speaks against


class Place(StrEnum):
    """What a hold should cover."""

    NOWHERE = "nowhere"  # no more than was due
    LOT_AT_SITE = "lot_at_site"
    LOT = "lot"
    SITE = "site"
    SITE_AND_LOT = "site_and_lot"  # the lot everywhere, and the site with every lot


class Compared(StrEnum):
    """What the doses beside the cluster say."""

    QUIET = "quiet"  # the cluster's rate is not found there
    RAISED = "raised"  # more than the background
    UNKNOWN = "unknown"  # too few doses to tell
    NONE = "none"  # no doses there


@dataclass(frozen=True, slots=True)
class Count:
    """Doses, events seen, and events due by the background rate."""

    doses: int
    observed: int
    expected: float

    def __post_init__(self) -> None:
        if self.doses < 0 or self.observed < 0 or self.expected < 0:
            raise ValueError(f"a count below 0: {self}")
        if (self.expected > 0) != (self.doses > 0):
            raise ValueError(f"doses and events due do not go together: {self}")


@dataclass(frozen=True, slots=True)
class Beside:
    """The comparison with other doses."""

    count: Count
    says: Compared
    p_raised: float  # chance of so many by the background alone
    p_quiet: float  # chance of so few, had the cluster's rate held there


@dataclass(frozen=True, slots=True)
class LotOrSiteFinding:
    place: Place
    here: Count
    here_ratio: Interval
    here_p: float
    lot_elsewhere: Beside
    site_otherwise: Beside


def localise(here: Count, lot_elsewhere: Count, site_otherwise: Count) -> LotOrSiteFinding:
    """What to hold. Raises ValueError when no dose was given in the cluster."""
    p = poisson_tail(here.observed, here.expected)
    lot, site = beside(here, lot_elsewhere), beside(here, site_otherwise)
    return LotOrSiteFinding(
        _place(p, lot, site), here, ratio(here.observed, here.expected), p, lot, site
    )


def beside(here: Count, there: Count) -> Beside:
    """Did the rate of `here` hold `there`, too?"""
    if there.doses == 0:
        return Beside(there, Compared.NONE, 1.0, 1.0)
    raised = poisson_tail(there.observed, there.expected)
    both = here.observed + there.observed
    share = there.expected / (there.expected + here.expected)
    quiet = float(special.bdtr(there.observed, both, share)) if both else 1.0
    says = Compared.UNKNOWN
    if raised < SELDOM:
        says = Compared.RAISED
    elif quiet < SELDOM:
        says = Compared.QUIET
    return Beside(there, says, raised, quiet)


def _place(p: float, lot: Beside, site: Beside) -> Place:
    if p >= SELDOM:
        return Place.NOWHERE
    if lot.says is Compared.RAISED and site.says is Compared.RAISED:
        return Place.SITE_AND_LOT
    if lot.says is Compared.RAISED:
        return Place.LOT
    if site.says is Compared.RAISED:
        return Place.SITE
    return Place.LOT if lot.says is Compared.UNKNOWN else Place.LOT_AT_SITE


@dataclass(frozen=True, slots=True)
class RiskAndControl:
    """Events of vaccinated people in the risk window and in a window of comparison, both in days."""

    risk: int
    control: int
    risk_days: int
    control_days: int


@dataclass(frozen=True, slots=True)
class SelfControlled:
    """The rate in the risk window against the same people's later one (SCRI), exact limits."""

    relative: Interval
    p: float  # one-sided: so many or more in the risk window by chance


def self_controlled(windows: RiskAndControl) -> SelfControlled:
    """Compare people with themselves: no background rate is needed, fixed differences cancel out.

    Exact binomial (Clopper & Pearson, Biometrika 1934;26:404). Raises ValueError for empty windows.
    """
    if min(windows.risk_days, windows.control_days) <= 0 or min(windows.risk, windows.control) < 0:
        raise ValueError(f"not two windows with counts: {windows}")
    n, k = windows.risk + windows.control, windows.risk
    scale = windows.control_days / windows.risk_days
    null = 1 / (1 + scale)
    if n == 0:
        return SelfControlled(Interval(float("nan"), 0.0, float("inf")), 1.0)
    low = float(special.betaincinv(k, n - k + 1, 0.025)) if k else 0.0
    high = float(special.betaincinv(k + 1, n - k, 0.975)) if k < n else 1.0
    value, bottom, top = (_odds(s) * scale for s in (k / n, low, high))
    p = 1.0 if k == 0 else float(special.bdtrc(k - 1, n, null))
    return SelfControlled(Interval(value, bottom, top), p)


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else float(np.inf)
