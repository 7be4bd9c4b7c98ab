"""What a centre's stations take, where nobody has measured them yet, with where the numbers are from.

Replaced by the site's own times as soon as there are enough of them.
"""

from dataclasses import dataclass

from balmis.core.planning.centre.sampling import Duration, Reactions


@dataclass(frozen=True, slots=True)
class Default:
    """Mean minutes for one person at a station."""

    station: str
    minutes: float
    source: str


STATIONS = (
    Default(
        "registration",
        3.0,
        "between 140-220 s (Zilina coursework, 2021) and 3 + Exp(1.43) min "
        "(Hanly et al., BMC Health Serv Res 2022;22:1059)",
    ),
    Default(
        "screening",
        3.5,
        "between Exp(4.33) min (Zilina coursework, 2021) and 2 + Exp(1) min (Hanly et al. 2022)",
    ),
    Default("vaccination", 4.0, "3 + Exp(1) min with consent and record (Hanly et al. 2022)"),
)
LONGEST_WAIT = 10.0  # minutes that 95 of 100 people do not wait longer than, at each station
RISK = 0.01  # that more people want a seat than there are
HOURS = 8.0  # open a day, where the plan does not say
# .5 % of doses, onset 17.0 minutes on average: 314,671 people at Novegro, Milan (Acta Biomed 2021, doi
# 10.23750/abm.v92is6.12365); time in a bay 20 + Exp(10) minutes (Hanly et al. 2022). The spread of the
# onset is assumed.
REACTIONS = Reactions(
    share=0.005, onset=Duration("gamma", 17.0, 0.8), treatment=Duration("exponential", 20.0, 10.0)
)
