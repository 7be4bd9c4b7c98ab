"""Write the audit trail, the outbox and batches, always inside the caller's transaction."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from balmis.contexts.ledger.models import AuditEntry, Batch, Delivery, Message
from balmis.contexts.ledger.rows import insert

log = logging.getLogger("balmis.ledger")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in user, a device or the program itself."""

    name: str
    grants: frozenset[tuple[str, str]] = frozenset()  # (role, where it holds); see `access`
    trusted: bool = False  # the program itself, on the word of whoever runs it
    reason: str = ""
    request_id: UUID | None = None

    @classmethod
    def system(cls, task: str) -> "Actor":
        return cls(name=f"system:{task}", trusted=True)

    def because(self, reason: str) -> "Actor":
        """The same actor, with a reason for the audit trail."""
        return replace(self, reason=reason)

    def on_request(self, request_id: UUID) -> "Actor":
        return replace(self, request_id=request_id)


# Who takes which topic. A consumer's rows are made with the message.
CONSUMERS: dict[str, tuple[str, ...]] = {
    "dose.recorded.v1": ("tallies",),
    "doses.imported.v1": ("tallies",),
    "dose.corrected.v1": ("tallies",),
    "dose.moved.v1": ("tallies",),
}


def audit(action: str, subject: object, *, actor: Actor, now: datetime, **facts: Any) -> None:
    """Add one line to the audit trail."""
    insert(
        AuditEntry(
            at=now,
            actor=actor.name,
            action=action,
            subject=str(subject),
            reason=actor.reason,
            request_id=actor.request_id,
            facts=facts,
        )
    )


PUBLISH = """
WITH message AS (
  INSERT INTO ledger_message (topic, payload, at) VALUES (%s, %s::jsonb, %s) RETURNING id
)
INSERT INTO ledger_delivery (message_id, consumer, attempts, not_before, last_error)
SELECT message.id, consumer, 0, %s, '' FROM message, unnest(%s::text[]) AS consumer
"""


def publish(topic: str, *, now: datetime, **payload: Any) -> None:
    """Put a message into the outbox, with a delivery for each consumer of its topic."""
    with connection.cursor() as cursor:
        cursor.execute(
            PUBLISH, [topic, json.dumps(payload, default=str), now, now, list(CONSUMERS[topic])]
        )


def open_batch(
    kind: str, *, source: str, digest: str, rows: int, actor: Actor, now: datetime
) -> int:
    batch = Batch.objects.create(
        kind=kind, source=source, digest=digest, rows=rows, at=now, actor=actor.name
    )
    return batch.pk


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


TAKE = """
DELETE FROM ledger_delivery WHERE id IN (
  SELECT id FROM ledger_delivery WHERE consumer = %s AND not_before <= %s ORDER BY id LIMIT %s
) RETURNING message_id
"""


def deliver(
    consumer: str,
    take: Callable[[Iterable[tuple[str, dict[str, Any]]]], None],
    *,
    now: datetime,
    wait: bool = True,
    limit: int = 1000,
) -> int:
    """Hand up to `limit` waiting messages to `take`; returns how many were taken.

    One transaction delivers to a consumer at a time; without `wait`, nothing is done while
    another does. If `take` raises, the messages stay, are tried again later, and the error is
    kept with them and logged.
    """
    with transaction.atomic():
        if not _hold_consumer(consumer, wait):
            return 0
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(TAKE, [consumer, now, limit])
                ids = [row[0] for row in cursor.fetchall()]
                if ids:
                    found = Message.objects.filter(id__in=ids).order_by("id")
                    take([(m.topic, m.payload) for m in found])
                return len(ids)
        except Exception as error:
            log.exception("delivery failed", extra={"queue": consumer})
            _put_off(consumer, error, now=now, limit=limit)
            return 0


def _hold_consumer(consumer: str, wait: bool) -> bool:
    kind = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {kind}(%s, hashtext(%s))", [CONSUMING, consumer])
        return wait or bool(cursor.fetchone()[0])


def _put_off(consumer: str, error: Exception, *, now: datetime, limit: int) -> None:
    waiting = Delivery.objects.filter(consumer=consumer, not_before__lte=now)
    first = list(waiting.order_by("id").values_list("id", flat=True)[:limit])
    Delivery.objects.filter(id__in=first).update(
        attempts=F("attempts") + 1,
        not_before=now + timedelta(seconds=30),
        last_error=str(error)[:500],
    )
