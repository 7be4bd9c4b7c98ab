"""Moves in the stock ledger: every change of a balance is one of them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from balmis.contexts.journal.requests import check_same
from balmis.contexts.journal.rows import insert
from balmis.contexts.places.models import Site
from balmis.contexts.supply.balances import balance, shift
from balmis.contexts.supply.models import Lot, StockMove
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import Account, MoveKind, WastageReason

# kind -> (from, to)
ROUTES: dict[MoveKind, tuple[Account, Account]] = {
    MoveKind.RECEIPT: (Account.SUPPLIER, Account.SITE),
    MoveKind.RETURN: (Account.SITE, Account.SUPPLIER),
    MoveKind.TRANSFER_OUT: (Account.SITE, Account.TRANSIT),
    MoveKind.TRANSFER_IN: (Account.TRANSIT, Account.SITE),
    MoveKind.DOSE: (Account.SITE, Account.GIVEN),
    MoveKind.WASTAGE: (Account.SITE, Account.WASTED),
    MoveKind.EXTRA_DRAWN: (Account.OVERFILL, Account.SITE),
}


LOCK_ORDER = [
    a.value
    for a in (
        Account.SITE,
        Account.GIVEN,
        Account.WASTED,
        Account.ADJUSTED,
        Account.OVERFILL,
        Account.TRANSIT,
        Account.SUPPLIER,
    )
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Doses of a lot, moved at a site. `reason` says why where the kind leaves it open."""

    request_id: UUID
    kind: MoveKind
    lot: Lot
    site: Site
    doses: Decimal
    occurred_on: date
    reason: str = ""


def post(move: Move, *, actor: Actor, now: datetime) -> StockMove:
    """Post one move. A retry with the same request and kind gives back the first one.

    Raises Refusal(SHORT_OF_STOCK) when doses are to leave a site that has too few, and
    Refusal(REQUEST_REUSED) when the request was used for a different move.
    """
    source, target = ROUTES[move.kind]
    return _post(move, source, target, actor=actor, now=now)


def adjust(
    *,
    request_id: UUID,
    lot: Lot,
    site: Site,
    counted: Decimal,
    on: date,
    reason: str,
    actor: Actor,
    now: datetime,
) -> StockMove | None:
    """Set the book to what a count found; None when it was right."""
    difference = counted - balance(lot, site, lock=True)
    if difference == 0:
        return None
    route = (Account.ADJUSTED, Account.SITE) if difference > 0 else (Account.SITE, Account.ADJUSTED)
    move = Move(
        request_id=request_id,
        kind=MoveKind.ADJUSTMENT,
        lot=lot,
        site=site,
        doses=abs(difference),
        occurred_on=on,
        reason=reason,
    )
    return _post(move, *route, actor=actor, now=now)


def lose_on_the_way(move: Move, *, actor: Actor, now: datetime) -> StockMove:
    """Doses that were sent and did not arrive: out of transit, and explained."""
    return _post(move, Account.TRANSIT, Account.ADJUSTED, actor=actor, now=now)


def find_on_the_way(move: Move, *, actor: Actor, now: datetime) -> StockMove:
    """Doses that arrived and were not sent, by the paper: onto the shelf, and explained."""
    return _post(move, Account.ADJUSTED, Account.SITE, actor=actor, now=now)


def waste(move: Move, why: WastageReason, *, actor: Actor, now: datetime) -> StockMove:
    if move.kind is not MoveKind.WASTAGE:
        raise ValueError(f"not a wastage: {move.kind}")
    stated = Move(
        request_id=move.request_id,
        kind=move.kind,
        lot=move.lot,
        site=move.site,
        doses=move.doses,
        occurred_on=move.occurred_on,
        reason=why.value,
    )
    return post(stated, actor=actor, now=now)


def draw(move: Move, *, actor: Actor, now: datetime) -> Decimal:
    """Take a given dose out of the book, which may go below zero; returns what is left."""
    left = shift(move.lot.pk, Account.SITE, move.site, -move.doses, at_use=now)
    shift(move.lot.pk, Account.GIVEN, move.site, move.doses)
    _write(move, Account.SITE, Account.GIVEN, actor=actor, now=now)
    return left


def reverse(original: StockMove, *, request_id: UUID, actor: Actor, now: datetime) -> StockMove:
    """Undo a move by its mirror image, on the day of the original."""
    back = StockMove(
        request_id=request_id,
        kind=MoveKind.REVERSAL.value,
        lot_id=original.lot_id,
        site_id=original.site_id,
        source=original.target,
        target=original.source,
        doses=original.doses,
        occurred_on=original.occurred_on,
        recorded_at=now,
        actor=actor.name,
        reason=actor.reason,
        reverses=original,
    )
    ends = [(original.target, -original.doses), (original.source, original.doses)]
    for account, change in sorted(ends, key=lambda end: LOCK_ORDER.index(end[0])):
        shift(original.lot_id, Account(account), original.site_id, change)
    back.save()
    return back


def _post(
    move: Move, source: Account, target: Account, *, actor: Actor, now: datetime
) -> StockMove:
    if earlier := StockMove.objects.filter(
        request_id=move.request_id, kind=move.kind.value
    ).first():
        check_same(
            move.request_id,
            (earlier.lot_id, earlier.site_id, earlier.doses),
            (move.lot.pk, move.site.pk, move.doses),
        )
        return earlier
    ends = [(source, -move.doses), (target, move.doses)]
    try:
        with transaction.atomic():
            for account, change in sorted(ends, key=lambda end: LOCK_ORDER.index(end[0])):
                shift(move.lot.pk, account, move.site, change)
            return _write(move, source, target, actor=actor, now=now)
    except IntegrityError as error:
        if "balance_below_zero" in str(error):
            left = balance(move.lot, move.site)
            raise Refusal(
                Refused.SHORT_OF_STOCK,
                lot=move.lot.number,
                site=move.site.code,
                asked=f"{move.doses:f}",
                left=f"{left.normalize():f}",
            ) from error
        raise


def _write(
    move: Move, source: Account, target: Account, *, actor: Actor, now: datetime
) -> StockMove:
    return insert(
        StockMove(
            request_id=move.request_id,
            kind=move.kind.value,
            lot=move.lot,
            site=move.site,
            source=source.value,
            target=target.value,
            doses=move.doses,
            occurred_on=move.occurred_on,
            recorded_at=now,
            actor=actor.name,
            reason=move.reason,
        )
    )
