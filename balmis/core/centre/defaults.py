"""What a centre's stations take, where nobody has measured them yet, with where the numbers are from.

Replaced by the site's own times as soon as there are enough of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Default:
    """Mean minutes for one person at a station."""

    station: str
    minutes: float
    source: str


STATIONS = (
    Default("registration", 3.0, "between 140-220 s (Zilina coursework, 2021) and 3 + Exp(1.43) min "
            "(Hanly et al., BMC Health Serv Res 2022;22:1059)"),
    Default("screening", 3.5, "between Exp(4.33) min (Zilina coursework, 2021) and 2 + Exp(1) min "
            "(Hanly et al. 2022)"),
    Default("vaccination", 4.0, "3 + Exp(1) min with consent and record (Hanly et al. 2022)"),
)  # fmt: skip
LONGEST_WAIT = 10.0  # minutes that 95 of 100 people do not wait longer than, at each station
RISK = 0.01  # that more people want a seat than there are
HOURS = 8.0  # open a day, where the plan does not say
