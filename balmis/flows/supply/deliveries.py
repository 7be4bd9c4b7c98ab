"""Goods come from outside: ordered, expected, counted in."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.supply import lots, products, purchase_orders, stock_moves
from balmis.contexts.supply.models import Delivery, Lot, Product, PurchaseOrder
from balmis.core.actor import Actor
from balmis.core.coldchain.transit import Way
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import MoveKind
from balmis.flows.coldchain.transit import Arrived, columns_of, hold_after
from balmis.flows.holds.hold_orders import follow_site
from balmis.flows.retry import retried

FARTHEST = timedelta(days=730)  # that anyone orders ahead
AGAIN = timedelta(minutes=15)  # within which the same delivery is doubted
MOST = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    request_id: UUID
    site: str
    product: str
    doses: Decimal
    expected_on: date
    supplier: str = ""


@transaction.atomic(durable=True)
def order(wanted: Wanted, *, actor: Actor, now: datetime) -> PurchaseOrder:
    """Doses are expected. A retry gives back the first. Raises NotAllowed, BadInput,
    Refusal(NOT_KNOWN, REQUEST_REUSED)."""
    site = places.site(wanted.site)
    check_may(actor, Act.MOVE_STOCK, site=site)
    product = products.product(wanted.product)
    today = local_day(now, site.time_zone)
    if not 0 < wanted.doses < MOST:
        raise BadInput(gettext_noop("Say how many doses are ordered."))
    if not today <= wanted.expected_on <= today + FARTHEST:
        raise BadInput(gettext_noop("Say on which day they are expected: today or later."))
    locks.lock_request(wanted.request_id)
    if (earlier := purchase_orders.order_for(wanted.request_id)) is not None:
        same = (earlier.site_id, earlier.product_id, earlier.doses) == (
            site.pk,
            product.pk,
            wanted.doses,
        )
        if not same:
            raise Refusal(Refused.REQUEST_REUSED, request_id=str(wanted.request_id))
        return earlier
    made = purchase_orders.keep(
        PurchaseOrder(
            request_id=wanted.request_id,
            site=site,
            product=product,
            doses=wanted.doses,
            expected_on=wanted.expected_on,
            supplier=wanted.supplier.strip()[:200],
            ordered_at=now,
            ordered_by=actor.name,
        )
    )
    audit.record(
        "purchase_order.made",
        f"purchase-order:{made.pk}",
        actor=actor.on_request(wanted.request_id),
        now=now,
        site=site.code,
        product=product.code,
        doses=str(wanted.doses),
    )
    return made


@transaction.atomic(durable=True)
def end_order(site_code: str, key: int, why: str, *, actor: Actor, now: datetime) -> None:
    """Nothing more of it is expected. Raises NotAllowed, BadInput without a reason,
    Refusal(NOT_KNOWN)."""
    site = places.site(site_code)
    check_may(actor, Act.MOVE_STOCK, site=site)
    if len(why.strip()) < 3:
        raise BadInput(gettext_noop("Say why nothing more is expected."))
    row = purchase_orders.lock_order(key, site.pk)
    purchase_orders.end_order(row, why.strip()[:300], actor=actor, now=now)
    audit.record(
        "purchase_order.ended",
        f"purchase-order:{row.pk}",
        actor=actor.because(why.strip()[:300]),
        now=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """Goods of one lot, counted; `noted` is what the paper with them says."""

    request_id: UUID
    site: str
    product: str
    lot: str
    counted: Decimal
    expires_on: date | None = None
    noted: Decimal | None = None
    reason: str = ""  # of a difference
    way: Way | None = None
    order: int | None = None
    sure: bool = False  # whoever counted has seen what is doubtful about it


@retried
@transaction.atomic(durable=True)
def receive_delivery(came: Came, *, actor: Actor, now: datetime) -> Delivery:
    """What was counted is on the shelf; what differs from the paper is explained; what was too warm or
    too cold on the way is on hold until it is decided. A retry gives back the first. What is doubtful
    (a new spelling or expiry of a lot, one that has expired, the same again within minutes) is
    refused until they are `sure`.

    Raises NotAllowed, BadInput, Refusal(NOT_KNOWN, REQUEST_REUSED).
    """
    site = places.site(came.site)
    check_may(actor, Act.MOVE_STOCK, site=site)
    product, number, reason = (
        products.product(came.product),
        came.lot.strip()[:40],
        came.reason.strip()[:500],
    )
    _check(came, number, reason)
    locks.write_facts(locks.STOCK)
    locks.lock_request(came.request_id)
    if (earlier := purchase_orders.delivery_for(came.request_id)) is not None:
        same = (earlier.site_id, earlier.lot.product_id, earlier.lot.number, earlier.counted)
        if same != (site.pk, product.pk, number, came.counted):
            raise Refusal(Refused.REQUEST_REUSED, request_id=str(came.request_id))
        return earlier
    if not came.sure:
        _check_doubts(came, number, product, site, now)
    row = _order(came, site, product.pk)
    before = lots.lot_by_number(product, number)
    lot = lots.keep_lot(product, number, expires_on=came.expires_on)
    if before is not None and before.expires_on != lot.expires_on:
        audit.record(
            "lot.expiry_changed",
            f"lot:{lot.pk}",
            actor=actor.on_request(came.request_id),
            now=now,
            before=before.expires_on,
            after=lot.expires_on,
        )
    _post(came, lot, site, actor=actor, now=now)
    made = purchase_orders.keep(
        Delivery(
            request_id=came.request_id,
            order=row,
            lot=lot,
            site=site,
            noted=came.noted,
            counted=came.counted,
            reason=reason,
            received_at=now,
            received_by=actor.name,
            **columns_of(came.way),
        )
    )
    arrived = Arrived(lot=lot, site=site, way=came.way)
    hold_after(arrived, f"delivery:{made.pk}", actor=actor, now=now)
    follow_site(site, lot, actor=actor, now=now)
    return made


def _check(came: Came, number: str, reason: str) -> None:
    if not 0 < came.counted < MOST or not 0 <= (came.noted or 0) < MOST:
        raise BadInput(gettext_noop("Say how many doses were counted."))
    if not number or not number.isprintable():
        raise BadInput(gettext_noop("Enter the lot number."))
    if came.noted is not None and came.noted != came.counted and len(reason) < 3:
        raise BadInput(gettext_noop("The delivery note says another number: say why it differs."))


def _check_doubts(came: Came, number: str, product: Product, site: Site, now: datetime) -> None:
    """Raises BadInput with the first doubt."""
    if came.expires_on and came.expires_on < local_day(now, site.time_zone):
        raise BadInput(gettext_noop("This lot has expired. Look at the label."))
    known = purchase_orders.lots_spelled_like(product.pk, number)
    same = [lot for lot in known if lot.number == number]
    if known and not same:
        raise BadInput(
            gettext_noop("The book has a lot that is spelled nearly so. Is it the same?")
        )
    if same and None is not same[0].expires_on != came.expires_on is not None:
        raise BadInput(
            gettext_noop(
                "The book has another expiry for this lot. Look at the label: the "
                "new one would be that of all its doses."
            )
        )
    if same and purchase_orders.came_lately(same[0].pk, site.pk, came.counted, now - AGAIN):
        raise BadInput(
            gettext_noop(
                "As many doses of this lot were counted in some minutes ago. Is it "
                "another delivery?"
            )
        )


def _order(came: Came, site: Site, product_id: int) -> PurchaseOrder | None:
    """Raises BadInput when something else was ordered."""
    if came.order is None:
        return None
    found = purchase_orders.lock_order(came.order, site.pk)
    if found.product_id != product_id:
        raise BadInput(gettext_noop("Another vaccine was ordered: choose the order again."))
    return found


def _post(came: Came, lot: Lot, site: Site, *, actor: Actor, now: datetime) -> None:
    move = stock_moves.Move(
        request_id=came.request_id,
        kind=MoveKind.RECEIPT,
        lot=lot,
        site=site,
        doses=came.counted,
        occurred_on=local_day(now, site.time_zone),
    )
    posted = stock_moves.post(move, actor=actor, now=now)
    audit.record(
        "stock.receipt", f"move:{posted.pk}", actor=actor.on_request(came.request_id), now=now
    )
