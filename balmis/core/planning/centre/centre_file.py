"""A centre and its day as a file: what a planner writes, tries and keeps."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from balmis.core.files.reader import Document
from balmis.core.files.shapes import shape
from balmis.core.files.strict import Strict
from balmis.core.planning.centre.defaults import REACTIONS
from balmis.core.planning.centre.layout import NEVER, Away, Line, Refill, Station
from balmis.core.planning.centre.sampling import Arrivals, Centre, Duration, Reactions

FORMAT = "balmis-centre/1"
Minutes = Annotated[float, Meta(ge=0, le=1440)]
Servers = Annotated[int, Meta(ge=1, le=10_000)]


class Lasts(Strict, frozen=True, kw_only=True):
    """What `a`, `b` and `c` are is said in the reference of the format."""

    kind: Literal["fixed", "uniform", "triangular", "exponential", "lognormal", "gamma", "normal"]
    a: Minutes
    b: Minutes = 0.0
    c: Minutes = 0.0
    source: str = ""


Time = Annotated[str, Meta(pattern=r"^([01]\d|2[0-4]):[0-5]\d$", description="HH:MM, 24 hours.")]


class AbsenceEntry(Strict, frozen=True, kw_only=True, rename={"from_": "from"}):
    """So many servers take nobody new between two times of the day: lunch, or a shift that begins later
    or ends earlier (leave one of the two out). Entries of a station take its servers in turn, from the
    last one on."""

    servers: Servers
    from_: Time | None = None
    to: Time | None = None


class RefillEntry(Strict, frozen=True, kw_only=True):
    every: Annotated[int, Meta(ge=1, le=100_000, description="People a server.")]
    minutes: Minutes


class StationEntry(Strict, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=40)]
    servers: Servers
    lasts: Lasts
    walk: Minutes = 0.0
    away: tuple[AbsenceEntry, ...] = ()
    refill: RefillEntry | None = None
    room: Annotated[int, Meta(ge=0, le=10_000, description="To wait in.")] | None = None


class ReactionsEntry(Strict, frozen=True, kw_only=True):
    """Immediate reactions; the defaults' sources are in core/centre/defaults.py."""

    share: Annotated[float, Meta(ge=0, le=1)] = REACTIONS.share
    onset_minutes: Annotated[float, Meta(gt=0, le=1440)] = REACTIONS.onset.a
    bays: Servers | None = None


class PreparingEntry(Strict, frozen=True, kw_only=True):
    """Doses are prepared beside the line, ordered so many minutes before each appointment."""

    people: Servers
    lasts: Lasts
    ahead: Minutes = 10.0


class StayEntry(Strict, frozen=True, kw_only=True):
    minutes: Minutes
    share: Annotated[float, Meta(ge=0, le=1)]


class ArrivalsEntry(Strict, frozen=True, kw_only=True):
    a_slot: Annotated[int, Meta(ge=0, le=100_000)]
    every: Annotated[float, Meta(gt=0, le=1440)] = 15.0
    hours: Annotated[float, Meta(gt=0, le=24)] = 8.0
    early: float = 3.0
    spread: Minutes = 6.0
    no_show: Annotated[float, Meta(ge=0, le=1)] = 0.05
    walk_ins: Annotated[float, Meta(ge=0, le=100_000)] = 0.0


class CentreFile(Strict, frozen=True, kw_only=True):
    """Stations in their order; people sit under observation after the one that is named."""

    format: Annotated[str, Meta(pattern=r"^balmis-centre/1$")]
    title: str
    stations: Annotated[tuple[StationEntry, ...], Meta(min_length=1, max_length=20)]
    observe_after: str
    observation: Annotated[tuple[StayEntry, ...], Meta(min_length=1)]
    arrivals: ArrivalsEntry
    seats: Servers | None = None
    parking: Servers | None = None
    opens: Time = "08:30"
    drives: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description=(
                "Share of people who take a place to park: 0.5 where two come in each car."
            ),
        ),
    ] = 1.0
    reactions: ReactionsEntry | None = None
    preparing: PreparingEntry | None = None
    site: Annotated[str, Meta(description="The campaign's site that it stands for.")] = ""
    assumptions: tuple[str, ...] = ()


def read_centre(document: Document) -> Centre | None:
    """The centre, or None and the document's problems."""
    found = shape(document, CentreFile, name=FORMAT, what="centre file")
    if found is None:
        return None
    names = [s.name for s in found.stations]
    if len(set(names)) < len(names):
        document.problem(("stations",), "two stations have the same name")
    elif found.observe_after not in names:
        document.problem(("observe_after",), f"no station is called '{found.observe_after}'")
    else:
        try:
            return centre_of(found)
        except ValueError as error:
            document.problem((), str(error))
    return None


def centre_of(entry: CentreFile) -> Centre:
    """Raises ValueError for what cannot be."""
    names = [s.name for s in entry.stations]
    preparing, reactions = entry.preparing, entry.reactions
    opens = _minutes(entry.opens)
    line = Line(
        tuple(_station(s, opens) for s in entry.stations),
        names.index(entry.observe_after) + 1,
        entry.seats,
        entry.parking,
        bays=reactions.bays if reactions else None,
        preparers=preparing.people if preparing else None,
    )
    onset = reactions and Duration("gamma", reactions.onset_minutes, REACTIONS.onset.b)
    return Centre(
        line=line,
        arrivals=Arrivals(**msgspec.structs.asdict(entry.arrivals)),
        service=tuple(_duration(s.lasts) for s in entry.stations),
        observation=tuple((s.minutes, s.share) for s in entry.observation),
        reactions=Reactions(share=reactions.share, onset=onset) if reactions and onset else None,
        preparing=_duration(preparing.lasts) if preparing else None,
        ahead=preparing.ahead if preparing else 0.0,
        drives=entry.drives,
    )


def _duration(lasts: Lasts) -> Duration:
    return Duration(lasts.kind, lasts.a, lasts.b, lasts.c)


def _station(entry: StationEntry, opens: int) -> Station:
    away, last = [], entry.servers
    for absence in entry.away:
        begin = _minutes(absence.from_) - opens if absence.from_ else -NEVER
        end = _minutes(absence.to) - opens if absence.to else NEVER
        for _ in range(absence.servers):
            last = (last - 1) % entry.servers
            away.append(Away(last, begin, end))
    refill = Refill(entry.refill.every, entry.refill.minutes) if entry.refill else None
    return Station(entry.name, entry.servers, entry.walk, tuple(away), refill, entry.room)


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)
