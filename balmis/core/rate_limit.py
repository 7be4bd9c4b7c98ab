"""So many requests a person, whoever sends them; no captcha."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

BURST, A_SECOND = 20.0, 0.5  # one every two seconds on average, twenty at once
KEPT = 200_000  # people remembered; the ones asked about longest ago are forgotten


@dataclass(frozen=True, slots=True)
class Allowed:
    """So many at once, and then one `every` so long."""

    name: str  # of what is allowed; a word of its own for each rule
    burst: int
    every: timedelta


def network_of(address: str) -> str | None:
    """The network that counts as one client: an IPv4 address, or a /64 of IPv6, of which whoever has
    one address has all. None for what is no address."""
    try:
        found = ip_address(address.split("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    if mapped is not None or not isinstance(found, IPv6Address):
        return str(mapped or found)
    return str(ip_network((found, 64), strict=False))


class Limiter:
    """A bucket for each person, or whoever else asks, filled at an even rate."""

    def __init__(self, burst: float = BURST, a_second: float = A_SECOND, kept: int = KEPT) -> None:
        self.burst, self.a_second, self.kept = burst, a_second, kept
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def allows(self, person: Hashable, now: float) -> bool:
        """May the person ask once more at `now` (seconds of any clock that only grows)?"""
        left, at = self._buckets.pop(person, (self.burst, now))
        left = min(self.burst, left + (now - at) * self.a_second)
        allowed = left >= 1
        self._buckets[person] = (left - 1 if allowed else left, now)
        if len(self._buckets) > self.kept:
            self._buckets.popitem(last=False)
        return allowed
