"""Read the trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from balmis.contexts.ledger.models import AuditEntry, Delivery


def entries_about(subject: str, limit: int = 100) -> list[dict[str, Any]]:
    found = AuditEntry.objects.filter(subject=subject).order_by("-at", "-id")[:limit]
    return [dict(row) for row in found.values("at", "actor", "action", "reason", "facts")]


def deliveries_waiting(consumer: str, *, now: datetime) -> int:
    return Delivery.objects.filter(consumer=consumer, not_before__lte=now).count()


def was_done(request_id: UUID, action: str) -> bool:
    """Was this request carried out before?"""
    return AuditEntry.objects.filter(request_id=request_id, action=action).exists()
