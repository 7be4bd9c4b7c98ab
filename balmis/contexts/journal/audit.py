"""The audit trail: who did what, when and why. Written in the caller's transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

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


# by the index of the same expression, which migration 0005 makes
ABOUT = """
SELECT id FROM ledger_auditentry
WHERE subject = ANY(%(subjects)s)
OR (facts ?| ARRAY['people', 'found'] AND coalesce(facts->'people', facts->'found') @> ANY(%(among)s::jsonb[]))
"""


def ids_about(people: Iterable[int]) -> list[int]:
    """Lines that name one of the people: as their subject, or among others of a list."""
    keys = sorted(people)
    named = {
        "subjects": [f"person:{key}" for key in keys],
        "among": [f"[{key}]" for key in keys],
    }
    with connection.cursor() as cursor:
        cursor.execute(ABOUT, named)
        return sorted(pk for (pk,) in cursor.fetchall())


def lines_about(people: Iterable[int]) -> Iterator[AuditEntry]:
    """Those lines, in their order."""
    return AuditEntry.objects.filter(pk__in=ids_about(people)).order_by("pk").iterator()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesWanted:
    """Which lines somebody wants to read; what is empty or None is not asked about."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    action: str = ""  # its beginning
    actions: frozenset[str] = frozenset()  # one of these
    subject: str = ""
    people: frozenset[int] | None = None  # that name one of these
    before: int | None = None  # lines with a lower number
    most: int = 1_000


def lines(wanted: LinesWanted) -> Iterator[AuditEntry]:
    """The newest first."""
    given = {
        "at__gte": wanted.since,
        "at__lt": wanted.until,
        "actor": wanted.actor,
        "action__startswith": wanted.action,
        "action__in": wanted.actions,
        "subject": wanted.subject,
        "pk__lt": wanted.before,
    }
    found = AuditEntry.objects.filter(**{k: v for k, v in given.items() if v})
    if wanted.people is not None:
        found = found.filter(pk__in=ids_about(wanted.people))
    return found.order_by("-pk")[: wanted.most].iterator()
