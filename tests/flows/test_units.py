"""Units: rosters with bad rows told apart, blocks of places, all booked in one act."""

import csv
from datetime import timedelta

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.units.models import Membership
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.units import RosterStatus, Willingness
from balmis.flows.units import blocks, rosters
from balmis.uploads.readers import read_book
from tests import make
from tests.flows.test_sessions import crowd

HEAD = ("number", "name", "born", "position")


def write(path, rows, head=HEAD):
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([head, *rows])
    return path


def row(person, **changes):
    fields = {
        "number": person.external_id,
        "name": person.name,
        "born": "1950-05-05",
        "position": "crane",
    }
    return tuple((fields | changes).values())


@pytest.fixture
def harbour(committed):
    """A unit of the north, and people of the register."""
    make.campaign()
    people = crowd(20)
    make.enrol()
    made = rosters.keep_unit(
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
        now=make.NOON,
    )
    return made, people


def book_of(path):
    return read_book(path.read_bytes())


def bring(path, rows, **more):
    return rosters.import_roster(
        rosters.ImportRoster(
            campaign=make.SLUG, unit="harbour", book=book_of(write(path / "list.csv", rows)), **more
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )


def stand():
    return rosters.standing(make.SLUG, "harbour", actor=make.SYSTEM, now=make.NOON)


def test_right_rows_go_in_and_each_wrong_one_is_told_with_its_row(harbour, tmp_path):
    _, people = harbour
    rows = [
        row(people[0]),
        row(people[1], name=people[1].name.upper()),
        row(people[2], number="X99"),
        row(people[3], born="1951-05-05"),
        row(people[4], name="Somebody Else"),
        row(people[5], born="5th of May"),
        row(people[6], number=""),
        row(people[0]),
    ]
    done = bring(tmp_path, rows)
    assert (done.rows, done.added) == (8, 2)
    assert [(p.row, p.column) for p in done.problems] == [
        (4, "number"),
        (5, "number"),
        (6, "number"),
        (7, "born"),
        (8, "number"),
    ], "a row that stands twice says nothing new"
    again = bring(tmp_path, rows[:1])
    assert (again.added, again.known, again.problems) == (0, 1, ())


def test_a_dry_run_a_list_without_its_columns_and_one_beyond_the_quota_change_nothing(
    harbour, tmp_path
):
    _, people = harbour
    assert bring(tmp_path, [row(people[0])], dry_run=True).added == 1
    with pytest.raises(BadInput, match="lacks the column born"):
        rosters.import_roster(
            rosters.ImportRoster(
                campaign=make.SLUG,
                unit="harbour",
                book=book_of(write(tmp_path / "l.csv", [("1", "a")], ("number", "name"))),
            ),
            actor=make.SYSTEM,
            now=make.NOON,
        )
    rosters.keep_unit(
        rosters.KeepUnit(
            campaign=make.SLUG,
            code="harbour",
            title="Harbour",
            category="",
            area="IS-N",
            quota=1,
            coordinator=None,
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    refused = bring(tmp_path, [*(row(p) for p in people[:2]), ("none", "", "", "")])
    assert (refused.added, refused.beyond, len(refused.problems)) == (0, 1, 1)
    assert Membership.objects.count() == 0


def test_a_unit_is_led_by_its_own_coordinator_alone(harbour, tmp_path):
    made, _people = harbour
    users = [
        access.keep_user(
            n,
            name=n,
            password="correct-horse-battery",
            grants=[(Role.UNIT_COORDINATOR, None, None)],
        )
        for n in ("a", "b")
    ]
    rosters.keep_unit(
        rosters.KeepUnit(
            campaign=make.SLUG,
            code="harbour",
            title="Harbour",
            category="",
            area="IS-N",
            quota=None,
            coordinator=users[0].pk,
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    leader, other = (access.actor_for(u) for u in users)
    rosters.check_leads(made, leader)
    with pytest.raises(NotAllowed):
        rosters.check_leads(made, other)
    with pytest.raises(NotAllowed):
        rosters.check_leads(made, Actor("user:999"))


def opened(places, stations=2):
    session = make.session(stations=stations)
    held = blocks.hold_block(session.pk, "harbour", places, actor=make.SYSTEM, now=make.NOON)
    return session, held


def book(chosen, name="group"):
    return blocks.book_group(
        blocks.BookGroup(
            campaign=make.SLUG,
            unit="harbour",
            chosen=[p.pk for p in chosen],
            request_id=make.request(name),
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )


def test_everyone_is_booked_into_the_block_in_one_act_and_a_retry_books_nobody_twice(
    harbour, tmp_path
):
    _, people = harbour
    bring(tmp_path, [row(p) for p in people[:10]])
    session, held = opened(12)
    assert held == 12
    done = book(people[:10])
    assert (done.booked, done.before, done.without_place, done.not_due) == (10, 0, 0, {})
    assert set(Booking.objects.values_list("pool__kind", "channel")) == {("unit", "unit")}
    assert book(people[:10]).before == 10
    assert Booking.objects.count() == 10
    assert stand().counts[RosterStatus.BOOKED] == 10
    assert drift() == []

    freed = blocks.release_block(session.pk, "harbour", actor=make.SYSTEM, now=make.NOON)
    assert freed == 2
    assert sum(p.capacity for p in make.pools(session) if p.kind == "open") == 48 - 12 + 2


def test_those_not_due_are_told_by_reason_and_others_of_other_units_are_not_booked(
    harbour, tmp_path
):
    _, people = harbour
    make.change_person(people[1].pk, born="2015-05-05")
    make.enrol()
    bring(tmp_path, [row(people[0]), row(people[1], born="2015-05-05")])
    opened(5)
    done = book(people[:3])
    assert done.booked == 1
    assert sum(done.not_due.values()) == 1
    assert not Booking.objects.filter(person=people[2]).exists()


def test_a_block_too_small_for_all_is_said_before_anyone_is_booked(harbour, tmp_path):
    _, people = harbour
    bring(tmp_path, [row(p) for p in people[:6]])
    opened(4)
    with pytest.raises(Refusal) as refused:
        book(people[:6])
    assert refused.value.reason is Refused.QUOTA_USED
    assert refused.value.facts == {"left": 4, "asked": 6}
    assert Booking.objects.count() == 0


def test_places_of_a_block_are_for_the_unit_alone(harbour, tmp_path):
    from balmis.contexts.booking import free_places

    session, _ = opened(48)
    campaign = campaigns.campaign(make.SLUG).pk
    free = free_places.free_places(
        campaign, now=make.NOON, kinds=("open", "second"), first=make.TODAY
    )
    assert free == []
    assert Pool.objects.filter(kind="unit", slot__session=session).count() == 8


def test_unused_places_are_open_again_when_the_deadline_comes(harbour):
    deadline = make.NOON + timedelta(hours=2)
    session = make.session(stations=2, release_at=deadline)
    blocks.hold_block(session.pk, "harbour", 12, actor=make.SYSTEM, now=make.NOON)
    assert blocks.release_due(now=make.NOON) == 0
    assert blocks.release_due(now=deadline) == 12
    assert blocks.release_due(now=deadline) == 0
    assert drift() == []


def test_where_each_stands_the_first_that_holds(harbour, tmp_path):
    _, people = harbour
    bring(tmp_path, [row(p) for p in people[:6]])
    opened(6)
    make.dose(people[0], make.lot(doses=5))
    book(people[1:2])
    common = {"actor": make.SYSTEM, "now": make.NOON}
    rosters.change_roster(
        rosters.ChangeRoster(
            campaign=make.SLUG,
            unit="harbour",
            answers=[people[2].pk, people[0].pk],
            answer=Willingness.REFUSED,
            reason="had it abroad",
        ),
        **common,
    )
    rosters.change_roster(
        rosters.ChangeRoster(
            campaign=make.SLUG, unit="harbour", answers=[people[3].pk], answer=Willingness.WILLING
        ),
        **common,
    )
    rosters.change_roster(
        rosters.ChangeRoster(
            campaign=make.SLUG, unit="harbour", leaving=[people[5].pk], attest=True
        ),
        **common,
    )
    seen = stand()
    assert {m.number: m.status.value for m in seen.members} == {
        people[0].external_id: "vaccinated",
        people[1].external_id: "booked",
        people[2].external_id: "refused",
        people[3].external_id: "willing",
        people[4].external_id: "not_reached",
    }
    assert seen.missing == 4
    assert seen.unit.attested_at == make.NOON
