"""Goods go from one site to another: promised by who gives, sent, and counted by who receives."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may, may
from balmis.contexts.journal import audit, locks
from balmis.contexts.journal.requests import check_same
from balmis.contexts.places import queries as places
from balmis.contexts.supply import lot_holds, lots, products, stock_moves, transfers
from balmis.contexts.supply.models import Transfer
from balmis.core.actor import Actor
from balmis.core.coldchain.transit import Way
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.places import SiteKind
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import MoveKind
from balmis.flows.coldchain.transit import Arrived, columns_of, hold_after
from balmis.flows.holds.hold_orders import follow_site
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    request_id: UUID
    source: str
    target: str
    product: str
    lot: str
    doses: Decimal


@transaction.atomic(durable=True)
def promise(asked: Promise, *, actor: Actor, now: datetime) -> Transfer:
    """Set doses aside for another site: they are promised to nobody else.

    Raises NotAllowed, BadInput, Refusal(NOT_KNOWN, SHORT_OF_STOCK, LOT_ON_HOLD). A retry gives back
    the first.
    """
    source, target = places.site(asked.source), places.site(asked.target)
    check_may(actor, Act.MOVE_STOCK, site=source)
    if source.pk == target.pk or not 0 < asked.doses < 10_000_000:
        raise BadInput(gettext_noop("Choose another site, and a number of doses."))
    locks.write_facts(locks.STOCK)
    locks.lock_request(asked.request_id)
    lot = lots.lot_by_number(products.product(asked.product), asked.lot)
    if lot is None:
        raise Refusal(Refused.NOT_KNOWN, what=f"lot of {asked.product}", key=asked.lot)
    if (earlier := transfers.transfer_for(asked.request_id)) is not None:
        return _same(earlier, (lot.pk, source.pk, target.pk, asked.doses))
    if (why := lot_holds.why_held(lot.pk, source.pk)) is not None:
        raise Refusal(Refused.LOT_ON_HOLD, lot=lot.number, why=why)
    today = local_day(now, source.time_zone)
    if lot.expires_on and lot.expires_on < today and target.kind != SiteKind.STORE:
        raise BadInput(gettext_noop("The lot has expired: send it back to a store, or discard it."))
    transfers.check_free(lot, source, asked.doses)
    made = transfers.promise(
        asked.request_id, lot, source, target, asked.doses, actor=actor, now=now
    )
    _audit("promised", made, actor.on_request(asked.request_id), now)
    return made


def _same(earlier: Transfer, asked: tuple[int, int, int, Decimal]) -> Transfer:
    """The first answer to the same request. Raises Refusal(REQUEST_REUSED)."""
    kept = (earlier.lot_id, earlier.source_id, earlier.target_id, earlier.doses)
    check_same(earlier.request_id, kept, asked)
    return earlier


@transaction.atomic(durable=True)
def send(key: int, *, actor: Actor, now: datetime) -> Transfer:
    """The doses have left. Again changes nothing. Raises NotAllowed, Conflict, Refusal(NOT_KNOWN,
    SHORT_OF_STOCK, LOT_ON_HOLD)."""
    locks.write_facts(locks.STOCK)
    row = transfers.lock_transfer(key)
    check_may(actor, Act.MOVE_STOCK, site=row.source)
    if row.cancelled_at is not None:
        raise Conflict(gettext_noop("The transfer was cancelled."))
    if row.sent_at is not None:
        return row
    if (why := lot_holds.why_held(row.lot_id, row.source_id)) is not None:
        raise Refusal(Refused.LOT_ON_HOLD, lot=row.lot.number, why=why)
    stock_moves.post(
        stock_moves.Move(
            request_id=row.request_id,
            kind=MoveKind.TRANSFER_OUT,
            lot=row.lot,
            site=row.source,
            doses=row.doses,
            occurred_on=local_day(now, row.source.time_zone),
            reason=f"to {row.target.code}",
        ),
        actor=actor,
        now=now,
    )
    transfers.change(row, sent_at=now, sent_by=actor.name)
    _audit("sent", row, actor, now)
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the receiver counted, and how warm it was on the way, where a logger travelled along."""

    doses: Decimal
    reason: str = ""  # of a difference
    way: Way | None = None


