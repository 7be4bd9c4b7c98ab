"""A person's own bookings: hold, confirm, move, cancel; the same places as the gate's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from balmis.contexts.booking import bookings, free_places, places
from balmis.contexts.booking.free_places import Place
from balmis.contexts.booking.models import Booking
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.core.actor import Actor
from balmis.core.booking.passes import Pass, check_fits, check_pair, second_of, together
from balmis.core.booking.take_protocol import Wish
from balmis.core.errors import Refusal
from balmis.core.request_ids import Made
from balmis.core.vocabulary.booking import BookingStatus, Channel, EndReason, PoolKind
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking import standby
from balmis.flows.booking.openings import check_may_book
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Places asked for: the dose's, and perhaps the following one's."""

    request_id: UUID
    pool: int
    second_pool: int | None = None
    product: str | None = None  # chosen of those that the person may have


def fit(held: Pass, place: Place, now: datetime) -> str:
    """The product to book there; '' where none is named. Raises Refusal."""
    if place.starts_at <= now:  # the page was left open
        raise Refusal(Refused.HOLD_OVER)
    kind = place.kind
    product = check_fits(
        held, on=place.on, products=tuple(place.products), pool=kind, campaign=place.campaign
    )
    return product or ""


@retried
@transaction.atomic(durable=True)
def hold_places(
    passes: Sequence[Pass], wanted: Hold, *, channel: Channel, now: datetime, confirm: bool = False
) -> list[Booking]:
    """Hold the places for ten minutes, for one person or a family, all or none. A retry gives the
    same bookings. In a rush it is the first one's turn that counts.

    Raises Refusal: sold out, booked already, not open, outside a pass, not their turn.
    """
    if channel is Channel.RESIDENT:  # staff who book for others serve their own queue
        check_may_book(passes[0], now=now)
    for person in sorted(p.person for p in passes):
        people.lock(person)
    live = _live(passes)
    if any(b.request_id == wanted.request_id for b in live):
        return live  # the button was pressed twice
    if not confirm:  # another choice: what was held before is let go, unless this one fails
        holds = [b.pk for b in live if b.status == BookingStatus.HELD]
        places.end(holds, BookingStatus.CANCELLED, EndReason.BY_PERSON, now=now)
    first = free_places.place(wanted.pool)
    if len(passes) > 1:
        wanted = replace(wanted, product=_product_for_all(passes, wanted, first))
    second = free_places.place(wanted.second_pool) if wanted.second_pool is not None else None
    chosen = _Chosen(
        wanted=wanted,
        first=first,
        second=second,
        alone=len(passes) == 1,
        until=None if confirm else passes[0].held_until(now),
    )
    wishes = [
        wish for n, held in enumerate(passes) for wish in _wishes(chosen, held, nth=n, now=now)
    ]
    answered = places.take_together(wishes, channel=channel, now=now)
    places.check_taken(
        answered,
        opens=first.opens_here,
        request_id=wanted.request_id,
        what="place",
        key=wanted.pool,
    )
    return _live(passes)


def _product_for_all(passes: Sequence[Pass], wanted: Hold, place: Place) -> str | None:
    """One vaccine for the whole family. Raises Refusal(PRODUCT_UNSUITABLE)."""
    all_of_them = together(passes)
    may = all_of_them.products if all_of_them else ()
    if not place.products:
        return wanted.product
    fitting = [p for p in may if p in place.products and wanted.product in (None, p)]
    if not fitting:
        raise Refusal(Refused.PRODUCT_UNSUITABLE, products=", ".join(may))
    return fitting[0]


