"""What stops a site: each hold, by which office, and what the site has said against it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from balmis.contexts.access.queries import offices_of
from balmis.contexts.places.models import Site
from balmis.contexts.safety import hold_appeals, hold_orders
from balmis.contexts.safety.hold_appeals import Held
from balmis.contexts.safety.models import HoldAppeal, HoldOrder
from balmis.contexts.supply import lot_holds
from balmis.contexts.supply.models import LotHold
from balmis.core.roles import Office
from balmis.core.vocabulary.safety import AppealStatus, HoldKind, HoldStatus
from balmis.flows.holds.hold_appeals import held_of, placed_by, reaches, right_over


@dataclass(frozen=True, slots=True)
class Appealed:
    """An appeal of the site, and the office that has answered it; None: not yet, or the program."""

    appeal: HoldAppeal
    office: Office | None


@dataclass(frozen=True, slots=True)
class SiteHold:
    """One hold as the site sees it."""

    held: Held
    lots: tuple[LotHold, ...]  # what of it is held here
    placed_by: tuple[
        tuple[str, Office | None], ...
    ]  # as the trail has them; None: no office is known
    reaches: bool  # the site may speak against it
    appeals: tuple[Appealed, ...] = field(default=())  # the last first

    @property
    def order(self) -> HoldOrder | None:
        return self.held if isinstance(self.held, HoldOrder) else None

    @property
    def hold(self) -> LotHold | None:
        """Of a lot, that stands by itself."""
        return None if isinstance(self.held, HoldOrder) else self.held

    @property
    def soft(self) -> bool:
        if isinstance(self.held, HoldOrder):
            return self.held.kind == HoldKind.SOFT
        return self.held.soft

    @property
    def recalled(self) -> bool:
        return self.order is not None and self.order.status == HoldStatus.RECALLED

    @property
    def since(self) -> datetime:
        if isinstance(self.held, HoldOrder):
            return self.held.active_at or self.held.proposed_at
        return self.held.placed_at

    @property
    def until(self) -> datetime | None:
        """None: until somebody decides, or for good."""
        return self.order.expires_at if self.order and not self.recalled else None

    @property
    def open(self) -> HoldAppeal | None:
        return next((a.appeal for a in self.appeals if a.appeal.status == AppealStatus.OPEN), None)


def holds_of_site(site: Site, *, now: datetime) -> list[SiteHold]:
    """Orders first, then holds of single lots. Of a recalled order its goods are still held."""
    standing = lot_holds.holds(site.pk)
    asked = hold_appeals.appeals_of_site(site.pk)
    return [
        SiteHold(
            held,
            tuple(_lots(held, standing)),
            tuple(_placed_by(held)),
            _is_in_force(held) and reaches(held, site, now),
            with_offices(held, (a for a in asked if held_of(a) == held)),
        )
        for held in _all(site, standing, now)
    ]


def over_lately(site: Site, since: datetime) -> list[Appealed]:
    """What the site was answered since then, of holds that have ended; the last first."""
    over = (AppealStatus.LIFTED, AppealStatus.RECALLED)
    found = hold_appeals.appeals_of_site(site.pk)
    lately = [a for a in found if a.status in over and a.answered_at and a.answered_at >= since]
    return [with_offices(held_of(a), [a])[0] for a in lately]


def appeals_against(order: HoldOrder) -> tuple[Appealed, ...]:
    """What the sites say against an order, the open ones first."""
    return with_offices(order, hold_appeals.appeals_against(order))


def _all(site: Site, standing: list[LotHold], now: datetime) -> Iterable[Held]:
    around = [o for o in hold_orders.orders_around(site) if reaches(o, site, now)]
    known = {o.pk for o in around}
    others = {h.order_key for h in standing if h.order_key is not None} - known
    yield from around
    yield from hold_orders.orders_by_key(key for key in others if key is not None)
    yield from (h for h in standing if h.order_key is None)


def _is_in_force(held: Held) -> bool:
    return not isinstance(held, HoldOrder) or HoldStatus(held.status).in_force


def _lots(held: Held, standing: list[LotHold]) -> list[LotHold]:
    if isinstance(held, HoldOrder):
        return [h for h in standing if h.order_key == held.pk]
    return [held]


def _placed_by(held: Held) -> Iterable[tuple[str, Office | None]]:
    names = placed_by(held)
    found = offices_of(names, *right_over(held))
    return [(name, found.get(name)) for name in names]


def with_offices(held: Held, appeals: Iterable[HoldAppeal]) -> tuple[Appealed, ...]:
    """Appeals against one hold, each with the office of whoever has answered it."""
    found = list(appeals)
    known = offices_of({a.answered_by for a in found if a.answered_by}, *right_over(held))
    return tuple(Appealed(a, known.get(a.answered_by)) for a in found)
