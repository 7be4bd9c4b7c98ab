"""Advisory locks of the whole program, in the order in which they are taken."""

from uuid import UUID

from django.db import connection

# Advisory locks, always taken before any row lock: facts are written under the shared one,
# a day is closed under the exclusive one, so that it freezes all facts or none of a flow.
CLOSING, CONSUMING, REQUEST, ALONE = 7402, 7403, 7404, 7412


STOCK = 0  # stands for the stock ledger, which serves every campaign


def write_facts(*scopes: int) -> None:
    """Until the end of the transaction no day of these campaigns (or, for STOCK, of any) is
    closed. Name STOCK first: locks are taken in this order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(%s, scope) FROM unnest(%s::int[]) AS scope",
            [CLOSING, list(scopes)],
        )


def stop_facts(scope: int) -> None:
    """Wait for the flows that write facts now; later ones wait for this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLOSING, scope])


def hold_request(request_id: UUID) -> None:
    """Of several transactions with the same request, the later ones wait for the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [REQUEST, str(request_id)])


def one_at_a_time(name: str) -> None:
    """Of several transactions that do the same thing, the later ones wait for the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [ALONE, name])