@retried
@transaction.atomic(durable=True)
def receive(key: int, arrival: Arrival, *, actor: Actor, now: datetime) -> Transfer:
    """Counted onto the shelf of the receiver; doses that are missing, or too many, are explained.
    If they were too warm or too cold on the way, they are on hold there until it is decided.

    Raises NotAllowed, BadInput, Conflict when it was not sent or is received, Refusal(NOT_KNOWN).
    """
    locks.write_facts(locks.STOCK)
    row = transfers.lock_transfer(key)
    check_may(actor, Act.MOVE_STOCK, site=row.target)
    if row.sent_at is None or row.received_at is not None:
        raise Conflict(gettext_noop("The transfer was not sent, or is received already."))
    if not 0 <= arrival.doses < 10_000_000:
        raise BadInput(gettext_noop("Say how many doses were counted."))
    reason = arrival.reason.strip()[:500]
    if arrival.doses != row.doses and len(reason) < 3:
        raise BadInput(gettext_noop("Another number was sent: say why the counts differ."))
    _shelve(row, arrival.doses, reason, actor=actor, now=now)
    transfers.change(
        row,
        received_at=now,
        received_by=actor.name,
        received=arrival.doses,
        reason=reason,
        **columns_of(arrival.way),
    )
    _audit("received", row, actor, now)
    arrived = Arrived(lot=row.lot, site=row.target, way=arrival.way)
    hold_after(arrived, f"transfer:{row.pk}", actor=actor, now=now)
    follow_site(row.target, row.lot, actor=actor, now=now)
    return row


def _shelve(row: Transfer, counted: Decimal, reason: str, *, actor: Actor, now: datetime) -> None:
    """What arrived comes out of transit onto the shelf; what is missing, or too much, is explained."""
    arrived = min(counted, row.doses)
    on = local_day(now, row.target.time_zone)

    def move(kind: MoveKind, doses: Decimal, why: str) -> stock_moves.Move:
        return stock_moves.Move(
            request_id=row.request_id,
            kind=kind,
            lot=row.lot,
            site=row.target,
            doses=doses,
            occurred_on=on,
            reason=why,
        )

    if arrived:
        came = move(MoveKind.TRANSFER_IN, arrived, f"from {row.source.code}")
        stock_moves.post(came, actor=actor, now=now)
    if counted < row.doses:
        lost = move(MoveKind.ADJUSTMENT, row.doses - counted, reason)
        stock_moves.lose_on_the_way(lost, actor=actor, now=now)
    elif counted > row.doses:
        found = move(MoveKind.ADJUSTMENT, counted - row.doses, reason)
        stock_moves.find_on_the_way(found, actor=actor, now=now)


@transaction.atomic(durable=True)
def cancel(key: int, reason: str, *, actor: Actor, now: datetime) -> Transfer:
    """It is not sent after all. Raises NotAllowed, BadInput, Conflict once it is on its way."""
    row = transfers.lock_transfer(key)
    if not may(actor, Act.MOVE_STOCK, site=row.source):
        raise NotAllowed(Act.MOVE_STOCK.value)
    if row.sent_at is not None:
        raise Conflict(
            gettext_noop("The doses are on their way; receive them, then send them back.")
        )
    if len(reason.strip()) < 3:
        raise BadInput(gettext_noop("Say why it is not sent."))
    if row.cancelled_at is None:
        transfers.change(
            row, cancelled_at=now, cancelled_by=actor.name, reason=reason.strip()[:500]
        )
        _audit("cancelled", row, actor, now)
    return row


def _audit(what: str, row: Transfer, actor: Actor, now: datetime) -> None:
    audit.record(
        f"transfer.{what}",
        f"transfer:{row.pk}",
        actor=actor,
        now=now,
        lot=row.lot_id,
        doses=str(row.doses),
        source=row.source.code,
        target=row.target.code,
    )
