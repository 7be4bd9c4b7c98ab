"""Whoever is forgotten is named in no word that the file does not say is kept: `docs/reference/erasure.csv`.

`becomes` of a column is emptied, replaced, deleted, kept, or no words (codes, names of users); `of` says of
whom: always, or whole, which is who never came to a site, without dose and case.
"""

import csv
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from balmis.contexts.access.models import LookupAlarm
from balmis.contexts.clinic.models import RejectedStep
from balmis.contexts.notices import services as notices
from balmis.contexts.notices.services import To
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.people.models import ListedChange, Person, Trait
from balmis.contexts.units.models import Answer, Membership
from balmis.core.birth_date import BirthDate
from balmis.core.vocabulary.clinic import StepKind
from balmis.core.vocabulary.notices import Medium, Purpose
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.units import Willingness
from balmis.flows.access.lookups import settle_alarm
from balmis.flows.booking.people_search import serve_here
from balmis.flows.clinic.rejected_steps import resolve, set_aside
from balmis.flows.people.merge import merge_people
from balmis.flows.people.own_data import erase_person
from balmis.flows.people.person_details import KeepDetails, keep_details
from balmis.flows.people.person_facts import Correct, correct_identity, end_trait, note_group
from balmis.flows.people.undo_list import decide_change
from balmis.flows.units import rosters
from tests import make
from tests.databases import as_owner
from tests.flows.test_holds import book
from tests.flows.test_lists import take
from tests.flows.test_units import bring
from tests.flows.test_visits import DESK, send
from tests.flows.test_walk_ins import came

FILE = Path(__file__).parents[2] / "docs" / "reference" / "erasure.csv"
BESIDE = {"access_lookupalarm", "clinic_setaside", "ledger_auditentry"}  # name people by number
WORDS = (models.TextField, models.CharField, models.JSONField)
NAME, NUMBER = "Zqxmark", "991827364"
BY = {"actor": make.SYSTEM, "now": make.NOON}
WHY = "they asked in writing, and nothing stands against it"
TRAIL = {("ledger_auditentry", "reason"), ("ledger_auditentry", "facts")}
MARKED = """
SELECT DISTINCT each.key FROM {} AS whole_row, jsonb_each_text(to_jsonb(whole_row)) AS each
WHERE each.value ILIKE ANY(%s)
"""

Column = tuple[str, str]


def lines() -> dict[Column, dict[str, str]]:
    with FILE.open(newline="") as file:
        return {(r["table"], r["column"]): r for r in csv.DictReader(file)}


def _keys(model: type[models.Model]) -> list[models.Field]:
    """Its foreign keys."""
    fields = model._meta.concrete_fields
    return [f for f in fields if isinstance(f, models.ForeignKey | models.OneToOneField)]


def columns_of_words() -> set[Column]:
    """Of every table that hangs on a person, directly or through others."""
    ours = [m for m in apps.get_models() if m.__module__.startswith("balmis.")]
    reached: set[type[models.Model]] = {Person}
    while found := {
        m for m in ours if m not in reached and {k.related_model for k in _keys(m)} & reached
    }:
        reached |= found
    return {
        (m._meta.db_table, f.column)
        for m in reached
        for f in m._meta.concrete_fields
        if isinstance(f, WORDS)
    }


