"""The store gets the sessions of a day ready: from their bookings to vials, lots and syringes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import queries as bookings
from balmis.contexts.booking.models import Session
from balmis.contexts.ledger.services import Actor
from balmis.contexts.places.models import Site
from balmis.contexts.supply import queries as stock
from balmis.contexts.supply import vials
from balmis.contexts.supply.models import Product
from balmis.core.roles import Act
from balmis.core.supply.preparing import Bundle, Stock, prepare
from balmis.flows.goods.stability import needs_diluent


@dataclass(frozen=True, slots=True)
class Prepared:
    """One session and one vaccine."""

    session: Session
    product: Product
    bundle: Bundle


def prepare_day(site: Site, on: date, *, actor: Actor) -> list[Prepared]:
    """In the order of their times, sessions take from the shelf. People booked without a vaccine get
    the session's first one. Raises NotAllowed."""
    check_may(actor, Act.MOVE_STOCK, site=site)
    shelf: dict[str, dict[str, Stock]] = defaultdict(dict)
    for s in vials.shelves(site.pk):
        shelf[s.lot.product.code][s.lot.number] = Stock(
            lot=s.lot.number, doses=s.doses, expires_on=s.lot.expires_on, held=s.held
        )
    found = []
    for session, by_product in bookings.people_by_product(site.pk, on):
        for code, people in sorted(by_product.items()):
            product = stock.product(code)
            bundle = prepare(people, shelf[code].values(), per_vial=product.doses_per_vial,
                             diluted=needs_diluent(code), on=on)  # fmt: skip
            for pick in bundle.picks:
                taken = shelf[code][pick.lot]
                left = taken.doses - pick.vials * product.doses_per_vial
                shelf[code][pick.lot] = Stock(lot=taken.lot, doses=left, expires_on=taken.expires_on,
                                              held=taken.held)  # fmt: skip
            found.append(Prepared(session, product, bundle))
    return found
