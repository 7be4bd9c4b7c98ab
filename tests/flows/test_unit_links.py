"""A unit's link: made and ended by whoever leads the unit; people join and leave by themselves."""

from datetime import UTC, datetime

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import Trait
from balmis.contexts.units.models import Membership, Unit, UnitLink
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.units import rosters, unit_links
from tests import make
from tests.flows.test_unit_ties import unit
from tests.walk.sending import at_once

AFTER = datetime(2021, 11, 30, 15, tzinfo=UTC)  # the first moment after the campaign, in Seoul


@pytest.fixture
def harbour(committed):
    """A unit of the north with a link, and people of the south."""
    make.campaign()
    people = [make.person(n, area="IS-S") for n in range(1, 5)]
    make.enrol()
    leader = unit()
    return leader, people, linked(leader)


def linked(leader, name="link", code="harbour"):
    cmd = unit_links.MakeLink(request_id=make.request(name), campaign=make.SLUG, unit=code)
    return unit_links.make_link(cmd, actor=leader, now=make.NOON).token


def join(person, token, *, now=make.NOON, slug=make.SLUG, **more):
    cmd = unit_links.JoinRoster(campaign=slug, token=token, person=person.pk, **more)
    return unit_links.join_roster(cmd, now=now)


def refused(act):
    with pytest.raises(Refusal) as told:
        act()
    return told.value.reason


def stand(actor):
    return rosters.standing(make.SLUG, "harbour", actor=actor, now=make.NOON)


def keep_quota(quota):
    Unit.objects.update(quota=quota)


def lines(*actions):
    found = AuditEntry.objects.filter(action__in=actions).order_by("pk")
    return [(e.action, e.actor, e.facts) for e in found]


def test_who_joins_is_on_the_roster_by_name_and_the_unit_sees_nothing_more(harbour):
    leader, people, token = harbour
    make.dose(people[0])
    assert join(people[0], token).code == "harbour"
    join(people[1], token, seen=True)
    told = [(m.name, m.number, m.by_link, m.shown, m.status) for m in stand(leader).members]
    assert told == [
        ("Resident 1", "", True, False, "not_reached"),
        ("Resident 2", "", True, True, "not_reached"),
    ]
    desk = stand(make.SYSTEM).members
    assert [(m.number, m.status) for m in desk] == [("P1", "vaccinated"), ("P2", "not_reached")]
    assert lines("roster.joined") == [
        ("roster.joined", f"person:{people[0].pk}", {"seen": False}),
        ("roster.joined", f"person:{people[1].pk}", {"seen": True}),
    ]


def test_who_is_a_member_already_stays_as_they_were(harbour):
    _, people, token = harbour
    for _ in range(2):
        join(people[0], token)
    join(people[0], token, seen=True)
    found = Membership.objects.get()
    assert (found.by_link, found.seen_since) == (True, None)
    assert len(lines("roster.joined")) == 1


def test_a_new_link_makes_the_one_before_void_and_a_retry_gives_back_the_same(harbour):
    leader, people, old = harbour
    assert linked(leader) == old
    new = linked(leader, "another")
    assert new != old and len(new) == 32
    assert refused(lambda: join(people[0], old)) is Refused.LINK_OVER
    assert unit_links.opened(make.SLUG, old, now=make.NOON) is None
    join(people[0], new)
    for _ in range(2):
        unit_links.end_link(make.SLUG, "harbour", actor=leader, now=make.NOON)
    assert refused(lambda: join(people[1], new)) is Refused.LINK_OVER
    assert Membership.objects.count() == 1, "who has joined stays"
    assert lines("unit.link_made", "unit.link_ended") == [
        ("unit.link_made", leader.name, {"renewed": False}),
        ("unit.link_made", leader.name, {"renewed": True}),
        ("unit.link_ended", leader.name, {}),
    ]


def test_a_link_is_made_and_ended_by_whoever_leads_the_unit(harbour):
    _, _, token = harbour
    grants = [(Role.UNIT_COORDINATOR, None, None)]
    other = access.actor_for(access.keep_user("other", name="other", password=None, grants=grants))
    with pytest.raises(NotAllowed):
        linked(other, "stolen")
    with pytest.raises(NotAllowed):
        unit_links.end_link(make.SLUG, "harbour", actor=other, now=make.NOON)
    assert UnitLink.objects.get().token == token