def marked() -> set[Column]:
    """Every column of the database that holds the name or the number."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                MARKED.format(connection.ops.quote_name(table)), [[f"%{NAME}%", f"%{NUMBER}%"]]
            )
            found |= {(table, column) for (column,) in cursor.fetchall()}
    return found


def test_the_file_says_of_every_column_of_words_what_becomes_of_it():
    said = lines()
    about = {column for column in said if column[0] not in BESIDE}
    assert columns_of_words() - about == set(), "columns without a line"
    assert about - columns_of_words() == set(), "lines of no column"
    for column, line in said.items():
        assert line["becomes"] in ("emptied", "replaced", "deleted", "kept", "no words"), column
        assert (line["of"] in ("always", "whole")) == (
            line["becomes"] not in ("kept", "no words")
        ), column
        assert line["why"], column


def listed_twice() -> tuple[Person, Person]:
    """Two records by lists, one of them changed by a second list: once taken, once not."""
    row = [f"a{NUMBER}", f"{NAME} Han", "1950-05-03", "F", "IS-N", "", "010-2345-6789", "hospital"]
    take(row, [f"b{NUMBER}", f"{NAME} Hun", *row[2:4], "IS-N", "", "", ""])
    for accept, name in ((True, f"{NAME} Hana"), (False, f"{NAME} Huna")):
        take([row[0], name, *row[2:]])
        change = ListedChange.objects.get(status="waiting")
        decide_change(make.SLUG, change.pk, accept=accept, why=f"the card of {NAME}", **BY)
    first, second = Person.objects.order_by("external_id")
    return first, second


def written_about(person: Person) -> None:
    """Words of every desk."""
    keep_contact(person, email=f"{NAME}@home.example", language="ko", now=make.NOON)
    make.letter(person)
    to = To(Medium.EMAIL, f"{NAME}@home.example", "ko")
    facts = {"name": person.name}
    notices.write(f"n{person.pk}", person, Purpose.BOOKED, to, facts, zone="UTC", now=make.NOON)
    kept = {"address": f"House of {NAME}", "guardian": f"{NAME} senior"}
    told = KeepDetails(
        campaign=make.SLUG,
        person=person.pk,
        guardian_relation=f"mother of {NAME}",
        guardian_phone="",
        **kept,
    )
    keep_details(told, **BY)
    serve_here(make.SLUG, person.pk, f"{NAME} came by herself", **BY)
    note_group(make.SLUG, person.pk, "staff", **BY)
    trait = Trait.objects.filter(person=person).first()
    end_trait(make.SLUG, person.pk, trait.pk, f"{NAME} has left", **BY)
    alarm = LookupAlarm.objects.create(
        sign="famous", about=f"person:{person.pk}", on=make.TODAY, number=9, at=make.NOON
    )
    settle_alarm(alarm.pk, f"{NAME} is the mayor of the town", **BY)


def on_a_roster(person: Person, folder: Path) -> None:
    unit = rosters.KeepUnit(
        campaign=make.SLUG,
        code="harbour",
        title="Harbour",
        category="old",
        area="IS-N",
        quota=None,
        coordinator=None,
    )
    rosters.keep_unit(unit, **BY)
    bring(folder, [(person.external_id, person.name, str(person.born), f"deputy of {NAME}")])
    said = rosters.ChangeRoster(
        campaign=make.SLUG,
        unit="harbour",
        answers=[person.pk],
        answer=Willingness.REFUSED,
        reason=f"{NAME} is afraid of needles",
    )
    rosters.change_roster(said, **BY)


def refused_step(person: Person) -> None:
    sent = {
        "person": person.pk,
        "kind": "consent",
        "at": make.NOON.isoformat(),
        "facts": {"name": f"{NAME} senior"},
    }
    request = make.request(f"aside {person.pk}")
    row = set_aside(DESK, request, sent, f"'{NAME}' does not fit", **BY)
    resolve(row.pk, f"{NAME} was called", **BY)


def corrected(person: Person) -> None:
    said = Correct(
        campaign=make.SLUG,
        person=person.pk,
        name=f"{NAME} Hanna",
        romanised_name=f"{NAME} H",
        born=BirthDate(person.born),
        sex=Sex.FEMALE,
        national_id="",
        document=f"passport of {NAME}",
    )
    correct_identity(said, **BY)


def test_nobody_who_is_forgotten_whole_is_named_in_any_word(committed, tmp_path):
    make.campaign()
    first, second = listed_twice()
    make.enrol()
    first.refresh_from_db()
    on_a_roster(first, tmp_path)
    corrected(first)
    written_about(first)
    refused_step(first)
    book(first, make.session())
    merge_people(first.pk, second.pk, reason=f"{NAME} stands there twice", taking=["name"], **BY)
    newcomer = came(f"{NAME} Sori", national_id="", phone="010-3333-4444")
    said, before = lines(), marked()
    assert {c for c in before if said[c]["becomes"] in ("no words",)} == set()
    assert before >= TRAIL | {
        ("people_person", "name"),
        ("people_person", "external_id"),
        ("people_person", "romanised_name"),
        ("people_formeridentity", "name"),
        ("people_formeridentity", "why"),
        ("people_listedchange", "before"),
        ("people_listedchange", "after"),
        ("people_detail", "value"),
        ("people_contact", "email"),
        ("people_serving", "why"),
        ("people_registration", "name"),
        ("people_merge", "reason"),
        ("people_merge", "moved"),
        ("notices_notice", "address"),
        ("notices_notice", "facts"),
        ("units_membership", "position"),
        ("units_answer", "reason"),
        ("access_lookupalarm", "note"),
        ("clinic_setaside", "sent"),
        ("clinic_setaside", "problem"),
        ("clinic_setaside", "note"),
    }
    for person in (first.pk, newcomer.pk):
        assert erase_person(person, WHY, **BY).whole
    assert marked() == TRAIL, "and no line of the sealed trail can change"
    assert Answer.objects.get().answer == "refused" and Membership.objects.count() == 1
    assert RejectedStep.objects.get().sent["kind"] == "consent"


def test_of_who_came_to_a_site_only_what_the_file_says_is_left(hall, tmp_path):
    _, (person, *_) = hall
    make.change_person(person.pk, name=f"{NAME} Han")
    person.refresh_from_db()
    on_a_roster(person, tmp_path)
    written_about(person)
    refused_step(person)
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DEFER, 1, reason=f"{NAME} has a fever")
    before, said = marked(), lines()
    assert {("clinic_step", "facts"), ("units_answer", "reason")} <= before
    assert not erase_person(person.pk, WHY, **BY).whole
    left = marked()
    assert left == {c for c in before if said[c]["of"] != "always"}
    assert ("clinic_step", "facts") in left and ("people_person", "name") in left


def test_a_reason_is_emptied_and_nothing_else_of_an_answer_changes(hall, tmp_path):
    _, (person, *_) = hall
    on_a_roster(person, tmp_path)
    for change in ({"reason": "another"}, {"answer": "willing"}, {"reason": "", "actor": "x"}):
        with pytest.raises(DatabaseError, match="append_only"), as_owner(), transaction.atomic():
            Answer.objects.update(**change)
    with pytest.raises(DatabaseError), as_owner(), transaction.atomic():
        Answer.objects.all().delete()
    Answer.objects.update(reason="")
    assert Answer.objects.get().reason == ""
