"""Where and when did more cases come than chance explains, over all places looked at together?

Kulldorff's scan statistic (Communications in Statistics 1997;26:1481) for Poisson counts: each window
is compared with all that is outside it, given how many cases there were in all; the largest statistic
of replicas without a cluster tells how far chance goes in the most extreme window. Windows are chains
of places, looked at from their first place on: circles around a centre, a lot with all its sites, a
site with all its lots, a lot at a site; each over the last so many days.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from balmis.core.confidence_limits import Floats
from balmis.core.places.distance import EARTH_KM

Ints = NDArray[np.int64]
N = TypeVar("N", np.int64, np.float64)
CHUNK = 4_000_000  # numbers held at once by replicas


@dataclass(frozen=True, slots=True)
class ScanWindows:
    """Places of each chain one after the other, (members,); the chain's first member, (members,);
    the members that end a window, (windows,)."""

    places: Ints
    begins: Ints
    ends: Ints

    def members(self, window: int) -> Ints:
        """The places inside a window."""
        last = self.ends[window]
        return self.places[self.begins[last] : last + 1]


@dataclass(frozen=True, slots=True)
class ScanCluster:
    window: int
    back: int  # which of the periods looked back over
    cases: int
    expected: float  # given all cases
    relative_risk: float  # inside against outside
    statistic: float  # log likelihood ratio
    p: float  # NaN without replicas


@dataclass(frozen=True, slots=True)
class Scanned:
    clusters: list[ScanCluster]  # strongest first; none shares a place with a stronger one
    maxima: Floats  # of the replicas, sorted


def chains(groups: Iterable[Sequence[int]], *, prefixes: bool = False) -> ScanWindows:
    """Each group is a window; with `prefixes` each beginning of it too."""
    kept = [np.asarray(g, dtype=np.int64) for g in groups if len(g)]
    sizes = np.array([len(g) for g in kept], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    places = np.concatenate([np.empty(0, np.int64), *kept])
    ends = np.arange(len(places)) if prefixes else starts + sizes - 1
    return ScanWindows(places, np.repeat(starts, sizes), ends)


def together(families: Sequence[ScanWindows]) -> ScanWindows:
    """Windows of several kinds, looked at as one family."""
    offsets = np.cumsum([0, *(len(f.places) for f in families)])
    moved = list(zip(families, offsets, strict=False))
    return ScanWindows(
        np.concatenate([f.places for f in families]),
        np.concatenate([f.begins + o for f, o in moved]),
        np.concatenate([f.ends + o for f, o in moved]),
    )


def circles(distance: Floats, people: Floats, most: float = 0.5) -> ScanWindows:
    """Around each place the nearest ones, as long as at most `most` of all people are inside.

    `distance` (places, places) in any unit; `people` (places,).
    """
    order = np.argsort(distance, axis=1, kind="stable")
    inside = np.cumsum(people[order], axis=1) <= most * people.sum() * (1 + 1e-12)
    return chains(
        (row[: int(n)].tolist() for row, n in zip(order, inside.sum(axis=1), strict=True)),
        prefixes=True,
    )


def great_circle(longitude: Floats, latitude: Floats) -> Floats:
    """Kilometres between places in degrees: (places, places)."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1))), dtype=np.float64)


def scan(
    cases: Ints,
    expected: Floats,
    windows: ScanWindows,
    *,
    replicas: int,
    seed: int,
    most: int = 10,
    stop: Callable[[], bool] = lambda: False,
) -> Scanned:
    """The strongest clusters, each with its chance over all windows and periods.

    `cases` and `expected` are (places, periods), cumulated: period t holds those before it. The last
    period is the whole, on which all is conditioned; `expected` is in any unit.
    """
    total = int(cases[:, -1].sum())
    if total == 0 or not len(windows.ends):
        return Scanned([], np.zeros(0))
    scale = _Scale.of(expected, windows, total)
    found = scale.statistics(_inside(cases[:, :, None], windows))[:, :, 0]
    maxima = np.sort(_replicas(expected, windows, scale, total, replicas, seed, stop))
    clusters: list[ScanCluster] = []
    taken: set[int] = set()
    for at in np.argsort(-found, axis=None, kind="stable"):
        window, back = (int(i) for i in np.unravel_index(at, found.shape))
        if found[window, back] <= 0 or len(clusters) == most:
            break
        inside = set(windows.members(window).tolist())
        if not taken & inside:
            taken |= inside
            clusters.append(
                _cluster(cases, scale, windows, window, back, found[window, back], maxima)
            )
    return Scanned(clusters, maxima)


