"""Lists that were taken in, and what their rows change of people who were known."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from balmis.contexts.people.models import (
    Contact,
    ListFile,
    ListImport,
    Person,
    Register,
    Trait,
)
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.vocabulary.people import ListedStatus, Proof
from balmis.core.vocabulary.reasons import Refused


@dataclass(slots=True)
class Counts:
    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    waiting: int = 0
    refused: int = 0


def open_list(
    register: Register,
    *,
    scope: str,
    file: str,
    digest: str,
    decided: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> ListImport:
    zeros = dict.fromkeys(("rows", "added", "changed", "same", "waiting", "refused"), 0)
    return ListImport.objects.create(
        register=register,
        scope=scope,
        file=file,
        digest=digest,
        decided=decided,
        at=now,
        actor=actor.name,
        **zeros,
    )


def count(taken: ListImport, counts: Counts) -> None:
    for name in ("rows", "added", "changed", "same", "waiting", "refused"):
        setattr(taken, name, getattr(counts, name))
    taken.save()


def lock_list(list_id: int, scope: str) -> ListImport:
    """Raises Refusal(NOT_KNOWN)."""
    found = ListImport.objects.select_for_update().filter(pk=list_id, scope=scope).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="list", key=list_id)
    return found


def lists(scope: str, most: int = 50) -> list[ListImport]:
    """The last ones, with how many of their rows wait still (`open`)."""
    waiting = Count("changes", filter=Q(changes__status=ListedStatus.WAITING.value))
    found = ListImport.objects.filter(scope=scope).select_related("register")
    return list(found.annotate(open=waiting).order_by("-at")[:most])


# ---- sent, and not taken in yet ---------------------------------------------------------------


def keep_file(
    key: UUID, content: bytes, *, scope: str, file: str, actor: Actor, now: datetime
) -> None:
    ListFile.objects.create(
        pk=key,
        scope=scope,
        actor=actor.name,
        file=file,
        digest=hashlib.sha256(content).hexdigest(),
        content=zlib.compress(content, 1),
        at=now,
    )


def list_file(key: UUID, scope: str, actor: Actor) -> ListFile | None:
    """What this actor sent; of others nothing."""
    return ListFile.objects.filter(pk=key, scope=scope, actor=actor.name).first()


def content_of(kept: ListFile) -> bytes:
    return zlib.decompress(bytes(kept.content))


def drop_file(key: UUID) -> None:
    ListFile.objects.filter(pk=key).delete()


def forget_files(*, before: datetime) -> int:
    """Files that nobody took in; returns how many."""
    return ListFile.objects.filter(at__lt=before).delete()[0]


# ---- taken back ------------------------------------------------------------------------------


def added_by(taken: ListImport) -> list[int]:
    return list(Person.objects.filter(came_with=taken).order_by("pk").values_list("pk", flat=True))


def take_back_traits(taken: ListImport) -> list[int]:
    """Traits that the list brought go; of whom."""
    found = Trait.objects.filter(came_with=taken)
    whose = list(found.order_by("person_id").values_list("person_id", flat=True).distinct())
    found.delete()
    return whose


def take_back_contacts(taken: ListImport, people: Sequence[int]) -> None:
    """How people are reached whom the list brought, where nothing but the list says it."""
    Contact.objects.filter(
        person__in=people, person__came_with=taken, proof=Proof.LISTED.value
    ).delete()


def drop_people(people: Sequence[int]) -> None:
    """People of whom nothing else is kept."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_person WHERE id = ANY(%s)", [list(people)])


def close_list(taken: ListImport, *, kept: int, actor: Actor, now: datetime) -> None:
    taken.undone_at, taken.undone_by, taken.kept = now, actor.name, kept
    taken.save(update_fields=["undone_at", "undone_by", "kept"])
    left = taken.changes.filter(status=ListedStatus.WAITING.value)
    left.update(status=ListedStatus.UNDONE.value, decided_by=actor.name, decided_at=now)