def _live(passes: Sequence[Pass]) -> list[Booking]:
    return [b for p in passes for b in bookings.live_bookings(p.person, p.campaign)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """What is the same for everyone who books together."""

    wanted: Hold
    first: Place
    second: Place | None
    alone: bool
    until: datetime | None  # None: confirmed at once


def _wishes(chosen: _Chosen, held: Pass, *, nth: int, now: datetime) -> list[Wish]:
    """One person's dose, and perhaps the following one. Raises Refusal."""
    wanted, first, second = chosen.wanted, chosen.first, chosen.second
    if wanted.product in held.products:
        held = msgspec.structs.replace(held, products=(wanted.product,))
    product = fit(held, first, now)
    party = None if chosen.alone and second is None else wanted.request_id
    request = (
        wanted.request_id
        if nth == 0
        else Made.FAMILY_BOOKING.of(f"{wanted.request_id} {held.person}")
    )
    common: dict[str, Any] = {
        "person": held.person,
        "campaign": held.campaign,
        "party": party,
        "hold_until": chosen.until,
        "product": product,
    }
    wishes = [Wish(request_id=request, pool=first.pool, number=held.number, **common)]
    if second is not None:
        number = check_pair(held, product, first.on, second.on)
        _check_product(held, second, product, now)
        wishes.append(
            Wish(request_id=Made.SECOND_DOSE.of(request), pool=second.pool, number=number, **common)
        )
    return wishes


def _check_product(held: Pass, place: Place, product: str, now: datetime) -> None:
    if place.kind not in (*held.pools, PoolKind.SECOND.value) or place.campaign != held.campaign:
        raise Refusal(Refused.PASS_UNUSABLE)
    if place.starts_at <= now:
        raise Refusal(Refused.HOLD_OVER)
    if place.products and product and product not in place.products:
        raise Refusal(Refused.PRODUCT_UNSUITABLE, products=product)


@transaction.atomic(durable=True)
def confirm_holds(
    persons: Sequence[int], campaign_id: int, *, seen: Sequence[int] = (), now: datetime
) -> list[Booking]:
    """Confirm all that these people hold, or nothing.

    `seen` are the bookings that they were shown: each of them must be theirs now or have been
    confirmed before. Raises Refusal(HOLD_OVER).
    """
    live = [b for p in persons for b in bookings.live_bookings(p, campaign_id)]
    holds = [b for b in live if b.status == BookingStatus.HELD]
    answered = places.confirm([(b.request_id, b.person_id) for b in holds], now=now)
    if not live or not all(a.ok for a in answered):
        raise Refusal(Refused.HOLD_OVER)
    if not {b.pk for b in live} >= set(seen):  # one of them ran out meanwhile
        raise Refusal(Refused.HOLD_OVER)
    return [b for p in persons for b in bookings.live_bookings(p, campaign_id)]


def cancel_booking(booking: Booking, *, why: EndReason, actor: Actor, now: datetime) -> None:
    """Give the place back; whoever waits for it is offered it at once. Raises Refusal(BOOKING_OVER)."""
    _cancel(booking, why=why, actor=actor, now=now)
    session = booking.pool.slot.session
    standby.offer_at(booking.campaign_id, session.site.code, session.on, now=now)


@retried
@transaction.atomic(durable=True)
def _cancel(booking: Booking, *, why: EndReason, actor: Actor, now: datetime) -> None:
    """Give the place back. A second dose booked along with it goes too, since it cannot stand
    alone. Raises Refusal(BOOKING_OVER)."""
    people.lock(booking.person_id)
    also = [
        b.pk
        for b in bookings.live_bookings(booking.person_id, booking.campaign_id)
        if b.number > booking.number
    ]
    ended = places.end([booking.pk, *also], BookingStatus.CANCELLED, why, now=now)
    if booking.pk not in ended:
        raise Refusal(Refused.BOOKING_OVER, status=booking.status)
    audit.record("booking.cancelled", f"booking:{booking.pk}", actor=actor, now=now, also=also)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBooking:
    """Another place for a booking."""

    request_id: UUID
    booking: Booking
    pool: int
    channel: Channel


@retried
@transaction.atomic(durable=True)
def move_booking(held: Pass, cmd: MoveBooking, *, actor: Actor, now: datetime) -> Booking:
    """Another time for the same dose. Raises Refusal; then the old booking stands."""
    if cmd.channel is Channel.RESIDENT:
        check_may_book(held, now=now)
    people.lock(cmd.booking.person_id)
    place = free_places.place(cmd.pool)
    product = _fit_move(held, cmd.booking, place, now)
    answered = places.move(
        cmd.booking.pk,
        request_id=cmd.request_id,
        pool=cmd.pool,
        product=product,
        channel=cmd.channel,
        why=EndReason.BY_PERSON,
        now=now,
    )
    places.check_taken(
        [answered],
        opens=place.opens_here,
        status=cmd.booking.status,
        request_id=cmd.request_id,
        what="place",
        key=cmd.pool,
    )
    assert answered.booking is not None
    audit.record(
        "booking.moved",
        f"booking:{cmd.booking.pk}",
        actor=actor.on_request(cmd.request_id),
        now=now,
        to=answered.booking,
    )
    return bookings.booking(answered.booking)


def _fit_move(held: Pass, booking: Booking, place: Place, now: datetime) -> str:
    """The booked product again; a second dose keeps its distance from the first."""
    if booking.number == held.number:
        fit(held, place, now)
    first = next(
        (
            b
            for b in bookings.live_bookings(booking.person_id, booking.campaign_id)
            if b.number == booking.number - 1
        ),
        None,
    )
    after = next(
        (
            b
            for b in bookings.live_bookings(booking.person_id, booking.campaign_id)
            if b.number == booking.number + 1
        ),
        None,
    )
    if first is None and booking.number != held.number:
        raise Refusal(Refused.OTHER_OF_PARTY)  # the dose before it is not booked any more
    if first is not None:
        check_pair(held, booking.product, first.pool.slot.session.on, place.on)
    if after is not None and second_of(held, booking.product) is not None:
        check_pair(held, booking.product, place.on, after.pool.slot.session.on)
    _check_product(held, place, booking.product, now)
    return booking.product
