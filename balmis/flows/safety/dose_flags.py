"""Doses given against a red check, or of a lot on hold: the safety desk sees them at once."""

from datetime import datetime, timedelta

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit
from balmis.contexts.safety import queries as safety
from balmis.contexts.safety.queries import Flagged
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.roles import Act

MOST = 50


@transaction.atomic
def against_the_check(slug: str, *, actor: Actor, now: datetime) -> list[Flagged]:
    """Those that nobody has looked at, of all sites; the last first. The look is logged. Raises
    NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.WORK_CASES, area=campaign.area)
    days = campaigns.policy_of(campaign.pk).clinic.review_days
    since = local_day(now, campaign.time_zone) - timedelta(days=days)
    found = safety.against_the_check(campaign.pk, since, MOST)
    if found:
        people = sorted({f.dose.person_id for f in found})
        subject = f"campaign:{campaign.pk}"
        audit.record("doses.flagged_read", subject, actor=actor, now=now, people=people)
    return found
