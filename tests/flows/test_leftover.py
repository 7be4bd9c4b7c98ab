"""What an open vial has left is offered to the standby list; numbers are called to rooms."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from balmis.contexts.booking import free_places, sessions
from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool, Session, Standby
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.places import queries as places
from balmis.contexts.supply import vials
from balmis.core.clinic.step_facts import Sent
from balmis.core.errors import BadInput
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.booking import standby
from balmis.flows.clinic.leftover import Leftover, offer_leftover
from balmis.flows.clinic.visit_steps import Desk, take_step
from balmis.flows.clinic.waiting_display import calls_now
from balmis.flows.holds.lot_holds import HoldLot, hold_lot
from tests import make
from tests.flows.test_standby import book, join
from tests.flows.test_visits import dose_facts

OPENED = make.OPENS
NOW = make.OPENS + timedelta(hours=1)
DAY = make.OPENS.date()


@pytest.fixture
def hall(committed):
    """A session of one place, taken; four who wait; a vial of six doses, open for an hour."""
    make.campaign()
    lot = make.lot(doses=60)
    people = [make.person(n) for n in range(1, 7)]
    make.enrol()
    session = make.session(
        stations=1,
        products=("comirnaty",),
        slot_minutes=10,
        ends_at=make.OPENS + timedelta(hours=8),
    )
    book(people[0], session)
    for n, person in enumerate(people[1:5]):
        keep_contact(person, phone=f"+8210000000{n}", language="ko", now=make.NOON)
        join(person, at=make.NOON + timedelta(minutes=n))
    return people, opened(lot), session


def opened(lot, hours: int = 6):
    vial = vials.open_vial(
        vials.Opened(id=uuid4(), opened_at=OPENED),
        lot,
        places.site("hall"),
        actor=make.SYSTEM,
        now=OPENED,
    )
    vial.use_by = OPENED + timedelta(hours=hours)
    vial.save()
    return vial


def offer(vial, doses: int, now=NOW, key=None):
    asked = Leftover(request_id=key or uuid4(), vial=vial.pk, doses=doses)
    return offer_leftover(make.SLUG, "hall", asked, actor=make.SYSTEM, now=now)


def capacity(session) -> int:
    return sessions.places_in(session.pk)


def test_the_first_of_the_list_are_offered_what_is_left(hall):
    _, vial, session = hall
    before, key = capacity(session), uuid4()
    found = offer(vial, 3, key=key)
    assert (found.people, found.waiting) == (3, 1)
    assert OPENED + timedelta(hours=5) < found.comes_at <= vial.use_by - timedelta(minutes=10)
    assert offer(vial, 3, key=key) == found
    states = list(Standby.objects.order_by("pk").values_list("status", flat=True))
    assert states == ["offered"] * 3 + ["waiting"]
    assert capacity(session) == before + 3 and not drift()
    held = Booking.objects.filter(channel="standby")
    assert {b.product for b in held} == {"comirnaty"} and held.count() == 3


def test_places_that_nobody_waits_for_are_taken_back(hall):
    _, vial, session = hall
    before = capacity(session)
    assert offer(vial, 6).people == 4
    assert capacity(session) == before + 4


def test_whoever_lets_an_offer_lapse_gives_way_and_nobody_else_gets_the_place(hall):
    _, vial, session = hall
    kinds = ["open", "second"]
    before = free(session, kinds)
    assert offer(vial, 2).people == 2
    later = NOW + timedelta(minutes=16)
    Booking.objects.filter(channel="standby").update(hold_until=NOW)
    booking_places.sweep(now=later)
    assert free(session, kinds) == before and free(session, ["leftover:comirnaty"]) == 2
    Pool.objects.filter(kind="open").update(capacity=F("taken"))  # else they are offered those
    assert standby.offer_places(now=later) == 2
    states = list(Standby.objects.order_by("pk").values_list("status", flat=True))
    assert states == ["lapsed", "lapsed", "offered", "offered"]
    assert {b.pool.kind for b in Booking.objects.filter(channel="standby", status="held")} == {
        "leftover"
    }
    assert not drift()


def free(session, kinds: list[str]) -> int:
    found = free_places.free_places(session.campaign_id, now=NOW, kinds=kinds, first=DAY)
    return sum(p.free for p in found)


def test_nobody_is_called_to_a_session_that_is_over(hall):
    _, vial, session = hall
    Session.objects.filter(pk=session.pk).update(ends_at=NOW + timedelta(minutes=35))
    with pytest.raises(BadInput, match="is over"):
        offer(vial, 1)
    Session.objects.filter(pk=session.pk).update(ends_at=NOW - timedelta(minutes=5))
    with pytest.raises(BadInput, match="is over"):
        offer(vial, 1)
    assert not Booking.objects.filter(channel="standby").exists()


def test_only_what_the_vial_itself_has_is_offered(hall):
    _, vial, _ = hall
    other = opened(vial.lot, hours=1)
    for n in range(5):
        draw(vial, n)
    with pytest.raises(BadInput, match="not left"):
        offer(vial, 2)
    assert offer(vial, 1).people == 1 and other.pk


def draw(vial, n: int) -> None:
    person = make.person(40 + n)
    facts = dose_facts(vial.lot) | {"vial": {"id": str(vial.pk), "opened_at": OPENED.isoformat()}}
    at = NOW - timedelta(minutes=9 - n)
    sent = Sent(request_id=uuid4(), person=person.pk, kind=StepKind.DOSE, at=at, facts=facts)
    take_step(Desk(make.SLUG, "hall", "t"), sent, actor=make.SYSTEM, now=NOW)


def test_a_lot_on_hold_beside_it_stops_no_offer_of_a_good_vial(hall):
    _, vial, session = hall
    make.lot("B7", doses=600)
    hold_lot(
        HoldLot(
            request_id=make.request("h"),
            product="comirnaty",
            lot="B7",
            site="hall",
            reason="too warm",
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    Session.objects.filter(pk=session.pk).update(frozen=True)
    assert offer(vial, 2).people == 2


def test_those_who_wait_for_another_vaccine_stand_in_nobody_s_way(hall):
    people, vial, _ = hall
    Standby.objects.filter(person__in=people[1:4]).update(products=["vaxzevria"])
    assert offer(vial, 2).people == 1


def test_doses_are_offered_once(hall):
    _, vial, _ = hall
    offer(vial, 4)
    with pytest.raises(BadInput, match="not left"):
        offer(vial, 3)
    with pytest.raises(BadInput, match="not left"):
        offer(vial, 7)


def test_a_vial_that_is_over_closed_held_or_elsewhere_offers_nothing(hall):
    _, vial, _ = hall
    with pytest.raises(BadInput, match="is over"):
        offer(vial, 1, now=vial.use_by - timedelta(minutes=30))
    hold = hold_lot(
        HoldLot(
            request_id=make.request("h"),
            product="comirnaty",
            lot="A1",
            site="hall",
            reason="too warm",
        ),
        actor=make.SYSTEM,
        now=NOW,
    )
    with pytest.raises(BadInput, match="on hold"):
        offer(vial, 1)
    assert hold.hold.pk
    vials.close_vial(vial, wasted=0, why=None, actor=make.SYSTEM, now=NOW)
    with pytest.raises(BadInput, match="not open"):
        offer(vial, 1)
    assert not Booking.objects.filter(channel="standby").exists()


def test_two_desks_offer_the_same_doses_once(hall):
    _, vial, _ = hall
    told = []

    def run():
        try:
            told.append(offer(vial, 4).people)
        except BadInput:
            told.append(0)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(told) == [0, 0, 0, 4] and not drift()


def test_the_screen_shows_numbers_and_rooms_of_those_inside(hall):
    people, _, _ = hall
    assert campaigns.campaign(make.SLUG)

    def step(person, kind, seconds, **facts):
        sent = Sent(
            request_id=uuid4(),
            person=person.pk,
            kind=kind,
            at=NOW + timedelta(seconds=seconds),
            facts=facts,
        )
        return take_step(
            Desk(make.SLUG, "hall", "t"), sent, actor=make.SYSTEM, now=NOW + timedelta(minutes=1)
        )

    for n in (0, 1, 2):
        step(people[n], StepKind.CHECK_IN, n, how="known")
    step(people[0], StepKind.CALL, 10, room="1")
    step(people[1], StepKind.CALL, 11, room="2")
    again = step(people[0], StepKind.CALL, 12, room="3")
    step(people[2], StepKind.CALL, 13, room="4")
    step(people[2], StepKind.LEAVE, 14)
    found = calls_now(make.SLUG, "hall", actor=make.SYSTEM, now=NOW + timedelta(minutes=1))
    assert [(c.number, c.room) for c in found.calls] == [(1, "3"), (2, "2")] and found.waiting == 2
    step(people[0], StepKind.UNDO, 20, step=str(again.step.request_id), reason="wrong room")
    found = calls_now(make.SLUG, "hall", actor=make.SYSTEM, now=NOW + timedelta(minutes=1))
    assert [(c.number, c.room) for c in found.calls] == [(2, "2"), (1, "1")]
    later = calls_now(make.SLUG, "hall", actor=make.SYSTEM, now=NOW + timedelta(hours=1))
    assert later.calls == () and later.waiting == 2
