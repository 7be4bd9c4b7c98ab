"""The audit trail: who did what, when and why. Written in the caller's transaction."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.journal.rows import insert
from balmis.core.actor import Actor


def record(action: str, subject: object, *, actor: Actor, now: datetime, **facts: Any) -> None:
    """Add one line to the audit trail: what the act says, and through which door it was done."""
    if actor.door:
        facts["door"] = actor.door
    if actor.behind:
        facts["behind"] = actor.behind
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


def lines(
    *,
    since: datetime | None,
    until: datetime | None,
    actor: str,
    action: str,
    subject: str,
    most: int,
) -> Iterator[AuditEntry]:
    """The newest first; '' and None: any."""
    found = AuditEntry.objects.filter(action__startswith=action)
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lt=until)
    if actor:
        found = found.filter(actor=actor)
    if subject:
        found = found.filter(subject=subject)
    return found.order_by("-pk")[:most].iterator()


def lines_about(person_id: int) -> Iterator[AuditEntry]:
    """Every line that names the person: as its subject, or among others of a list."""
    named = Q(subject=f"person:{person_id}") | Q(facts__people__contains=[person_id])
    found = named | Q(facts__found__contains=[person_id])
    return AuditEntry.objects.filter(found).order_by("pk").iterator()
