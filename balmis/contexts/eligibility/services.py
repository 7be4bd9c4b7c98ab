"""Keep schedules, rule versions and runs; set-based writing stands in `bulk.py`."""

from datetime import datetime
from hashlib import sha256

import msgspec

from balmis.contexts.campaigns.models import Campaign, PlanRevision
from balmis.contexts.eligibility.models import RuleVersion, ScheduleVersion
from balmis.contexts.ledger.services import Actor
from balmis.core.schedule.format import ScheduleFile
from balmis.core.schedule.rules import ready

ENGINE = 1  # raise it when the same rules and facts give another answer


def keep_schedule(
    file: ScheduleFile, *, actor: Actor, now: datetime
) -> tuple[ScheduleVersion, bool]:
    """The version of these exact rules, and whether it is new."""
    version, created = ScheduleVersion.objects.get_or_create(
        digest=ready(file).hash,
        defaults={
            "slug": file.id, "version": file.version, "content": msgspec.to_builtins(file),
            "loaded_at": now, "actor": actor.name,
        },
    )  # fmt: skip
    return version, created


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
        campaign=campaign, digest=sha256(words.encode()).hexdigest()[:32],
        defaults={"schedule": schedule, "revision": revision, "made_at": now},
    )  # fmt: skip
    return rules
