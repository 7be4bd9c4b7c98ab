"""The audit trail: who did what, when and why. Written in the caller's transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.journal.rows import insert
from balmis.core.actor import Actor


def record(action: str, subject: object, *, actor: Actor, now: datetime, **facts: Any) -> None:
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


def was_done(request_id: UUID, action: str) -> bool:
    """Was this request carried out before?"""
    return AuditEntry.objects.filter(request_id=request_id, action=action).exists()


def told_of(request_id: UUID, action: str) -> dict[str, Any] | None:
    """What the trail says of this request, if it was carried out."""
    found = AuditEntry.objects.filter(request_id=request_id, action=action)
    facts: dict[str, Any] | None = found.values_list("facts", flat=True).first()
    return facts
