"""Transfers between shelves: promised, sent, received."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum

from balmis.contexts.places.models import Site
from balmis.contexts.supply.balances import balance
from balmis.contexts.supply.models import Discard, Lot, Transfer
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused

TRANSFER = ("lot__product", "source__area", "target__area")


def promised(lot: Lot, site: Site, *, but: int | None = None) -> Decimal:
    """Doses of the lot at the site that are promised to others and not sent."""
    open_ = Transfer.objects.filter(
        lot=lot, source=site, sent_at__isnull=True, cancelled_at__isnull=True
    ).exclude(pk=but or 0)
    return open_.aggregate(n=Sum("doses"))["n"] or Decimal(0)


def promised_at(site_id: int) -> dict[int, Decimal]:
    """Doses of each lot at the site that are promised to others and not sent."""
    open_ = Transfer.objects.filter(source=site_id, sent_at__isnull=True, cancelled_at__isnull=True)
    return dict(open_.values_list("lot").annotate(n=Sum("doses")).order_by())


def check_free(lot: Lot, site: Site, doses: Decimal, *, but: int | None = None) -> None:
    """Doses that nobody was promised, the shelf locked to the end of the transaction.

    Raises Refusal(SHORT_OF_STOCK).
    """
    free = balance(lot, site, lock=True) - promised(lot, site, but=but)
    if free < doses:
        raise Refusal(
            Refused.SHORT_OF_STOCK,
            lot=lot.number,
            site=site.code,
            asked=f"{doses:f}",
            left=f"{max(free, Decimal(0)).normalize():f}",
        )


def promise(
    request_id: UUID,
    lot: Lot,
    source: Site,
    target: Site,
    doses: Decimal,
    *,
    actor: Actor,
    now: datetime,
) -> Transfer:
    return Transfer.objects.create(
        request_id=request_id,
        lot=lot,
        source=source,
        target=target,
        doses=doses,
        promised_at=now,
        promised_by=actor.name,
    )


def transfer_for(request_id: UUID) -> Transfer | None:
    return Transfer.objects.filter(request_id=request_id).select_related(*TRANSFER).first()


def lock_transfer(key: int) -> Transfer:
    """Raises Refusal(NOT_KNOWN)."""
    rows = Transfer.objects.select_for_update(of=("self",)).select_related(*TRANSFER)
    found = rows.filter(pk=key).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="transfer", key=key)
    return found


def change(row: Transfer | Discard, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))


def transfers_of(site_id: int) -> list[Transfer]:
    """Those that are open, to and from the site, and the last ones that ended."""
    rows = Transfer.objects.filter(Q(source=site_id) | Q(target=site_id)).select_related(*TRANSFER)
    done = Q(received_at__isnull=False) | Q(cancelled_at__isnull=False)
    return [*rows.exclude(done).order_by("promised_at"), *rows.filter(done).order_by("-pk")[:20]]
