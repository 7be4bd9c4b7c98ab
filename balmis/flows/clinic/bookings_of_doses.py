"""A dose was given: whoever had booked it for another day or place has had it.

The booking's place is free again, and no reminder goes out. Which dose it was, and whether it counts,
is worked out from the person's doses: one that has to be repeated leaves the booking as it is.
"""

from datetime import date, datetime

from balmis.contexts.booking import bookings, places
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit
from balmis.contexts.people.models import Person
from balmis.core.actor import Actor
from balmis.core.booking.take_codes import Answer
from balmis.core.booking.take_protocol import Wish
from balmis.core.errors import Refusal
from balmis.core.request_ids import Made
from balmis.core.vocabulary.booking import BookingStatus, Channel, EndReason
from balmis.flows.eligibility.evaluate_person import judge_person


def fulfil(
    campaign: Campaign, person: Person, on: date, *, but: int | None, now: datetime
) -> list[int]:
    """End the person's bookings of doses that they have had by now; `but` is that of the visit, which
    is kept. In a transaction in which the person is held."""
    booked = [
        b
        for b in bookings.live_bookings(person.pk, campaign.pk)
        if b.pk != but and b.status == BookingStatus.CONFIRMED
    ]
    if not booked:
        return []
    following = _next(campaign, person, on)
    had = [b.pk for b in booked if following is None or b.number < following]
    return places.end(had, BookingStatus.FULFILLED, EndReason.DOSE_GIVEN, now=now)


def _next(campaign: Campaign, person: Person, on: date) -> int | None:
    """The number of the next dose; 0: nothing can be said, None: there is none."""
    try:
        return judge_person(campaign, person, on).result.groups[0].number
    except Refusal:  # no member of the campaign
        return 0


def book_again(
    campaign: Campaign, person: Person, on: date, *, actor: Actor, now: datetime
) -> list[Booking]:
    """The dose was not given after all: what was booked for it is booked again, where its time is still to
    come and its place is free. Returns what could not be given back; that is noted, too."""
    fulfilled = [
        b for b in bookings.fulfilled_on(person.pk, campaign.pk, on) if b.pool.slot.starts_at > now
    ]
    if not fulfilled:
        return []
    following = _next(campaign, person, on)
    lost = []
    for b in fulfilled:
        if following is None or b.number < following:  # had by another dose
            continue
        (answered,) = places.take([_wish(b)], channel=Channel(b.channel), now=now)
        if answered.answer in (Answer.ALREADY_BOOKED, Answer.AS_BEFORE):
            continue
        audit.record(
            "booking.given_back" if answered.ok else "booking.place_gone",
            f"booking:{b.pk}",
            actor=actor,
            now=now,
            person=person.pk,
            number=b.number,
        )
        if not answered.ok:
            lost.append(b)
    return lost


def _wish(b: Booking) -> Wish:
    return Wish(
        request_id=Made.BOOKED_AGAIN.of(b.pk),
        pool=b.pool_id,
        person=b.person_id,
        campaign=b.campaign_id,
        number=b.number,
        product=b.product,
        party=b.party,
    )
