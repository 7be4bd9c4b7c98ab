"""Draws for a staged list of doses, set-based. The twin of `stock_moves.draw`."""

from datetime import datetime

from django.db import connection

# every balance the list touches exists and is locked, in one order
OPEN = """
INSERT INTO supply_balance (lot_id, account, site_id, doses)
SELECT DISTINCT lot_id, account, site_id, 0
FROM dose_in, unnest(ARRAY['site', 'given']) AS account
WHERE lot_id IS NOT NULL AND site_id IS NOT NULL
ORDER BY lot_id, site_id, account
ON CONFLICT ON CONSTRAINT balance_once DO NOTHING
"""
LOCK = """
SELECT b.id FROM supply_balance b
WHERE b.account IN ('site', 'given') AND (b.lot_id, b.site_id) IN
  (SELECT lot_id, site_id FROM dose_in)
ORDER BY b.account DESC, b.lot_id, b.site_id FOR UPDATE
"""
# what the site's book says right after each dose, in the order they were given
LEFT_AFTER = """
UPDATE dose_in SET left_after = w.left_after
FROM (
  SELECT d.row, b.doses - sum(d.units) OVER (
    PARTITION BY d.lot_id, d.site_id ORDER BY d.given_at, d.row) AS left_after
  FROM dose_in d JOIN supply_balance b
    ON b.lot_id = d.lot_id AND b.site_id = d.site_id AND b.account = 'site'
) AS w
WHERE w.row = dose_in.row
"""
MOVES = """
INSERT INTO supply_stockmove (request_id, kind, lot_id, site_id, source, target, doses,
  occurred_on, recorded_at, actor, reason)
SELECT request_id, 'dose', lot_id, site_id, 'site', 'given', units, given_on,
  %(now)s, %(actor)s, ''
FROM dose_in WHERE lot_id IS NOT NULL AND site_id IS NOT NULL ORDER BY given_at, row
"""
SHIFT = """
UPDATE supply_balance b SET
  doses = b.doses + sign * drawn.doses,
  overdrawn_at = CASE WHEN b.account = 'site' AND b.doses - drawn.doses < 0
    THEN coalesce(b.overdrawn_at, %(now)s) END
FROM (
  SELECT lot_id, site_id, sum(units) AS doses FROM dose_in
  WHERE lot_id IS NOT NULL AND site_id IS NOT NULL GROUP BY lot_id, site_id
) AS drawn, (VALUES ('site', -1), ('given', 1)) AS way (account, sign)
WHERE b.lot_id = drawn.lot_id AND b.site_id = drawn.site_id AND b.account = way.account
"""


def lock_staged_balances() -> None:
    """Lock what the staged doses draw from, and work out what each leaves."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
        cursor.execute(LOCK)
        cursor.execute(LEFT_AFTER)


def draw_staged(*, actor: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MOVES, {"actor": actor, "now": now})
        cursor.execute(SHIFT, {"now": now})
