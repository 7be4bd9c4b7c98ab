"""Address and guardian: by list and at the desk, with source and date; at the chair, merged, forgotten."""

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people import details
from balmis.contexts.people.models import Detail, ListedChange, ListImport, Person
from balmis.contexts.places import queries as places
from balmis.core.errors import BadInput
from balmis.core.files.book import Book, Page
from balmis.flows.clinic.people_of_day import DayHere, people_of_day
from balmis.flows.people.import_people import BadRows, ImportPeople, import_people
from balmis.flows.people.merge import merge_people, undo_merge
from balmis.flows.people.merge_choice import preview
from balmis.flows.people.own_data import erase_person, export_person
from balmis.flows.people.person_details import KeepDetails, keep_details
from balmis.flows.people.undo_list import undo_list
from tests import make

BY = {"actor": make.SYSTEM, "now": make.NOON}
HEADS = ["관리번호", "성명", "생년월일", "성별", "지역", "주소", "보호자", "관계", "보호자 연락처"]
CHILD = ["c-1", "김하늘", "2010-05-03", "여", "북", "해안로 12", "김바다", "모", "010-2345-6789"]
KNOWN = {
    "address": "해안로 12",
    "guardian": "김바다",
    "guardian_relation": "모",
    "guardian_phone": "+821023456789",
}


@pytest.fixture(autouse=True)
def island(committed):
    return make.campaign()


def load(*rows: list[str]):
    book = Book([Page("", [HEADS, *rows])])
    cmd = ImportPeople(
        campaign=make.SLUG, register="school", book=book, file="school.csv", digest="0"
    )
    return import_people(cmd, **BY)


def known(person: Person) -> dict[str, str]:
    return {kind: d.value for kind, d in details.details(person.pk).items()}


def test_a_list_brings_them_with_source_and_date_and_the_same_again_changes_nothing():
    load(CHILD)
    child = Person.objects.get()
    assert known(child) == KNOWN
    noted = Detail.objects.get(kind="guardian")
    assert (noted.source, str(noted.noted_on)) == ("school.csv", "2021-06-17")
    again = load(CHILD)
    assert (again.changed, again.same) == (0, 1)


def test_what_a_list_changes_is_kept_beside_what_was_and_taken_back_with_it():
    load(CHILD)
    child = Person.objects.get()
    later = load([*CHILD[:5], "산길 3", "", "[없음]", "010-2345-6789"])
    assert later.changed == 1, "an empty cell wipes nothing; what is taken away is said"
    assert known(child) == {k: v for k, v in KNOWN.items() if k != "guardian_relation"} | {
        "address": "산길 3"
    }
    change = ListedChange.objects.get()
    assert change.before == {"address": "해안로 12", "guardian_relation": "모"}
    undo_list(make.SLUG, later.list_id, **BY)
    assert known(child) == KNOWN
    undo_list(make.SLUG, ListImport.objects.earliest("pk").pk, **BY)
    assert known(child) == KNOWN, "a list changed them since: the child stays"


def test_who_came_with_a_list_goes_with_it_unless_the_desk_wrote_something_down():
    first = load(CHILD)
    undo_list(make.SLUG, first.list_id, **BY)
    assert not Person.objects.exists() and not Detail.objects.exists()
    second = load(CHILD)
    child = Person.objects.get()
    said = KNOWN | {"address": "새집 1"}
    keep_details(KeepDetails(campaign=make.SLUG, person=child.pk, **said), **BY)
    assert undo_list(make.SLUG, second.list_id, **BY).kept == (child.pk,)
    assert known(child) == said


def test_a_bad_phone_of_a_guardian_is_a_problem_of_its_cell():
    with pytest.raises(BadRows) as error:
        load([*CHILD[:8], "12"])
    assert "보호자 연락처: '12': is no phone number" in error.value.problems[0]


def test_the_desk_keeps_them_on_the_record_and_says_what_is_wrong():
    person = make.person(1, area="IS-N")
    cmd = {"campaign": make.SLUG, "person": person.pk} | KNOWN
    keep_details(KeepDetails(**cmd | {"guardian_phone": "010-2345-6789"}), **BY)
    assert known(person) == KNOWN
    line = AuditEntry.objects.get(action="person.details_kept")
    assert line.facts["what"] == sorted(KNOWN) and "해안로" not in str(line.facts)
    keep_details(KeepDetails(**cmd), **BY)
    assert AuditEntry.objects.filter(action="person.details_kept").count() == 1
    for wrong, says in (
        ({"guardian": ""}, "Name the guardian"),
        ({"guardian_phone": "x"}, "phone"),
    ):
        with pytest.raises(BadInput, match=says):
            keep_details(KeepDetails(**cmd | wrong), **BY)
    keep_details(KeepDetails(**cmd | dict.fromkeys(KNOWN, "")), **BY)
    assert known(person) == {}


def test_the_chair_sees_the_guardian_of_a_minor_alone():
    load(CHILD, ["c-2", "이어른", "1950-05-03", "남", "북", "", "이보호", "자", ""])
    child, grown = Person.objects.order_by("external_id")
    here = DayHere(campaigns.campaign(make.SLUG), places.site("hall"), make.TODAY)
    found = {p["id"]: p for p in people_of_day(here, [child.pk, grown.pk], {}, [])}
    assert found[child.pk]["guardian_known"]["guardian"] == "김바다"
    assert "address" not in found[child.pk]["guardian_known"]
    assert found[grown.pk]["guardian_known"] is None


def test_a_merge_shows_both_takes_what_is_chosen_and_goes_back():
    kept, goes = make.person(1, area="IS-N"), make.person(2, area="IS-N")
    both = {"campaign": make.SLUG, "guardian_relation": "", "guardian_phone": ""}
    keep_details(KeepDetails(person=kept.pk, address="old", guardian="", **both), **BY)
    keep_details(KeepDetails(person=goes.pk, address="new", guardian="Mother", **both), **BY)
    facts = {f.name: (f.kept, f.merged) for f in preview(kept.pk, goes.pk, **BY).facts}
    assert facts["address"] == ("old", "new") and facts["guardian"] == ("", "Mother")
    merge = merge_people(kept.pk, goes.pk, reason="one card", taking=["address"], **BY)
    assert known(kept) == {"address": "new", "guardian": "Mother"}
    undo_merge(merge.pk, **BY)
    assert known(kept) == {"address": "old"}
    assert known(goes) == {"address": "new", "guardian": "Mother"}


def test_they_are_handed_out_and_forgotten_even_where_a_dose_is_kept():
    load(CHILD)
    load([*CHILD[:5], "산길 3", *CHILD[6:]])
    child = Person.objects.get()
    make.enrol()
    make.dose(child)
    assert "산길 3" in str(export_person(child.pk, **BY)["tables"]["people_detail"])
    done = erase_person(child.pk, "they asked in writing", **BY)
    assert not done.whole and done.rows["details"] == 4 and not Detail.objects.exists()
    change = ListedChange.objects.get()
    assert "산길" not in str(change.after) and "해안로" not in str(change.before)
