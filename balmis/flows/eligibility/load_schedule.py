"""A checked schedule file becomes a version that campaigns can judge by."""

from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import may_everywhere
from balmis.contexts.eligibility import queries, services
from balmis.contexts.eligibility.models import ScheduleVersion
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.schedule.checking import check_schedule
from balmis.core.schedule.format import ScheduleFile
from balmis.core.vocabulary import Reason
from balmis.presets import schedule_names, schedule_text


@transaction.atomic
def load_schedule(
    file: ScheduleFile, *, actor: Actor, now: datetime
) -> tuple[ScheduleVersion, bool]:
    """The version, and whether it is new. Raises NotAllowed: a schedule serves all campaigns."""
    if not may_everywhere(actor, Act.CHANGE_PLAN):
        raise NotAllowed(f"{actor.name} may not load schedules")
    version, created = services.keep_schedule(file, actor=actor, now=now)
    if created:
        ledger.audit("schedule.loaded", f"schedule:{version.pk}", actor=actor, now=now,
                     slug=file.id, version=file.version, digest=version.digest)  # fmt: skip
    return version, created


def schedule_for(
    slug: str | None, campaign: str, *, actor: Actor, now: datetime
) -> ScheduleVersion:
    """The newest version of a plan's schedule; a preset is loaded when it is first needed.

    Raises Refusal(NOT_KNOWN).
    """
    if slug is None:
        raise Refusal(Reason.NOT_KNOWN, what=f"schedule of {campaign}", key="(none in its plan)")
    if found := queries.schedule_version(slug):
        return found
    if slug not in schedule_names():
        raise Refusal(Reason.NOT_KNOWN, what="schedule", key=slug)
    file, problems = check_schedule(schedule_text(slug))
    assert file is not None, problems
    version, created = services.keep_schedule(file, actor=actor, now=now)
    if created:
        ledger.audit("schedule.loaded", f"schedule:{version.pk}", actor=actor, now=now,
                     slug=slug, version=version.version, digest=version.digest)  # fmt: skip
    return version
