"""The mean kinetic temperature: one temperature that ages goods as the whole history did.

Haynes' equation with the activation energy of 83.144 kJ/mol that is used where none is known
(United States Pharmacopeia <1079.2>, "Mean Kinetic Temperature in the Evaluation of Temperature
Excursions"). It says nothing of goods that freezing spoils, and nothing across a gap.
"""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from math import exp, log

from balmis.core.coldchain.excursions import FREEZING, TemperatureReading, gaps

DELTA_H_OVER_R = 10_000.0  # kelvin: 83.144 kJ/mol over 8.3144 J/(mol K)
ZERO = 273.15  # °C in kelvin


def mean_kinetic(readings: Sequence[TemperatureReading]) -> float | None:
    """In °C, weighted by time, of readings in order. None where it has no meaning: fewer than two
    readings, a gap between them, or goods that froze."""
    if len(readings) < 2 or gaps(readings) or min(r.celsius for r in readings) <= FREEZING:
        return None
    total = timedelta()
    ageing = 0.0
    for a, b in itertools.pairwise(readings):
        span = b.at - a.at
        ageing += (_rate(a.celsius) + _rate(b.celsius)) / 2 * (span / timedelta(minutes=1))
        total += span
    return DELTA_H_OVER_R / -log(ageing / (total / timedelta(minutes=1))) - ZERO


def _rate(celsius: float) -> float:
    return exp(-DELTA_H_OVER_R / (celsius + ZERO))
