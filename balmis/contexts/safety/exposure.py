"""Doses given, the denominators of safety: exact at any moment, as they are counted from the doses
themselves; corrected doses are none,
nor those that are held out of the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import connection
from numpy.typing import NDArray

# ages at which a band begins: every five years, and 18, at which rates of adults begin
BREAKS = (5, 10, 15, 18, 20, *range(25, 105, 5))
LOWER = (0, *BREAKS)  # the youngest of each band
# what doses can be counted by; nothing else goes into the statement
DIMENSIONS = {
    "lot": "d.lot_id",
    "vial": "d.vial_id::text",
    "site": "d.site_id",
    "product": "d.product_id",
    "day": "d.given_on",
    "hour": "date_trunc('hour', d.given_at)",
    "kind": "d.kind",
    "sex": "p.sex",
    "age": "extract(year FROM age(d.given_on, p.born))::int",
    "band": "width_bucket(extract(year FROM age(d.given_on, p.born))::int, ARRAY{breaks})",
}
DIMENSIONS["band"] = DIMENSIONS["band"].format(breaks=list(BREAKS))
LIVE = """
FROM safety_counted_dose d JOIN people_person p ON p.id = d.person_id
WHERE d.campaign_id = %s AND d.given_on <= %s AND d.given_on >= %s
"""


def doses_by(
    campaign_id: int, dimensions: Sequence[str], until: date, *, since: date = date.min, **only: Any
) -> list[tuple[Any, ...]]:
    """Rows of (each dimension..., doses), of doses given in these days; `only` lot=…, site=… narrows.

    Raises KeyError for a dimension that there is not.
    """
    columns = [DIMENSIONS[d] for d in dimensions]
    where = "".join(f" AND {DIMENSIONS[name]} = %s" for name in only)
    select = ", ".join([*columns, "count(*)"])
    group = f" GROUP BY {', '.join(str(i + 1) for i in range(len(columns)))}" if columns else ""
    with connection.cursor() as cursor:
        values = [campaign_id, until, since, *only.values()]
        cursor.execute(f"SELECT {select} {LIVE}{where}{group}", values)
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Exposure:
    """Columns of equal length, a row for each lot, site, product, day, sex and band of ages."""

    lot: NDArray[np.int64]  # 0: not known
    site: NDArray[np.int64]
    product: NDArray[np.int64]
    day: NDArray[np.int64]  # ordinals
    sex: NDArray[np.str_]
    band: NDArray[np.int64]
    doses: NDArray[np.int64]


COLUMNS = ("lot", "site", "product", "day", "sex", "band")
RECENT = timedelta(days=3)  # days that are counted anew each time
KEPT_SECONDS = 3600  # a person's birthday or sex may have been corrected meanwhile
STAMP = """
SELECT count(*), max(d.id), (
  SELECT count(*) FROM clinic_dosecorrection c JOIN clinic_dose x ON x.id = c.dose_id
  WHERE x.campaign_id = %s AND x.given_on <= %s),
  (SELECT count(*) || '/' || coalesce(sum(flag_id), 0) FROM safety_held_dose)
FROM clinic_dose d WHERE d.campaign_id = %s AND d.given_on <= %s
"""


def exposure(campaign_id: int, until: date) -> Exposure:
    """Every counted dose until that day. Days long past are kept as they were counted, as long as no dose
    of theirs was added, taken back, held or let go."""
    cut = until - RECENT
    with connection.cursor() as cursor:
        cursor.execute(STAMP, [campaign_id, cut, campaign_id, cut])
        stamp = "-".join(map(str, cursor.fetchone()))
    key = f"exposure:{campaign_id}:{cut}:{stamp}"
    old = cache.get(key)
    if old is None:
        old = doses_by(campaign_id, COLUMNS, cut)
        cache.set(key, old, timeout=KEPT_SECONDS)
    return _columns([*old, *doses_by(campaign_id, COLUMNS, until, since=cut + timedelta(days=1))])


def _columns(rows: list[tuple[Any, ...]]) -> Exposure:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7

    def whole(i: int) -> NDArray[np.int64]:
        return np.array([v or 0 for v in columns[i]], dtype=np.int64)

    return Exposure(
        whole(0),
        whole(1),
        whole(2),
        np.array([d.toordinal() for d in columns[3]], dtype=np.int64),
        np.array(columns[4], dtype=np.str_),
        whole(5),
        whole(6),
    )


@dataclass(frozen=True, slots=True)
class Onset:
    """A case after a dose, as the statistics need it."""

    case: int
    event: str
    serious: bool
    lot: int
    site: int
    product: int
    vial: str
    given_on: date
    onset_on: date
    known_on: date  # the day it was received
    received_at: datetime
    died: bool
    sex: str
    dose: int
    age: int  # at the dose


CASES = """
SELECT c.id, c.event, c.why_serious <> '{}', coalesce(d.lot_id, 0), coalesce(d.site_id, 0),
  d.product_id, coalesce(d.vial_id::text, ''), d.given_on, c.onset_on,
  (c.received_at AT TIME ZONE %(zone)s)::date, c.received_at, 'death' = ANY(c.why_serious), p.sex,
  d.id, extract(year FROM age(d.given_on, p.born))::int
FROM safety_case c JOIN clinic_live_dose d ON d.id = c.dose_id JOIN people_person p ON p.id = d.person_id
WHERE c.campaign_id = %(campaign)s AND c.status NOT IN ('merged', 'nullified')
  AND c.certainty <> 'ruled_out' AND c.received_at <= %(now)s
ORDER BY c.id
"""


def onsets(campaign_id: int, zone: str, now: datetime) -> list[Onset]:
    """Every case after a dose that stands, known by `now`."""
    with connection.cursor() as cursor:
        cursor.execute(CASES, {"campaign": campaign_id, "zone": zone, "now": now})
        return [Onset(*row) for row in cursor.fetchall()]
