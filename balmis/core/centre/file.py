"""A centre and its day as a file: what a planner writes, tries and keeps."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from balmis.core.centre.drawing import Arrivals, Centre, Duration
from balmis.core.centre.line import Line, Station
from balmis.core.documents.reading import Document
from balmis.core.documents.shapes import shape

FORMAT = "balmis-centre/1"
Minutes = Annotated[float, Meta(ge=0, le=1440)]
Servers = Annotated[int, Meta(ge=1, le=10_000)]


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Lasts(Strict, frozen=True, kw_only=True):
    """What `a`, `b` and `c` are is said in the reference of the format."""

    kind: Literal["fixed", "uniform", "triangular", "exponential", "lognormal", "gamma", "normal"]
    a: Minutes
    b: Minutes = 0.0
    c: Minutes = 0.0
    source: str = ""


class StationEntry(Strict, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=40)]
    servers: Servers
    lasts: Lasts
    walk: Minutes = 0.0


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
    line = Line(tuple(Station(s.name, s.servers, s.walk) for s in entry.stations),
                names.index(entry.observe_after) + 1, entry.seats, entry.parking)  # fmt: skip
    return Centre(
        line=line, arrivals=Arrivals(**msgspec.structs.asdict(entry.arrivals)),
        service=tuple(Duration(s.lasts.kind, s.lasts.a, s.lasts.b, s.lasts.c) for s in entry.stations),
        observation=tuple((s.minutes, s.share) for s in entry.observation),
    )  # fmt: skip
