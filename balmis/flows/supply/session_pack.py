"""The store gets the sessions of a day ready: from their bookings to vials, lots and syringes."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import bookings
from balmis.contexts.booking.models import Session
from balmis.contexts.places.models import Site
from balmis.contexts.supply import products, stock_book, transfers
from balmis.contexts.supply.models import Product
from balmis.core.actor import Actor
from balmis.core.roles import Act
from balmis.core.supply.session_pack import Bundle, Stock, prepare
from balmis.flows.coldchain.stability import needs_diluent


@dataclass(frozen=True, slots=True)
class Prepared:
    """One session and one vaccine."""

    session: Session
    product: Product
    bundle: Bundle


Shelf = dict[str, dict[str, Stock]]  # by product and lot


def prepare_day(site: Site, on: date, *, today: date, actor: Actor) -> list[Prepared]:
    """In the order of their times, sessions take from what the shelf has and has not promised: those
    before the day first. People booked without a vaccine get the session's first one. Raises
    NotAllowed."""
    check_may(actor, Act.MOVE_STOCK, site=site)
    shelf, found = _shelf(site), []
    for session, by_product in bookings.people_by_product(site.pk, min(today, on), on):
        for code, people in sorted(by_product.items()):
            product = products.product(code)
            bundle = prepare(
                people,
                shelf[code].values(),
                per_vial=product.doses_per_vial,
                diluted=needs_diluent(code),
                on=session.on,
            )
            for pick in bundle.picks:
                taken = shelf[code][pick.lot]
                left = taken.doses - pick.vials * product.doses_per_vial
                shelf[code][pick.lot] = replace(taken, doses=left)
            if session.on == on:
                found.append(Prepared(session, product, bundle))
    return found


def _shelf(site: Site) -> Shelf:
    shelf: Shelf = defaultdict(dict)
    promised = transfers.promised_at(site.pk)
    for s in stock_book.shelves(site.pk):
        shelf[s.lot.product.code][s.lot.number] = Stock(
            lot=s.lot.number,
            doses=s.doses - float(promised.get(s.lot.pk, 0)),
            expires_on=s.lot.expires_on,
            held=s.held,
        )
    return shelf
