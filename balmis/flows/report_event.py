"""An adverse event was reported."""

from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as doses
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.safety import services as safety
from balmis.core.roles import Act


@transaction.atomic(durable=True)
def report_event(slug: str, event: safety.Event, *, actor: Actor, now: datetime) -> int:
    """Record a reported adverse event; a retry gives back the first. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    dose = doses.dose(event.dose_id) if event.dose_id else None
    site = dose.site if dose else None
    check_may(actor, Act.REPORT_EVENT, site=site, area=None if site else campaign.area)
    ledger.write_facts(campaign.pk)
    ledger.hold_request(event.request_id)
    report, made = safety.record_event(event, campaign, actor=actor, now=now)
    if made:
        ledger.audit("event.reported", f"event:{report.pk}",
                     actor=actor.on_request(event.request_id), now=now)  # fmt: skip
    return report.pk
