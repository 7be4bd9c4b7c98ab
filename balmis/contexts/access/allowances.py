"""How often somebody may try: counted in the database, so that all processes count together.

An allowance refills at an even rate (the generic cell rate algorithm): of each key only the moment is
kept at which it is full again. Keys are digests: no name, phone or address is kept here. A server
that lost its power forgets them, since the table is not logged.
"""

import hashlib
from datetime import datetime, timedelta

from django.db import connection

from balmis.contexts.access.models import Allowance
from balmis.core.rate_limit import Allowed

SPEND = """
INSERT INTO access_allowance AS known (key, full_at) VALUES (%(key)s, %(full)s)
ON CONFLICT (key) DO UPDATE
SET full_at = greatest(known.full_at, %(now)s) + make_interval(secs => %(cost)s)
WHERE greatest(known.full_at, %(now)s) <= %(most)s
RETURNING full_at
"""


def spend(what: Allowed, who: object, *, now: datetime, times: int = 1) -> timedelta | None:
    """Use it once (or `times`). None: it was there; else how long to wait until it is, or until it is full
    when even that is not enough."""
    if times > what.burst:
        return what.every * what.burst
    key, cost, most = _key(what, who), what.every * times, what.every * what.burst
    with connection.cursor() as cursor:
        spent: dict[str, str | float | datetime] = {
            "key": key,
            "now": now,
            "full": now + cost,
            "most": now + most - cost,
            "cost": cost.total_seconds(),
        }
        cursor.execute(SPEND, spent)
        if cursor.fetchone():
            return None
    full_at = Allowance.objects.values_list("full_at", flat=True).get(key=key)
    return max(full_at + cost - now - most, timedelta(seconds=1))


def drain(what: Allowed, who: object, *, now: datetime) -> None:
    """Nothing of it is left."""
    full_at = now + what.every * what.burst
    Allowance.objects.update_or_create(key=_key(what, who), defaults={"full_at": full_at})


def refill(what: Allowed, who: object) -> None:
    """It is full again."""
    Allowance.objects.filter(key=_key(what, who)).delete()


def forget_full(*, now: datetime) -> int:
    """Those that are full again are kept no longer; returns how many."""
    return Allowance.objects.filter(full_at__lt=now).delete()[0]


def _key(what: Allowed, who: object) -> str:
    return hashlib.sha256(f"{what.name}\n{who}".encode()).hexdigest()
