"""Batches: lists that came in as a whole."""

from datetime import datetime

from balmis.contexts.journal.models import Batch
from balmis.core.actor import Actor


def open_batch(
    kind: str, *, source: str, digest: str, rows: int, actor: Actor, now: datetime
) -> int:
    batch = Batch.objects.create(
        kind=kind, source=source, digest=digest, rows=rows, at=now, actor=actor.name
    )
    return batch.pk
