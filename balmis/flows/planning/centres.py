"""A centre that comes along, changed as somebody asks, and its simulated day as plain values."""

import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from balmis.core.errors import BadInput
from balmis.core.files.reader import read
from balmis.core.files.shapes import shape
from balmis.core.planning.centre.centre_file import CentreFile, centre_of
from balmis.core.planning.centre.day_summary import knee, profiles, replay, rungs, told
from balmis.core.planning.centre.sampling import Centre, Duration, draw
from balmis.core.planning.centre.simulation import changed, ladder, walk
from balmis.presets import centre_names, centre_text

DAYS, LESS = 60, 20  # simulated: of the centre, and of each variant of it
MOST, BUDGET = 3_000, 30_000  # people a day; people in all days of the centre


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreQuestion:
    """A preset with other numbers; all that the answer depends on."""

    preset: str
    a_slot: int
    no_show: float  # share
    walk_ins: float  # an hour
    observe: float | None  # minutes for everyone; None: as in the preset
    seats: int | None
    parking: int | None
    servers: tuple[int, ...]
    measured: tuple[tuple[str, Duration], ...] = ()  # stations whose own times are known
    seed: int = 1


def entry_of(name: str) -> CentreFile:
    """Raises BadInput for a centre that does not come along."""
    if name not in centre_names():
        raise BadInput(f"No centre that comes along is called '{name}'.")
    found = shape(read(centre_text(name)), CentreFile, name="balmis-centre/1", what="centre file")
    if found is None:
        raise BadInput(f"The centre '{name}' cannot be used.")
    return found


def asked_of(name: str) -> CentreQuestion:
    """The preset as it is."""
    entry = entry_of(name)
    a = entry.arrivals
    return CentreQuestion(
        preset=name,
        a_slot=a.a_slot,
        no_show=a.no_show,
        walk_ins=a.walk_ins,
        observe=None,
        seats=entry.seats,
        parking=entry.parking,
        servers=tuple(s.servers for s in entry.stations),
    )


def centre_as(asked: CentreQuestion) -> Centre:
    """Raises BadInput for what cannot be."""
    centre = centre_of(entry_of(asked.preset))
    if len(asked.servers) != len(centre.line.stations):
        raise BadInput("Say how many servers each station has.")
    try:
        stations = tuple(
            changed(s, n - s.servers)
            for s, n in zip(centre.line.stations, asked.servers, strict=True)
        )
        line = replace(centre.line, stations=stations, seats=asked.seats, parking=asked.parking)
        arrivals = replace(
            centre.arrivals, a_slot=asked.a_slot, no_show=asked.no_show, walk_ins=asked.walk_ins
        )
        observation = centre.observation if asked.observe is None else ((asked.observe, 1.0),)
        own = dict(asked.measured)
        service = tuple(own.get(s.name, d) for s, d in zip(stations, centre.service, strict=True))
        return replace(
            centre, line=line, arrivals=arrivals, observation=observation, service=service
        )
    except ValueError as error:
        raise BadInput(str(error)) from None


_one_at_a_time = threading.Lock()


def centre_day(asked: CentreQuestion) -> dict[str, Any]:
    """Key figures, profiles, the knee, a server more or less, and one day to watch. Who asks the same waits
    for the first answer. Raises BadInput for more people than a page simulates."""
    with _one_at_a_time:
        return _centre_day(asked)


@lru_cache(maxsize=64)
def _centre_day(asked: CentreQuestion) -> dict[str, Any]:
    centre = centre_as(asked)
    people = len(centre.arrivals.slots) + centre.arrivals.walk_ins * centre.arrivals.hours
    if people > MOST:
        raise BadInput(
            f"{people:,.0f} people a day are more than this page simulates ({MOST:,}); the command "
            "balmis centre simulate takes more."
        )
    days = int(max(8, min(DAYS, BUDGET // max(1, people))))
    less = min(days, int(max(6, min(LESS, BUDGET // 3 // max(1, people)))))
    found = walk(centre, draw(centre, days, asked.seed), asked.seed)
    few = walk(centre, draw(centre, less, asked.seed), asked.seed)
    return told(found, ladder(few)) | {
        "profiles": profiles(found),
        "knee": knee(centre, less, asked.seed),
        "rungs": rungs(few),
        "an_hour": asked.a_slot * 60 / centre.arrivals.every,
        "hours": centre.arrivals.hours,
        "replay": replay(found),
    }
