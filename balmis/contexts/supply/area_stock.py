"""What many sites have of each vaccine, in a few queries. Keys are the site and the product's code."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from balmis.contexts.supply.models import Vial
from balmis.core.dates import noon
from balmis.core.vocabulary.supply import MoveKind

At = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Have:
    """In doses."""

    usable: float  # neither held, nor expired, nor promised to others
    held: float
    expiring: float  # of the usable ones


@dataclass(frozen=True, slots=True)
class Lost:
    opened: float  # wasted in opened vials
    drawn: float  # of opened vials
    closed: float  # thrown away unopened


NOTHING, NONE_LOST = Have(0, 0, 0), Lost(0, 0, 0)

# the areas in which a site lies
AROUND = """SELECT around.id FROM places_site s JOIN places_area a ON a.id = s.area_id
  JOIN places_area around ON starts_with(a.path, around.path) WHERE s.id = {site}"""
SHELVES = """
SELECT b.site_id, p.code,
  sum(CASE WHEN h.held OR l.expires_on < %(today)s THEN 0 ELSE b.doses - coalesce(t.doses, 0) END),
  sum(CASE WHEN h.held THEN b.doses ELSE 0 END),
  sum(CASE WHEN NOT h.held AND l.expires_on BETWEEN %(today)s AND %(soon)s
    THEN b.doses - coalesce(t.doses, 0) ELSE 0 END)
FROM supply_balance b
JOIN supply_lot l ON l.id = b.lot_id JOIN supply_product p ON p.id = l.product_id
CROSS JOIN LATERAL (SELECT EXISTS (
  SELECT 1 FROM supply_lothold h WHERE h.lot_id = b.lot_id AND h.released_at IS NULL
    AND (h.site_id = b.site_id OR h.area_id IN ({around}))) AS held) h
LEFT JOIN LATERAL (
  SELECT sum(t.doses) AS doses FROM supply_transfer t WHERE t.lot_id = b.lot_id
    AND t.source_id = b.site_id AND t.sent_at IS NULL AND t.cancelled_at IS NULL) t ON true
WHERE b.account = 'site' AND b.site_id = ANY(%(sites)s) AND b.doses <> 0
GROUP BY 1, 2
""".format(around=AROUND.format(site="b.site_id"))  # noqa: S608
COMING = """
SELECT t.target_id, p.code, sum(t.doses)
FROM supply_transfer t JOIN supply_lot l ON l.id = t.lot_id JOIN supply_product p ON p.id = l.product_id
WHERE t.target_id = ANY(%(sites)s) AND t.received_at IS NULL AND t.cancelled_at IS NULL
  AND (l.expires_on IS NULL OR l.expires_on >= %(today)s)
  AND NOT EXISTS (SELECT 1 FROM supply_lothold h WHERE h.lot_id = t.lot_id AND h.released_at IS NULL
    AND (h.area_id IN ({around}) OR h.site_id = t.target_id
      OR h.site_id = t.source_id AND t.sent_at IS NULL))
GROUP BY 1, 2
""".format(around=AROUND.format(site="t.target_id"))  # noqa: S608
OPENED = """
SELECT v.site_id, p.code, sum(v.wasted), sum(greatest(v.doses - v.wasted, 0))
FROM supply_vial v JOIN supply_lot l ON l.id = v.lot_id JOIN supply_product p ON p.id = l.product_id
WHERE v.site_id = ANY(%s) AND v.opened_at >= %s AND v.closed_at IS NOT NULL GROUP BY 1, 2
"""
CLOSED = """
SELECT m.site_id, p.code, sum(m.doses)
FROM supply_stockmove m JOIN supply_lot l ON l.id = m.lot_id JOIN supply_product p ON p.id = l.product_id
WHERE m.kind = %s AND m.kind <> 'dose' AND m.site_id = ANY(%s) AND m.occurred_on >= %s
  AND NOT EXISTS (SELECT 1 FROM supply_stockmove r WHERE r.reverses_id = m.id)
GROUP BY 1, 2
"""


def shelves_of(sites: Iterable[int], today: date, soon: date) -> dict[At, Have]:
    rows = _rows(SHELVES, {"sites": list(sites), "today": today, "soon": soon})
    return {(r[0], r[1]): Have(float(r[2]), float(r[3]), float(r[4])) for r in rows}


def coming_to(sites: Iterable[int], today: date) -> dict[At, float]:
    """Promised or on the way from other sites, and usable there: neither held nor expired."""
    rows = _rows(COMING, {"sites": list(sites), "today": today})
    return {(r[0], r[1]): float(r[2]) for r in rows}


def wastage_of(sites: Iterable[int], since: datetime, on: date) -> dict[At, Lost]:
    ids = list(sites)
    opened = {(r[0], r[1]): (float(r[2]), float(r[3])) for r in _rows(OPENED, [ids, since])}
    moved = {(r[0], r[1]): float(r[2]) for r in _rows(CLOSED, [MoveKind.WASTAGE.value, ids, on])}
    return {
        at: Lost(
            *opened.get(at, (0.0, 0.0)), max(0.0, moved.get(at, 0.0) - opened.get(at, (0.0,))[0])
        )
        for at in {*opened, *moved}
    }


@dataclass(frozen=True, slots=True)
class Wasted:
    """Doses thrown away at a site on a day, and why."""

    site: int
    on: date
    product: str
    lot: str
    doses: float
    why: str
    request_id: UUID


THROWN = """
SELECT m.site_id, m.occurred_on, p.code, l.number, m.doses, m.reason,
  m.request_id
FROM supply_stockmove m JOIN supply_lot l ON l.id = m.lot_id JOIN supply_product p ON p.id = l.product_id
WHERE m.kind = %s AND m.kind <> 'dose' AND m.site_id = ANY(%s) AND m.occurred_on >= %s
  AND NOT EXISTS (SELECT 1 FROM supply_stockmove r WHERE r.reverses_id = m.id)
ORDER BY m.occurred_on, m.site_id, m.id
"""


def thrown_away(sites: Iterable[int], since: date) -> list[Wasted]:
    rows = _rows(THROWN, [MoveKind.WASTAGE.value, list(sites), since])
    return [Wasted(r[0], r[1], r[2], r[3], float(r[4]), r[5], r[6]) for r in rows]


def wasting_vials(sites: Iterable[int], since: date) -> list[UUID]:
    """Vials that were closed since then with doses left in them."""
    begin = noon(since - timedelta(days=3), "UTC")  # opened days before, at most
    found = Vial.objects.filter(site__in=list(sites), wasted__gt=0, opened_at__gte=begin)
    return list(found.values_list("pk", flat=True))


def _rows(statement: str, values: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)  # type: ignore[arg-type]
        return list(cursor.fetchall())
