"""The goods of an area: what every site has, how long it lasts, what expires, what was wasted, and
what should go where."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from balmis.contexts.booking import bookings
from balmis.contexts.clinic import queries as doses
from balmis.contexts.coldchain import queries as coldchain
from balmis.contexts.places.models import Site
from balmis.contexts.supply import area_stock as supply
from balmis.contexts.supply import products as supply_products
from balmis.contexts.supply.purchase_orders import outstanding
from balmis.core.dates import local_day
from balmis.core.policy import SupplyPolicy
from balmis.core.supply.day_close import wastage_rate
from balmis.core.supply.reorder import Goods, Proposal, propose
from balmis.core.vocabulary.places import SiteKind

LATELY = timedelta(days=30)  # of wastage and excursions


@dataclass(frozen=True, slots=True)
class Row:
    """A site and a vaccine."""

    site: Site
    goods: Goods
    name: str  # of the vaccine
    held: float  # doses on hold
    expiring: float  # doses that expire soon
    opened_wastage: float | None  # share of the doses of opened vials, lately
    closed_wastage: float  # doses thrown away unopened, lately


@dataclass(frozen=True, slots=True)
class Overview:
    rows: tuple[Row, ...]
    proposals: tuple[Proposal, ...]
    excursions: dict[int, int]  # by site, lately


def goods_of(sites: Iterable[Site], policy: SupplyPolicy, *, now: datetime) -> Overview:
    """Whoever lasts shortest comes first. The shelf serves every campaign at the site, so all of their
    bookings count."""
    by_pk = {s.pk: s for s in sites}
    on = {pk: local_day(now, s.time_zone) for pk, s in by_pk.items()}
    today = min(on.values(), default=now.date())
    shelf = supply.shelves_of(by_pk, today, today + timedelta(days=policy.expiring_days))
    helps = today + timedelta(days=policy.wanted_days)  # what is expected later does not
    coming, ordered = supply.coming_to(by_pk, today), outstanding(by_pk, today, helps)
    ahead = bookings.booked_ahead(by_pk, today, policy.wanted_days, policy.reserve_days)
    used = doses.first_doses_by_site(by_pk, today - timedelta(days=policy.used_days), today)
    wasted = supply.wastage_of(by_pk, now - LATELY, today - LATELY)
    products = {p.code: p for p in supply_products.products_by_id().values()}
    found = []
    for pk, code in sorted({*shelf, *coming, *ordered, *ahead, *used}):
        if code not in products:
            continue
        at, site = (pk, code), by_pk[pk]
        have, plan = shelf.get(at, supply.NOTHING), ahead.get(at, (0, 0))
        goods = Goods(
            site=site.code,
            product=code,
            usable=have.usable,
            coming=coming.get(at, 0.0),
            ordered=ordered.get(at, 0.0),
            reserve=plan[1],
            a_day=max(plan[0] / policy.wanted_days, used.get(at, 0) / policy.used_days),
            per_vial=products[code].doses_per_vial,
            is_store=site.kind == SiteKind.STORE,
            least=policy.least_days,
            wanted=policy.wanted_days,
        )
        lost = wasted.get(at, supply.NONE_LOST)
        found.append(
            Row(
                site,
                goods,
                products[code].name,
                have.held,
                have.expiring,
                wastage_rate(lost.opened, lost.drawn),
                lost.closed,
            )
        )
    found.sort(
        key=lambda r: (
            r.goods.lacks == 0,
            r.goods.days if r.goods.days is not None else 1e9,
            r.site.code,
            r.goods.product,
        )
    )
    return Overview(tuple(found), tuple(propose(r.goods for r in found)), _excursions(by_pk, now))


def _excursions(by_pk: dict[int, Site], now: datetime) -> dict[int, int]:
    fridges = coldchain.equipment_of(by_pk)
    counts = coldchain.counts_by_equipment([e.pk for e in fridges], now - LATELY)
    found: dict[int, int] = defaultdict(int)
    for e in fridges:
        found[e.site_id] += counts.get(e.pk, (0, 0))[0]
    return dict(found)


@dataclass(frozen=True, slots=True)
class OfArea:
    """The goods of an area's sites, of every vaccine, in doses."""

    names: dict[str, str]
    sites: int
    short: int  # sites that last too short for some vaccine
    usable: float
    held: float
    expiring: float
    closed_wastage: float
    excursions: int


def by_area(seen: Overview, sites: Iterable[Site]) -> list[OfArea]:
    """The sites of each area together; the area with most short sites first."""
    found = []
    areas: dict[int, list[Site]] = defaultdict(list)
    for site in sites:
        areas[site.area_id].append(site)
    for inside in areas.values():
        own = {s.pk for s in inside}
        rows = [r for r in seen.rows if r.site.pk in own]
        found.append(
            OfArea(
                inside[0].area.names,
                len(inside),
                len({r.site.pk for r in rows if r.goods.lacks > 0}),
                sum(r.goods.usable for r in rows),
                sum(r.held for r in rows),
                sum(r.expiring for r in rows),
                sum(r.closed_wastage for r in rows),
                sum(seen.excursions.get(pk, 0) for pk in own),
            )
        )
    return sorted(found, key=lambda a: (-a.short, -a.expiring, -a.usable))
