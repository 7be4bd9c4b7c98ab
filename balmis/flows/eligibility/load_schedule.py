"""A checked schedule file becomes a version that campaigns can judge by."""

from datetime import datetime
from functools import lru_cache

from django.db import transaction

from balmis.contexts.access.services import may_everywhere
from balmis.contexts.eligibility import queries, services
from balmis.contexts.eligibility.models import ScheduleVersion
from balmis.contexts.journal import audit
from balmis.contexts.journal.reference_cache import referenced
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.schedule.file_checks import check_schedule
from balmis.core.schedule.format import ScheduleFile
from balmis.core.schedule.rules import Schedule, ready
from balmis.core.vocabulary.reasons import Refused
from balmis.presets import schedule_names, schedule_text


@transaction.atomic(durable=True)
def load_schedule(
    file: ScheduleFile, *, actor: Actor, now: datetime
) -> tuple[ScheduleVersion, bool]:
    """Put a checked schedule in force for every campaign that names it; whether that is new.

    Loading an older file again puts it in force again. Raises NotAllowed.
    """
    if not may_everywhere(actor, Act.CHANGE_PLAN):
        raise NotAllowed(f"{actor.name} may not load schedules")
    return _keep(file, preset=False, actor=actor, now=now)


def _keep(
    file: ScheduleFile, *, preset: bool, actor: Actor, now: datetime
) -> tuple[ScheduleVersion, bool]:
    version, new = services.keep_schedule(file, preset=preset, actor=actor, now=now)
    if new:
        audit.record(
            "schedule.loaded",
            f"schedule:{version.pk}",
            actor=actor,
            now=now,
            slug=file.id,
            version=file.version,
            digest=version.digest,
        )
    return version, new


def schedule_for(
    slug: str | None, campaign: str, *, actor: Actor, now: datetime
) -> ScheduleVersion:
    """The version in force of a plan's schedule. A preset is loaded when it is first needed, and
    again when the program comes with a newer one. Raises Refusal(NOT_KNOWN)."""
    found = queries.schedule_in_force(slug) if slug else None
    if found is not None and (not found.preset or slug not in schedule_names()):
        return found.version
    return _keep(_preset(slug, campaign), preset=True, actor=actor, now=now)[0]


@referenced
def rules_in_use(slug: str | None, campaign: str) -> Schedule:
    """The same rules for reading alone: nothing is stored. Raises Refusal(NOT_KNOWN)."""
    found = queries.schedule_in_force(slug) if slug else None
    if found is not None and not found.preset:
        return queries.schedule_of(found.version.digest)
    return _preset_rules(slug or "", campaign)


@lru_cache(maxsize=8)
def _preset_rules(slug: str, campaign: str) -> Schedule:
    return ready(_preset(slug, campaign))


def _preset(slug: str | None, campaign: str) -> ScheduleFile:
    if not slug:
        raise Refusal(Refused.NOT_KNOWN, what=f"schedule of {campaign}", key="(none in its plan)")
    if slug not in schedule_names():
        raise Refusal(Refused.NOT_KNOWN, what="schedule", key=slug)
    file, problems = check_schedule(schedule_text(slug))
    assert file is not None, problems
    return file
