"""A reaction as it is treated: notes with their own times, in the caller's transaction."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from balmis.contexts.clinic.models import Visit
from balmis.contexts.journal.requests import check_same
from balmis.contexts.safety.models import Case, Reaction, ReactionNote
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import NoteKind


def begin(visit: Visit, case: Case, *, at: datetime) -> Reaction:
    """One a visit: what is noted later of it belongs to the same."""
    found, _ = Reaction.objects.get_or_create(
        visit=visit, defaults={"case": case, "began_at": at, "definition": ""}
    )
    return found


def reaction(visit_id: int) -> Reaction:
    """Raises Refusal(NOT_KNOWN)."""
    whole = Reaction.objects.select_related(
        "case__dose__product",
        "case__dose__lot",
        "visit__person",
        "visit__site__area",
        "visit__campaign__area",
    )
    found = whole.filter(visit=visit_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="reaction of visit", key=visit_id)
    return found


def case_of_visit(visit_id: int) -> Case | None:
    found = Reaction.objects.filter(visit=visit_id).select_related("case").first()
    return found.case if found else None


def notes_of(reaction: Reaction) -> list[ReactionNote]:
    return list(reaction.notes.order_by("at", "pk"))


def notes_of_visits(visit_ids: Iterable[int]) -> dict[int, list[ReactionNote]]:
    """What was written down in these visits and not struck out."""
    rows = ReactionNote.objects.filter(reaction__visit__in=list(visit_ids)).order_by("at", "pk")
    found: dict[int, list[ReactionNote]] = {}
    for note in rows.select_related("reaction"):
        found.setdefault(note.reaction.visit_id, []).append(note)
    return {visit: standing(notes) for visit, notes in found.items()}


def standing(notes: Iterable[ReactionNote]) -> list[ReactionNote]:
    rows = list(notes)
    struck = {n.facts["note"] for n in rows if n.kind == NoteKind.STRUCK}
    return [n for n in rows if n.kind != NoteKind.STRUCK and n.pk not in struck]


def add(
    reaction: Reaction,
    request_id: UUID,
    kind: NoteKind,
    facts: dict[str, Any],
    *,
    at: datetime,
    actor: Actor,
    now: datetime,
) -> tuple[ReactionNote, bool]:
    """The note, and whether it is new. Raises Refusal(REQUEST_REUSED)."""
    made, new = ReactionNote.objects.get_or_create(
        request_id=request_id,
        defaults={
            "reaction": reaction,
            "kind": kind.value,
            "facts": facts,
            "at": at,
            "recorded_at": now,
            "actor": actor.name,
        },
    )
    plain = json.loads(json.dumps(facts))  # as the database keeps it
    check_same(request_id, (made.reaction_id, made.kind, made.facts), (reaction.pk, kind, plain))
    return made, new


@dataclass(frozen=True, slots=True)
class Course:
    """What the notes add up to."""

    signs: frozenset[str] = frozenset()
    vitals: tuple[ReactionNote, ...] = ()
    treatments: tuple[ReactionNote, ...] = ()
    impression: str = ""
    disposition: str = ""
    remarks: tuple[ReactionNote, ...] = ()
    sign_at: dict[str, datetime] = field(default_factory=dict)


def course(notes: Iterable[ReactionNote]) -> Course:
    """The last word on each sign, and on what it is taken for, counts; what was struck out does not."""
    rows = list(notes)
    struck = {n.facts["note"] for n in rows if n.kind == NoteKind.STRUCK}
    by_kind: dict[NoteKind, list[ReactionNote]] = {k: [] for k in NoteKind}
    signs: dict[str, datetime] = {}
    for n in (n for n in rows if n.pk not in struck):
        by_kind[NoteKind(n.kind)].append(n)
        if n.kind == NoteKind.SIGN:
            signs.setdefault(n.facts["code"], n.at)
        elif n.kind == NoteKind.SIGN_GONE:
            signs.pop(n.facts["code"], None)
    said = {
        k: by_kind[k][-1].facts["value"] if by_kind[k] else ""
        for k in (NoteKind.IMPRESSION, NoteKind.DISPOSITION)
    }
    return Course(
        frozenset(signs),
        tuple(by_kind[NoteKind.VITALS]),
        tuple(by_kind[NoteKind.TREATMENT]),
        said[NoteKind.IMPRESSION],
        said[NoteKind.DISPOSITION],
        tuple(by_kind[NoteKind.REMARK]),
        signs,
    )
