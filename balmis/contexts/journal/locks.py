"""Advisory locks of the whole program, in the order in which they are taken.

A transaction takes advisory locks before any row lock, and those it takes in the order of `Lock`;
rows of one table in the order of their ids. Then no two transactions wait for each other in a circle.
Facts are written under the shared lock of their campaign, a day is closed under the exclusive one, so
that a closed day holds all facts or none of a flow.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from uuid import UUID

from django.db import connection


class Lock(IntEnum):
    """First numbers of `pg_advisory_lock(int, int)`; each stands in the order of taking."""

    MIGRATING = 7400  # one program prepares the database
    RUNNING = 7405  # one run of a campaign's eligibility
    FACTS = 7402  # shared by who writes facts, exclusive for who closes a day
    REQUEST = 7404  # one transaction a request
    ALONE = 7412  # one transaction a named task
    CONSUMING = 7403  # one delivery to a consumer of the outbox
    COUNTING = 7401  # one count of a campaign's tallies
    LIKENESS = 7409  # people who may be one: same birthday and area
    SETTLING = 7411  # holds of one product's lots


STOCK = 0  # stands for the stock ledger, which serves every campaign


def take(lock: Lock, key: int | str) -> None:
    """Wait for the lock; it is held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock(%s, {_second(key)})", [lock, key])


def try_to_take(lock: Lock, key: int | str) -> bool:
    """Take the lock if nobody holds it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock(%s, {_second(key)})", [lock, key])
        return bool(cursor.fetchone()[0])


def _second(key: int | str) -> str:
    return "%s" if isinstance(key, int) else "hashtext(%s)"


@contextmanager
def held(lock: Lock, key: int = 0) -> Iterator[None]:
    """Hold the lock over several transactions of this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [lock, key])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [lock, key])


def write_facts(*scopes: int) -> None:
    """Until the end of the transaction no day of these campaigns (or, for STOCK, of any) is
    closed. Name STOCK first: locks are taken in this order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(%s, scope) FROM unnest(%s::int[]) AS scope",
            [Lock.FACTS, list(scopes)],
        )


def stop_facts(scope: int) -> None:
    """Wait for the flows that write facts now; later ones wait for this transaction."""
    take(Lock.FACTS, scope)


def lock_request(request_id: UUID) -> None:
    """Of several transactions with the same request, the later ones wait for the first."""
    take(Lock.REQUEST, str(request_id))


def one_at_a_time(name: str) -> None:
    """Of several transactions that do the same thing, the later ones wait for the first."""
    take(Lock.ALONE, name)
