"""The outbox: messages written with the facts, delivered to their consumers later, at least once."""

import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from balmis.contexts.journal import locks
from balmis.contexts.journal.models import Delivery, Message

log = logging.getLogger("balmis.ledger")


# Who takes which topic. A consumer's rows are made with the message.
CONSUMERS: dict[str, tuple[str, ...]] = {
    "dose.recorded.v1": ("tallies", "eligibility"),
    "doses.imported.v1": ("tallies",),
    "dose.corrected.v1": ("tallies", "eligibility"),
    "dose.moved.v1": ("tallies",),
    "person.changed.v1": ("eligibility",),
    "dose.reviewed.v1": ("tallies",),
}


class Later(Exception):
    """Raised by a consumer that cannot take anything now: no fault, and tried again soon."""


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
        except Later as reason:
            log.info("delivery waits: %s", reason, extra={"queue": consumer})
            return 0
        except Exception as error:
            log.exception("delivery failed", extra={"queue": consumer})
            _put_off(consumer, error, now=now, limit=limit)
            return 0


def _hold_consumer(consumer: str, wait: bool) -> bool:
    if not wait:
        return locks.try_to_take(locks.Lock.CONSUMING, consumer)
    locks.take(locks.Lock.CONSUMING, consumer)
    return True


def _put_off(consumer: str, error: Exception, *, now: datetime, limit: int) -> None:
    waiting = Delivery.objects.filter(consumer=consumer, not_before__lte=now)
    first = list(waiting.order_by("id").values_list("id", flat=True)[:limit])
    Delivery.objects.filter(id__in=first).update(
        attempts=F("attempts") + 1,
        not_before=now + timedelta(seconds=30),
        last_error=str(error)[:500],
    )


def deliveries_waiting(consumer: str) -> int:
    return Delivery.objects.filter(consumer=consumer).count()


def drop_before(consumer: str, at: datetime) -> int:
    """Take off the consumer's list what was written before then: it has been seen to otherwise."""
    gone, _ = Delivery.objects.filter(consumer=consumer, message__at__lt=at).delete()
    return gone
