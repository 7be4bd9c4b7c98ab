"""Walk-ins whom a desk registered without a network: one person, however it arrives."""

from datetime import date, timedelta

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.campaigns.models import Member
from balmis.contexts.clinic.models import Dose, Visit
from balmis.contexts.people.models import Person, Registration
from balmis.contexts.places import queries as places
from balmis.core.birth_date import BirthDate, known_to
from balmis.core.clinic.step_facts import Sent
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import StepKind
from balmis.core.vocabulary.people import BirthPrecision, Sex
from balmis.flows.clinic.day_bundle import day_bundle, person_here
from balmis.flows.clinic.rejected_steps import open_at
from balmis.flows.clinic.visit_steps import Desk, take_step
from balmis.flows.people.registrations import Decide, decide
from balmis.flows.people.walk_ins import WalkIn, register_walk_in
from tests import make
from tests.flows.test_visits import CONSENT, DESK, answers, dose_facts

NOON = make.NOON
LATER = NOON + timedelta(hours=3)
OTHER = Desk(make.SLUG, "hall", "tablet 2")
BORN = BirthDate(date(1962, 3, 4))


@pytest.fixture
def hall(committed):
    """A resident who is known, and a lot."""
    make.campaign()
    lot = make.lot(doses=60)
    known = make.person(1)
    make.enrol()
    return known, lot


def came(name="한소리", born=BORN, *, key="w1", desk=DESK, actor=make.SYSTEM, **more):
    said = {"sex": Sex.FEMALE, "area": "IS-N", "phone": "", "national_id": "", "language": "ko"}
    cmd = WalkIn(request_id=make.request(key), at=NOON, by="", name=name, born=born, **said | more)
    return register_walk_in(desk, cmd, actor=actor, now=LATER)


def as_known(person, **more):
    born = BirthDate(person.born)
    said = {"sex": Sex(person.sex), "area": person.area.code}
    return came(person.name, born, **said | more)


def give(person, lot, desk=DESK, minute=0):
    for n, (kind, facts) in enumerate(
        [
            (StepKind.CHECK_IN, {"how": "photo_id"}),
            (StepKind.SCREEN, answers()),
            (StepKind.CONSENT, CONSENT),
            (
                StepKind.DOSE,
                dose_facts(lot, light="amber", override={"reason": "walk-in", "doctor": ""}),
            ),
        ]
    ):
        sent = Sent(
            request_id=make.request(f"{person.pk} {kind} {desk.device}"),
            person=person.pk,
            kind=kind,
            at=NOON + timedelta(minutes=minute + n),
            facts=facts,
        )
        take_step(desk, sent, actor=make.SYSTEM, now=LATER)


def test_a_walk_in_sent_twice_is_one_person_and_the_visit_hangs_on_them(hall):
    _, lot = hall
    person = came(phone="010-1234-5678", national_id="620304-2345678")
    assert came(name="somebody else", key="w1") == person
    found = Person.objects.get(register__provisional=True)
    assert (found, found.name, found.national_id) == (person, "한소리", "620304-2345678")
    assert Member.objects.filter(person=person).exists()
    row = Registration.objects.get()
    assert (row.status, row.site.code, row.address) == ("new", "hall", "+821012345678")
    give(person, lot)
    assert Dose.objects.get().person == person
    assert Visit.objects.get().status == "vaccinated"


def test_two_tablets_that_register_one_person_make_one(hall):
    _, lot = hall
    first, second = came(key="w1"), came(key="w2", desk=OTHER)
    assert first == second
    assert Person.objects.filter(register__provisional=True).count() == 1
    assert sorted(Registration.objects.values_list("status", flat=True)) == ["known", "new"]
    give(first, lot)
    give(second, lot, desk=OTHER, minute=1)
    assert Dose.objects.filter(correction__isnull=True).count() == 1


def test_who_is_exactly_somebody_of_the_register_is_that_person(hall):
    known, lot = hall
    assert as_known(known) == known
    assert not Person.objects.filter(register__provisional=True).exists()
    give(known, lot)
    assert Dose.objects.get().person == known


def test_who_is_like_somebody_is_served_and_looked_at(hall):
    known, lot = hall
    area = "IS-S"
    person = as_known(known, area=area)
    assert person != known
    give(person, lot)
    shown = person_here(make.SLUG, "hall", person.pk, actor=make.SYSTEM, now=LATER)
    assert shown["perhaps_known"]
    (row,) = open_at(make.SLUG, "hall", actor=make.SYSTEM, now=LATER).walk_ins
    assert row.person == person
    decide(
        Decide(campaign=make.SLUG, registration=row.pk, person=known.pk, document="passport"),
        actor=make.SYSTEM,
        now=LATER,
    )
    assert not open_at(make.SLUG, "hall", actor=make.SYSTEM, now=LATER).walk_ins
    assert as_known(known, area=area) == known  # sent again after the merge
    assert Dose.objects.get(correction__isnull=True).person == known


@pytest.mark.parametrize(
    "precision", [BirthPrecision.YEAR, BirthPrecision.MONTH, BirthPrecision.ABOUT]
)
def test_a_year_and_a_name_make_nobody_the_same(hall, precision):
    known, _ = hall
    person = came(
        known.name, known_to(known.born, precision), sex=Sex(known.sex), area=known.area.code
    )
    assert person != known and person.born_precision == precision
    assert Registration.objects.get().status == "near"


def test_who_has_another_national_number_is_looked_at(hall):
    known, _ = hall
    make.change_person(known.pk, national_id="620304-1111111")
    assert as_known(known, national_id="620304-2345678", key="other") != known
    assert as_known(known, national_id="6203041111111", key="same") == known


def test_two_records_never_claim_one_number(hall):
    one = came(national_id="620304-2345678")
    other = came("박다른", BirthDate(date(1950, 1, 9)), key="w2", national_id="620304-2345678")
    assert one != other and other.national_id is None
    assert Registration.objects.get(person=other).status == "new"


@pytest.mark.parametrize(
    "odd", [{"name": " "}, {"born": BirthDate(date(2031, 1, 1))}, {"area": "elsewhere"}]
)
def test_what_cannot_be_read_is_refused_and_nothing_is_written(hall, odd):
    with pytest.raises(BadInput):
        came(**{"name": "한소리", "born": BORN} | odd)
    assert not Registration.objects.exists()


def test_a_phone_that_is_none_holds_nobody_up(hall):
    assert came(phone="call my son").name == "한소리"
    assert Registration.objects.get().address == ""


def test_only_who_works_at_the_site_registers_there(hall):
    clinic = places.site("clinic")
    access.keep_user(
        "x", name="x", password="correct-horse-battery", grants=[(Role.VACCINATOR, None, clinic)]
    )
    with pytest.raises(NotAllowed):
        came(actor=access.actor_for(access.user_named("x")))
    assert not Registration.objects.exists()


def test_a_day_names_where_a_walk_in_may_live(hall):
    day = day_bundle(make.SLUG, "hall", actor=make.SYSTEM, now=NOON)
    assert day["home"] in {a["code"] for a in day["areas"]}
