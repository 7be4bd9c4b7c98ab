"""A lot is held in one act: red at the scanner, frozen in booking, until a decision is recorded."""

from datetime import timedelta

import pytest

from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool, Session
from balmis.contexts.clinic import visits
from balmis.core.booking.take_codes import Answer
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.clinic import Check, StepKind
from balmis.flows.booking.rebook_unserved import move_unserved, preview_unserved, unserved_in
from balmis.flows.holds.lot_holds import HoldLot, hold_lot, release_lot, where_is
from tests import make
from tests.flows.test_visits import check, dose_facts, ready, send


def hold(site="hall", lot="A1", **changes):
    asked = {
        "request_id": make.request(f"hold {site} {lot}"),
        "product": "comirnaty",
        "lot": lot,
        "site": site,
        "reason": "too warm since 04:00",
    }
    by = {"actor": make.SYSTEM, "now": make.NOON}
    by |= {k: changes.pop(k) for k in by if k in changes}
    return hold_lot(HoldLot(**(asked | changes)), **by)


def book(person, session):
    pool = make.pools(session)[0]
    wish = booking_places.Wish(
        request_id=make.request(f"b {person.pk} {session.pk}"),
        pool=pool.pk,
        person=person.pk,
        campaign=session.campaign_id,
        number=1,
    )
    return booking_places.take([wish], channel=Channel.RESIDENT, now=make.NOON)[0].answer


def test_a_held_lot_is_red_at_the_scanner_and_green_after_the_decision(hall):
    lot, (person, *_) = hall
    ready(person)
    placed = hold().hold
    assert check(person, lot).checks == (Check.LOT_HELD,)
    assert hold(request_id=make.request("again")).hold == placed  # one hold stands
    release_lot(placed.pk, "stability budget not used up", actor=make.SYSTEM, now=make.NOON)
    assert check(person, lot).checks == ()
    with pytest.raises(Refusal):
        release_lot(placed.pk, "again", actor=make.SYSTEM, now=make.NOON)


def test_sessions_that_the_held_doses_would_have_served_take_no_new_bookings(hall):
    _, people = hall
    tomorrow = make.session(products=("comirnaty",))  # 24 places, 12 doses on the shelf
    make.session(
        products=("comirnaty",),
        on=make.OPENS.date() + timedelta(days=30),
        starts_at=make.OPENS + timedelta(days=30),
        ends_at=make.OPENS + timedelta(days=30, hours=2),
    )
    mixed = make.session(products=("comirnaty", "jcovden"), site="clinic")
    for person in people[:2]:
        assert book(person, tomorrow) == Answer.TAKEN
    found = hold()
    assert [s.pk for s in found.short] == [tomorrow.pk]
    assert book(people[2], tomorrow) == Answer.NOT_OPEN_YET
    assert (
        Session.objects.get(pk=tomorrow.pk).frozen and not Session.objects.get(pk=mixed.pk).frozen
    )
    release_lot(found.hold.pk, "the logger was wrong", actor=make.SYSTEM, now=make.NOON)
    assert not Session.objects.filter(frozen=True).exists()
    assert book(people[2], tomorrow) == Answer.TAKEN
    assert all(p.opens_at <= make.NOON for p in Pool.objects.all())


def test_enough_of_other_lots_freezes_nothing(hall):
    make.lot("B2", doses=100)
    make.session(products=("comirnaty",))
    assert hold().short == () and not Session.objects.filter(frozen=True).exists()


def test_every_dose_of_a_lot_is_found(hall):
    lot, (person, *_) = hall
    make.lot("A1", doses=30, site="clinic")
    ready(person)
    send(person, StepKind.DOSE, 6, **dose_facts(lot))
    found = where_is("comirnaty", "A1", actor=make.SYSTEM)
    assert [(w.site.code, w.left, w.given) for w in found if w.site] == [
        ("clinic", 30.0, 0),
        ("hall", 11.0, 1),
    ]
    assert visits.dose_of_day(person.pk, 1, make.TODAY)


def test_what_is_wrong_is_refused(hall):
    from balmis.contexts.access import services as access
    from balmis.contexts.places import queries as places

    for wrong in ({"reason": " "},):
        with pytest.raises(BadInput):
            hold(**wrong)
    with pytest.raises(Refusal):
        hold(lot="none")
    keeper = access.keep_user(
        "k",
        name="k",
        password="correct-horse-battery",
        grants=[(Role.STORE_KEEPER, None, places.site("clinic"))],
    )
    with pytest.raises(NotAllowed):
        hold(actor=access.actor_for(keeper))
    placed = hold().hold
    with pytest.raises(BadInput):
        release_lot(placed.pk, "", actor=make.SYSTEM, now=make.NOON)


def test_who_cannot_be_served_is_moved_once_and_who_finds_no_place_stays(hall):
    _, people = hall
    make.lot("C3", doses=50, site="clinic")
    here = make.session(products=("comirnaty",), stations=2)
    for person in people:
        assert book(person, here) == Answer.TAKEN
    hold()
    found = preview_unserved(here.pk, actor=make.SYSTEM, now=make.NOON)
    assert (len(found.affected), found.placed) == (3, 0)
    assert unserved_in(Session.objects.get(pk=here.pk), make.NOON) == 3
    there = make.session(products=("comirnaty",), site="clinic", stations=1)
    make.pools(there)
    with pytest.raises(Conflict):
        move_unserved(
            here.pk, expected=0, request_id=make.request("m"), actor=make.SYSTEM, now=make.NOON
        )
    for _ in range(2):
        move_unserved(
            here.pk, expected=3, request_id=make.request("m"), actor=make.SYSTEM, now=make.NOON
        )
    live = Booking.objects.filter(status="confirmed")
    assert {b.pool.slot.session_id for b in live} == {there.pk} and live.count() == 3
    assert (
        drift() == [] and not preview_unserved(here.pk, actor=make.SYSTEM, now=make.NOON).affected
    )


def test_a_dose_undone_opens_the_appointment_again(hall):
    lot, (person, *_) = hall
    session = make.session(
        on=make.TODAY, starts_at=make.NOON, ends_at=make.NOON + timedelta(hours=1)
    )
    wish = booking_places.Wish(
        request_id=make.request("b"),
        pool=make.pools(session)[0].pk,
        product="comirnaty",
        person=person.pk,
        campaign=session.campaign_id,
        number=1,
    )
    booking_places.take([wish], channel=Channel.RESIDENT, now=make.NOON - timedelta(hours=1))
    ready(person)
    given = send(person, StepKind.DOSE, 6, **dose_facts(lot))
    assert Booking.objects.get().status == "kept"
    send(person, StepKind.UNDO, 7, step=str(given.step.request_id), reason="wrong person")
    assert Booking.objects.get().status == "confirmed" and drift() == []
