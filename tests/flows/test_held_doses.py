"""Doses that cannot be as they were told: no figure counts them until somebody has looked."""

from datetime import date, timedelta

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic.models import Dose, DoseCorrection
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.contexts.safety import held_doses as held
from balmis.contexts.safety.exposure import exposure
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, NotAllowed
from balmis.core.reporting.report import plain
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import CorrectionReason, DoseFlag, DoseKind, HeldEnd
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.clinic.held_doses import SettleHeld, find_held, settle_held
from balmis.flows.people import person_facts
from balmis.flows.people.merge import merge_people, undo_merge
from balmis.flows.reporting.daily_report import close_day, report
from balmis.flows.reporting.public_figures import public_figures
from balmis.worker.jobs import deliver_all
from tests import make


@pytest.fixture(autouse=True)
def island(committed):
    make.campaign()


def counted(day: date = make.TODAY):
    deliver_all(now=make.LATER)
    made = report(make.SLUG, day, now=make.LATER)
    rows = exposure(campaigns.campaign(make.SLUG).pk, day).doses
    assert int(sum(rows)) == made.doses.total, "rates count what reports count"
    return made.doses.total, made.doses.held, made.people.covered.total


def settle(dose: Dose, end: HeldEnd, note="asked the clinic", actor=make.SYSTEM, now=make.LATER):
    cmd = SettleHeld(campaign=make.SLUG, dose_id=dose.pk, end=end, note=note)
    settle_held(cmd, actor=actor, now=now)


def twice(person, **changes) -> tuple[Dose, Dose]:
    """One needle as two sources tell it."""
    first = make.dose(person)
    fields = {"given_at": make.NOON - timedelta(days=1), "request_id": make.request("again")}
    return first, make.dose(person, **(fields | changes))


def test_a_dose_before_birth_is_in_no_figure_until_the_birthday_is_right():
    person = make.person(born=date(2021, 6, 18))  # the day after
    make.enrol()
    dose = make.dose(person)
    assert counted() == (0, 1, 0)
    cmd = person_facts.Correct(
        campaign=make.SLUG,
        person=person.pk,
        name=person.name,
        romanised_name="",
        born=person_facts.BirthDate(date(1950, 5, 5)),
        sex=person_facts.Sex.FEMALE,
        national_id="",
        document="passport",
    )
    person_facts.correct_identity(cmd, actor=make.SYSTEM, now=make.LATER)
    assert counted() == (1, 0, 1)
    with pytest.raises(Conflict):
        settle(dose, HeldEnd.STANDS)


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({}, True),  # the same number, a day apart
        ({"kind": DoseKind.PRIMARY_2}, True),  # the same vaccine within three days
        ({"given_at": make.NOON, "product": "jcovden"}, True),  # the same day, another vaccine
        ({"kind": DoseKind.PRIMARY_2, "product": "jcovden"}, False),  # others, a day apart
        ({"given_at": make.NOON - timedelta(days=4), "kind": DoseKind.PRIMARY_2}, False),
        ({"given_at": make.NOON - timedelta(days=16)}, True),  # 21 days less 4 are not over
        ({"given_at": make.NOON - timedelta(days=17)}, False),
    ],
)
def test_what_looks_told_twice_is_held(changes, alike):
    first, second = twice(make.person(), **changes)
    make.enrol()
    assert [h.dose for h in held.held_doses(first.campaign_id, "", 9)] == [second] * alike
    assert counted()[:2] == ((1, 1) if alike else (2, 0))


@pytest.mark.parametrize(
    ("end", "left", "why"),
    [
        (HeldEnd.STANDS, {0, 1}, None),
        (HeldEnd.EARLIER, {0}, CorrectionReason.DUPLICATE),
        (HeldEnd.THIS, {1}, CorrectionReason.DUPLICATE),
        (HeldEnd.NOT_GIVEN, {0}, CorrectionReason.ENTERED_IN_ERROR),
        (HeldEnd.WRONG_PERSON, {0}, CorrectionReason.WRONG_PERSON),
    ],
)
def test_somebody_looks_and_it_counts_or_goes(end, left, why):
    pair = twice(make.person())
    make.enrol()
    settle(pair[1], end)
    assert counted() == (len(left), 0, 1)
    assert set(Dose.live.all()) == {pair[i] for i in left}
    assert list(DoseCorrection.objects.values_list("reason", flat=True)) == ([why] if why else [])
    with pytest.raises(Conflict):
        settle(pair[1], end)


def test_it_is_settled_with_words_and_by_who_serves_the_person():
    _, second = twice(make.person())
    with pytest.raises(BadInput):
        settle(second, HeldEnd.STANDS, " ")
    south = next(a for a in places.areas_below("IS") if a.code == "IS-S")
    other = Actor(name="user:9", grants=frozenset({(Role.REGISTRAR.value, south.path)}))
    with pytest.raises(NotAllowed):
        settle(second, HeldEnd.STANDS, actor=other)
    assert find_held(make.SLUG, actor=other, now=make.LATER) == []
    assert held.held_dose(second.pk) is not None


def test_without_another_record_there_is_none_to_take_back():
    dose = make.dose(make.person(born=date(2021, 6, 18)))
    for end in (HeldEnd.EARLIER, HeldEnd.THIS):
        with pytest.raises(BadInput):
            settle(dose, end)
    settle(dose, HeldEnd.NOT_GIVEN)
    assert not Dose.live.exists()


def test_the_earlier_record_taken_back_lets_the_other_count():
    first, second = twice(make.person())
    make.enrol()
    correct_dose(
        first.pk,
        CorrectionReason.ENTERED_IN_ERROR,
        request_id=make.request("back"),
        actor=make.SYSTEM,
        now=make.LATER,
    )
    assert counted() == (1, 0, 1) and held.held_dose(second.pk) is None


def test_two_records_of_a_person_that_become_one_may_tell_a_dose_twice():
    one, two = make.person(1), make.person(2)
    make.enrol()
    make.dose(one)
    other = make.dose(two, request_id=make.request("other source"))
    assert counted() == (2, 0, 2)
    merge = merge_people(one.pk, two.pk, reason="one card", actor=make.SYSTEM, now=make.LATER)
    assert counted() == (1, 1, 1)
    assert held.held_dose(other.pk).reasons == (DoseFlag.POSSIBLE_DUPLICATE,)
    undo_merge(merge.pk, actor=make.SYSTEM, now=make.LATER)
    assert counted() == (2, 0, 2)
    assert Person.objects.filter(merged_into=None).count() == 2


def test_a_closed_day_says_that_held_doses_count_now():
    _, second = twice(make.person())
    make.enrol()
    assert counted() == (1, 1, 1)
    close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)
    after = make.LATER + timedelta(hours=1)
    settle(second, HeldEnd.STANDS, now=after)
    deliver_all(now=after)
    found = plain(report(make.SLUG, make.TODAY, now=after))
    assert found["restatement"]["reasons"] == {"held_doses_reviewed": 1}
    now = {c["figure"]: c["now"] for c in found["restatement"]["changes"]}
    assert (now["doses.total"], now["doses.held"]) == (2, 0)


def test_the_public_is_told_how_many_wait_but_no_small_number():
    for n in range(1, 6):
        person = make.person(n)
        make.dose(person)
        assert public_figures(make.SLUG, now=make.LATER).doses.held == (0 if n == 1 else None)
        make.dose(
            person, given_at=make.NOON - timedelta(days=1), request_id=make.request(f"again {n}")
        )
    make.enrol()
    deliver_all(now=make.LATER)
    assert public_figures(make.SLUG, now=make.LATER).doses.held == 5
