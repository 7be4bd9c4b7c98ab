"""Invite those who may have a dose now and have no appointment: once a dose, in order of priority.

Only as many are invited as there is room for, so that an invitation leads to a place: those
invited in the last days who have not booked yet count as coming.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from balmis.contexts.booking import invitations
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.contexts.people import contacts
from balmis.contexts.people import queries as people
from balmis.core.actor import Actor
from balmis.core.booking.opt_out_link import Stop, read, sign
from balmis.core.booking.signed_text import key_of
from balmis.core.dates import local_day
from balmis.core.vocabulary.notices import Purpose
from balmis.flows.booking.notices import facts_from
from balmis.flows.booking.short_links import invitation_link

MOST = 2000  # a round
LINK_LASTS = timedelta(days=400)  # longer than from a first dose to its last booster


def invite_all(*, now: datetime) -> int:
    """A round for every campaign; returns how many were invited."""
    return sum(invite(campaign, now=now) for campaign in campaigns.campaigns())


@transaction.atomic(durable=True)
def invite(campaign: Campaign, *, now: datetime) -> int:
    today = local_day(now, campaign.time_zone)
    free = invitations.free_places(campaign.pk, now=now)
    policy = campaigns.policy_of(campaign.pk).booking
    since = now - timedelta(days=policy.invitation_days)
    outstanding = invitations.outstanding(campaign.pk, since=since)
    room = min(MOST, free * policy.invitations_a_place - outstanding)
    invited = 0
    for person_id, number in invitations.to_invite(campaign.pk, today, most=max(room, 0)):
        person = people.person_of(person_id)
        contact = contacts.contact(person_id)
        if contact is None:
            continue
        facts = facts_from(campaign) | {
            "link": invitation_link(campaign, person_id, now=now),
            "name": person.name,
            "shared": contacts.is_shared(contact),
        }
        invited += notices.write(
            invitations.key_of(campaign.pk, person_id, number),
            person,
            Purpose.INVITATION,
            notices.address_of(contact),
            facts,
            zone=campaign.time_zone,
            now=now,
        )
    if invited:
        audit.record(
            "people.invited",
            f"campaign:{campaign.pk}",
            actor=Actor.system("inviting"),
            now=now,
            people=invited,
        )
    return invited


# ---- who wants none --------------------------------------------------------------------------


def stop_token(person_id: int, campaign_id: int, *, now: datetime) -> str:
    """For the link by which a person stops messages without naming themselves."""
    until = int((now + LINK_LASTS).timestamp())
    return sign(Stop(person_id, campaign_id, until), _key())


def person_of_token(token: str, campaign_id: int, *, now: datetime) -> int | None:
    """Whose link it is; None when its time is over, or it is none of this campaign."""
    found = read(token, _key())
    if found is None or found.campaign not in (None, campaign_id):
        return None
    if found.until < now.timestamp():
        return None
    return people.canonical_id(found.person)


def _key() -> bytes:
    return key_of(settings.SECRET_KEY, "stop messages")


@transaction.atomic(durable=True)
def choose_messages(person_id: int, *, tell: bool, language: str | None, now: datetime) -> None:
    """Reminders and invitations, or only what the person asks for; and in which language."""
    contacts.choose_messages(person_id, tell=tell, language=language, now=now)
    audit.record(
        "person.messages_chosen",
        f"person:{person_id}",
        actor=Actor(f"person:{person_id}"),
        now=now,
        tell=tell,
    )
