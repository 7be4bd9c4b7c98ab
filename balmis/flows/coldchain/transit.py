"""Goods arrive, and something that travelled along says how warm it was on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Lot
from balmis.core.actor import Actor
from balmis.core.coldchain.stability import advise
from balmis.core.coldchain.transit import Way, was_outside
from balmis.core.vocabulary.coldchain import Advice
from balmis.core.vocabulary.supply import Storage
from balmis.flows.coldchain.lot_history import Lives
from balmis.flows.coldchain.stability import stability_of
from balmis.flows.holds.lot_holds import Held, PlaceHold, place_hold


def columns_of(way: Way | None) -> dict[str, Any]:
    """As a transfer or a delivery keeps it."""
    if way is None:
        return {}
    return {"coldest": way.coldest, "warmest": way.warmest, "minutes_outside": way.minutes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A lot that came to a site, and how warm it was on the way; None: nobody knows."""

    lot: Lot
    site: Site
    way: Way | None


def hold_after(arrived: Arrived, cause: str, *, actor: Actor, now: datetime) -> Held | None:
    """Out of its range on the way, the lot is red at the site until a person decides, in the caller's
    transaction. The same lot that is there already waits too: nobody can tell the vials apart."""
    lot, way = arrived.lot, arrived.way
    if way is None or not was_outside(way, Storage(lot.product.storage)):
        return None
    hold = PlaceHold(request_id=uuid4(), lot=lot, where=arrived.site, reason=str(way), cause=cause)
    return place_hold(hold, actor=actor, now=now)


def data_say(lots: Iterable[Lot], site_id: int) -> dict[int, Advice]:
    """What their data say of all that each of the lots at the site lived through."""
    lives = Lives(list(lots))
    return {
        lot.pk: advise(stability_of(lot.product.code), lives.suffered(lot, site_id))[0]
        for lot in lives.lots
    }
