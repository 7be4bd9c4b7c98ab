"""How far is it from here to there?"""

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0088  # mean radius (IUGG)


def km_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """As the crow flies, in kilometres, between two (latitude, longitude) in degrees (haversine)."""
    (a, b), (c, d) = ((radians(x) for x in p) for p in (one, other))
    h = sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, h)))
