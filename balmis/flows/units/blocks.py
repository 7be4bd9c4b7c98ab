"""Blocks of places for a unit: held for it, booked in one act, given back before the day."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may, may
from balmis.contexts.booking import bookings, free_places, sessions
from balmis.contexts.booking import places as booking_places
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit
from balmis.contexts.people import contacts
from balmis.contexts.people import queries as people
from balmis.contexts.units import queries as units
from balmis.core.actor import Actor
from balmis.core.booking.passes import Pass, check_fits
from balmis.core.booking.take_codes import Answer
from balmis.core.booking.take_protocol import Wish
from balmis.core.errors import Refusal
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.passes import pass_for
from balmis.flows.retry import retried
from balmis.flows.units.rosters import check_leads

ALREADY = Answer.ALREADY_BOOKED


@transaction.atomic(durable=True)
def hold_block(session_id: int, code: str, places: int, *, actor: Actor, now: datetime) -> int:
    """Set open places of a session aside for a unit, from its first slot on; returns how many.

    Raises NotAllowed, Refusal(NOT_KNOWN).
    """
    session = sessions.session(session_id)
    check_may(actor, Act.PLAN_SESSION, site=session.site)
    unit = units.unit(session.campaign_id, code)
    held = booking_places.move_places(session, unit.code, places)
    audit.record(
        "block.held", f"session:{session.pk}", actor=actor, now=now, unit=unit.code, places=held
    )
    return held


@transaction.atomic(durable=True)
def release_block(session_id: int, code: str, *, actor: Actor, now: datetime) -> int:
    """What the unit has not used is open to all again; returns how many. Raises NotAllowed."""
    session = sessions.session(session_id)
    check_leads(units.unit(session.campaign_id, code), actor)
    freed = booking_places.release_places(session, code)
    audit.record(
        "block.released", f"session:{session.pk}", actor=actor, now=now, unit=code, places=freed
    )
    return freed


def release_due(*, now: datetime) -> int:
    """Unused places of all units whose session's deadline has come."""
    with transaction.atomic(durable=True):
        return sum(
            booking_places.release_places(s, None) for s in sessions.sessions_to_release(now)
        )


@dataclass(frozen=True, slots=True)
class Grouped:
    """What became of those chosen whom the unit sees by name (the desk: all), and how many others there
    were. What became of these is for them alone."""

    booked: int
    reached: int  # of them, who have a phone or mail and are told
    before: int  # had a booking already
    without_place: int
    not_due: dict[str, int]  # reason to people
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BookGroup:
    """People of a unit's roster who are to be booked."""

    request_id: UUID
    campaign: str
    unit: str
    chosen: Sequence[int]


@retried
@transaction.atomic(durable=True)
def book_group(cmd: BookGroup, *, actor: Actor, now: datetime) -> Grouped:
    """Book members of the roster into the unit's block, in the order of its times.

    Each is judged on their own; consent stays theirs, on the day. A retry books nobody twice.
    Raises NotAllowed, Refusal(QUOTA_USED) when the block is too small for all of them.
    """
    campaign = campaigns.campaign(cmd.campaign)
    unit = units.unit(campaign.pk, cmd.unit)
    check_leads(unit, actor)
    members = dict(units.roster(unit.pk).values_list("person_id", "seen_since"))
    chosen = [p for p in dict.fromkeys(cmd.chosen) if p in members]
    desk = may(actor, Act.KEEP_UNITS, area=unit.area)
    unseen = set() if desk else {p for p in chosen if members[p] is None}
    live = bookings.next_times(campaign.pk, chosen)
    asked = [p for p in chosen if p not in live]
    passes, not_due = _passes(campaign, asked, now)
    passes = [p for p in passes if p.person not in unseen] + _reachable(passes, unseen)
    free = free_places.unit_places(campaign.pk, unit.code, now=now)
    _check_room(passes, unseen, sum(p.free for p in free))
    wishes = _seated(passes, free, cmd.request_id)
    answered = booking_places.take(wishes, channel=Channel.UNIT, now=now) if wishes else []
    made = [w.person for w, a in zip(wishes, answered, strict=True) if a.ok]
    had = {w.person for w, a in zip(wishes, answered, strict=True) if a.answer is ALREADY}
    told = [p for p in made if p not in unseen]
    placeless = {p.person for p in passes} - unseen - set(made) - had
    result = Grouped(
        len(told),
        contacts.reached(told),
        sum(p in live and p not in unseen for p in chosen),
        len(placeless),
        Counter(reason for p, reason in not_due.items() if p not in unseen),
        len(unseen),
    )
    audit.record(
        "unit.booked",
        f"unit:{unit.pk}",
        actor=actor.on_request(cmd.request_id),
        now=now,
        people=made,
        booked=len(made),
        not_due=len(not_due),
    )
    return result


def _reachable(passes: list[Pass], unseen: set[int]) -> list[Pass]:
    """Of those whom the unit does not see, who hears of it from us: nobody else could tell them."""
    theirs = [p for p in passes if p.person in unseen]
    known = contacts.told_of([p.person for p in theirs])
    return [p for p in theirs if p.person in known]


def _check_room(passes: list[Pass], unseen: set[int], free: int) -> None:
    """Before anyone is booked, whether there is room for those whom the unit sees; whether any of the
    others was to be booked is not told. Raises Refusal(QUOTA_USED)."""
    seen = sum(p.person not in unseen for p in passes)
    if seen > free:
        raise Refusal(Refused.QUOTA_USED, left=free, asked=seen)


def _passes(
    campaign: Campaign, chosen: Sequence[int], now: datetime
) -> tuple[list[Pass], dict[int, str]]:
    """A pass for each who may have a dose, and the reasons of the others."""
    found, reasons = [], dict[int, str]()
    for person in people.people_of(chosen):
        try:
            found.append(pass_for(campaign, person, now=now))
        except Refusal as refusal:
            reasons[person.pk] = str(refusal.facts.get("finding", refusal.reason.value))
    return found, reasons


def _seated(passes: list[Pass], free: Sequence[free_places.Place], request_id: UUID) -> list[Wish]:
    """Each pass with the earliest place of the block that fits it."""
    left = {p.pool: p.free for p in free}
    wishes = []
    for held in passes:
        for place in free:
            if left[place.pool] <= 0:
                continue
            try:
                product = check_fits(
                    held,
                    on=place.on,
                    products=tuple(place.products),
                    pool=place.kind,
                    campaign=held.campaign,
                )
            except Refusal:
                continue
            left[place.pool] -= 1
            wishes.append(
                Wish(
                    request_id=Made.GROUP_BOOKING.of(f"{request_id} {held.person}"),
                    pool=place.pool,
                    person=held.person,
                    campaign=held.campaign,
                    number=held.number,
                    product=product or "",
                    party=None,
                )
            )
            break
    return wishes
