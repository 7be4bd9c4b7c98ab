"""Keep schedules, rule versions and runs; set-based writing stands in `bulk.py`."""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import msgspec

from balmis.contexts.campaigns.models import Campaign, PlanRevision
from balmis.contexts.eligibility.models import NextDose, RuleVersion, ScheduleLoad, ScheduleVersion
from balmis.core.actor import Actor
from balmis.core.schedule.format import ScheduleFile
from balmis.core.schedule.rules import ready

ENGINE = 2  # raise it when the same rules and facts give another answer


def keep_schedule(
    file: ScheduleFile, *, preset: bool, actor: Actor, now: datetime
) -> tuple[ScheduleVersion, bool]:
    """Put these exact rules in force; the version, and whether another was in force before."""
    version, _ = ScheduleVersion.objects.get_or_create(
        digest=ready(file).hash,
        defaults={
            "slug": file.id,
            "version": file.version,
            "content": msgspec.json.encode(file).decode(),
        },
    )
    last = ScheduleLoad.objects.filter(slug=file.id).order_by("-id").first()
    if last is not None and last.version_id == version.pk and last.preset == preset:
        return version, False
    ScheduleLoad.objects.create(
        slug=file.id, version=version, preset=preset, loaded_at=now, actor=actor.name
    )
    return version, True


def keep_rules(
    campaign: Campaign,
    schedule: ScheduleVersion,
    revision: PlanRevision,
    *,
    offers: str,
    now: datetime,
) -> RuleVersion:
    """The rule version of a schedule and of offers (in words that name them exactly)."""
    words = f"{ENGINE}|{schedule.digest}|{offers}"
    rules, _ = RuleVersion.objects.get_or_create(
        campaign=campaign,
        digest=sha256(words.encode()).hexdigest()[:32],
        defaults={"schedule": schedule, "revision": revision, "made_at": now},
    )
    return rules


def keep_answer(answer: NextDose, columns: Mapping[str, Any], *, on: date) -> None:
    """What one person may have, worked out anew on the day. The digest of its facts stays that of the last
    run, so that the next one looks again; the counts are the run's."""
    for column, value in columns.items():
        setattr(answer, column, value)
    answer.as_of = on
    answer.save(update_fields=[*columns, "as_of"])
