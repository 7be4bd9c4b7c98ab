"""Orders from outside and the deliveries that were counted in: the rows, in the caller's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from balmis.contexts.journal.rows import rows_of
from balmis.contexts.supply.models import Delivery, Lot, PurchaseOrder
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused

Row = TypeVar("Row", PurchaseOrder, Delivery)


@dataclass(frozen=True, slots=True)
class Expected:
    """An order that stands, and what is still to come of it."""

    order: PurchaseOrder
    left: float  # doses


OUTSTANDING = """
SELECT o.site_id, p.code, sum(greatest(o.doses - coalesce(d.counted, 0), 0))
FROM supply_order o JOIN supply_product p ON p.id = o.product_id
LEFT JOIN LATERAL (
  SELECT sum(counted) AS counted FROM supply_delivery d WHERE d.order_id = o.id) d ON true
WHERE o.site_id = ANY(%s) AND o.ended_at IS NULL AND o.expected_on BETWEEN %s AND %s
GROUP BY 1, 2
"""


def outstanding(sites: Iterable[int], first: date, last: date) -> dict[tuple[int, str], float]:
    """Doses that are ordered, expected on these days and not here, by site and product."""
    with connection.cursor() as cursor:
        cursor.execute(OUTSTANDING, [list(sites), first, last])
        return {(r[0], r[1]): float(r[2]) for r in cursor.fetchall() if r[2]}


def next_delivery(sites: Iterable[int], products: Iterable[int], today: date) -> date | None:
    """The first day on which some of these is expected at any of the sites."""
    rows = PurchaseOrder.objects.filter(
        site__in=list(sites),
        product__in=list(products),
        ended_at__isnull=True,
        expected_on__gte=today,
    )
    return rows.order_by("expected_on").values_list("expected_on", flat=True).first()


def orders_of(site_id: int) -> list[Expected]:
    """Those that stand, the first to come first."""
    rows = PurchaseOrder.objects.filter(site=site_id, ended_at__isnull=True).select_related(
        "product"
    )
    found = [
        Expected(o, max(0.0, float(o.doses - (o.came or 0))))
        for o in rows.annotate(came=Sum("deliveries__counted")).order_by("expected_on", "pk")
    ]
    return [e for e in found if e.left > 0]


def keep(row: Row) -> Row:
    row.save(force_insert=True)
    return row


def order_for(request_id: UUID) -> PurchaseOrder | None:
    return PurchaseOrder.objects.filter(request_id=request_id).first()


def lock_order(key: int, site_id: int) -> PurchaseOrder:
    """One that stands. Raises Refusal(NOT_KNOWN)."""
    rows = PurchaseOrder.objects.select_for_update(of=("self",)).select_related(
        "product", "site__area"
    )
    found = rows.filter(pk=key, site=site_id, ended_at__isnull=True).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="order", key=key)
    return found


def end_order(row: PurchaseOrder, why: str, *, actor: Actor, now: datetime) -> None:
    row.ended_at, row.ended_by, row.why = now, actor.name, why
    row.save(update_fields=["ended_at", "ended_by", "why"])


def delivery_for(request_id: UUID) -> Delivery | None:
    return Delivery.objects.filter(request_id=request_id).select_related("lot").first()


SPELLED = """
WHERE product_id = %s AND upper(regexp_replace(number, '[^[:alnum:]]', '', 'g'))
  = upper(regexp_replace(%s, '[^[:alnum:]]', '', 'g')) ORDER BY id
"""


def lots_spelled_like(product_id: int, number: str) -> list[Lot]:
    """Whatever the case, the spaces and the dashes."""
    return rows_of(Lot, SPELLED, [product_id, number])


def came_lately(lot_id: int, site_id: int, counted: Decimal, since: datetime) -> bool:
    return Delivery.objects.filter(
        lot=lot_id, site=site_id, counted=counted, received_at__gte=since
    ).exists()


def deliveries_of(site_id: int, most: int = 20) -> list[Delivery]:
    rows = Delivery.objects.filter(site=site_id).select_related("lot__product", "order")
    return list(rows.order_by("-received_at", "-pk")[:most])


WAYS = """
SELECT lot_id, target_id AS site_id, received_at, coldest, warmest, minutes_outside, source_id, sent_at
FROM supply_transfer WHERE received_at IS NOT NULL AND lot_id = ANY(%(lots)s)
UNION ALL
SELECT lot_id, site_id, received_at, coldest, warmest, minutes_outside, NULL, NULL
FROM supply_delivery WHERE lot_id = ANY(%(lots)s)
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Doses of a lot came to a site, from another one or from outside."""

    lot: int
    site: int
    at: datetime
    coldest: float | None  # °C, on the way
    warmest: float | None
    minutes: int | None
    source: int | None  # site; None: from outside
    sent_at: datetime | None


def arrivals(lots: Iterable[int]) -> list[Arrived]:
    with connection.cursor() as cursor:
        cursor.execute(WAYS, {"lots": list(lots)})
        return [
            Arrived(r[0], r[1], r[2], _float(r[3]), _float(r[4]), *r[5:]) for r in cursor.fetchall()
        ]


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
