"""Another place for people whose place goes: as near in time and space as there is one.

The same day at the same site first, the nearest time of day; then another site on that day,
the one that shares most of its area; then the days after. The earlier of two people who want
the same place has it: the first to have been confirmed stands first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from balmis.core.vocabulary.booking import PoolKind


class Offer(Protocol):
    @property
    def pool(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def on(self) -> date: ...
    @property
    def site(self) -> str: ...
    @property
    def area_path(self) -> str: ...
    @property
    def products(self) -> Sequence[str]: ...
    @property
    def free(self) -> int: ...


O = TypeVar("O", bound=Offer)  # noqa: E741 one offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where a person was to be, and of what."""

    booking: int
    starts_at: datetime
    on: date
    site: str
    area_path: str
    product: str
    second: bool  # may use places held back for second doses
    first: date | None = None  # the days that the dose may have: its own, and its distance from
    last: date | None = None  # the doses before and after it


def replace_all(people: Sequence[Choice], offers: Sequence[O], *, within_days: int) -> dict[int, O]:
    """Booking to its new place, for those for whom there is one, on the day or at most so many days
    later; people in order of right."""
    left = {o.pool: o.free for o in offers}
    found = {}
    for person in people:
        open_to = [o for o in offers if left[o.pool] > 0 and _fits(person, o, within_days)]
        if open_to:
            best = min(open_to, key=lambda o: _distance(person, o))
            left[best.pool] -= 1
            found[person.booking] = best
    return found


def _fits(person: Choice, offer: Offer, within_days: int) -> bool:
    if offer.kind == PoolKind.SECOND and not person.second:
        return False
    if offer.products and person.product and person.product not in offer.products:
        return False
    if (person.first and offer.on < person.first) or (person.last and offer.on > person.last):
        return False
    return 0 <= (offer.on - person.on).days <= within_days


def _distance(person: Choice, offer: Offer) -> tuple[int, bool, int, float, int]:
    """Days away, another site, how much of the area is shared, minutes away."""
    return (
        (offer.on - person.on).days,
        offer.site != person.site,
        -shared_levels(person.area_path, offer.area_path),
        abs((offer.starts_at - person.starts_at).total_seconds()),
        offer.pool,
    )


def shared_levels(one: str, other: str) -> int:
    """How many levels of the area tree two paths have in common: the more, the nearer."""
    n = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        n += 1
    return n
