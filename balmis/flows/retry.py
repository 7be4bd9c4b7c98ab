"""Try again what two transactions spoiled for each other."""

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection
from psycopg import errors

log = logging.getLogger("balmis.flows")

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 5
SPOILED = (errors.DeadlockDetected, errors.UniqueViolation)  # the other was quicker


def retried(flow: Callable[P, R]) -> Callable[P, R]:
    """A flow that locks places of several sessions may meet another that locks them in another
    order, or write the same row; the database ends one of the two, which is tried again from its
    beginning.

    For outermost flows only: inside a transaction the error goes on to whoever began it.
    """

    @functools.wraps(flow)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return flow(*args, **kwargs)
            except (OperationalError, IntegrityError) as error:
                if not isinstance(error.__cause__, SPOILED):
                    raise
                if connection.in_atomic_block:
                    raise
                log.info("a deadlock was resolved; trying again", extra={"job": flow.__name__})
                time.sleep(random.uniform(0.01, 0.1))  # noqa: S311
        return flow(*args, **kwargs)

    return tried
