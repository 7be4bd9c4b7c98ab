"""Stock comes, goes, is wasted or counted."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.supply import lots, products, stock_book, stock_moves, transfers
from balmis.contexts.supply.models import StockMove
from balmis.core.actor import Actor
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.vocabulary.supply import MoveKind, WastageReason


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveStock:
    """Doses of a lot at a site. A receipt makes the lot known if it is new."""

    request_id: UUID
    kind: MoveKind
    site: str
    product: str
    lot: str
    doses: Decimal
    occurred_on: date
    expires_on: date | None = None
    wasted: WastageReason | None = None

    def __post_init__(self) -> None:
        if self.doses <= 0:
            raise BadInput(f"{self.doses} doses cannot be moved; state more than 0.")


@transaction.atomic(durable=True)
def move_stock(cmd: MoveStock, *, actor: Actor, now: datetime) -> StockMove:
    """Post a receipt, return, transfer, wastage or extra doses drawn from vials.

    Raises Refusal(SHORT_OF_STOCK) when doses are to leave that the book does not have,
    NotAllowed. A retry of the same request gives back the first move.
    """
    site = places.site(cmd.site)
    check_may(actor, Act.MOVE_STOCK, site=site)
    locks.write_facts(locks.STOCK)
    locks.lock_request(cmd.request_id)
    again = stock_book.move_for_request(cmd.request_id, cmd.kind) is not None
    lot = lots.keep_lot(products.product(cmd.product), cmd.lot, expires_on=cmd.expires_on)
    move = stock_moves.Move(
        request_id=cmd.request_id,
        kind=cmd.kind,
        lot=lot,
        site=site,
        doses=cmd.doses,
        occurred_on=cmd.occurred_on,
    )
    if cmd.kind in (MoveKind.RETURN, MoveKind.TRANSFER_OUT) and not again:
        transfers.check_free(lot, site, cmd.doses)  # what is promised is not taken twice
    if cmd.kind is MoveKind.WASTAGE:
        posted = stock_moves.waste(move, cmd.wasted or WastageReason.OTHER, actor=actor, now=now)
    else:
        posted = stock_moves.post(move, actor=actor, now=now)
    if not again:
        audit.record(
            f"stock.{cmd.kind.value}",
            f"move:{posted.pk}",
            actor=actor.on_request(cmd.request_id),
            now=now,
        )
    return posted


@dataclass(frozen=True, slots=True, kw_only=True)
class CountStock:
    request_id: UUID
    site: str
    product: str
    lot: str
    counted: Decimal
    occurred_on: date
    reason: str


@transaction.atomic(durable=True)
def count_stock(cmd: CountStock, *, actor: Actor, now: datetime) -> StockMove | None:
    """Set the book to what was counted; None when it was right. Raises NotAllowed."""
    site = places.site(cmd.site)
    check_may(actor, Act.MOVE_STOCK, site=site)
    locks.write_facts(locks.STOCK)
    lot = lots.keep_lot(products.product(cmd.product), cmd.lot)
    locks.lock_request(cmd.request_id)
    if audit.was_done(cmd.request_id, "stock.counted"):
        return stock_book.move_for_request(cmd.request_id, MoveKind.ADJUSTMENT)
    posted = stock_moves.adjust(
        request_id=cmd.request_id,
        lot=lot,
        site=site,
        counted=cmd.counted,
        on=cmd.occurred_on,
        reason=cmd.reason,
        actor=actor,
        now=now,
    )
    audit.record(
        "stock.counted",
        f"lot:{lot.pk}",
        now=now,
        counted=str(cmd.counted),
        actor=actor.because(cmd.reason).on_request(cmd.request_id),
    )
    return posted
