"""Assumptions to plan a campaign with, as a file: what comes when, who can give it, who will come.

The campaign file says who and by when; this says with what. Every number has a source or is marked as
an assumption.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from balmis.core.dates import PLAUSIBLE_YEARS
from balmis.core.files.reader import Document, Path
from balmis.core.files.shapes import shape
from balmis.core.files.strict import Strict

FORMAT = "balmis-scenario/1"
Code = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
Doses = Annotated[int, Meta(ge=0, le=2_000_000_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Days = Annotated[int, Meta(ge=0, le=3_650)]
Interval = Annotated[int, Meta(ge=1, le=3_650)]


class Sourced(Strict, frozen=True, kw_only=True):
    source: Annotated[str | None, Meta(description="A key of `sources`.")] = None
    assumption: str | None = None


class ProductRule(Sourced, frozen=True, kw_only=True):
    """What the plan of doses adds to the campaign's product."""

    product: Code
    interval_days: Annotated[
        Interval | None,
        Meta(description="From the first dose to the second, at least; else the campaign's."),
    ] = None
    longest_days: Annotated[
        Interval | None,
        Meta(description="And at most: second doses are reserved so that nobody waits longer."),
    ] = None
    cm3_per_dose: Annotated[float, Meta(ge=0, le=1_000)] = 0.0
    wastage: Annotated[float, Meta(ge=0, le=0.9)] = 0.0
    shelf_days: Days | None = None
    only: Annotated[
        tuple[Code, ...], Meta(description="Groups that have it; empty: all of age.")
    ] = ()


class Delivery(Sourced, frozen=True, kw_only=True):
    """Doses that come on a day, or so often every so many days."""

    product: Code
    on: date
    doses: Doses
    times: Annotated[int, Meta(ge=1, le=1_000)] = 1
    every_days: Annotated[int, Meta(ge=1, le=365)] = 7


class Capacity(Sourced, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Doses a week at a site between two days: stated, or by the centre file whose day is simulated."""

    site: Code
    from_: date | None = None
    to: date | None = None
    a_week: Doses | None = None
    centre: Annotated[str | None, Meta(description="A preset centre.")] = None
    days_a_week: Annotated[float, Meta(gt=0, le=7)] = 6.0


class StorageRoom(Sourced, frozen=True, kw_only=True):
    site: Code
    litres: Annotated[float, Meta(ge=0)]


class Uptake(Sourced, frozen=True, kw_only=True):
    """Share of a group who come when they may; without `group`, of all others."""

    share: Share
    group: Code | None = None


class Doubts(Sourced, frozen=True, kw_only=True):
    """How far it may come otherwise."""

    late: Annotated[
        float, Meta(ge=0, le=0.9, description="Chance that a delivery slips by a week, and again.")
    ] = 0.15
    spread: Annotated[float, Meta(ge=0, le=3, description="Variation of a delivery's size.")] = 0.2
    common: Annotated[float, Meta(ge=0, le=3, description="Of all of a product together.")] = 0.1
    uptake: Annotated[float, Meta(ge=0, le=1, description="Standard deviation of a share.")] = 0.05


class Surge(Sourced, frozen=True, kw_only=True, rename={"from_": "from"}):
    """More hands from a day on, when it is called for."""

    factor: Annotated[float, Meta(gt=0, le=10)]
    from_: date


class Option(Sourced, frozen=True, kw_only=True):
    """Doses that could be had besides."""

    code: Code
    title: dict[str, str]
    deliveries: Annotated[tuple[Delivery, ...], Meta(min_length=1)]
    price_a_dose: Annotated[float, Meta(ge=0)] | None = None
    currency: str = ""
    regulatory: Literal["approved", "emergency", "listed", "under-review", "none"] = "none"
    seller: str = ""


class Scenario(Strict, frozen=True, kw_only=True):
    format: Annotated[str, Meta(pattern=r"^balmis-scenario/1$")]
    campaign: Code
    title: dict[str, str]
    as_of: date
    deliveries: Annotated[tuple[Delivery, ...], Meta(min_length=1)]
    capacity: Annotated[tuple[Capacity, ...], Meta(min_length=1)]
    uptake: Annotated[tuple[Uptake, ...], Meta(min_length=1)]
    sources: dict[str, str] = {}
    products: tuple[ProductRule, ...] = ()
    cold: tuple[StorageRoom, ...] = ()
    weeks_after: Annotated[
        int,
        Meta(
            ge=0,
            le=104,
            description=(
                "Weeks after the campaign's end that are planned too, to see when a target is reached."
            ),
        ),
    ] = 12
    deliveries_a_week: Annotated[int, Meta(ge=1, le=7)] = 1
    equity: Annotated[
        Share | None, Meta(description=("No area's coverage further below the average than this."))
    ] = None
    wait: Annotated[
        float,
        Meta(
            gt=0, le=240, description=("Minutes that 95 of 100 wait at most in simulated centres.")
        ),
    ] = 10.0
    doubts: Doubts = Doubts()
    surge: Surge | None = None
    options: tuple[Option, ...] = ()
    assumptions: tuple[str, ...] = ()


def read_scenario(document: Document) -> Scenario | None:
    """The scenario, or None and the document's problems."""
    found = shape(document, Scenario, name=FORMAT, what="scenario file")
    if found is None:
        return None
    for path, entry in _entries(found):
        if entry.source is None and entry.assumption is None:
            document.problem(path, "state a `source`, or an `assumption`")
        elif entry.source is not None and entry.source not in found.sources:
            document.problem(
                path, f"no source is called '{entry.source}'; the keys of `sources` are the names"
            )
    for path, delivery in _deliveries(found):
        last = delivery.on.year + (delivery.times * delivery.every_days) // 365
        if not {delivery.on.year, last} <= set(PLAUSIBLE_YEARS):
            document.problem((*path, "on"), "no delivery comes in such a year")
    for n, place in enumerate(found.capacity):
        if (place.a_week is None) == (place.centre is None):
            document.problem(("capacity", n), "state `a_week`, or the `centre` to simulate")
    if not any(u.group is None for u in found.uptake):
        document.problem(("uptake",), "state the uptake of all others: an entry without `group`")
    return None if document.problems else found


def _entries(found: Scenario) -> list[tuple[Path, Sourced]]:
    named: list[tuple[str, tuple[Sourced, ...]]] = [
        ("products", found.products),
        ("capacity", found.capacity),
        ("cold", found.cold),
        ("uptake", found.uptake),
        ("options", found.options),
    ]
    listed: list[tuple[Path, Sourced]] = [
        ((name, n), entry) for name, entries in named for n, entry in enumerate(entries)
    ]
    one: list[tuple[Path, Sourced]] = [(("surge",), found.surge)] if found.surge else []
    return [*listed, *one, *_deliveries(found)]


def _deliveries(found: Scenario) -> list[tuple[Path, Delivery]]:
    options = [
        (("options", n, "deliveries", k), d)
        for n, option in enumerate(found.options)
        for k, d in enumerate(option.deliveries)
    ]
    return [*((("deliveries", n), d) for n, d in enumerate(found.deliveries)), *options]
