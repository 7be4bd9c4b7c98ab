"""Lots by number and key."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Sum

from balmis.contexts.journal.rows import rows_of
from balmis.contexts.supply.models import Lot, Product, StockMove
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import Account


def lot_by_number(product: Product, number: str) -> Lot | None:
    found = rows_of(Lot, "WHERE product_id = %s AND number = %s", [product.pk, number])
    for lot in found:
        lot.product = product
    return found[0] if found else None


def lot(lot_id: int) -> Lot:
    """Raises Refusal(NOT_KNOWN)."""
    found = Lot.objects.select_related("product").filter(pk=lot_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="lot", key=lot_id)
    return found


def lots_by_id(lot_ids: Iterable[int]) -> dict[int, Lot]:
    return {x.pk: x for x in Lot.objects.filter(pk__in=list(lot_ids)).select_related("product")}


def lot_sizes(lot_ids: Iterable[int]) -> dict[int, float]:
    """Doses of each lot that came from outside, to any site."""
    rows = StockMove.objects.filter(lot__in=list(lot_ids), source=Account.SUPPLIER.value)
    return {lot: float(n) for lot, n in rows.values_list("lot").annotate(n=Sum("doses")).order_by()}


def keep_lot(product: Product, number: str, *, expires_on: date | None = None) -> Lot:
    lot, made = Lot.objects.get_or_create(
        product=product, number=number, defaults={"expires_on": expires_on}
    )
    if not made and expires_on is not None and lot.expires_on != expires_on:
        lot.expires_on = expires_on
        lot.save(update_fields=["expires_on"])
    return lot