def threshold(maxima: Floats, alpha: float) -> float:
    """The statistic that the most extreme window of a replica reaches in at most `alpha` of them."""
    if not len(maxima):
        return float("nan")
    beyond = int(np.floor(alpha * (len(maxima) + 1)))
    return float(maxima[len(maxima) - beyond]) if beyond else float("inf")


@dataclass(frozen=True, slots=True)
class _Scale:
    """Expected counts of each window and period, given all cases; and x ln x of whole numbers."""

    expected: Floats
    total: int
    inside: Floats
    outside: Floats
    table: Floats

    @classmethod
    def of(cls, expected: Floats, windows: ScanWindows, total: int) -> "_Scale":
        share = _inside(expected[:, :, None], windows)[:, :, 0] / expected[:, -1].sum()
        mean = np.clip(share, 0.0, 1.0) * total
        with np.errstate(divide="ignore"):
            inside, outside = np.log(mean), np.log(np.maximum(total - mean, 0))
        k = np.arange(total + 1, dtype=np.float64)
        return cls(mean, total, inside, outside, special.xlogy(k, k))

    def statistics(self, cases: Ints) -> Floats:
        """Log likelihood ratios of (windows, periods, replicas) cases; 0 where there are no more than due."""
        with np.errstate(invalid="ignore"):
            value = self.table[cases] - _times(cases, self.inside[:, :, None])
            rest = self.total - cases
            value += self.table[rest] - _times(rest, self.outside[:, :, None])
        return np.where(cases > self.expected[:, :, None], value, 0.0)


def _times(count: Ints, log: Floats) -> Floats:
    return np.where(count == 0, 0.0, count * log)


def _inside(values: NDArray[N], windows: ScanWindows) -> NDArray[N]:
    """Sums over each window of (places, ...) values."""
    run = np.cumsum(values[windows.places], axis=0)
    before = windows.begins[windows.ends] - 1
    inside: NDArray[N] = run[windows.ends] - np.where((before >= 0)[:, None, None], run[before], 0)
    return inside


def _replicas(
    expected: Floats,
    windows: ScanWindows,
    scale: _Scale,
    total: int,
    replicas: int,
    seed: int,
    stop: Callable[[], bool],
) -> Floats:
    """The largest statistic of each replica: the cases dealt out as they were expected."""
    rng = np.random.default_rng(seed)
    steps = np.diff(np.concatenate([np.zeros((len(expected), 1)), expected], axis=1), axis=1)
    chance = np.maximum(steps, 0).ravel() / np.maximum(steps, 0).sum()
    periods = expected.shape[1]
    size = max(1, CHUNK // max(1, len(windows.places) * periods))
    maxima = []
    for begin in range(0, replicas, size):
        if stop():
            break
        n = min(size, replicas - begin)
        dealt = rng.multinomial(total, chance, size=n).reshape(n, len(expected), periods)
        cases = np.cumsum(dealt.transpose(1, 2, 0), axis=1)
        maxima.append(scale.statistics(_inside(cases, windows)).max(axis=(0, 1)))
    return np.concatenate([np.empty(0), *maxima])


def _cluster(
    cases: Ints,
    scale: _Scale,
    windows: ScanWindows,
    window: int,
    back: int,
    value: float,
    maxima: Floats,
) -> ScanCluster:
    count = int(cases[windows.members(window), back].sum())
    mean = float(scale.expected[window, back])
    outside = (scale.total - count) / (scale.total - mean) if scale.total > mean else float("nan")
    beyond = len(maxima) - int(np.searchsorted(maxima, value - 1e-9))
    return ScanCluster(
        window,
        back,
        count,
        mean,
        count / mean / outside if outside else float("inf"),
        float(value),
        (beyond + 1) / (len(maxima) + 1) if len(maxima) else float("nan"),
    )
