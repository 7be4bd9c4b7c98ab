"""Everybody of the desk's areas who is put off, or for whom a vaccine is ruled out, and by whose word."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from balmis.contexts.access import queries as access
from balmis.contexts.access.services import areas_for
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import deferrals
from balmis.contexts.clinic.deferrals import StandingDeferral
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.roles import Act

MOST = 500  # people that one look shows


@dataclass(frozen=True, slots=True)
class PutOffPerson:
    """What stands against a dose of somebody today."""

    person: Person
    said: StandingDeferral
    by: str  # the name of who said it


def list_put_off(slug: str, *, actor: Actor, now: datetime) -> list[PutOffPerson]:
    """What was said last comes first; the look is logged."""
    campaign = campaigns.campaign(slug)
    today = local_day(now, campaign.time_zone)
    paths = areas_for(actor, Act.READ_PERSON, campaign.area)
    ids = deferrals.people_put_off_below(campaign.pk, paths, today, MOST) if paths else []
    if not ids:
        return []
    standing = [s for s in deferrals.standing_of(ids) if s.holds_on(today)]
    whole = {p.pk: p for p in people.people_of(ids)}
    names = access.names_of([s.by for s in standing])
    with transaction.atomic():
        subject = f"campaign:{campaign.pk}"
        audit.record("people.put_off_read", subject, actor=actor, now=now, people=sorted(whole))
    standing.sort(key=lambda s: s.at, reverse=True)
    return [PutOffPerson(whole[s.person], s, names.get(s.by, s.by)) for s in standing]
