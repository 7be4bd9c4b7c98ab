"""What a hold would do, before anybody signs it: doses, sites, people in the chairs, appointments of
the next 48 hours, what could replace the goods, how long it would take."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from balmis.contexts.booking import bookings
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic import visits
from balmis.contexts.people import contacts
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.safety import hold_orders
from balmis.contexts.safety.models import HoldOrder
from balmis.contexts.supply import purchase_orders, stock_book
from balmis.contexts.supply.models import Lot
from balmis.core.dates import local_day
from balmis.core.vocabulary.safety import HoldScope
from balmis.flows.holds.lot_holds import needs

SOON = timedelta(hours=48)
A_TRANSFER = 1  # day


@dataclass(frozen=True, slots=True)
class AtSite:
    """A site that the hold reaches."""

    site: Site
    doses: float  # that would be held there
    booked: int  # in 48 hours, for whom there would be no dose
    replacement: float  # usable doses of the same vaccine there
    in_chairs: int  # people there now who have had it today


@dataclass(frozen=True, slots=True)
class Radius:
    sites: tuple[AtSite, ...] = ()
    given: int = 0  # doses that people have had already
    people_in_chairs: tuple[int, ...] = field(default=())
    replacement: float = 0.0  # usable doses of the same vaccine at other sites of the campaign
    delay_days: int | None = 0  # until those booked could be served; None: nothing is known to come

    @property
    def doses(self) -> float:
        return sum(s.doses for s in self.sites)

    @property
    def booked(self) -> int:
        return sum(s.booked for s in self.sites)

    def kept(self) -> dict[str, Any]:
        """As it is kept with the signature."""
        return {
            "doses": self.doses,
            "given": self.given,
            "booked": self.booked,
            "in_chairs": len(self.people_in_chairs),
            "replacement": self.replacement,
            "delay_days": self.delay_days,
            "sites": [
                {"site": s.site.code, "doses": s.doses, "booked": s.booked} for s in self.sites
            ],
        }


def radius(order: HoldOrder, *, now: datetime) -> Radius:
    """Works for an order that is not placed yet as for one that is."""
    if order.scope == HoldScope.PRODUCT_GROUP:
        return _of_group(order, now)
    lots = _lots(order)
    everywhere = [s.pk for s in places.sites_in(order.campaign.area.code)]
    inside = {order.site_id} if order.site_id else set(everywhere)
    sites: dict[int, float] = {}
    given: dict[int, int] = {}
    for lot in lots:
        for site, left in stock_book.balances_of(lot.pk).items():
            if site in inside and left > 0:
                sites[site] = sites.get(site, 0.0) + left
        for site, n in doses.given_by_site(lot.pk).items():
            if site in inside:
                given[site] = given.get(site, 0) + n
    chairs = _chairs(order, {lot.pk for lot in lots}, {*sites, *given}, now)
    found = [
        AtSite(
            site=s,
            doses=sites.get(s.pk, 0.0),
            booked=_booked_soon(s, lots, now),
            replacement=_usable(s.pk, lots, order, now),
            in_chairs=len(chairs.get(s.pk, ())),
        )
        for s in places.sites_by_id({*sites, *given})
    ]
    elsewhere = sum(_usable(pk, lots, order, now) for pk in everywhere if pk not in sites)
    found.sort(key=lambda s: (-s.booked, -s.doses, s.site.code))
    seated = tuple(p for ps in chairs.values() for p in ps)
    booked = sum(s.booked for s in found)
    delay = _delay(booked, elsewhere + sum(s.replacement for s in found), lots, everywhere, now)
    return Radius(tuple(found), sum(given.values()), seated, elsewhere, delay)


def _lots(order: HoldOrder) -> list[Lot]:
    if order.lot is not None:
        return [order.lot]
    assert order.site is not None
    return stock_book.lots_once_at(order.site.pk)


def _booked_soon(site: Site, lots: list[Lot], now: datetime) -> int:
    """People in the next 48 hours for whom there would be no dose without these lots."""
    ids = frozenset(lot.pk for lot in lots)
    return sum(
        need.unserved
        for code in sorted({lot.product.code for lot in lots})
        for need in needs(code, site, now, also=ids)
        if need.session.starts_at <= now + SOON
    )


def _usable(site: int, lots: list[Lot], order: HoldOrder, now: datetime) -> float:
    """Doses of the same vaccines there that this order leaves."""
    products, ids = {lot.product_id for lot in lots}, {lot.pk for lot in lots}
    on = now.date()
    return sum(
        s.doses
        for s in stock_book.shelves(site)
        if s.lot.product_id in products
        and s.lot.pk not in ids
        and not s.held
        and s.doses > 0
        and (s.lot.expires_on is None or s.lot.expires_on >= on)
    )


def _chairs(
    order: HoldOrder, lots: set[int], sites: set[int], now: datetime
) -> dict[int, list[int]]:
    """People who are at a site now and have had a dose of these lots today."""
    found = {}
    for site in places.sites_by_id(sites):
        today = local_day(now, site.time_zone)
        found[site.pk] = visits.inside_with_lot(order.campaign_id, site.pk, today, lots)
    return found


def _delay(
    booked: int, replacement: float, lots: list[Lot], sites: list[int], now: datetime
) -> int | None:
    """Days until those without a dose could have one: by what other sites have, or what is ordered."""
    if booked == 0:
        return 0
    if replacement >= booked:
        return A_TRANSFER
    today = now.date()
    on = purchase_orders.next_delivery(sites, {lot.product_id for lot in lots}, today)
    return max(0, (on - today).days) if on else None


def _of_group(order: HoldOrder, now: datetime) -> Radius:
    assert order.product is not None and order.group is not None
    found = []
    for site in places.sites_in(order.campaign.area.code):
        booked = bookings.booked_between(site.pk, now, now + SOON, order.product.code)
        on = local_day(now, site.time_zone)
        mine = [b for b in booked if hold_orders.in_group(b.person, on, order.group)]
        if mine:
            found.append(AtSite(site, 0.0, len(mine), 0.0, 0))
    found.sort(key=lambda s: -s.booked)
    given = doses.given_of_product(order.campaign_id, order.product_id or 0)
    return Radius(tuple(found), given, delay_days=None)


def co_recipients(order: HoldOrder, *, now: datetime) -> list[dict[str, Any]]:
    """Who has had it: those still in the chairs first, then the newest dose first; each with the
    phone number that is known."""
    if order.scope == HoldScope.PRODUCT_GROUP:
        return []
    lots = _lots(order)
    given = [d for lot in lots for d in doses.doses_of_lot(lot.pk, order.site_id)]
    everywhere = {d.site_id for d in given if d.site_id}
    seated = {
        p for ps in _chairs(order, {lot.pk for lot in lots}, everywhere, now).values() for p in ps
    }
    phones = contacts.phones([d.person_id for d in given])
    rows = [
        {"dose": d, "phone": phones.get(d.person_id, ""), "seated": d.person_id in seated}
        for d in given
    ]
    return sorted(rows, key=lambda r: (not r["seated"], -r["dose"].given_at.timestamp()))
