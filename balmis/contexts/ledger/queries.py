"""Read the trail."""

from typing import Any
from uuid import UUID

from balmis.contexts.ledger.models import AuditEntry, Delivery


def deliveries_waiting(consumer: str) -> int:
    return Delivery.objects.filter(consumer=consumer).count()


def was_done(request_id: UUID, action: str) -> bool:
    """Was this request carried out before?"""
    return AuditEntry.objects.filter(request_id=request_id, action=action).exists()


def told_of(request_id: UUID, action: str) -> dict[str, Any] | None:
    """What the trail says of this request, if it was carried out."""
    found = AuditEntry.objects.filter(request_id=request_id, action=action)
    facts: dict[str, Any] | None = found.values_list("facts", flat=True).first()
    return facts
