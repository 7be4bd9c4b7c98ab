"""Doses are thrown away: one person asks, another agrees."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.supply import balances, discards, lots, products, stock_moves, transfers
from balmis.contexts.supply.models import Discard
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import MoveKind, WastageReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    request_id: UUID
    site: str
    product: str
    lot: str
    doses: Decimal
    why: WastageReason
    note: str


@transaction.atomic(durable=True)
def ask_discard(asked: Ask, *, actor: Actor, now: datetime) -> Discard:
    """Nothing leaves the shelf yet. A retry gives back the first. Raises NotAllowed, BadInput,
    Refusal(NOT_KNOWN,
    REQUEST_REUSED, SHORT_OF_STOCK)."""
    site = places.site(asked.site)
    check_may(actor, Act.MOVE_STOCK, site=site)
    if not 0 < asked.doses < 10_000_000:
        raise BadInput(gettext_noop("Say how many doses are thrown away."))
    if len(asked.note.strip()) < 3:
        raise BadInput(gettext_noop("Say what happened to the doses."))
    lot = lots.lot_by_number(products.product(asked.product), asked.lot)
    if lot is None:
        raise Refusal(Refused.NOT_KNOWN, what=f"lot of {asked.product}", key=asked.lot)
    there = balances.balance(lot, site)
    if asked.doses > there:
        raise Refusal(
            Refused.SHORT_OF_STOCK,
            lot=lot.number,
            site=site.code,
            asked=f"{asked.doses:f}",
            left=f"{max(there, Decimal(0)).normalize():f}",
        )
    row = Discard(
        request_id=asked.request_id,
        lot=lot,
        site=site,
        doses=asked.doses,
        why=asked.why.value,
        note=asked.note.strip()[:500],
        asked_at=now,
        asked_by=actor.name,
    )
    kept, made = discards.ask_discard(row)
    if (kept.lot_id, kept.site_id, kept.doses) != (lot.pk, site.pk, asked.doses):
        raise Refusal(Refused.REQUEST_REUSED, request_id=str(asked.request_id))
    if made:
        audit.record(
            "discard.asked",
            f"lot:{lot.pk}",
            actor=actor.on_request(asked.request_id),
            now=now,
            doses=str(asked.doses),
            why=asked.why.value,
        )
    return kept


@transaction.atomic(durable=True)
def end_discard(key: int, agreed: bool, *, actor: Actor, now: datetime) -> Discard:
    """The second signature, or a no; only who asked may not agree.

    Raises NotAllowed, BadInput, Refusal(NOT_KNOWN, SHORT_OF_STOCK).
    """
    locks.write_facts(locks.STOCK)
    row = discards.lock_discard(key)
    check_may(actor, Act.MOVE_STOCK, site=row.site)
    if agreed and actor.name == row.asked_by:
        raise BadInput(gettext_noop("Another person than who asked has to agree."))
    if agreed:
        stock_moves.waste(
            stock_moves.Move(
                request_id=row.request_id,
                kind=MoveKind.WASTAGE,
                lot=row.lot,
                site=row.site,
                doses=row.doses,
                occurred_on=local_day(now, row.site.time_zone),
            ),
            WastageReason(row.why),
            actor=actor,
            now=now,
        )
    transfers.change(row, ended_at=now, ended_by=actor.name, agreed=agreed)
    audit.record(
        "discard.agreed" if agreed else "discard.refused",
        f"lot:{row.lot_id}",
        now=now,
        actor=actor.because(row.note),
        discard=row.pk,
        doses=str(row.doses),
    )
    return row
