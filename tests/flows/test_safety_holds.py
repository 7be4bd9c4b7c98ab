"""Holds: what they would do, who signs, what they freeze, how they end."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.safety.models import HoldOrder, HoldSignature
from balmis.contexts.supply import lot_holds
from balmis.contexts.supply.models import LotHold
from balmis.core.booking.take_codes import Answer
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import Check, Light, StepKind
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus
from balmis.flows.booking import rebook_held
from balmis.flows.booking.passes import pass_for
from balmis.flows.holds import hold_orders
from balmis.flows.holds.hold_orders import Ask
from balmis.flows.holds.lot_holds import release_lot
from balmis.flows.supply.deliveries import Came, receive_delivery
from tests import make
from tests.flows.test_holds import book
from tests.flows.test_safety_cases import someone
from tests.flows.test_visits import check, dose_facts, ready, send

NOON = make.NOON


@pytest.fixture
def officers(hall):
    return [someone(n, Role.SAFETY_OFFICER) for n in ("first", "second")] + [
        someone("lead", Role.CLINICAL_LEAD)
    ]


def ask(**changes):
    known = {
        "request_id": make.request("order"),
        "scope": HoldScope.LOT,
        "kind": HoldKind.HARD,
        "reason": "three reactions in an hour",
        "product": "comirnaty",
        "lot": "A1",
    }
    return Ask(**known | changes)


def propose(who, **changes):
    return hold_orders.propose(make.SLUG, ask(**changes), actor=who, now=NOON)


def sign(order, who, **more):
    return hold_orders.sign(make.SLUG, order.pk, actor=who, now=NOON, **more)


def end(order, to, who, decision="looked into", **more):
    cmd = hold_orders.EndHold(
        campaign=make.SLUG, order_id=order.pk, to=to, decision=decision, **more
    )
    return hold_orders.end(cmd, actor=who, now=NOON)


def test_a_hard_hold_takes_two_people_and_then_the_scanner_is_red(hall, officers):
    lot, (person, *_) = hall
    ready(person)
    order = propose(officers[0])
    assert check(person, lot).light is Light.GREEN  # a proposal does nothing
    sign(order, officers[0])
    with pytest.raises(Refusal) as error:
        sign(order, officers[0])
    assert error.value.reason is Refused.SIGNED_ALREADY
    assert check(person, lot).light is Light.GREEN
    sign(order, officers[1])
    assert check(person, lot).checks == (Check.LOT_HELD,)
    end(order, HoldStatus.LIFTED, officers[0])
    assert check(person, lot).checks == () and not lot_holds.holds()


def test_the_clinical_lead_stops_a_lot_alone_and_nobody_else_does(hall, officers):
    order = propose(officers[0])
    with pytest.raises(NotAllowed):
        sign(order, officers[0], emergency=True)
    sign(order, officers[2], emergency=True)
    assert HoldOrder.objects.get().status == "active"


def test_the_lead_who_signed_as_one_of_two_may_still_stop_it_alone(hall, officers):
    order = propose(officers[0])
    sign(order, officers[2])
    assert HoldOrder.objects.get().status == "proposed"
    sign(order, officers[2], emergency=True)
    assert HoldOrder.objects.get().status == "active"
    assert HoldSignature.objects.count() == 1


def test_a_soft_hold_warns_and_takes_no_new_bookings(hall, officers):
    lot, (person, *_) = hall
    session = make.session(products=("comirnaty",))
    ready(person)
    sign(propose(officers[0], kind=HoldKind.SOFT), officers[0])
    found = check(person, lot)
    assert (found.light, found.checks) == (Light.AMBER, (Check.LOT_WATCHED,))
    assert book(person, session) == Answer.NOT_OPEN_YET
    given = send(person, StepKind.DOSE, 6, **dose_facts(lot, light="amber"))
    assert given.visit.status == "vaccinated"


def test_nobody_puts_an_order_in_force_but_by_signing_it(hall, officers):
    order = propose(officers[0])
    for to in (HoldStatus.ACTIVE, HoldStatus.EXPIRED):
        with pytest.raises(BadInput):
            end(order, to, officers[0])
    order.refresh_from_db()
    assert order.status == HoldStatus.PROPOSED


def test_what_it_would_do_is_known_before_anybody_signs(hall, officers):
    lot, people = hall
    make.lot("B2", doses=5, site="clinic")
    session = make.session(products=("comirnaty",))
    for person in people[:2]:
        assert book(person, session) == Answer.TAKEN
    ready(people[2])
    send(people[2], StepKind.DOSE, 6, **dose_facts(lot))
    send(people[2], StepKind.SEAT, 7, minutes=30)
    order = propose(officers[0])
    seen = hold_orders.show(make.SLUG, order.pk, actor=officers[0], now=NOON).radius
    assert (seen.doses, seen.given, seen.booked, seen.replacement) == (11.0, 1, 2, 5.0)
    assert seen.people_in_chairs == (people[2].pk,) and seen.delay_days == 1
    assert not LotHold.objects.exists()
    sign(order, officers[0])
    sign(order, officers[1])
    assert HoldOrder.objects.get().radius["booked"] == 2  # what was known when it was signed
    told = hold_orders.recipients(make.SLUG, order.pk, actor=officers[0], now=NOON)
    assert [r["seated"] for r in told] == [True]


def test_those_booked_are_moved_to_where_there_are_doses_once(hall, officers):
    _, people = hall
    make.lot("B2", doses=50, site="clinic")
    session = make.session(products=("comirnaty",))
    make.session(
        products=("comirnaty",),
        site="clinic",
        on=session.on,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    for person in people[:2]:
        book(person, session)
    order = propose(officers[0])
    sign(order, officers[2], emergency=True)
    found = rebook_held.to_move(order, now=NOON)
    assert (found.people, found.placed) == (2, 2)
    manager = someone("manager", Role.AREA_MANAGER)

    def move(expected):
        return rebook_held.move_booked(
            order.pk, make.request("move"), expected, actor=manager, now=NOON
        )

    with pytest.raises(Conflict):
        move(1)
    assert move(2) == 2
    assert rebook_held.to_move(order, now=NOON).people == 0


def test_every_hold_ends_by_itself_and_can_be_prolonged(hall, officers):
    order = propose(officers[0], kind=HoldKind.SOFT)
    sign(order, officers[0])
    assert hold_orders.expire_due(now=NOON + timedelta(hours=23)) == 0
    end(order, HoldStatus.REVIEWED, officers[1], hours=48)
    assert hold_orders.expire_due(now=NOON + timedelta(hours=47)) == 0
    assert hold_orders.expire_due(now=NOON + timedelta(hours=49)) == 1
    assert HoldOrder.objects.get().status == "expired" and not lot_holds.holds()
    assert hold_orders.expire_due(now=NOON + timedelta(hours=50)) == 0


def test_goods_that_are_recalled_stay_red(hall, officers):
    lot, (person, *_) = hall
    ready(person)
    order = propose(officers[0])
    sign(order, officers[2], emergency=True)
    end(order, HoldStatus.RECALLED, officers[0])
    assert check(person, lot).checks == (Check.LOT_HELD,)
    assert hold_orders.expire_due(now=NOON + timedelta(days=90)) == 0
    with pytest.raises(Refusal):
        end(order, HoldStatus.LIFTED, officers[0])


def test_what_comes_to_a_site_where_all_is_held_is_held_too(hall, officers):
    order = propose(officers[0], scope=HoldScope.SITE, site="hall", lot="", product="")
    sign(order, officers[2], emergency=True)
    came = Came(
        request_id=make.request("came"),
        site="hall",
        product="comirnaty",
        lot="C3",
        expires_on=None,
        noted=Decimal(6),
        counted=Decimal(6),
    )
    receive_delivery(came, actor=make.SYSTEM, now=NOON)
    assert {h.lot.number for h in lot_holds.holds()} == {"A1", "C3"}
    end(order, HoldStatus.LIFTED, officers[0])
    assert not lot_holds.holds()


def test_another_region_decides_of_its_own_goods(hall, officers):
    """A lot is held where the order's campaign is; who else has it gets a proposal, which says by whom."""
    lot, (person, *_) = hall
    ready(person)
    make.other_region()
    make.lot("A1", doses=40, site="far-hall")
    far = replace(officers[2], grants=frozenset({("clinical_lead", "/FR/")}))
    theirs = hold_orders.propose(
        make.OTHER, ask(request_id=make.request("far")), actor=far, now=NOON
    )
    hold_orders.sign(make.OTHER, theirs.pk, emergency=True, actor=far, now=NOON)
    assert lot_holds.is_held(lot.pk, places.site("far-hall").pk)
    assert not lot_holds.is_held(lot.pk, places.site("hall").pk)
    assert check(person, lot).light is Light.GREEN
    assert {
        s.site.code
        for s in hold_orders.show(make.OTHER, theirs.pk, actor=far, now=NOON).radius.sites
    } == {"far-hall"}
    ours = HoldOrder.objects.get(campaign__slug=make.SLUG)
    assert (ours.status, ours.reason) == ("proposed", f"{make.OTHER}: three reactions in an hour")
    sign(ours, officers[2], emergency=True)
    assert check(person, lot).checks == (Check.LOT_HELD,)
    assert HoldOrder.objects.count() == 2, "nobody proposes back"
    with pytest.raises(NotAllowed):
        end(ours, HoldStatus.LIFTED, far)
    for hold in lot_holds.holds():
        with pytest.raises((NotAllowed, BadInput)):
            release_lot(
                hold.pk,
                "not ours",
                actor=replace(far, grants=frozenset({("store_keeper", "/XX/")})),
                now=NOON,
            )


