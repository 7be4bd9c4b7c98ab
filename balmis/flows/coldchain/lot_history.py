"""What did a lot live through: in the fridges of every site it lay at, and on the ways between?"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property

from balmis.contexts.coldchain import queries
from balmis.contexts.coldchain.models import Equipment, Excursion
from balmis.contexts.places import queries as places
from balmis.contexts.supply import purchase_orders, stock_book
from balmis.contexts.supply.models import Lot
from balmis.core.coldchain.excursions import RANGES
from balmis.core.coldchain.stability import Curve
from balmis.core.coldchain.transit import Way, curves_of
from balmis.core.dates import instant
from balmis.core.vocabulary.coldchain import EquipmentKind, Side
from balmis.core.vocabulary.supply import Storage


class Place:
    """What is known of a site's fridges and of what lay in them."""

    def __init__(self, site_id: int) -> None:
        self.fridges = {e.pk: e for e in queries.equipment_of([site_id], retired=True)}
        self.curves = _curves_by_equipment(self.fridges)
        self.stays = queries.stays(site_id)
        self.came = _came(site_id)

    def was_in(self, lot: Lot, equipment: Equipment, began: datetime, ended: datetime) -> bool:
        """By the record of where it was put; without one, or before the first, wherever goods of its
        kind are kept."""
        stays = self.stays.get(lot.pk, [])
        if not stays or began < min(span[0] for _, span in stays):
            storage = EquipmentKind(equipment.kind).storage
            return storage is Storage.REFRIGERATED or lot.product.storage == storage
        return any(
            key == equipment.pk and span[0] <= ended and span[1] >= began for key, span in stays
        )

    def suffered(self, lot: Lot, until: datetime | None) -> dict[object, Curve]:
        """Every time outside the range here that the lot lived through before it left."""
        came = self.came.get(lot.pk)
        return {
            e.pk: curve
            for key, found in self.curves.items()
            for e, curve in found
            if (came is None or e.ended_at >= came)
            and (until is None or e.began_at <= until)
            and self.was_in(lot, self.fridges[key], e.began_at, e.ended_at)
        }


@dataclass
class Lives:
    """Of these lots, wherever they were."""

    lots: Iterable[Lot]

    def __post_init__(self) -> None:
        self._places: dict[int, Place] = {}

    @cached_property
    def _arrivals(self) -> dict[tuple[int, int], list[purchase_orders.Arrived]]:
        found: dict[tuple[int, int], list[purchase_orders.Arrived]] = defaultdict(list)
        for a in purchase_orders.arrivals([x.pk for x in self.lots]):
            found[a.lot, a.site].append(a)
        return found

    def place(self, site_id: int) -> Place:
        if site_id not in self._places:
            self._places[site_id] = Place(site_id)
        return self._places[site_id]

    def suffered(self, lot: Lot, site_id: int) -> list[Curve]:
        """Every time outside its range that doses of the lot that lie at the site may have lived
        through: here, on the way here, and wherever they came from before they left there."""
        found: dict[object, Curve] = {}
        for place, until in self._lay_at(lot, site_id).items():
            found |= self.place(place).suffered(lot, until)
            for a in self._arrivals[lot.pk, place]:
                if a.coldest is None or a.warmest is None or (until is not None and a.at > until):
                    continue
                way, storage = Way(a.coldest, a.warmest, a.minutes), Storage(lot.product.storage)
                curves = curves_of(way, a.at, storage)
                found |= {(place, a.at, n): curve for n, curve in enumerate(curves)}
        return list(found.values())

    def _lay_at(self, lot: Lot, site_id: int) -> dict[int, datetime | None]:
        """Where such doses lay, and until when at the latest; None: they are there. Each site is
        looked at again only when doses are found to have left it later."""
        until: dict[int, datetime | None] = {site_id: None}
        waiting = [site_id]
        while waiting:
            place = waiting.pop()
            left = until[place]
            for a in self._arrivals[lot.pk, place]:
                if a.source is None or a.sent_at is None or (left is not None and a.at > left):
                    continue
                known = until.get(a.source, a.sent_at)
                if a.source not in until or (known is not None and a.sent_at > known):
                    until[a.source] = a.sent_at
                    waiting.append(a.source)
        return until


def _came(site_id: int) -> dict[int, datetime]:
    """When each lot came: the book may have heard of it late, so the day begins at midnight."""
    zone = places.sites_by_id([site_id])[0].time_zone
    return {
        lot: min(heard, instant(on, time(), zone))
        for lot, (heard, on) in stock_book.here_since(site_id).items()
    }


def _curves_by_equipment(
    fridges: dict[int, Equipment],
) -> dict[int, list[tuple[Excursion, Curve]]]:
    found: dict[int, list[Excursion]] = defaultdict(list)
    for e in queries.excursions_of(fridges).order_by("began_at"):
        found[e.equipment_id].append(e)
    return {
        key: _curves(fridges[key], rows)
        for key, rows in found.items()
        if EquipmentKind(fridges[key].kind).storage is Storage.REFRIGERATED
    }


def _curves(equipment: Equipment, rows: list[Excursion]) -> list[tuple[Excursion, Curve]]:
    low, high = RANGES[EquipmentKind(equipment.kind).storage]
    span = (rows[0].began_at, max(e.ended_at for e in rows))
    outside = queries.readings_outside(equipment, span, low, high)
    found = []
    for e in rows:
        edge = high if e.side == Side.WARM else low
        points = [(r.at, r.celsius) for r in outside if e.began_at <= r.at <= e.ended_at]
        begun = bool(points) and points[0][0] > e.began_at  # it was seen to cross the limit
        if points and points[0][0] > e.began_at:
            points.insert(0, (e.began_at, edge))
        if points and e.ended and points[-1][0] < e.ended_at:
            points.append((e.ended_at, edge))
        found.append((e, Curve(points, e.ended and begun)))
    return found
