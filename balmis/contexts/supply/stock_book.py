"""The stock book as it is read: shelves, balances, moves of a day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Min, Sum

from balmis.contexts.supply.lot_holds import holds
from balmis.contexts.supply.models import (
    PLACELESS,
    Balance,
    Lot,
    StockMove,
)
from balmis.core.vocabulary.supply import Account, MoveKind


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a site holds of a lot, by the book."""

    lot: Lot
    doses: float
    held: bool


def shelves(site_id: int) -> list[Shelf]:
    """Lots at the site with stock, or with a debt; the first to expire first."""
    held = {h.lot_id for h in holds(site_id)}
    rows = Balance.objects.filter(site_id=site_id, account=Account.SITE.value).exclude(doses=0)
    found = [
        Shelf(b.lot, float(b.doses), b.lot_id in held) for b in rows.select_related("lot__product")
    ]
    return sorted(found, key=lambda s: (s.lot.expires_on or date.max, s.lot.number))


def lots_once_at(site_id: int) -> list[Lot]:
    """Every lot that the book has ever known at the site, whatever is left."""
    rows = Balance.objects.filter(site_id=site_id, account=Account.SITE.value)
    return [b.lot for b in rows.select_related("lot__product").order_by("lot__product", "lot")]


def was_at(lot_id: int, site_id: int) -> bool:
    """Has the book ever known the lot at the site, whatever is left?"""
    found = Balance.objects.filter(lot=lot_id, site=site_id, account=Account.SITE.value)
    return found.exists()


def used_up(site_id: int, numbers: Iterable[str]) -> list[Shelf]:
    """Lots of these numbers that the site once had, and of which the book says none are left."""
    rows = Balance.objects.filter(
        site_id=site_id, account=Account.SITE.value, doses=0, lot__number__in=list(numbers)
    )
    return [Shelf(b.lot, 0.0, held=False) for b in rows.select_related("lot__product")]


def doses_by_product(site_ids: Iterable[int]) -> dict[int, dict[str, float]]:
    """What each site holds by the book, by the product's code; debts are left out."""
    rows = Balance.objects.filter(site__in=list(site_ids), account=Account.SITE.value, doses__gt=0)
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for site, code, doses in rows.values_list("site", "lot__product__code").annotate(
        n=Sum("doses")
    ):
        found[site or 0][code] = float(doses)
    return found


def balances_of(lot_id: int) -> dict[int | None, float]:
    """What each site holds of a lot, by the book."""
    rows = Balance.objects.filter(lot=lot_id, account=Account.SITE.value).exclude(doses=0)
    return {b.site_id: float(b.doses) for b in rows}


def ledger_sum() -> Decimal:
    """The sum over all accounts of all lots: zero, or something is broken."""
    return Balance.objects.aggregate(total=Sum("doses"))["total"] or Decimal(0)


AMISS = """
SELECT count(*) FROM (
  SELECT lot_id, account, site_id, sum(doses) AS doses FROM (
    SELECT lot_id, target AS account, CASE WHEN target <> ALL(%(placeless)s) THEN site_id END
      AS site_id, doses FROM supply_stockmove
    UNION ALL
    SELECT lot_id, source, CASE WHEN source <> ALL(%(placeless)s) THEN site_id END, -doses
    FROM supply_stockmove
  ) AS entries GROUP BY lot_id, account, site_id
) AS moved
FULL JOIN supply_balance b ON b.lot_id = moved.lot_id AND b.account = moved.account
  AND coalesce(b.site_id, 0) = coalesce(moved.site_id, 0)
WHERE coalesce(moved.doses, 0) <> coalesce(b.doses, 0)
"""


def balances_amiss() -> int:
    """How many balances differ from the sum of their moves? The recount of the book itself."""
    with connection.cursor() as cursor:
        cursor.execute(AMISS, {"placeless": PLACELESS})
        return int(cursor.fetchone()[0])


