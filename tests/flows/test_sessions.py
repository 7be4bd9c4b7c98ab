"""Sessions: planned within what the site has, changed without losing anyone."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool
from balmis.contexts.booking.sessions import SessionPlan
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people.models import Person
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.sessions import (
    ChangeSession,
    change_session,
    plan_of,
    plan_session,
    preview_change,
    publish_session,
)
from tests import make

OPENS = make.OPENS


def plan(**changes):
    fields = {
        "on": OPENS.date(),
        "starts_at": OPENS,
        "ends_at": OPENS + timedelta(hours=2),
        "stations": 2,
        "seats": 10,
        "parking": None,
    }
    return SessionPlan(**(fields | changes))


def planned(**changes):
    return plan_session(make.SLUG, "hall", plan(**changes), actor=make.SYSTEM, now=make.NOON)


def test_a_session_names_what_binds_and_is_bookable_once_published(committed):
    make.campaign()
    session = planned(second_share=Decimal("0.2"))
    assert session.binding == "seats"
    assert not Pool.objects.exists()

    assert publish_session(session.pk, make.LATER, actor=make.SYSTEM, now=make.NOON) == 40
    kinds = {
        kind: sum(p.capacity for p in make.pools(session) if p.kind == kind)
        for kind in ("open", "second")
    }
    assert kinds == {"open": 32, "second": 8}
    with pytest.raises(Refusal) as refused:
        publish_session(session.pk, make.LATER, actor=make.SYSTEM, now=make.NOON)
    assert refused.value.reason is Refused.ALREADY_PUBLISHED


def test_sessions_at_one_time_share_what_the_site_has(committed):
    make.campaign()
    planned()
    with pytest.raises(Refusal) as refused:
        planned(stations=1)
    assert refused.value.facts == {"site": "hall", "have": 0, "what": "stations", "asked": 1}
    assert planned(
        stations=1, starts_at=OPENS + timedelta(hours=3), ends_at=OPENS + timedelta(hours=5)
    )


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"starts_at": make.NOON - timedelta(days=1)}, "begins in the past"),
        ({"ends_at": OPENS + timedelta(minutes=10)}, "shorter than one slot"),
        ({"stations": 0}, "needs a station"),
        ({"second_share": Decimal("0.6"), "walk_in_share": Decimal("0.6")}, "more than all places"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(committed, wrong, words):
    make.campaign()
    with pytest.raises(BadInput, match=words):
        planned(**wrong)


def test_only_those_of_the_site_plan_its_sessions(committed):
    make.campaign()
    stranger = Actor("user:9", grants=frozenset({("site_manager", "/IS/IS-S/@clinic")}))
    with pytest.raises(NotAllowed):
        plan_session(make.SLUG, "hall", plan(), actor=stranger, now=make.NOON)


# ---- changing -------------------------------------------------------------------------------


def crowd(number):
    """So many people of the register, made at once."""
    first = make.person(0)
    rows = [
        Person(
            register=first.register,
            external_id=f"C{n}",
            name=f"Resident C{n}",
            sex="F",
            born=first.born,
            area=first.area,
        )
        for n in range(number)
    ]
    return Person.objects.bulk_create(rows)


def book(people, pools, **changes):
    """Everyone takes the next free place."""
    campaign = campaigns.campaign(make.SLUG).pk
    places = [p for p in pools for _ in range(p.capacity)]
    wishes = [
        booking_places.Wish(
            request_id=make.request(f"crowd {person.pk}"),
            pool=pool.pk,
            person=person.pk,
            campaign=campaign,
            number=1,
            **changes,
        )
        for person, pool in zip(people, places, strict=False)
    ]
    found = booking_places.take(wishes, channel=Channel.RESIDENT, now=make.NOON)
    assert all(a.ok for a in found)
    return found


def halve(session, **more):
    smaller = replace(plan_of(session), stations=session.stations // 2)
    return preview_change(session.pk, smaller, actor=make.SYSTEM, now=make.NOON, **more), smaller


def carry_out(session, smaller, expected, name="cut"):
    return change_session(
        ChangeSession(
            session_id=session.pk, plan=smaller, expected=expected, request_id=make.request(name)
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )


def test_halving_a_day_with_600_bookings_places_everyone_again_and_tells_each_once(committed):
    """600 booked at a centre whose day is halved; the clinic and the next day take them."""
    make.campaign()
    day = {"minutes_per_dose": Decimal(3), "ends_at": OPENS + timedelta(hours=6), "site": "clinic"}
    full = make.session(stations=5, **day)
    make.session(stations=2, **(day | {"site": "hall"}))
    later = {
        "on": OPENS.date() + timedelta(days=1),
        "starts_at": OPENS + timedelta(days=1),
        "ends_at": OPENS + timedelta(days=1, hours=6),
    }
    make.session(stations=4, **(day | later))
    people = crowd(600)
    make.enrol()
    book(people, make.pools(full))
    Booking.objects.update(news=False)

    change, smaller = halve(full)
    assert (change.before, change.stays, len(change.affected)) == (600, 240, 360)
    assert (change.placed, change.homeless) == (360, 0)
    assert Booking.objects.filter(status="confirmed", pool__slot__session=full).count() == 600

    done = carry_out(full, smaller, expected=360)

    assert done.placed == 360
    live = Booking.objects.filter(status="confirmed")
    by_site = [
        live.filter(pool__slot__session__site__code=s, pool__slot__session__on=on).count()
        for s, on in (("clinic", OPENS.date()), ("hall", OPENS.date()), ("clinic", later["on"]))
    ]
    assert by_site == [240, 240, 120]
    assert live.count() == 600
    told = Booking.objects.filter(news=True)
    assert told.count() == 360 and told.values("person").distinct().count() == 360
    assert set(told.values_list("channel", flat=True)) == {"replacement"}
    assert drift() == []


def test_held_places_give_way_before_confirmed_ones_and_the_last_confirmed_first(committed):
    make.campaign()
    session = make.session(stations=2, ends_at=OPENS + timedelta(minutes=15))
    people = crowd(6)
    pools = make.pools(session)
    kept = book(people[:2], pools)
    book(people[2:4], pools, hold_until=make.NOON + timedelta(minutes=10))
    (last,) = book(people[4:5], pools)
    Booking.objects.filter(pk=last.booking).update(confirmed_at=make.NOON + timedelta(seconds=1))

    change, smaller = halve(session)
    assert len(change.affected) == 2
    carry_out(session, smaller, expected=2)

    status = dict(Booking.objects.values_list("person_id", "status"))
    assert [status[p.pk] for p in people[:5]] == [
        "confirmed",
        "confirmed",
        "cancelled",
        "cancelled",
        "confirmed",
    ]
    assert Booking.objects.get(pk=kept[0].booking).status == "confirmed"
    assert not Booking.objects.filter(status="cancelled", news=True).exists()  # only a hold


def test_a_cancelled_session_keeps_nobody_and_tells_those_it_could_not_place(committed):
    make.campaign()
    session = make.session(stations=1, ends_at=OPENS + timedelta(minutes=30))
    people = crowd(6)
    book(people, make.pools(session))
    make.session(site="clinic", stations=1, ends_at=OPENS + timedelta(minutes=15))

    change = preview_change(session.pk, None, actor=make.SYSTEM, now=make.NOON)
    assert (change.placed, change.homeless) == (3, 3)
    carry_out(session, None, expected=6)

    session.refresh_from_db()
    assert session.status == "cancelled"
    assert (
        Booking.objects.filter(status="cancelled", why_ended="site_changed", news=True).count() == 3
    )
    assert drift() == []
    late = make.person(99)
    (answer,) = booking_places.take(
        [
            booking_places.Wish(
                request_id=make.request("late"),
                pool=make.pools(session)[0].pk,
                person=late.pk,
                campaign=session.campaign_id,
                number=1,
            )
        ],
        channel=Channel.RESIDENT,
        now=make.NOON,
    )
    assert not answer.ok


def test_a_change_that_affects_others_than_the_preview_named_is_not_made(committed):
    make.campaign()
    session = make.session(stations=2, ends_at=OPENS + timedelta(minutes=15))
    book(crowd(5), make.pools(session))
    _, smaller = halve(session)
    with pytest.raises(Conflict, match="Other people are affected"):
        carry_out(session, smaller, expected=1)
    assert Booking.objects.filter(status="confirmed").count() == 5


def test_a_replaced_first_dose_keeps_its_distance_from_the_second_or_both_end(committed):
    """21 days lie between the doses: the first may not come later. Without a place on its day
    the person is asked to choose both again."""
    make.campaign()
    person = make.person(1)
    make.enrol()
    common = {"stations": 1, "ends_at": OPENS + timedelta(minutes=15), "products": ("comirnaty",)}
    first = make.session(**common)
    for days in (1, 21):
        move = timedelta(days=days)
        make.session(
            **common
            | {
                "on": OPENS.date() + move,
                "starts_at": OPENS + move,
                "ends_at": common["ends_at"] + move,
            }
        )
    second = Pool.objects.order_by("slot__starts_at").last()
    assert second is not None
    campaign, party = campaigns.campaign(make.SLUG).pk, make.request("pair")
    wishes = [
        booking_places.Wish(
            request_id=make.request(n),
            pool=pool,
            person=person.pk,
            campaign=campaign,
            number=n,
            product="comirnaty",
            party=party,
        )
        for n, pool in ((1, make.pools(first)[0].pk), (2, second.pk))
    ]
    assert all(
        a.ok for a in booking_places.take_together(wishes, channel=Channel.RESIDENT, now=make.NOON)
    )

    change = preview_change(first.pk, None, actor=make.SYSTEM, now=make.NOON)
    assert (change.placed, change.homeless) == (0, 1)
    carry_out(first, None, expected=1)

    assert set(Booking.objects.values_list("number", "status")) == {
        (1, "cancelled"),
        (2, "cancelled"),
    }
    assert drift() == []


def test_a_cancelled_session_cannot_be_changed_back(committed):
    make.campaign()
    session = make.session(stations=2)
    carry_out(session, None, expected=0)
    with pytest.raises(Conflict, match="cancelled already"):
        carry_out(session, plan_of(session), expected=0, name="back")


def test_a_retry_of_a_change_changes_nothing(committed):
    make.campaign()
    session = make.session(stations=2, ends_at=OPENS + timedelta(minutes=15))
    book(crowd(5), make.pools(session))
    _, smaller = halve(session)
    carry_out(session, smaller, expected=2)
    before = list(Booking.objects.order_by("pk").values())
    carry_out(session, smaller, expected=2)
    assert list(Booking.objects.order_by("pk").values()) == before


def test_a_session_can_grow(committed):
    make.campaign()
    session = make.session(stations=1, second_share=Decimal("0.4"))
    carry_out(
        session,
        replace(plan_of(session), stations=2, ends_at=session.ends_at + timedelta(minutes=30)),
        expected=0,
    )
    pools = make.pools(session)
    assert sum(p.capacity for p in pools) == 60
    assert len({p.slot_id for p in pools}) == 10