def test_a_full_unit_says_so_and_nothing_is_half_done(harbour):
    _, people, token = harbour
    keep_quota(1)
    join(people[0], token)
    assert refused(lambda: join(people[1], token, seen=True)) is Refused.UNIT_FULL
    assert join(people[0], token).pk, "who is on it is told so"
    assert Membership.objects.get().person_id == people[0].pk


def outcome(act):
    try:
        act()
    except Refusal as refusal:
        return refusal.reason
    return "joined"


def test_of_two_at_once_the_last_place_goes_to_one(harbour):
    _, people, token = harbour
    keep_quota(2)
    join(people[0], token)
    became = at_once(
        lambda: outcome(lambda: join(people[1], token)),
        lambda: outcome(lambda: join(people[2], token)),
        "units_membership",
    )
    assert became == ["joined", Refused.UNIT_FULL]
    assert Membership.objects.count() == 2


def test_who_joins_in_the_moment_in_which_the_link_is_renewed_has_not_joined(harbour):
    leader, people, token = harbour
    became = at_once(
        lambda: linked(leader, "another"),
        lambda: outcome(lambda: join(people[0], token)),
        "units_unitlink",
    )
    assert became[1] is Refused.LINK_OVER
    assert not Membership.objects.exists()


def test_a_link_ends_with_the_campaigns_period(harbour):
    leader, people, token = harbour
    made = Unit.objects.select_related("campaign").get()
    assert unit_links.link_of(made, now=make.NOON).endswith(f"/c/{make.SLUG}/join/{token}/")
    assert unit_links.link_of(made, now=AFTER) is None
    assert unit_links.opened(make.SLUG, token, now=AFTER) is None
    assert refused(lambda: join(people[0], token, now=AFTER)) is Refused.LINK_OVER
    cmd = unit_links.MakeLink(request_id=make.request("late"), campaign=make.SLUG, unit="harbour")
    late = refused(lambda: unit_links.make_link(cmd, actor=leader, now=AFTER))
    assert late is Refused.CAMPAIGN_OVER
    join(people[0], token, now=AFTER.replace(hour=14))


def test_a_resident_of_another_region_does_not_join(harbour):
    _, people, token = harbour
    other = make.other_region()
    assert refused(lambda: join(people[0], token, slug=other)) is Refused.NOT_KNOWN
    assert unit_links.opened(other, token, now=make.NOON) is None
    stranger = make.person(9)
    make.change_person(stranger.pk, area=campaigns.campaign(other).area)
    assert refused(lambda: join(stranger, token)) is Refused.NOT_KNOWN
    assert refused(lambda: join(stranger, token, slug=other)) is Refused.LINK_OVER
    assert not Membership.objects.exists()


def test_a_member_leaves_and_what_the_unit_attested_goes_with_them(harbour):
    leader, people, token = harbour
    join(people[0], token)
    attest = rosters.ChangeRoster(campaign=make.SLUG, unit="harbour", attest=True)
    rosters.change_roster(attest, actor=leader, now=make.NOON)
    campaign, key = campaigns.campaign(make.SLUG).pk, Unit.objects.get().pk
    assert campaigns.group_of(campaign, people[0].pk) == "staff"
    unit_links.leave_roster(make.SLUG, people[0].pk, key, now=make.NOON)
    assert Membership.objects.get().left_on == make.TODAY
    assert campaigns.group_of(campaign, people[0].pk) == "old"
    assert not Trait.objects.exists()
    for who in (people[0], people[1]):
        leave = refused(
            lambda who=who: unit_links.leave_roster(make.SLUG, who.pk, key, now=make.NOON)
        )
        assert leave is Refused.NOT_KNOWN
    assert lines("roster.left") == [("roster.left", f"person:{people[0].pk}", {})]
    join(people[0], token)
    assert Membership.objects.filter(left_on__isnull=True).count() == 1
