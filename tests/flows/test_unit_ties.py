"""Whom a coordinator's list puts on the roster: people with a tie to the unit; the desk adds anybody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from balmis.contexts.access import services as access
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people import services as register
from balmis.contexts.places.models import Area
from balmis.contexts.units.models import Membership
from balmis.core.errors import Refusal
from balmis.core.rate_limit import Allowed
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.people import Sex, TraitKind
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.units import rosters
from tests import make
from tests.flows.test_units import book_of, row, write


def unit(area="IS-N", category="staff", code="harbour"):
    """Led by the coordinator, who is given back."""
    leader = access.keep_user(
        "leader", name="leader", password=None, grants=[(Role.UNIT_COORDINATOR, None, None)]
    )
    rosters.keep_unit(
        rosters.KeepUnit(
            campaign=make.SLUG,
            code=code,
            title="Harbour",
            category=category,
            area=area,
            quota=None,
            coordinator=leader.pk,
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    return access.actor_for(leader)


@pytest.fixture
def north(committed):
    """A unit of the north; two people of the north, three of the south."""
    make.campaign()
    near = [make.person(n) for n in (1, 2)]
    far = [make.person(n, area="IS-S") for n in (11, 12, 13)]
    make.enrol()
    return unit(), near, far


def bring(folder, rows, actor, code="harbour"):
    book = book_of(write(folder / "list.csv", rows))
    cmd = rosters.ImportRoster(campaign=make.SLUG, unit=code, book=book)
    return rosters.import_roster(cmd, actor=actor, now=make.NOON)


def on_roster():
    found = Membership.objects.filter(left_on__isnull=True).order_by("pk")
    return list(found.values_list("person__external_id", flat=True))


def is_a_hospital_worker(person, code="hospital"):
    register.note_trait(person, TraitKind.FACILITY, code, source="the register", on=make.TODAY)


def test_who_lives_in_the_units_area_or_below_it_is_added(north, tmp_path):
    leader, near, far = north
    done = bring(tmp_path, [row(p) for p in (*near, *far)], leader)
    assert (done.added, len(done.problems)) == (2, 3)
    assert on_roster() == ["P1", "P2"]
    whole = unit(area="IS", code="island")
    assert bring(tmp_path, [row(p) for p in far], whole, "island").added == 3


def test_who_is_known_to_be_of_the_units_category_is_added(north, tmp_path):
    leader, _, far = north
    is_a_hospital_worker(far[0])
    is_a_hospital_worker(far[1], "school")
    done = bring(tmp_path, [row(p) for p in far], leader)
    assert (done.added, on_roster()) == (1, ["P11"])
    unit(category="old")  # which is known by age alone: that is no tie
    is_a_hospital_worker(far[2])
    assert bring(tmp_path, [row(far[2])], leader).added == 0


def test_who_was_on_the_roster_before_is_added(north, tmp_path):
    leader, _, far = north
    bring(tmp_path, [row(far[0])], make.SYSTEM)
    leaving = rosters.ChangeRoster(campaign=make.SLUG, unit="harbour", leaving=[far[0].pk])
    rosters.change_roster(leaving, actor=leader, now=make.NOON)
    assert on_roster() == []
    assert bring(tmp_path, [row(p) for p in far], leader).added == 1
    assert on_roster() == ["P11"]
    again = bring(tmp_path, [row(far[0])], leader)
    assert (again.known, again.problems) == (1, ())


def test_another_units_roster_is_no_tie(north, tmp_path):
    leader, _, far = north
    unit(area="IS", code="island")
    bring(tmp_path, [row(far[0])], make.SYSTEM, "island")
    assert bring(tmp_path, [row(far[0])], leader).added == 0


def test_somebody_without_a_tie_is_answered_as_nobody_is(north, tmp_path):
    leader, _, far = north
    there = bring(tmp_path, [row(far[0])], leader)
    wrong = bring(tmp_path, [row(far[0], born="1950-05-06")], leader)
    register_key = AuditEntry.objects.filter(action="roster.imported").order_by("pk")
    make.change_person(far[0].pk, external_id="Z1")
    nobody = bring(tmp_path, [row(far[0])], leader)
    assert there.problems == wrong.problems == nobody.problems
    assert str(there.problems[0]).encode() == str(nobody.problems[0]).encode()
    assert (there.rows, there.added, there.known) == (nobody.rows, nobody.added, nobody.known)
    assert there.problems[0].message == rosters.FITS_NOBODY
    assert [e.facts for e in register_key] == [register_key[0].facts] * 3


def test_several_without_a_tie_are_nobody_and_one_with_a_tie_is_that_one(north, tmp_path):
    """Another register knows somebody under the same number, with the same name and birthday."""
    leader, near, far = north

    def twin(person, area):
        return register.register_person(
            make.register("others"),
            external_id=person.external_id,
            name=person.name,
            born=person.born,
            sex=Sex.FEMALE,
            area=Area.objects.get(code=area),
        )

    twin(far[0], "IS-S")
    twin(near[0], "IS-S")
    done = bring(tmp_path, [row(far[0]), row(near[0])], leader)
    assert [p.message for p in done.problems] == [rosters.FITS_NOBODY]
    assert list(Membership.objects.values_list("person_id", flat=True)) == [near[0].pk]
    desk = bring(tmp_path, [row(far[0])], make.SYSTEM)
    assert [p.message for p in desk.problems] == [rosters.FITS_SEVERAL]


def test_rows_without_a_tie_are_misses(north, tmp_path, monkeypatch):
    leader, near, far = north
    few = Allowed("rows of this test", 4, timedelta(days=1))
    monkeypatch.setattr(rosters, "MISSES", few)
    rows = [row(p) for p in far]
    assert bring(tmp_path, rows, leader).added == 0
    with pytest.raises(Refusal) as refused:
        bring(tmp_path, [*rows[:2], row(near[0])], leader)
    assert refused.value.reason is Refused.TOO_MANY_TRIES
    assert on_roster() == []
    assert bring(tmp_path, rows, make.SYSTEM).added == 3, "the desk may"


def test_who_keeps_units_where_it_lies_adds_anybody(north, tmp_path):
    _, _, far = north
    desks = [
        access.actor_for(
            access.keep_user(
                code,
                name=code,
                password=None,
                grants=[(Role.PLANNER, Area.objects.get(code=code), None)],
            )
        )
        for code in ("IS-N", "IS-S")
    ]
    assert bring(tmp_path, [row(far[0])], desks[0]).added == 1
    assert bring(tmp_path, [row(far[1])], make.SYSTEM).added == 1, "and the shell"
    with pytest.raises(rosters.NotAllowed):
        bring(tmp_path, [row(far[2])], desks[1])


def test_ties_of_a_whole_list_are_one_question(north, tmp_path):
    leader, near, far = north

    def asked(people):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            bring(tmp_path, [row(p, name="Nobody") for p in people], leader)
        return len(seen)

    more = [make.person(n, area="IS-S") for n in range(20, 50)]
    assert asked([near[0]]) == asked([*near, *far, *more])