def moves_other_than_doses(site_ids: list[int], day: date) -> list[dict[str, Any]]:
    """Sums by product, site and route of all moves but doses and their reversals, to `day`.

    Each row: product, site, source, target, kind, reason, doses (to the day), of_the_day.
    """
    query = """
    SELECT l.product_id AS product, m.site_id AS site,
      m.source, m.target, m.kind, m.reason, sum(m.doses) AS doses,
      coalesce(sum(m.doses) FILTER (WHERE m.occurred_on = %(day)s), 0) AS of_the_day
    FROM supply_stockmove m JOIN supply_lot l ON l.id = m.lot_id
    WHERE m.kind <> 'dose' AND m.occurred_on <= %(day)s
      AND NOT (m.kind = 'reversal' AND m.source = 'given')
      AND m.site_id = ANY(%(sites)s)
    GROUP BY 1, 2, 3, 4, 5, 6
    """
    with connection.cursor() as cursor:
        cursor.execute(query, {"day": day, "sites": site_ids})
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


LOT_MOVES = """
SELECT p.code, l.number,
  coalesce(sum(m.doses) FILTER (WHERE m.target = 'site' AND m.source IN ('supplier', 'transit')), 0),
  coalesce(sum(m.doses) FILTER (WHERE m.source = 'site' AND m.target IN ('supplier', 'transit')), 0),
  coalesce(sum(CASE WHEN m.target = 'given' THEN m.doses WHEN m.source = 'given' THEN -m.doses END), 0),
  coalesce(sum(CASE WHEN m.target = 'wasted' THEN m.doses WHEN m.source = 'wasted' THEN -m.doses END), 0),
  coalesce(sum(m.doses) FILTER (WHERE m.source = 'overfill'), 0)
FROM supply_stockmove m JOIN supply_lot l ON l.id = m.lot_id JOIN supply_product p ON p.id = l.product_id
WHERE m.site_id = %s AND m.occurred_on = %s GROUP BY 1, 2
"""


def lot_moves(site_id: int, on: date) -> dict[tuple[str, str], dict[str, float]]:
    """Product and lot to the doses that came, went, were used, wasted or drawn extra that day."""
    names = ("received", "sent", "used", "wasted", "extra")
    with connection.cursor() as cursor:
        cursor.execute(LOT_MOVES, [site_id, on])
        return {
            (product, lot): dict(zip(names, map(float, sums), strict=True))
            for product, lot, *sums in cursor.fetchall()
        }


def here_since(site_id: int) -> dict[int, tuple[datetime, date]]:
    """For each lot, when the book first heard of it at the site, and its first day there."""
    rows = StockMove.objects.filter(site=site_id, target=Account.SITE.value)
    found = rows.values_list("lot").annotate(m=Min("recorded_at"), on=Min("occurred_on"))
    return {lot: (heard, on) for lot, heard, on in found.order_by()}


def gone_since(site_id: int, on: date) -> dict[int, float]:
    """Doses of each lot that were sent away from the site, on the day or later."""
    away = [Account.TRANSIT.value, Account.SUPPLIER.value]
    rows = StockMove.objects.filter(
        site=site_id, source=Account.SITE.value, target__in=away, occurred_on__gte=on
    )
    return {lot: float(n) for lot, n in rows.values_list("lot").annotate(n=Sum("doses")).order_by()}


def move_for_request(request_id: UUID, kind: MoveKind) -> StockMove | None:
    return StockMove.objects.filter(request_id=request_id, kind=kind.value).first()


STOCK_ON = """
SELECT p.code, coalesce(sum(CASE WHEN m.target IN ('site', 'transit') THEN m.doses ELSE 0 END
    - CASE WHEN m.source IN ('site', 'transit') THEN m.doses ELSE 0 END)
    FILTER (WHERE l.expires_on IS NULL OR l.expires_on >= %(day)s), 0),
  coalesce(sum(CASE WHEN m.target = 'site' AND m.source = 'supplier' THEN m.doses
    WHEN m.source = 'site' AND m.target = 'supplier' THEN -m.doses END), 0)
FROM supply_stockmove m JOIN supply_lot l ON l.id = m.lot_id JOIN supply_product p ON p.id = l.product_id
WHERE m.site_id = ANY(%(sites)s) AND m.occurred_on <= %(day)s GROUP BY 1
"""


def stock_on(site_ids: list[int], day: date) -> dict[str, tuple[float, float]]:
    """By product: the doses on all shelves and on the way between them as of 24:00 of the day that have not
    expired, and all that have come until then."""
    with connection.cursor() as cursor:
        cursor.execute(STOCK_ON, {"sites": site_ids, "day": day})
        return {code: (float(left), float(came)) for code, left, came in cursor.fetchall()}
