"""Keep studies: asked, worked on, ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.planning.models import Study
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.planning.study_result import StudyAsked, StudyResult
from balmis.core.vocabulary.planning import StudyState
from balmis.core.vocabulary.reasons import Refused

QUIET = timedelta(minutes=5)  # without a word from its worker a study is taken to be lost
KEPT = timedelta(days=7)  # an attempt without a name


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStudy:
    request_id: UUID
    title: str
    asked: StudyAsked


def ask(campaign: Campaign, asked: NewStudy, *, actor: Actor, now: datetime) -> tuple[Study, bool]:
    """The study of this request, and whether it is new."""
    return Study.objects.get_or_create(
        request_id=asked.request_id,
        defaults={
            "campaign": campaign,
            "title": asked.title,
            "asked": asked.asked,
            "made_by": actor.name,
            "made_at": now,
            "state": StudyState.WAITING.value,
        },
    )


def begin(study_id: int, *, now: datetime) -> Study | None:
    """The study, if it still waits to be worked on."""
    took = Study.objects.filter(pk=study_id, state=StudyState.WAITING.value)
    return study(study_id) if took.update(state=StudyState.RUNNING.value, heard_at=now) else None


def hear(study_id: int, doing: str, done: int, steps: int, *, now: datetime) -> bool:
    """How far it is; whether it is to go on."""
    running = Study.objects.filter(pk=study_id, state=StudyState.RUNNING.value)
    running.update(doing=doing[:40], done=done, steps=steps, heard_at=now)
    return running.filter(stop=False).exists()


def beat(study_id: int, *, now: datetime) -> None:
    """The worker is still at it."""
    Study.objects.filter(pk=study_id, state=StudyState.RUNNING.value).update(heard_at=now)


def of_request(request_id: UUID) -> Study | None:
    return Study.objects.select_related("campaign").filter(request_id=request_id).first()


def finish(study_id: int, result: StudyResult, *, now: datetime) -> None:
    _end(study_id, StudyState.DONE, now=now, result=result)


def fail(study_id: int, problem: str, *, now: datetime) -> None:
    _end(study_id, StudyState.FAILED, now=now, problem=problem)


def cancelled(study_id: int, *, now: datetime) -> None:
    _end(study_id, StudyState.CANCELLED, now=now)


def _end(study_id: int, state: StudyState, *, now: datetime, **fields: Any) -> None:
    open_ = Study.objects.filter(pk=study_id, state__in=StudyState.open_ones())
    open_.update(state=state.value, ended_at=now, **fields)


def ask_to_stop(found: Study, *, now: datetime) -> None:
    """One that waits ends at once, one that is worked on at its next step."""
    waits = Study.objects.filter(pk=found.pk, state=StudyState.WAITING.value)
    if not waits.update(state=StudyState.CANCELLED.value, ended_at=now):
        Study.objects.filter(pk=found.pk, state=StudyState.RUNNING.value).update(stop=True)


def give_up(*, now: datetime) -> int:
    """Studies whose worker was lost have failed; attempts without a name are forgotten after a week."""
    lost = Study.objects.filter(state=StudyState.RUNNING.value, heard_at__lt=now - QUIET)
    number = lost.update(state=StudyState.FAILED.value, ended_at=now, problem="interrupted")
    old = Q(title="", made_at__lt=now - KEPT) & ~Q(state__in=StudyState.open_ones())
    Study.objects.filter(old).delete()
    return number


def study(study_id: int) -> Study:
    """Raises Refusal(NOT_KNOWN)."""
    found = Study.objects.select_related("campaign").filter(pk=study_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="study", key=study_id)
    return found


def latest(campaign_id: int, number: int = 30) -> list[Study]:
    """The newest first, without their results."""
    found = Study.objects.filter(campaign_id=campaign_id).defer("result")
    return list(found.order_by("-made_at", "-pk")[:number])
