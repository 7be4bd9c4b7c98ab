"""Where and when could this person come: near, accessible, the vaccine they want, their unit's block."""

from datetime import timedelta

import pytest

from balmis.contexts.booking.models import Booking, Pool
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.contexts.places.models import Area, Site
from balmis.core.errors import Refusal
from balmis.core.places.distance import km_between
from balmis.core.vocabulary.booking import Channel
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.passes import pass_for
from balmis.flows.booking.reservations import (
    Hold,
    MoveBooking,
    confirm_holds,
    hold_places,
    move_booking,
)
from balmis.flows.booking.search import Search, Seeker, find_times
from balmis.flows.units import blocks, rosters
from tests import make

NOON = make.NOON


@pytest.fixture
def island(committed):
    make.campaign()
    made = [make.person(n) for n in (1, 2)]
    make.enrol()
    make.session(products=("comirnaty",))
    make.session(site="clinic", products=("jcovden",))
    Area.objects.filter(code="IS-N").update(latitude=33.5, longitude=126.5)
    Site.objects.filter(code="hall").update(latitude=33.5, longitude=126.6, access=["step_free"])
    Site.objects.filter(code="clinic").update(latitude=33.25, longitude=126.56)
    return made


def found(person, **search):
    campaign = campaigns.campaign(make.SLUG)
    row = people.person_of(person.pk)
    return find_times(
        campaign,
        Seeker(person=row, held=pass_for(campaign, row, now=NOON)),
        Search(**search),
        now=NOON,
    )


def sites(person, **search):
    return [(n.day.site, n.km and round(n.km)) for n in found(person, **search).days]


def test_sites_come_nearest_first_and_may_be_limited(island):
    assert sites(island[0]) == [("hall", 9), ("clinic", 28)]
    assert sites(island[0], within=10) == [("hall", 9)]
    assert sites(island[0], access=("step_free",)) == [("hall", 9)]
    assert sites(island[0], access=("step_free", "toilet")) == []
    assert sites(island[0], product="jcovden") == [("clinic", 28)]
    # without a known home nothing is hidden by distance
    Area.objects.update(latitude=None)
    assert set(sites(island[0], within=10)) == {("clinic", None), ("hall", None)}


def test_a_home_without_its_own_point_is_measured_from_the_area_around_it(island):
    Area.objects.filter(code="IS-N").update(latitude=None)
    Area.objects.filter(code="IS").update(latitude=33.5, longitude=126.5)
    assert sites(island[0])[0] == ("hall", 9)


def test_known_distances():
    # Seoul City Hall to Busan City Hall, about 325 km by great-circle calculators
    assert km_between((37.5663, 126.9779), (35.1798, 129.0750)) == pytest.approx(325, abs=3)
    assert km_between((0, 0), (0, 180)) == pytest.approx(20_015, abs=1)
    assert km_between((10, 20), (10, 20)) == 0


def test_the_vaccine_that_was_chosen_is_the_one_booked(island):
    both = make.session(
        site="hall",
        products=("comirnaty", "jcovden"),
        on=make.OPENS.date(),
        starts_at=make.OPENS + timedelta(hours=3),
        ends_at=make.OPENS + timedelta(hours=4),
    )
    campaign = campaigns.campaign(make.SLUG)
    held = pass_for(campaign, people.person_of(island[0].pk), now=NOON)
    assert held.products[0] == "comirnaty"
    wanted = Hold(request_id=make.request("j"), pool=make.pools(both)[0].pk, product="jcovden")
    (made,) = hold_places([held], wanted, channel=Channel.RESIDENT, now=NOON)
    assert made.product == "jcovden"


# ---- inside a unit's block ------------------------------------------------------------------


@pytest.fixture
def blocked(island):
    """All places of a day at the hall are held for the harbour, of which the first person is."""
    rosters.keep_unit(
        rosters.KeepUnit(
            campaign=make.SLUG,
            code="harbour",
            title="Harbour",
            category="old",
            area="IS-N",
            quota=None,
            coordinator=None,
        ),
        actor=make.SYSTEM,
        now=NOON,
    )
    from balmis.contexts.units import queries, services

    unit = queries.unit(campaigns.campaign(make.SLUG).pk, "harbour")
    services.add_members(unit, [(island[0].pk, "")], on=make.TODAY)
    later = make.OPENS + timedelta(days=1)
    session = make.session(
        on=later.date(),
        starts_at=later,
        ends_at=later + timedelta(hours=1),
        products=("comirnaty",),
    )
    blocks.hold_block(session.pk, "harbour", 100, actor=make.SYSTEM, now=NOON)
    return island, session, Pool.objects.filter(slot__session=session, kind="unit").order_by("pk")


def test_members_choose_inside_their_block_and_nobody_else_sees_it(blocked):
    (member, stranger), session, pools = blocked
    mine = found(member, on=session.on, site="hall")
    assert [t.place.kind for t in mine.times] == ["unit:harbour"] * 4
    assert found(stranger, on=session.on, site="hall").times == []
    campaign = campaigns.campaign(make.SLUG)
    wanted = Hold(request_id=make.request("m"), pool=pools[0].pk)
    stranger_pass = pass_for(campaign, people.person_of(stranger.pk), now=NOON)
    with pytest.raises(Refusal) as refused:
        hold_places([stranger_pass], wanted, channel=Channel.RESIDENT, now=NOON)
    assert refused.value.reason is Refused.PASS_UNUSABLE
    held = pass_for(campaign, people.person_of(member.pk), now=NOON)
    hold_places([held], wanted, channel=Channel.RESIDENT, now=NOON)
    (booked,) = confirm_holds([member.pk], campaign.pk, now=NOON)
    moved = move_booking(
        held,
        MoveBooking(
            booking=booked, pool=pools[1].pk, request_id=make.request("n"), channel=Channel.RESIDENT
        ),
        actor=make.SYSTEM,
        now=NOON,
    )
    assert moved.pool_id == pools[1].pk
    # who has left the unit has no way to its places any more
    rosters.change_roster(
        rosters.ChangeRoster(campaign=make.SLUG, unit="harbour", leaving=[member.pk]),
        actor=make.SYSTEM,
        now=NOON,
    )
    assert "unit:harbour" not in pass_for(campaign, people.person_of(member.pk), now=NOON).pools
    assert Booking.objects.filter(status="confirmed").count() == 1