def test_a_right_is_asked_of_a_place(hall, officers):
    """Of none, nothing is allowed by mistake."""
    with pytest.raises(TypeError):
        access.may(officers[0], Act.HOLD_LOT)
    with pytest.raises(TypeError):
        access.check_may(officers[0], Act.HOLD_LOT, site=None)


def test_a_lot_at_one_site_is_held_there_alone(hall, officers):
    make.lot("A1", doses=30, site="clinic")
    sign(
        propose(officers[0], scope=HoldScope.LOT_AT_SITE, site="hall"), officers[2], emergency=True
    )
    assert [h.site.code for h in lot_holds.holds()] == ["hall"]


def test_a_vaccine_is_held_for_people_of_an_age(hall, officers):
    lot, (person, *_) = hall
    ready(person)
    campaign = campaigns.campaign(make.SLUG)
    products = set(pass_for(campaign, person, now=NOON).products)
    assert "comirnaty" in products
    order = propose(officers[0], scope=HoldScope.PRODUCT_GROUP, lot="", from_age=60, to_age=80)
    sign(order, officers[2], emergency=True)
    assert check(person, lot).checks == (Check.NEVER_THIS,)  # born 1950
    try:
        assert "comirnaty" not in pass_for(campaign, person, now=NOON).products
    except Refusal as refusal:
        assert refusal.reason is Refused.GROUP_ON_HOLD and products == {"comirnaty"}
    end(order, HoldStatus.LIFTED, officers[0])
    assert check(person, lot).checks == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"hours": 100_000},
        {"scope": HoldScope.PRODUCT_GROUP, "kind": HoldKind.SOFT},
        {"scope": HoldScope.PRODUCT_GROUP, "from_age": 40, "to_age": 20},
    ],
)
def test_what_makes_no_hold_is_refused(officers, wrong):
    with pytest.raises(BadInput):
        propose(officers[0], **wrong)
    with pytest.raises(Refusal):
        propose(officers[0], lot="none")


def test_one_order_of_a_scope_stands_and_a_retry_gives_it_back(hall, officers):
    order = propose(officers[0])
    assert propose(officers[0]) == order
    with pytest.raises(Conflict):
        propose(officers[1], request_id=make.request("other"))
    with pytest.raises(BadInput):
        end(order, HoldStatus.DROPPED, officers[0], " ")
    end(order, HoldStatus.DROPPED, officers[0])
    assert propose(officers[1], request_id=make.request("other")) != order
