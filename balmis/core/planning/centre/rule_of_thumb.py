"""What a number of doses a day asks of the centres: staff at each station, seats. An instant answer, on
the safe side: people are taken to come at random and their times to vary as exponential ones do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from balmis.core.planning.centre.defaults import LONGEST_WAIT, RISK, STATIONS, Default
from balmis.core.planning.centre.queueing_formulas import mmc_wait_percentile, seats_for

MOST = 100_000  # servers of one kind at one centre


@dataclass(frozen=True, slots=True)
class Implied:
    """Of all centres together."""

    an_hour: float  # doses
    staff: dict[str, int]  # by station
    seats: int  # of observation

    @property
    def people(self) -> int:
        return sum(self.staff.values())


def implied(
    a_day: int,
    *,
    hours: float,
    centres: int,
    observation: float,
    stations: Sequence[Default] = STATIONS,
) -> Implied:
    """`a_day` doses spread evenly over the centres and over `hours` of each day; `observation` in
    minutes. Raises ValueError for a centre that cannot be."""
    if a_day < 0 or hours <= 0 or centres < 1 or observation < 0:
        raise ValueError(f"no such centres: {a_day=}, {hours=}, {centres=}, {observation=}")
    rate = a_day / centres / (hours * 60)
    staff = {s.station: centres * servers_for(rate, s.minutes, LONGEST_WAIT) for s in stations}
    return Implied(a_day / hours, staff, centres * seats_for(rate * observation, RISK))


def servers_for(rate: float, service: float, wait: float, share: float = 0.95) -> int:
    """The fewest servers with whom this share of people does not wait longer than `wait` minutes."""
    if rate == 0:
        return 0
    low = max(0, floor(rate * service))  # too few to keep up
    high = max(1, ceil(rate * service) + 1)
    while mmc_wait_percentile(rate, service, high, share) > wait:
        low, high = high, 2 * high
        if high > MOST:
            raise ValueError(f"{rate=} {service=} needs more than {MOST} servers")
    while high - low > 1:
        middle = (low + high) // 2
        enough = mmc_wait_percentile(rate, service, middle, share) <= wait
        low, high = (low, middle) if enough else (middle, high)
    return high
