"""A unit's link: made by whoever leads the unit; with it people join the roster, and leave, by themselves."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import queries as people
from balmis.contexts.units import queries, services
from balmis.contexts.units.models import Unit, UnitLink
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.campaigns.enrol import count_again
from balmis.flows.units.rosters import check_leads


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeLink:
    """A unit is to have a link, and no other."""

    request_id: UUID
    campaign: str
    unit: str


@transaction.atomic(durable=True)
def make_link(cmd: MakeLink, *, actor: Actor, now: datetime) -> UnitLink:
    """The unit's link from now on; the one before is void. A retry gives back the same.

    Raises NotAllowed, Refusal(NOT_KNOWN, CAMPAIGN_OVER).
    """
    campaign = campaigns.campaign(cmd.campaign)
    unit = queries.unit(campaign.pk, cmd.unit)
    check_leads(unit, actor)
    if is_over(campaign, now):
        raise Refusal(Refused.CAMPAIGN_OVER, day=last_day(campaign))
    locks.lock_request(cmd.request_id)
    services.lock_unit(unit)
    before = queries.link_of(unit.pk)
    if before is not None and before.request_id == cmd.request_id:
        return before
    made = services.renew_link(unit, request_id=cmd.request_id, now=now)
    audit.record(
        "unit.link_made",
        f"unit:{unit.pk}",
        actor=actor.on_request(cmd.request_id),
        now=now,
        renewed=before is not None,
    )
    return made


@transaction.atomic(durable=True)
def end_link(slug: str, code: str, *, actor: Actor, now: datetime) -> None:
    """Nobody joins by it any more; who has joined stays. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    unit = queries.unit(campaigns.campaign(slug).pk, code)
    check_leads(unit, actor)
    services.lock_unit(unit)
    if services.end_link(unit):
        audit.record("unit.link_ended", f"unit:{unit.pk}", actor=actor, now=now)


def link_of(unit: Unit, *, now: datetime) -> str | None:
    """The address of the unit's link, while it leads somewhere."""
    found = queries.link_of(unit.pk)
    if found is None or is_over(unit.campaign, now):
        return None
    return f"{settings.PUBLIC_URL}/c/{unit.campaign.slug}/join/{found.token}/"


def last_day(campaign: Campaign) -> date:
    """Of the campaign's period, and of its units' links."""
    return campaigns.latest_plan(campaign.pk).period.ends_on


def is_over(campaign: Campaign, now: datetime) -> bool:
    return local_day(now, campaign.time_zone) > last_day(campaign)


# ---- who joins, and leaves -------------------------------------------------------------------


def opened(slug: str, token: str, *, now: datetime) -> Unit | None:
    """The unit behind a link; None for one that is void, over, or was never made."""
    campaign = campaigns.campaign(slug)
    return None if is_over(campaign, now) else queries.unit_of_link(campaign.pk, token)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRoster:
    """Somebody who has shown who they are joins by a unit's link."""

    campaign: str
    token: str
    person: int
    seen: bool = False  # the unit may see where they stand


@transaction.atomic(durable=True)
def join_roster(cmd: JoinRoster, *, now: datetime) -> Unit:
    """They are on the unit's roster; whoever was before is as they were.

    Raises Refusal(LINK_OVER, UNIT_FULL), and NOT_KNOWN for people of other regions.
    """
    campaign = campaigns.campaign(cmd.campaign)
    person = people.lock_canonical(cmd.person)
    campaigns.check_within(campaign, person.area, what="person", key=person.pk)
    unit = _lock_unit_of(cmd, now)
    if queries.is_on_roster(unit.pk, person.pk):
        return unit
    if unit.quota is not None and queries.roster(unit.pk).count() >= unit.quota:
        raise Refusal(Refused.UNIT_FULL, unit=unit.title)
    today = local_day(now, campaign.time_zone)
    services.add_by_link(unit, person.pk, seen_since=now if cmd.seen else None, on=today)
    audit.record(
        "roster.joined",
        f"unit:{unit.pk}",
        actor=Actor(f"person:{person.pk}"),
        now=now,
        seen=cmd.seen,
    )
    return unit


def _lock_unit_of(cmd: JoinRoster, now: datetime) -> Unit:
    """The unit behind the link, locked, and the link still good then. Raises Refusal(LINK_OVER)."""
    unit = opened(cmd.campaign, cmd.token, now=now)
    if unit is not None:
        services.lock_unit(unit)
        unit = opened(cmd.campaign, cmd.token, now=now)
    if unit is None:
        raise Refusal(Refused.LINK_OVER)
    return unit


@transaction.atomic(durable=True)
def leave_roster(slug: str, person_id: int, unit_id: int, *, now: datetime) -> None:
    """The member leaves, and with them what the unit attested of them; their appointments stay.

    Raises Refusal(NOT_KNOWN) when they are on no such roster.
    """
    campaign = campaigns.campaign(slug)
    person = people.lock_canonical(person_id)
    mine = {m.unit_id: m.unit for m in queries.rosters_of(person.pk, campaign.pk)}
    unit, today = mine.get(unit_id), local_day(now, campaign.time_zone)
    if unit is not None:
        services.lock_unit(unit)
    gone = services.remove_members(unit, [person.pk], on=today) if unit is not None else []
    if not gone:
        raise Refusal(Refused.NOT_KNOWN, what=f"roster of {slug}", key=unit_id)
    if enrolment.enrol_people(campaign, campaigns.latest_plan(campaign.pk), gone):
        count_again(gone, now=now)
    audit.record("roster.left", f"unit:{unit_id}", actor=Actor(f"person:{person.pk}"), now=now)
