"""Allowances of doors: spent before anything else is done, and whatever becomes of it."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from balmis.contexts.access import allowances
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.rate_limit import Allowed
from balmis.core.vocabulary.reasons import Refused

log = logging.getLogger("balmis.audit")


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


SEARCHES = Allowed("searches of people by one user", 120, timedelta(seconds=10))


def check_searches(actor: Actor, *, now: datetime) -> None:
    """A desk looks for many; who copies a register looks for more. Raises Refusal(TOO_MANY_TRIES)."""
    if actor.trusted:
        return
    wait = spend(SEARCHES, actor.name, now=now)
    if wait is not None:
        log.error("searches of people are used up", extra={"actor": actor.name})
        minutes = -(-int(wait.total_seconds()) // 60) or 1
        raise Refusal(Refused.TOO_MANY_TRIES, minutes=minutes)


@transaction.atomic(durable=True)
def forget_full(*, now: datetime) -> int:
    """What is full again is kept no longer."""
    return allowances.forget_full(now=now)
