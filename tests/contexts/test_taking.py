"""Places: taken once, never oversold, freed by time."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool
from balmis.contexts.booking.places import Wish
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.booking.take_codes import Answer
from balmis.core.policy import DEFAULT
from balmis.core.vocabulary.booking import BookingStatus, Channel, EndReason, PoolKind
from tests import make

pytestmark = pytest.mark.invariants


@pytest.fixture
def places(committed):
    """Eight slots of three places each."""
    make.campaign()
    return make.pools(make.session())


HOLD = DEFAULT.booking.hold


def wish(person, pool, name=None, **changes):
    fields = {
        "request_id": make.request(name or f"book {person.pk} {pool.pk}"),
        "pool": pool.pk,
        "person": person.pk,
        "campaign": campaigns.campaign(make.SLUG).pk,
        "number": 1,
    }
    return Wish(**(fields | changes))


def take(*wishes, now=make.NOON, together=False):
    act = booking_places.take_together if together else booking_places.take
    return act(wishes, channel=Channel.RESIDENT, now=now)


def answers(found):
    return [a.answer for a in found]


def taken(pool):
    return Pool.objects.get(pk=pool.pk).taken


def test_a_place_is_taken_and_counted(places):
    (found,) = take(wish(make.person(), places[0]))
    assert (found.answer, found.state, found.pool) == (Answer.TAKEN, "confirmed", places[0].pk)
    assert taken(places[0]) == 1
    assert drift() == []


def test_the_last_place_goes_to_one_of_those_who_ask_together(places):
    people = [make.person(n) for n in range(5)]
    found = take(*(wish(p, places[0]) for p in people))
    assert answers(found) == [Answer.TAKEN] * 3 + [Answer.SOLD_OUT] * 2
    assert answers(take(wish(people[4], places[0]))) == [Answer.SOLD_OUT]
    assert taken(places[0]) == 3


def test_a_retry_gets_the_first_answer(places):
    asked = wish(make.person(), places[0])
    first, second = take(asked)[0], take(asked)[0]
    assert (first.answer, second.answer) == (Answer.TAKEN, Answer.AS_BEFORE)
    assert first.booking == second.booking
    other = wish(make.person(2), places[0])
    twice = take(other, other)
    assert len({a.booking for a in twice}) == 1
    assert taken(places[0]) == 2


def test_a_request_cannot_be_used_for_another_person(places):
    take(wish(make.person(1), places[0], "same"))
    assert answers(take(wish(make.person(2), places[0], "same"))) == [Answer.REQUEST_REUSED]
    found = take(wish(make.person(3), places[1], "y"), wish(make.person(4), places[1], "y"))
    assert [a.ok for a in found] == [True, False]
    assert found[1].answer is Answer.REQUEST_REUSED


def test_a_person_has_one_live_booking_of_a_dose(places):
    person = make.person()
    take(wish(person, places[0]))
    (found,) = take(wish(person, places[1]))
    assert found.answer is Answer.ALREADY_BOOKED
    other = make.person(2)
    both = take(*(wish(other, p) for p in places[2:4]))
    assert answers(both) == [Answer.TAKEN, Answer.ALREADY_BOOKED]
    assert answers(take(wish(person, places[1], number=2))) == [Answer.TAKEN]


def test_a_hold_lasts_ten_minutes_and_then_its_place_is_free(places):
    hold = make.NOON + HOLD
    for n in range(3):
        take(wish(make.person(n), places[0], hold_until=hold))
    late = wish(make.person(9), places[0])
    assert answers(take(late, now=hold - timedelta(seconds=1))) == [Answer.SOLD_OUT]
    assert answers(take(late, now=hold)) == [Answer.TAKEN]
    assert taken(places[0]) == 1
    assert Booking.objects.filter(status="expired", why_ended="ran_out").count() == 3
    assert drift() == []


def test_the_sweeper_frees_what_ran_out_and_nothing_else(places):
    held = wish(make.person(1), places[0], hold_until=make.NOON + HOLD)
    kept = wish(make.person(2), places[0], hold_until=make.NOON + HOLD)
    take(held, kept, wish(make.person(3), places[0]))
    booking_places.confirm([(kept.request_id, kept.person)], now=make.NOON)
    assert booking_places.sweep(now=make.NOON + HOLD - timedelta(seconds=1)) == 0
    assert booking_places.sweep(now=make.NOON + HOLD) == 1
    assert taken(places[0]) == 2


def test_a_hold_is_confirmed_once_by_its_own_person_and_in_time(places):
    asked = wish(make.person(1), places[0], hold_until=make.NOON + HOLD)
    take(asked)
    other = make.person(2).pk
    assert answers(booking_places.confirm([(asked.request_id, other)], now=make.NOON)) == [
        Answer.NO_PLACE
    ]
    mine = [(asked.request_id, asked.person)]
    assert answers(booking_places.confirm(mine, now=make.NOON)) == [Answer.TAKEN]
    assert answers(booking_places.confirm(mine, now=make.LATER)) == [Answer.AS_BEFORE]
    late = wish(make.person(3), places[0], hold_until=make.NOON + HOLD)
    take(late)
    found = booking_places.confirm([(late.request_id, late.person)], now=make.NOON + HOLD)
    assert answers(found) == [Answer.OVER]


def test_a_pair_is_taken_together_or_not_at_all(places):
    for n in range(3):
        take(wish(make.person(n), places[1]))
    person = make.person(9)
    pair = [wish(person, places[0]), wish(person, places[1], number=2)]
    assert answers(take(*pair, together=True)) == [Answer.OTHER_OF_PARTY, Answer.SOLD_OUT]
    assert taken(places[0]) == 0
    pair[1] = wish(person, places[2], number=2)
    assert answers(take(*pair, together=True)) == [Answer.TAKEN] * 2
    assert answers(take(*pair, together=True)) == [Answer.AS_BEFORE] * 2


def test_a_place_is_not_taken_before_booking_opens(committed):
    make.campaign()
    pools = make.pools(make.session(opens_at=make.NOON))
    asked = wish(make.person(), pools[0])
    assert answers(take(asked, now=make.NOON - timedelta(seconds=1))) == [Answer.NOT_OPEN_YET]
    assert answers(take(asked, now=make.NOON)) == [Answer.TAKEN]
    gone = wish(make.person(2), Pool(pk=10**9))
    assert answers(take(gone)) == [Answer.NO_PLACE]


def test_an_ended_booking_frees_its_place_and_its_person(places):
    person = make.person()
    (first,) = take(wish(person, places[0]))
    ended = booking_places.end(
        [first.booking], BookingStatus.CANCELLED, EndReason.BY_PERSON, now=make.NOON
    )
    again = booking_places.end(
        [first.booking], BookingStatus.CANCELLED, EndReason.BY_PERSON, now=make.NOON
    )
    assert (ended, again, taken(places[0])) == ([first.booking], [], 0)
    assert answers(take(wish(person, places[0], "again"))) == [Answer.TAKEN]
    assert Booking.objects.get(pk=first.booking).news  # the person is told


def move(booking, pool, name):
    return booking_places.move(
        booking,
        request_id=make.request(name),
        pool=pool.pk,
        product="",
        now=make.NOON,
        channel=Channel.RESIDENT,
        why=EndReason.BY_PERSON,
    )


def test_a_move_leaves_no_moment_without_a_place(places):
    for n in range(3):
        take(wish(make.person(n), places[1]))
    (mine,) = take(wish(make.person(9), places[0]))
    assert move(mine.booking, places[1], "full").answer is Answer.SOLD_OUT
    assert Booking.objects.get(pk=mine.booking).status == "confirmed"
    moved = move(mine.booking, places[2], "free")
    assert moved.answer is Answer.TAKEN
    assert move(mine.booking, places[2], "free").booking == moved.booking  # a retry
    assert move(mine.booking, places[3], "again").answer is Answer.OVER
    assert [taken(p) for p in places[:3]] == [0, 3, 1]
    assert drift() == []


def test_the_database_refuses_what_a_wrong_statement_would_do(places):
    (mine,) = take(wish(make.person(), places[0]))
    with pytest.raises(IntegrityError, match="never_oversold"):
        Pool.objects.filter(pk=places[0].pk).update(taken=4)
    with pytest.raises(IntegrityError, match="pools_fit"), transaction.atomic():
        Pool.objects.filter(pk=places[0].pk).update(capacity=4)
    with pytest.raises(IntegrityError, match="pools_fit"), transaction.atomic():
        Pool.objects.create(
            slot_id=places[0].slot_id, kind=PoolKind.WALK_IN.value, capacity=1, opens_at=make.NOON
        )
    booking_places.end([mine.booking], BookingStatus.CANCELLED, EndReason.BY_PERSON, now=make.NOON)
    with pytest.raises(IntegrityError, match="booking_moves"):
        Booking.objects.filter(pk=mine.booking).update(
            status="confirmed", ended_at=None, confirmed_at=make.NOON
        )


def test_drift_is_seen(places):
    take(wish(make.person(), places[0]))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE booking_pool SET taken = 2 WHERE id = %s", [places[0].pk])
    assert [(d.what, d.count) for d in drift()] == [
        ("places taken differ from live and kept bookings", 1)
    ]
