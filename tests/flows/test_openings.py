"""The waiting room on a real database: one ticket each, turns in order, no way around it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from balmis.contexts.booking.models import Booking, Rush, Ticket
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking import openings, standby
from balmis.flows.booking.openings import RushPlan, close_opening, join, plan_opening
from balmis.flows.booking.passes import pass_for
from balmis.flows.booking.reservations import (
    Hold,
    MoveBooking,
    confirm_holds,
    hold_places,
    move_booking,
)
from tests import make
from tests.flows.test_sessions import crowd

NOON = make.NOON
NINE = NOON + timedelta(hours=21)  # when booking opens
MINUTE = timedelta(minutes=1)


def planned(**changes):
    fields = {"opens_at": NINE, "closes_at": NINE + timedelta(hours=2), "per_minute": 2}
    return plan_opening(make.SLUG, RushPlan(**(fields | changes)), actor=make.SYSTEM, now=NOON)


@pytest.fixture
def opened(committed):
    make.campaign()
    starts = make.OPENS + timedelta(days=2)
    session = make.session(
        products=("comirnaty",),
        opens_at=NOON,
        on=starts.date(),
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
    )
    persons = [make.person(n) for n in range(1, 6)]
    make.enrol()
    planned()
    campaign = campaigns.campaign(make.SLUG)
    passes = [pass_for(campaign, people.person_of(p.pk), now=NOON) for p in persons]
    return session, passes


def hold(held, session, now, channel=Channel.RESIDENT, nth=0):
    wanted = Hold(request_id=make.request(f"{held.person} {nth}"), pool=make.pools(session)[nth].pk)
    return hold_places([held], wanted, channel=channel, now=now)


def refused(call, *args, **kwargs):
    with pytest.raises(Refusal) as refusal:
        call(*args, **kwargs)
    return refusal.value.reason


def test_nobody_books_before_their_turn_and_everybody_at_it(opened):
    session, passes = opened
    for held in passes:
        assert not join(held, now=NINE - 30 * MINUTE).may_book
    turns = {held.person: join(held, now=NINE).turn.at for held in passes}
    assert all(NINE <= at < NINE + 2.5 * MINUTE for at in turns.values())
    for held in passes:
        at = turns[held.person]
        if at > NINE + timedelta(seconds=1):  # the second before is within the opening
            assert refused(hold, held, session, at - timedelta(seconds=1)) is Refused.NOT_YOUR_TURN
        assert hold(held, session, at, nth=held.person % 2)
    assert Booking.objects.filter(status="held").count() == 5


def test_who_comes_late_follows_one_after_another(opened):
    _, passes = opened
    join(passes[0], now=NINE - MINUTE)
    late = [join(held, now=NINE + timedelta(seconds=5)).turn.at for held in passes[1:4]]
    assert [(at - NINE).total_seconds() for at in late] == [30, 60, 90]
    # after a lull the next is let in at once, and only at the even rate from there
    lull = NINE + 30 * MINUTE
    assert join(passes[4], now=lull).may_book
    assert Ticket.objects.count() == 5


def test_joining_again_changes_nothing(opened):
    _, passes = opened
    first = join(passes[0], now=NINE - MINUTE)
    assert join(passes[0], now=NINE - MINUTE).ticket == first.ticket
    assert Rush.objects.get().early == 1
    join(passes[1], now=NINE + MINUTE)
    given = Rush.objects.get().next_at
    join(passes[1], now=NINE + MINUTE)
    assert Rush.objects.get().next_at == given


def test_without_a_ticket_there_is_no_turn_however_late(opened):
    session, passes = opened
    assert refused(hold, passes[0], session, NINE + 60 * MINUTE) is Refused.NOT_YOUR_TURN
    assert hold(passes[0], session, NINE + 120 * MINUTE)  # it has closed


def test_moving_a_booking_waits_too_and_staff_do_not(opened):
    session, passes = opened
    hold(passes[0], session, NOON)
    (booked,) = confirm_holds([passes[0].person], passes[0].campaign, now=NOON)
    other = make.pools(session)[1].pk
    actor = Actor(f"person:{passes[0].person}")
    assert (
        refused(
            move_booking,
            passes[0],
            MoveBooking(
                request_id=make.request("m"), booking=booked, pool=other, channel=Channel.RESIDENT
            ),
            actor=actor,
            now=NINE,
        )
        is Refused.NOT_YOUR_TURN
    )
    assert hold(passes[1], session, NINE, Channel.REGISTRAR)


def test_the_standby_list_is_no_way_around_it(opened):
    session, passes = opened
    campaign = campaigns.campaign(make.SLUG)
    person = people.person_of(passes[0].person)
    day_before = session.starts_at - timedelta(hours=20)
    Rush.objects.update(
        doors_at=day_before - MINUTE, opens_at=day_before, closes_at=day_before + timedelta(hours=2)
    )
    standby.join(
        campaign,
        standby.JoinStandby(held=passes[0], person=person, site=session.site.code, on=session.on),
        now=day_before,
    )
    assert standby.offer_places(now=day_before + MINUTE) == 0
    assert standby.offer_places(now=day_before + timedelta(hours=2)) == 1


def test_ending_it_lets_everyone_book(opened):
    session, passes = opened
    close_opening(
        make.SLUG, Rush.objects.get().pk, "all are in", actor=make.SYSTEM, now=NINE + MINUTE
    )
    assert hold(passes[0], session, NINE + MINUTE)
    assert join(passes[1], now=NINE + MINUTE) is None


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"opens_at": NOON + MINUTE}, "less than two minutes"),
        ({"closes_at": NINE}, "closes after it opens"),
        ({"per_minute": 0}, "between 1 and 100,000"),
        ({"wave_minutes": 20}, "before the last wave"),
        ({"opens_at": NINE + 60 * MINUTE, "closes_at": NINE + 180 * MINUTE}, "overlaps"),
    ],
)
def test_an_opening_that_cannot_be_is_refused_in_words(opened, wrong, words):
    with pytest.raises(BadInput, match=words):
        planned(**wrong)


def test_only_those_who_plan_the_campaign_open_it(opened):
    stranger = Actor("user:9", grants=frozenset({("site_manager", "/IS/IS-S/@clinic")}))
    plan = RushPlan(opens_at=NINE + 300 * MINUTE, closes_at=NINE + 400 * MINUTE, per_minute=5)
    with pytest.raises(NotAllowed):
        plan_opening(make.SLUG, plan, actor=stranger, now=NOON)


def test_a_crowd_that_joins_at_once_gets_even_turns(opened):
    """Forty people join over eight connections, each twice: forty tickets, evenly spaced."""
    _, passes = opened
    Rush.objects.update(per_minute=60)
    persons = [p.pk for p in crowd(40)]
    errors: list[BaseException] = []

    def come(mine):
        try:
            for person in mine:
                join(
                    passes[0].__class__(
                        **{f: getattr(passes[0], f) for f in passes[0].__struct_fields__}
                        | {"person": person}
                    ),
                    now=NINE + MINUTE,
                )
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=come, args=(persons[n::4] * 2,)) for n in range(4)]
    threads += [threading.Thread(target=come, args=(persons[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    turns = sorted(Ticket.objects.values_list("turn_at", flat=True))
    assert turns == [NINE + MINUTE + timedelta(seconds=n) for n in range(40)]
    assert openings.join(passes[0], now=NINE + MINUTE).turn.at == NINE + MINUTE + timedelta(
        seconds=40
    )
