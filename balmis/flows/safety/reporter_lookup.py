"""Who is it, and which doses did they have? Asked by whoever writes a report; the look is logged."""

from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.roles import Act


@transaction.atomic
def look_up(
    slug: str, number: str, *, actor: Actor, now: datetime
) -> tuple[Person, list[Dose]] | None:
    """The person and those of their doses of this campaign that the actor may report on. None when
    nobody has the number, or none of the doses is theirs to see: both look the same."""
    campaign = campaigns.campaign(slug)
    try:
        person = people.person(number, campaign.area.path)
    except Refusal:
        return None
    everywhere = may(actor, Act.READ_PERSON, area=person.area)
    given = [
        d
        for d in doses.live_doses(person.pk)
        if d.campaign_id == campaign.pk
        and (
            may(actor, Act.REPORT_EVENT, site=d.site)
            if d.site
            else may(actor, Act.REPORT_EVENT, area=campaign.area)
        )
    ]
    if not given and not everywhere:
        return None
    audit.record(
        "person.read_to_report", f"person:{person.pk}", actor=actor, now=now, people=[person.pk]
    )
    return person, given
