"""The standby list: what becomes free goes to whoever is first, and is told to them."""

from datetime import date, timedelta

import pytest

from balmis.contexts.booking import bookings, places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool, Standby
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.notices.models import Notice
from balmis.contexts.people.contacts import keep_contact
from balmis.core.booking.passes import Pass
from balmis.core.errors import Refusal
from balmis.core.vocabulary.booking import Channel, EndReason
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking import standby
from balmis.flows.booking.reservations import cancel_booking, confirm_holds
from tests import make

TOMORROW = make.OPENS.date()


@pytest.fixture
def full(committed):
    """One slot of two places, both taken; four people who wait, two of them of an earlier group."""
    make.campaign()
    born = {3: 2000, 4: 1995, 5: 1940, 6: 1945}
    people = {n: make.person(n, born=date(born.get(n, 1950), 5, 5)) for n in range(1, 7)}
    make.enrol()
    session = make.session(stations=1, ends_at=make.OPENS + timedelta(minutes=10), slot_minutes=10)
    book(people[1], session), book(people[2], session)
    for n in (3, 4, 5, 6):
        keep_contact(people[n], phone=f"+8210000000{n}", language="ko", now=make.NOON)
        join(people[n], at=make.NOON + timedelta(minutes=n))
    return people


def book(person, session):
    pool = make.pools(session)[0]
    wish = places.Wish(
        request_id=make.request(f"b{person.pk}"),
        pool=pool.pk,
        person=person.pk,
        campaign=session.campaign_id,
        number=1,
    )
    assert places.take([wish], channel=Channel.RESIDENT, now=make.NOON)[0].ok


def held_by(person):
    return Pass(
        person.pk,
        person.name,
        campaigns.campaign(make.SLUG).pk,
        1,
        ("comirnaty",),
        make.TODAY,
        None,
        2**40,
    )


def join(person, at=make.NOON, on=TOMORROW):
    return standby.join(
        campaigns.campaign(make.SLUG),
        standby.JoinStandby(held=held_by(person), person=person, site="hall", on=on),
        now=at,
    )


def give_back(person, now=make.NOON + timedelta(hours=1)):
    (booking,) = bookings.live_bookings(person.pk, campaigns.campaign(make.SLUG).pk)
    cancel_booking(booking, why=EndReason.BY_PERSON, actor=make.SYSTEM, now=now)


def states():
    return dict(Standby.objects.order_by("pk").values_list("person__external_id", "status"))


def test_a_cancelled_place_is_offered_at_once_to_the_first_of_the_earliest_group(full):
    give_back(full[1])
    assert states() == {"P3": "waiting", "P4": "waiting", "P5": "offered", "P6": "waiting"}
    offer = Booking.objects.get(channel="standby")
    assert (offer.person_id, offer.status) == (full[5].pk, "held")
    told = Notice.objects.get(purpose="offer")
    assert (told.person_id, told.language) == (full[5].pk, "ko")
    assert Pool.objects.get().taken == 2  # nobody else can take it meanwhile
    assert drift() == []


def test_a_lapsed_offer_goes_to_the_next_and_a_taken_one_is_theirs(full):
    give_back(full[1])
    late = make.NOON + timedelta(hours=1, minutes=16)
    places.sweep(now=late)
    assert standby.offer_places(now=late) == 1
    assert states() == {"P3": "waiting", "P4": "waiting", "P5": "lapsed", "P6": "offered"}

    confirm_holds([full[6].pk], campaigns.campaign(make.SLUG).pk, now=late)
    assert standby.offer_places(now=late) == 0
    assert states()["P6"] == "taken"
    assert Booking.objects.filter(status="confirmed").count() == 2


def test_whoever_declines_gives_way_at_once(full):
    give_back(full[1])
    entry = Standby.objects.get(status="offered")
    standby.leave(entry.pk, full[5].pk, now=make.NOON + timedelta(hours=1))
    assert states() == {"P3": "waiting", "P4": "waiting", "P5": "declined", "P6": "offered"}


def test_each_sees_how_many_are_before_them_and_why(full):
    campaign = campaigns.campaign(make.SLUG).pk
    seen = [standby.waiting_of(full[n].pk, campaign)[0] for n in (3, 4, 5, 6)]
    assert [(w.before, w.earlier_groups) for w in seen] == [(2, 2), (3, 2), (0, 0), (1, 0)]


def test_two_places_go_to_two_people_and_offering_again_changes_nothing(full):
    give_back(full[1])
    give_back(full[2])
    before = states()
    assert sorted(before.values()) == ["offered", "offered", "waiting", "waiting"]
    assert standby.offer_places(now=make.NOON + timedelta(hours=1)) == 0
    assert states() == before


def test_whoever_has_a_booking_does_not_wait_and_nobody_waits_twice(full):
    with pytest.raises(Refusal) as refused:
        join(full[1])
    assert refused.value.reason is Refused.ALREADY_BOOKED
    join(full[3], at=make.LATER)
    assert Standby.objects.filter(person=full[3]).count() == 1
    with pytest.raises(Refusal):
        join(full[3], on=TOMORROW + timedelta(days=1))  # no session


def test_nobody_is_offered_what_begins_within_half_an_hour(full):
    give_back(full[1], now=make.OPENS - timedelta(minutes=20))
    assert set(states().values()) == {"waiting"}
