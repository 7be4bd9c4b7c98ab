"""Read the trail."""

from uuid import UUID

from balmis.contexts.ledger.models import AuditEntry, Delivery


def deliveries_waiting(consumer: str) -> int:
    return Delivery.objects.filter(consumer=consumer).count()


def was_done(request_id: UUID, action: str) -> bool:
    """Was this request carried out before?"""
    return AuditEntry.objects.filter(request_id=request_id, action=action).exists()
