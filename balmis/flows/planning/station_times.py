"""What the stations of a site take by its own timestamps, beside what is assumed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from balmis.contexts.clinic import queries as clinic
from balmis.contexts.places import queries as places
from balmis.core.planning.centre.centre_file import CentreFile
from balmis.core.planning.centre.sampling import Duration
from balmis.core.planning.centre.service_time_fit import Fitted, Stamp, fit, service_times
from balmis.core.vocabulary.clinic import StepKind

LATELY = timedelta(days=28)
STATION_OF = {
    StepKind.CHECK_IN.value: "registration",
    StepKind.SCREEN.value: "screening",
    StepKind.DOSE.value: "vaccination",
    StepKind.DISCHARGE.value: "exit",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A station as the file has it, and as the site does it; None: too little is known."""

    station: str
    assumed: Duration
    source: str
    found: Fitted | None


def measured(entry: CentreFile, campaign_area: str, *, now: datetime) -> list[Measured]:
    """For each station of a centre that stands for a site of the campaign, the last four weeks."""
    known = {s.code: s.id for s in places.sites_below(campaign_area)}
    fitted: dict[str, Fitted] = {}
    if entry.site in known:
        since = now - LATELY
        stamps = [
            Stamp(STATION_OF[kind], visit, actor, (at - since).total_seconds() / 60)
            for kind, visit, actor, at in clinic.stamps(known[entry.site], since)
        ]
        fitted = {
            name: fit(name, times)
            for name, times in service_times(stamps).items()
            if len(times) > 1
        }
    return [
        Measured(
            s.name,
            Duration(s.lasts.kind, s.lasts.a, s.lasts.b, s.lasts.c),
            s.lasts.source,
            fitted.get(s.name),
        )
        for s in entry.stations
    ]


def in_place(found: list[Measured]) -> tuple[tuple[str, Duration], ...]:
    """Those that take the place of what was assumed."""
    return tuple((m.station, m.found.lasts) for m in found if m.found and m.found.is_enough)
