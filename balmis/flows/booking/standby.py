"""The standby list of a site and day: who comes at short notice gets what becomes free.

Priority group first, then waiting time. An offer is a short hold with a deadline; whoever lets
it lapse gives way to the next. Each person sees how many are before them and why.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from balmis.contexts.booking import bookings, free_places, openings, sessions, standby
from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.free_places import Place
from balmis.contexts.booking.models import Booking, Standby
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.contexts.people import contacts
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.booking import short_link
from balmis.core.booking.passes import Pass
from balmis.core.booking.take_protocol import Wish
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.core.notices import is_quiet
from balmis.core.request_ids import Made
from balmis.core.vocabulary.booking import (
    BookingStatus,
    Channel,
    EndReason,
    PoolKind,
    StandbyStatus,
)
from balmis.core.vocabulary.notices import Purpose
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.notices import facts_of
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person's place in a list, and why."""

    entry: Standby
    before: int  # people who come first
    earlier_groups: int  # of them, in an earlier priority group


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinStandby:
    """Who would come at short notice, where and on which day."""

    held: Pass
    person: Person
    site: str
    on: date


@transaction.atomic(durable=True)
def join(campaign: Campaign, cmd: JoinStandby, *, now: datetime) -> Standby:
    """Wait for a place. Raises Refusal: booked already, outside the pass, not a day to wait for."""
    held, person, on = cmd.held, cmd.person, cmd.on
    site = places.site(cmd.site)
    today = local_day(now, site.time_zone)
    days = campaigns.policy_of(campaign.pk).booking.standby_days
    if not today <= on < today + timedelta(days=days) or not sessions.has_session(
        campaign.pk, site.pk, on
    ):
        raise Refusal(Refused.NOT_KNOWN, what="session", key=f"{cmd.site} {on}")
    if on < held.first or (held.last and on > held.last):
        raise Refusal(Refused.OUTSIDE_PASS, first=held.first, last=held.last or "…")
    people.lock(person.pk)
    if any(b.number == held.number for b in bookings.live_bookings(person.pk, campaign.pk)):
        raise Refusal(Refused.ALREADY_BOOKED)
    standby.settle_standbys(now=now, person=person.pk)  # an offer that is over blocks no new entry
    entry = standby.join_standby(
        campaign,
        person,
        number=held.number,
        site=site,
        on=on,
        products=held.products,
        rank=_rank(campaign, person),
        now=now,
    )
    audit.record(
        "standby.joined", f"standby:{entry.pk}", actor=Actor(f"person:{person.pk}"), now=now
    )
    return entry


def _rank(campaign: Campaign, person: Person) -> int:
    """The place of the person's priority group in the plan's order; those of none come last."""
    code = campaigns.group_of(campaign.pk, person.pk)
    order = list(campaigns.groups(campaign.pk).values())
    return order.index(code) if code in order else len(order)


def waiting_of(person_id: int, campaign_id: int) -> list[Waiting]:
    """Where the person waits, and behind how many."""
    return [
        Waiting(entry, *standby.before_on_standby(entry))
        for entry in standby.standbys_of(person_id, campaign_id)
    ]


@retried
@transaction.atomic(durable=True)
def leave(entry_id: int, person_id: int, *, now: datetime) -> None:
    """No longer waiting; an open offer goes to the next."""
    entry = standby.lock_standby(entry_id, person_id)
    if entry is None:
        return
    declined = entry.status == StandbyStatus.OFFERED
    if entry.offer_id is not None:
        booking_places.end([entry.offer_id], BookingStatus.CANCELLED, EndReason.BY_PERSON, now=now)
    standby.end_standby(entry, StandbyStatus.DECLINED if declined else StandbyStatus.LEFT)
    offer_at(entry.campaign_id, entry.site.code, entry.on, now=now)


def offer_places(*, now: datetime) -> int:
    """Settle the offers that were answered or lapsed, and offer what is free; how many offers."""
    with transaction.atomic(durable=True):
        standby.settle_standbys(now=now)
    return sum(offer_at(*where, now=now) for where in standby.standby_days())


@retried
@transaction.atomic
def offer_at(campaign_id: int, site_code: str, on: date, *, now: datetime) -> int:
    """Offer the free places of a site's day to those first in its list, in this transaction."""
    if is_quiet(now.astimezone(ZoneInfo(places.site(site_code).time_zone))):
        return 0  # nobody answers in the night: their turn comes in the morning
    rush = openings.rush_at(campaign_id, now)
    if rush is not None and rush.holds(now):
        return 0  # the standby list is no way around the waiting room
    arrive = campaigns.policy_of(campaign_id).booking.standby_arrive
    found = 0
    for entry in standby.lock_waiting(campaign_id, site_code, on):
        kinds = (
            PoolKind.OPEN.value,
            *((PoolKind.SECOND.value,) if entry.number > 1 else ()),
            *(f"{PoolKind.LEFTOVER}:{p}" for p in entry.products),
        )
        free = free_places.free_places(
            campaign_id,
            now=now + arrive,
            kinds=kinds,
            first=on,
            last=on,
            site=site_code,
            products=entry.products,
        )
        if not free:
            continue
        found += _offer(entry, free[0], now)
    return found


def offer_leftover(place: Place, product: str, *, now: datetime) -> int:
    """Offer places for doses left in an open vial to the first of the day's list who may have the
    vaccine, in this transaction; to how many."""
    found = 0
    for entry in standby.lock_waiting(place.campaign, place.site, place.on, product=product):
        if found == place.free:
            break
        found += _offer(entry, place, now)
    return found


def _offer(entry: Standby, place: Place, now: datetime) -> bool:
    answer = campaigns.policy_of(entry.campaign_id).booking.standby_answer
    wish = Wish(
        request_id=Made.OFFER.of(f"{entry.pk} {uuid4()}"),
        pool=place.pool,
        person=entry.person_id,
        campaign=entry.campaign_id,
        number=entry.number,
        hold_until=now + answer,
        product=_product(entry, place),
    )
    (answered,) = booking_places.take([wish], channel=Channel.STANDBY, now=now)
    if not answered.ok or answered.booking is None:
        return False
    offer = bookings.booking(answered.booking)
    standby.note_offer(entry, offer, now=now)
    _tell(entry, offer, now)
    return True


def _product(entry: Standby, place: Place) -> str:
    kind, _, code = place.kind.partition(":")
    if kind == PoolKind.LEFTOVER:
        return code
    return next((p for p in entry.products if p in place.products), "")


def _tell(entry: Standby, offer: Booking, now: datetime) -> None:
    contact = contacts.contact(entry.person_id)
    if contact is None:
        return
    facts = facts_of([offer], short_link.CONFIRM) | {
        "until": (offer.hold_until or now).isoformat(),
        "shared": contacts.is_shared(contact),
    }
    notices.write(
        f"offer:{offer.pk}",
        entry.person,
        Purpose.OFFER,
        notices.address_of(contact),
        facts,
        zone=offer.campaign.time_zone,
        now=now,
    )
