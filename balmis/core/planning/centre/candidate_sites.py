"""Candidates for centres as a file: what each place has."""

from typing import Annotated, Literal

from msgspec import Meta

from balmis.core.files.reader import Document
from balmis.core.files.shapes import shape
from balmis.core.files.strict import Strict
from balmis.core.planning.centre.site_selection import READY

FORMAT = "balmis-places/1"
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]


class Spot(Strict, frozen=True, kw_only=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class CandidateEntry(Strict, frozen=True, kw_only=True):
    """A place that could become a centre; without `at` it stands where its area does."""

    code: Code
    names: Annotated[dict[str, str], Meta(min_length=1)]
    area: Code
    parking: Annotated[int, Meta(ge=0, le=100_000)]
    observation_m2: Annotated[float, Meta(ge=0, le=1_000_000)]
    at: Spot | None = None
    power: Literal["none", "mains", "backup"] = "mains"
    cold_chain: Literal["none", "possible", "ready"] = "none"
    ready: tuple[str, ...] = ()


class PlacesFile(Strict, frozen=True, kw_only=True):
    format: Annotated[str, Meta(pattern=r"^balmis-places/1$")]
    campaign: Code
    title: dict[str, str]
    centres: Annotated[int, Meta(ge=1, le=1_000, description="How many are to be chosen.")]
    candidates: Annotated[tuple[CandidateEntry, ...], Meta(min_length=1, max_length=2_000)]
    within_km: Annotated[float, Meta(gt=0, le=1_000)] = 30.0
    seats_needed: Annotated[int, Meta(ge=1, le=100_000)] = 50
    parking_needed: Annotated[int, Meta(ge=1, le=100_000)] = 100
    assumptions: tuple[str, ...] = ()


def read_places(document: Document) -> PlacesFile | None:
    """The candidates, or None and the document's problems."""
    found = shape(document, PlacesFile, name=FORMAT, what="list of candidates")
    if found is None:
        return None
    codes = [c.code for c in found.candidates]
    for n, c in enumerate(found.candidates):
        if codes.index(c.code) != n:
            document.problem(("candidates", n, "code"), f"'{c.code}' stands twice")
        for k, word in enumerate(c.ready):
            if word not in READY:
                document.problem(
                    ("candidates", n, "ready", k),
                    f"not a point of the checklist; it has {', '.join(READY)}",
                )
    if found.centres > len(codes):
        document.problem(("centres",), f"there are only {len(codes)} candidates")
    return None if document.problems else found
