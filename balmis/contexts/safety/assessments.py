"""Assessments of causality, a round each time that a case is opened again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from balmis.contexts.safety.models import Assessment, Case, CaseNote
from balmis.core.actor import Actor
from balmis.core.vocabulary.safety import CaseNoteKind, CausalClass


def round_of(case: Case) -> int:
    """Each time that a case is made ready for assessment begins another."""
    return max(1, CaseNote.objects.filter(case=case, kind=CaseNoteKind.AWAITING.value).count())


def of_round(case: Case) -> list[Assessment]:
    """What the assessors found, in the order they said it."""
    found = Assessment.objects.filter(case=case, round=round_of(case), final=False)
    return list(found.order_by("pk"))


def final_of(case: Case) -> Assessment | None:
    return Assessment.objects.filter(case=case, round=round_of(case), final=True).first()


def add(
    case: Case,
    answers: dict[str, Any],
    classification: CausalClass,
    note: str,
    *,
    final: bool,
    actor: Actor,
    now: datetime,
) -> Assessment:
    return Assessment.objects.create(
        case=case,
        round=round_of(case),
        final=final,
        answers=answers,
        note=note.strip()[:2000],
        classification=classification.value,
        at=now,
        actor=actor.name,
    )


def pairs(campaign_id: int) -> tuple[list[tuple[str, str]], list[str]]:
    """Both assessors' classes of each round with two; and the class that each case has now."""
    rows = Assessment.objects.filter(case__campaign=campaign_id).order_by("case", "round", "pk")
    both: dict[tuple[int, int], list[str]] = {}
    finals: dict[int, str] = {}
    for a in rows:
        if a.final:
            finals[a.case_id] = a.classification
        else:
            both.setdefault((a.case_id, a.round), []).append(a.classification)
    return [(b[0], b[1]) for b in both.values() if len(b) >= 2], list(finals.values())


def put_finals(cases: Iterable[Case]) -> None:
    """Each case gets its last class with it: two queries for all of them."""
    by_pk = {c.pk: c for c in cases}
    rows = Assessment.objects.filter(case__in=list(by_pk), final=True).order_by("round")
    last = {a.case_id: a for a in rows}
    for pk, case in by_pk.items():
        case.last_final = last.get(pk)  # type: ignore[attr-defined]


def final_put(case: Case) -> Assessment | None:
    """What `put_finals` put there."""
    found: Assessment | None = case.last_final  # type: ignore[attr-defined]
    return found
