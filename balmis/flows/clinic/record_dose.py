"""A dose has been given: everything that must be true at once."""

from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic import visits
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal import locks
from balmis.contexts.people import queries as people
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.core.actor import Actor
from balmis.core.dates import CLOCK_ERROR, PLAUSIBLE_YEARS
from balmis.core.errors import BadInput, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Reason
from balmis.flows.clinic.dose_register import RecordDose, give
from balmis.flows.clinic.doses_of_day import settle_day


@transaction.atomic(durable=True)
def record_dose(cmd: RecordDose, *, actor: Actor, now: datetime) -> Dose:
    """Record a dose that has been given, with all that must be true at once.

    A fact is recorded even when it breaks a rule: it is flagged and reviewed. If a desk recorded a
    dose of the person that day, somebody is asked whether it is the same one.
    Raises NotAllowed, and Refusal(REQUEST_REUSED) when the request was used for another
    dose. On any error nothing is written.
    """
    if cmd.given_at.year not in PLAUSIBLE_YEARS or cmd.given_at > now + CLOCK_ERROR:
        raise BadInput(f"A dose cannot have been given at {cmd.given_at.isoformat()}.")
    campaign = campaigns.campaign(cmd.campaign)
    site = _site_of(campaign, cmd.site) if cmd.site else None
    check_may(actor, Act.RECORD_DOSE, site=site, area=None if site else campaign.area)
    locks.write_facts(locks.STOCK, campaign.pk)
    person = people.hold(cmd.person_id)  # one writer per person; a retry waits here
    if earlier := doses.dose_for_request(cmd.request_id):
        if (earlier.person_id, earlier.kind) != (cmd.person_id, cmd.kind.value):
            raise Refusal(Reason.REQUEST_REUSED, request_id=str(cmd.request_id))
        return earlier
    dose = give(cmd, campaign, site, person, actor=actor, now=now)
    if visits.came_on(person.pk, campaign.pk, dose.given_on):
        settle_day(campaign, person, dose.given_on, actor=actor, now=now)
    return dose


def _site_of(campaign: Campaign, code: str) -> Site:
    """The site, which must lie in the campaign's area. Raises Refusal(NOT_KNOWN)."""
    site = places.site(code)
    if not site.area.path.startswith(campaign.area.path):
        raise Refusal(Reason.NOT_KNOWN, what=f"site of {campaign.slug}", key=code)
    return site
