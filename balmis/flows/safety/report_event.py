"""An adverse event was reported."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import check_may_at
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as doses
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import queries as people
from balmis.contexts.places import queries as places
from balmis.contexts.safety import cases
from balmis.contexts.safety.models import Case, EventReport
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.flows.retry import retried
from balmis.flows.safety import reference_data


@retried
@transaction.atomic(durable=True)
def report_event(
    slug: str, event: cases.ToldEvent, *, actor: Actor, now: datetime
) -> tuple[EventReport, Case]:
    """Record a reported adverse event; a retry gives back the first. It joins the case of the same
    event after the same dose. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    campaign = campaigns.campaign(slug)
    dose = doses.dose(event.dose_id) if event.dose_id else None
    site = dose.site if dose else None
    check_may_at(actor, Act.REPORT_EVENT, site or campaign.area)
    if event.event not in reference_data.events():
        raise BadInput(gettext_noop("Choose the event from the list."), ("event",))
    if dose and dose.campaign_id != campaign.pk:
        raise BadInput(gettext_noop("This dose is of another campaign. Report it there."))
    if event.onset_on > local_day(now, campaign.time_zone):
        raise BadInput(gettext_noop("The event cannot have begun in the future."), ("onset",))
    if dose and event.onset_on < dose.given_on:
        raise BadInput(
            gettext_noop("The event began before the dose. Choose the dose before it."), ("onset",)
        )
    locks.write_facts(campaign.pk)
    locks.lock_request(event.request_id)
    person_id = dose.person_id if dose else event.person_id
    if person_id is not None:
        person = people.lock_canonical(person_id)
        home = places.area_of(person.area_id)
        campaigns.check_within(campaign, home, what="person", key=person_id)
        event = replace(event, person_id=person.pk)
    report, case, made = cases.record_event(event, campaign, actor=actor, now=now)
    if made:
        audit.record(
            "event.reported",
            f"event:{report.pk}",
            actor=actor.on_request(event.request_id),
            now=now,
            case=case.pk,
        )
    return report, case
