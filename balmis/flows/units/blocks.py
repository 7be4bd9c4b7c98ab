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
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.reasons import Reason
from balmis.flows.booking.passes import pass_for
from balmis.flows.retry import retried
from balmis.flows.units.rosters import LEAST, check_leads

TOO_FEW = gettext_noop(
    "Book members who let you see where they stand, or at least five of the others together."
)


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
    """What became of each person chosen."""

    booked: int
    reached: int  # of them, who have a phone or mail and are told
    before: int  # had a booking already
    without_place: int
    not_due: dict[str, int]  # reason to people


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
    roster = set(members)
    chosen = list(dict.fromkeys(cmd.chosen))
    desk = may(actor, Act.KEEP_UNITS, area=unit.area)
    unseen = [] if desk else [p for p in chosen if p in roster and members[p] is None]
    if 0 < len(unseen) < LEAST:
        raise BadInput(TOO_FEW)  # what became of so few would tell where each of them stands
    live = bookings.next_times(campaign.pk, chosen)
    asked = [p for p in chosen if p in roster and p not in live]
    passes, not_due = _passes(campaign, asked, now)
    free = free_places.unit_places(campaign.pk, unit.code, now=now)
    if len(passes) > sum(p.free for p in free):
        raise Refusal(Reason.QUOTA_USED, left=sum(p.free for p in free), asked=len(passes))
    wishes = _seated(passes, free, cmd.request_id)
    answered = booking_places.take(wishes, channel=Channel.UNIT, now=now) if wishes else []
    made = [w.person for w, a in zip(wishes, answered, strict=True) if a.ok]
    result = Grouped(
        len(made),
        contacts.reached(made),
        0 if unseen else len(chosen) - len(asked),
        len(passes) - sum(a.ok or a.answer is Answer.ALREADY_BOOKED for a in answered),
        {} if unseen else not_due,
    )
    audit.record(
        "unit.booked",
        f"unit:{unit.pk}",
        actor=actor.on_request(cmd.request_id),
        now=now,
        booked=result.booked,
        not_due=sum(not_due.values()),
    )
    return result


def _passes(
    campaign: Campaign, chosen: Sequence[int], now: datetime
) -> tuple[list[Pass], dict[str, int]]:
    """A pass for each who may have a dose, and the reasons of the others."""
    found, reasons = [], Counter[str]()
    for person in people.people_of(chosen):
        try:
            found.append(pass_for(campaign, person, now=now))
        except Refusal as refusal:
            reasons[str(refusal.facts.get("finding", refusal.reason.value))] += 1
    return found, dict(reasons)


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
