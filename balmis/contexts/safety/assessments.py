"""Assessments of causality, a round each time that a case is opened again."""

from datetime import datetime
from typing import Any

from balmis.contexts.ledger.services import Actor
from balmis.contexts.safety.models import Assessment, Case
from balmis.core.safety.words import CaseStatus, CausalClass


def round_of(case: Case) -> int:
    """The running round: the one after the last that was decided, unless it stands as decided."""
    last = Assessment.objects.filter(case=case, final=True).order_by("-round").first()
    if last is None:
        return 1
    decided = case.status in (CaseStatus.CLASSIFIED, CaseStatus.CLOSED)
    return last.round if decided else last.round + 1


def of_round(case: Case) -> list[Assessment]:
    """What the assessors found, in the order they said it."""
    found = Assessment.objects.filter(case=case, round=round_of(case), final=False)
    return list(found.order_by("pk"))


def final_of(case: Case) -> Assessment | None:
    return Assessment.objects.filter(case=case, round=round_of(case), final=True).first()


def add(
    case: Case, answers: dict[str, Any], classification: CausalClass, note: str, *, final: bool,
    actor: Actor, now: datetime,
) -> Assessment:  # fmt: skip
    return Assessment.objects.create(
        case=case, round=round_of(case), final=final, answers=answers, note=note.strip()[:2000],
        classification=classification.value, at=now, actor=actor.name,
    )  # fmt: skip


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
