"""What is known of a person: handed out, and forgotten as far as the law lets it."""

import json

import pytest

from balmis.contexts.booking.models import Booking
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.notices import services as notices
from balmis.contexts.notices.models import Notice
from balmis.contexts.notices.services import To
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.people.models import Contact, Letter, Person
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.vocabulary.notices import Medium, Purpose
from balmis.flows.access.tries import SEARCHES, check_searches
from balmis.flows.people.merge import merge_people
from balmis.flows.people.own_data import erase_person, export_person
from tests import make
from tests.flows.test_holds import book

WHY = "they asked in writing, and nothing stands against it"


@pytest.fixture
def people(committed):
    make.campaign()
    found = [make.person(n) for n in (1, 2)]
    make.enrol()
    for person in found:
        keep_contact(person, phone=f"+8210{person.pk:08d}", language="ko", now=make.NOON)
        make.letter(person)
        to = To(Medium.SMS, f"+8210{person.pk:08d}", "ko")
        facts = {"name": person.name}
        notices.write(f"n{person.pk}", person, Purpose.BOOKED, to, facts, zone="UTC", now=make.NOON)
    return found


def text_of(person) -> str:
    found = export_person(person.pk, actor=make.SYSTEM, now=make.NOON)
    return json.dumps(found, ensure_ascii=False, default=str)


def test_all_that_names_a_person_is_handed_out_and_nothing_of_others(people):
    person, other = people
    make.dose(person)
    text = text_of(person)
    for told in (
        person.name,
        "clinic_dose",
        "people_contact",
        "notices_notice",
        f"+8210{person.pk:08d}",
    ):
        assert told in text
    assert other.name not in text and f"+8210{other.pk:08d}" not in text
    assert AuditEntry.objects.filter(action="person.exported").count() == 1
    assert "person.exported" in text_of(person), "who looked at it is in it, too"


def test_whoever_had_no_dose_is_forgotten_whole(people):
    person, other = people
    book(person, make.session())
    done = erase_person(person.pk, WHY, actor=make.SYSTEM, now=make.NOON)
    assert done.whole and done.rows["bookings"] == 1
    kept = Person.objects.get(pk=person.pk)
    assert (kept.name, kept.national_id, kept.born.isoformat()) == ("", None, "1950-01-01")
    assert person.name not in text_of(kept) and f"{person.pk:08d}" not in text_of(kept)
    assert not Booking.objects.filter(person=person, status="confirmed").exists()
    assert (
        Contact.objects.get().person_id == other.pk and Letter.objects.get().person_id == other.pk
    )
    assert Notice.objects.filter(person=person).count() == 0, "what waits is not sent"
    assert AuditEntry.objects.get(action="person.erased").reason == WHY


def test_records_that_became_one_are_handed_out_and_forgotten_together(people):
    person, other = people
    merge_people(person.pk, other.pk, reason="the same", actor=make.SYSTEM, now=make.NOON)
    assert other.name in text_of(person) and f"{other.pk:08d}" in text_of(person)
    assert erase_person(person.pk, WHY, actor=make.SYSTEM, now=make.NOON).whole
    assert not Person.objects.exclude(name="").filter(pk__in=(person.pk, other.pk)).exists()
    assert not Letter.objects.exists() and not Contact.objects.exists()


def test_former_names_and_what_a_merge_took_are_forgotten_too(people):
    person, other = people
    make.change_person(person.pk, name="Former Name")
    common = {"actor": make.SYSTEM, "now": make.NOON}
    merge_people(person.pk, other.pk, reason="the same", taking=["name"], **common)
    assert "Former Name" in text_of(person) and Person.objects.get(pk=person.pk).name == other.name
    assert erase_person(person.pk, WHY, actor=make.SYSTEM, now=make.NOON).whole
    left = text_of(Person.objects.get(pk=person.pk))
    assert "Former Name" not in left and other.name not in left


def test_the_record_of_a_dose_is_kept_with_its_name_and_no_way_to_reach_them(people):
    person, _ = people
    make.dose(person)
    assert not erase_person(person.pk, WHY, actor=make.SYSTEM, now=make.NOON).whole
    assert Person.objects.get(pk=person.pk).name == person.name
    assert not Contact.objects.filter(person=person).exists()
    with pytest.raises(BadInput):
        erase_person(person.pk, "so", actor=make.SYSTEM, now=make.NOON)
    for act in (
        lambda who: erase_person(person.pk, WHY, actor=who, now=make.NOON),
        lambda who: export_person(person.pk, actor=who, now=make.NOON),
    ):
        with pytest.raises(NotAllowed):
            act(Actor("user:1"))


def test_who_looks_for_very_many_people_has_to_wait(committed):
    for _ in range(SEARCHES.burst):
        check_searches(Actor("user:1"), now=make.NOON)
    with pytest.raises(Refusal):
        check_searches(Actor("user:1"), now=make.NOON)
    check_searches(Actor("user:2"), now=make.NOON)
    check_searches(make.SYSTEM, now=make.NOON)
