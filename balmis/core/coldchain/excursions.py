"""When was a fridge too warm or too cold, for how long and by how much?

Between two readings the temperature is taken to run straight; but only if they lie at most
`GAPS[source]` apart, else nobody knows, and that is said. Times are instants, temperatures in °C.
Sources: the ranges are those of the product labels (`core.vocabulary.Storage`); alarms are WHO's for
30-day loggers, PQS E006/TR06 (above +8 °C for 10 hours together, at or below -0.5 °C for one hour);
degree-minutes are the area between the curve and the limit.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from balmis.core.vocabulary.coldchain import Side, Source
from balmis.core.vocabulary.supply import Storage

RANGES: dict[Storage, tuple[float, float]] = {
    Storage.REFRIGERATED: (2.0, 8.0),
    Storage.FROZEN: (-25.0, -15.0),
    Storage.ULTRA_COLD: (-90.0, -60.0),
}
GAPS: dict[Source, timedelta] = {
    Source.LOGGER: timedelta(hours=1),
    Source.SENSOR: timedelta(hours=1),
    Source.MANUAL: timedelta(hours=14),  # twice a day
}
FREEZING = -0.5  # °C, of goods that are kept at 2 to 8
ALARM_WARM, ALARM_FREEZING = timedelta(hours=10), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TemperatureReading:
    at: datetime
    celsius: float
    source: Source


@dataclass(frozen=True, slots=True)
class TimeOutOfRange:
    """A time outside the range without a break. `ended` False: the last reading is still outside,
    or nobody knows how it went on."""

    side: Side
    began_at: datetime
    ended_at: datetime  # when it was last known to be outside
    ended: bool
    peak: float  # °C, farthest from the range
    degree_minutes: float  # °C times minutes outside
    alarm: bool  # by the rule for 30-day loggers

    @property
    def minutes(self) -> float:
        return (self.ended_at - self.began_at) / timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody knows how warm it was."""

    began_at: datetime
    ended_at: datetime


def ordered(readings: Iterable[TemperatureReading], storage: Storage) -> list[TemperatureReading]:
    """By time; of two at one instant the one farther from the middle of the range counts: it is the
    worse, and the answer does not depend on their order."""
    low, high = RANGES[storage]
    middle = (low + high) / 2
    found: dict[datetime, TemperatureReading] = {}
    for r in readings:
        known = found.get(r.at)
        if known is None or (abs(r.celsius - middle), r.celsius, r.source) > (
            abs(known.celsius - middle),
            known.celsius,
            known.source,
        ):
            found[r.at] = r
    return [found[at] for at in sorted(found)]


def gaps(readings: Sequence[TemperatureReading]) -> list[Gap]:
    """`readings` in order."""
    pairs = itertools.pairwise(readings)
    return [Gap(a.at, b.at) for a, b in pairs if not joined(a, b)]


def joined(a: TemperatureReading, b: TemperatureReading) -> bool:
    """Do the readings lie so close together that it is known what was between?"""
    return b.at - a.at <= max(GAPS[a.source], GAPS[b.source])


def excursions(readings: Sequence[TemperatureReading], storage: Storage) -> list[TimeOutOfRange]:
    """`readings` in order."""
    low, high = RANGES[storage]
    found = [
        *_outside(readings, high, Side.WARM, storage),
        *_outside(readings, low, Side.COLD, storage),
    ]
    return sorted(found, key=lambda e: (e.began_at, e.side))


def _outside(
    readings: Sequence[TemperatureReading], limit: float, side: Side, storage: Storage
) -> list[TimeOutOfRange]:
    sign = 1.0 if side is Side.WARM else -1.0
    found, run = [], _Run(limit, side, storage)
    for n, r in enumerate(readings):
        over = sign * (r.celsius - limit)
        before = readings[n - 1] if n and joined(readings[n - 1], r) else None
        if run.points and before is None:
            found.append(run.close(ended=False))
            run = _Run(limit, side, storage)
        if over > 0:
            if not run.points and before is not None:
                run.add(_crossing(before, r, limit), limit)
            run.add(r.at, r.celsius)
        elif run.points:
            assert before is not None
            run.add(_crossing(before, r, limit), limit)
            found.append(run.close(ended=True))
            run = _Run(limit, side, storage)
    if run.points:
        found.append(run.close(ended=False))
    return found


def _crossing(a: TemperatureReading, b: TemperatureReading, limit: float) -> datetime:
    """When the straight line between the readings meets the limit."""
    if a.celsius == b.celsius:
        return a.at
    return a.at + (b.at - a.at) * ((limit - a.celsius) / (b.celsius - a.celsius))


class _Run:
    """The curve of one excursion, as points."""

    def __init__(self, limit: float, side: Side, storage: Storage) -> None:
        self.limit, self.side, self.storage = limit, side, storage
        self.points: list[tuple[datetime, float]] = []

    def add(self, at: datetime, celsius: float) -> None:
        self.points.append((at, celsius))

    def close(self, *, ended: bool) -> TimeOutOfRange:
        values = [c for _, c in self.points]
        peak = max(values) if self.side is Side.WARM else min(values)
        area = sum(
            (abs(c1 - self.limit) + abs(c2 - self.limit)) / 2 * ((t2 - t1) / timedelta(minutes=1))
            for (t1, c1), (t2, c2) in zip(self.points, self.points[1:], strict=False)
        )
        began, last = self.points[0][0], self.points[-1][0]
        return TimeOutOfRange(
            self.side, began, last, ended, peak, round(area, 1), self._alarm(last - began)
        )

    def _alarm(self, lasted: timedelta) -> bool:
        if self.side is Side.WARM:
            return lasted >= ALARM_WARM
        if self.storage is not Storage.REFRIGERATED:
            return False  # the rule is of freezing
        return time_beyond(self.points, FREEZING, Side.COLD) >= ALARM_FREEZING


def time_beyond(points: Sequence[tuple[datetime, float]], limit: float, side: Side) -> timedelta:
    """How long the curve through the points was beyond a limit."""
    sign = 1.0 if side is Side.WARM else -1.0
    total = timedelta()
    for (t1, c1), (t2, c2) in itertools.pairwise(points):
        a, b = sign * (c1 - limit), sign * (c2 - limit)
        if a >= 0 and b >= 0:
            total += t2 - t1
        elif a > 0 or b > 0:
            total += (t2 - t1) * (max(a, b) / (abs(a) + abs(b)))
    return total
