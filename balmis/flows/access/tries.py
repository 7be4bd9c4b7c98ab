"""Allowances of doors: spent before anything else is done, and whatever becomes of it."""

from datetime import datetime, timedelta

from django.db import transaction

from balmis.contexts.access import allowances
from balmis.core.rate_limit import Allowed


@transaction.atomic(durable=True)
def spend(what: Allowed, who: object, *, now: datetime) -> timedelta | None:
    """One try. None: go on; else how long to wait."""
    return allowances.spend(what, who, now=now)


@transaction.atomic(durable=True)
def spend_all(what: Allowed, who: object, times: int, *, now: datetime) -> timedelta | None:
    """So many tries together. None: go on; else nothing is left, and how long until there is."""
    wait = allowances.spend(what, who, now=now, times=times)
    if wait is not None:
        allowances.drain(what, who, now=now)
    return wait


@transaction.atomic(durable=True)
def forget_full(*, now: datetime) -> int:
    """What is full again is kept no longer."""
    return allowances.forget_full(now=now)
