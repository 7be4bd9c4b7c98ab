"""What the book says lies where: one row a lot, account and place."""

from datetime import datetime
from decimal import Decimal

from django.db import connection

from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import PLACELESS, Lot
from balmis.core.vocabulary.supply import Account

SHIFT = """
UPDATE supply_balance SET doses = doses + %(change)s, overdrawn_at = CASE
  WHEN doses + %(change)s >= 0 THEN NULL
  WHEN %(change)s > 0 OR %(at_use)s::timestamptz IS NOT NULL
    THEN coalesce(overdrawn_at, %(at_use)s::timestamptz)
  END
WHERE lot_id = %(lot)s AND account = %(account)s AND site_id IS NOT DISTINCT FROM %(site)s
RETURNING doses
"""


OPEN = """
INSERT INTO supply_balance (lot_id, account, site_id, doses) VALUES (%s, %s, %s, 0)
ON CONFLICT ON CONSTRAINT balance_once DO NOTHING
"""


def balance(lot: Lot, site: Site, *, lock: bool = False) -> Decimal:
    """What the book says the site holds of the lot, in doses."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT doses FROM supply_balance WHERE lot_id = %s AND account = 'site' "  # noqa: S608
            f"AND site_id = %s {'FOR UPDATE' if lock else ''}",
            [lot.pk, site.pk],
        )
        row = cursor.fetchone()
    return Decimal(0) if row is None else Decimal(row[0])


def shift(
    lot_id: int,
    account: Account,
    site: Site | int,
    change: Decimal,
    *,
    at_use: datetime | None = None,
) -> Decimal:
    """Change one balance. Only a draw (`at_use`) may take a site's balance below zero."""
    site_id = site.pk if isinstance(site, Site) else site
    place = None if account in PLACELESS else site_id
    values = {"change": change, "at_use": at_use, "lot": lot_id, "account": account, "site": place}
    with connection.cursor() as cursor:
        cursor.execute(SHIFT, values)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(OPEN, [lot_id, account, place])
            cursor.execute(SHIFT, values)
            row = cursor.fetchone()
    return Decimal(row[0])
