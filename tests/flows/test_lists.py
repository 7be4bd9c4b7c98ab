"""Lists of people: a key is no identity, nothing is wiped, and a list goes back as one."""

import io
import unicodedata
from datetime import date

import openpyxl
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Member
from balmis.contexts.people import identities, listed_changes, lists
from balmis.contexts.people.models import Contact, FormerIdentity, ListedChange, Person, Trait
from balmis.core.actor import Actor
from balmis.core.birth_date import BirthDate
from balmis.core.errors import BadInput, Conflict, NotAllowed
from balmis.core.files.book import Book, Page
from balmis.core.files.marked_list import write_marked
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.people import BirthPrecision, ListedStatus, Proof
from balmis.core.written_forms import fold, fold_code
from balmis.flows.people.import_people import BadRows, ImportPeople, import_people
from balmis.flows.people.undo_list import decide_change, undo_list
from balmis.uploads.readers import read_book
from tests import make

pytestmark = pytest.mark.usefixtures("island")
HEAD = ["id", "name", "born", "sex", "area", "national id", "phone", "group"]
FIRST = ["a1", "김하늘", "1950-05-03", "F", "IS-N", "500503-2012345", "010-2345-6789", "hospital"]
SECOND = ["a2", "王小明", "1990-01-31", "M", "IS-S", "", "", ""]


@pytest.fixture
def island(committed):
    make.campaign()


def take(*rows, head=HEAD, actor=make.SYSTEM, **more):
    book = Book([Page("", [head, *map(list, rows)])])
    fields = {"campaign": make.SLUG, "register": "ward", "file": "list.csv", "digest": "0" * 64}
    return import_people(ImportPeople(book=book, **(fields | more)), actor=actor, now=make.NOON)


def undo(taken):
    return undo_list(make.SLUG, taken.list_id, actor=make.SYSTEM, now=make.LATER)


def person(key: str) -> Person:
    return Person.objects.get(external_id=key)


def rows_of_people() -> list[tuple]:
    found = Person.objects.order_by("external_id")
    columns = ("external_id", "name", "romanised_name", "born", "born_precision", "sex", "area")
    traits = Trait.objects.order_by("person", "kind", "code").values_list("kind", "code")
    contacts = Contact.objects.order_by("phone").values_list("phone", "proof", "language")
    return [*found.values_list(*columns, "national_id"), *traits, *contacts]


def test_a_second_list_with_the_same_row_numbers_overwrites_nobody():
    """As every ward's list begins with 1."""
    names = ["A", "B", "C", "D", "E", "F"]
    head = ["STT", "name", "born", "area"]
    mapping = {"external_id": ["STT"]}
    one = [[str(n), f"One {x}", f"195{n}-01-0{n}", "IS-N"] for n, x in enumerate(names, 1)]
    two = [[str(n), f"Two {x}", f"196{n}-02-0{n}", "IS-N"] for n, x in enumerate(names, 1)]
    take(*one, head=head, mapping=mapping)
    done = take(*two, head=head, mapping=mapping)
    assert (done.added, done.changed, done.people.numbered) == (6, 0, "STT")
    assert Person.objects.count() == 12
    again = take(*one, head=head, mapping=mapping)
    assert (again.added, again.same) == (0, 6)


def test_a_key_with_another_name_and_birthday_is_another_person():
    take(FIRST, SECOND)
    with pytest.raises(BadRows, match="1 of 2") as refused:
        take(["a1", "Somebody Else", "1971-02-03", "F", "IS-N", "", "", ""], SECOND)
    assert "another person under this key: 김하늘, 1950-05-03" in refused.value.problems[0]
    assert person("a1").name == "김하늘"


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        (["a1", "김하능", *FIRST[2:]], "name"),
        ([*FIRST[:2], "1950-05-04", *FIRST[3:]], "born"),
        ([*FIRST[:5], "500503-2999999", *FIRST[6:]], "national_id"),
    ],
)
def test_one_identifying_fact_changes_only_through_a_review(changed, column):
    take(FIRST)
    before = rows_of_people()
    done = take(changed)
    assert (done.changed, done.waiting, done.same) == (0, 1, 0)
    assert rows_of_people() == before
    waits = ListedChange.objects.get()
    assert column in waits.after and waits.status == ListedStatus.WAITING
    with pytest.raises(BadInput, match="know"):
        decide_change(make.SLUG, waits.pk, accept=True, why="", actor=make.SYSTEM, now=make.LATER)
    decide_change(
        make.SLUG, waits.pk, accept=True, why="saw the card", actor=make.SYSTEM, now=make.LATER
    )
    assert listed_changes.current(person("a1"), column) == waits.after[column]
    was = FormerIdentity.objects.get()
    assert (was.name, was.actor) == ("김하늘", "system:test") and "saw the card" in was.why
    with pytest.raises(Conflict):
        decide_change(
            make.SLUG, waits.pk, accept=False, why="no more", actor=make.SYSTEM, now=make.LATER
        )


def test_a_rejected_change_leaves_everything():
    take(FIRST)
    before = rows_of_people()
    take(["a1", "김하능", *FIRST[2:]])
    waits = ListedChange.objects.get()
    decide_change(make.SLUG, waits.pk, accept=False, why="a slip", actor=make.SYSTEM, now=make.NOON)
    assert rows_of_people() == before and not FormerIdentity.objects.exists()


def test_an_empty_cell_wipes_nothing_and_an_explicit_sign_does():
    take([*FIRST[:3], "F", *FIRST[4:]])
    before = rows_of_people()
    assert take(["a1", "김하늘", "1950-05-03", "", "IS-N", "", "", ""]).same == 1
    assert rows_of_people() == before
    done = take(["a1", "김하늘", "1950-05-03", "[none]", "IS-N", "", "[none]", ""])
    assert done.changed == 1
    assert person("a1").sex == "U" and not Contact.objects.exists()


def test_the_same_name_in_another_spelling_changes_nothing():
    take(["a1", "Nguyễn Văn Hòa", "1950-05-03", "M", "IS-N", "", "", ""])
    done = take(["A1 ", "NGUYỄN  VĂN HOÀ", "1950", "m", "North", "", "", ""])
    assert (done.same, done.waiting) == (1, 0), "the year alone says the same, and less"
    assert person("a1").name == "Nguyễn Văn Hòa"


def test_a_year_becomes_a_day_without_a_review():
    take(["a1", "A", "1956", "M", "IS-N", "", "", ""])
    assert (person("a1").born_precision, str(person("a1").born)) == ("year", "1956-01-01")
    assert take(["a1", "A", "1956-07-08", "M", "IS-N", "", "", ""]).changed == 1
    assert (person("a1").born_precision, str(person("a1").born)) == ("day", "1956-07-08")
    assert take(["a1", "A", "1957-07-08", "M", "IS-N", "", "", ""]).waiting == 1


def test_twins_of_a_tone_and_words_in_another_order_are_two_people():
    one = ["name", "born", "sex", "area"]
    done = take(
        ["Nguyễn Văn Tuấn", "1990-05-03", "M", "IS-N"],
        ["Nguyễn Văn Tuân", "1990-05-03", "M", "IS-N"],
        ["Nguyễn Tuân Văn", "1990-05-03", "M", "IS-N"],
        head=one,
    )
    assert done.added == 3
    with pytest.raises(BadRows, match="1 of 2"):
        take(
            ["Trần Thị Hòa", "1990-05-03", "F", "IS-N"],
            ["TRẦN THỊ HOÀ", "1990-05-03", "F", "IS-N"],
            head=one,
        )


def test_groups_and_phones_come_in_by_list_and_put_people_into_their_group():
    take(FIRST, SECOND)
    ids = campaigns.groups(campaigns.campaign(make.SLUG).pk)
    grouped = campaigns.headcounts(campaigns.campaign(make.SLUG).pk).by_group
    assert {ids[g]: n for g, n in grouped.items() if g} == {"staff": 1, "adults": 1}
    trait = Trait.objects.get()
    assert (trait.kind, trait.code, trait.source) == ("facility", "hospital", "list.csv")
    contact = Contact.objects.get()
    assert (contact.phone, contact.proof) == ("+821023456789", "listed")
    with pytest.raises(BadRows) as refused:
        take([*SECOND[:7], "astronaut"])
    assert "no group of the plan" in refused.value.problems[0]


def test_an_address_that_somebody_proved_is_not_changed_by_a_list():
    take(FIRST)
    Contact.objects.update(phone="+821011112222", proof=Proof.OWN.value)
    done = take([*FIRST[:6], "010-9999-8888", FIRST[7]])
    assert done.changed == 0 and Contact.objects.get().phone == "+821011112222"
    assert done.people.doubts[-1].column == "phone"


def test_the_good_rows_go_in_and_the_bad_ones_come_back_to_be_mended():
    bad = ["a3", "Bad", "31/02/1990", "F", "nowhere", "", "", ""]
    with pytest.raises(BadRows):
        take(FIRST, bad)
    done = take(FIRST, bad, good_rows=True)
    assert (done.added, done.counts.refused) == (1, 1)
    marked = write_marked(done.found, done.problems, lambda p: p.text, "What is wrong")
    sheet = openpyxl.load_workbook(io.BytesIO(marked)).active
    assert [c.value for c in sheet[1]][:3] == ["id", "name", "born"]
    assert sheet.max_row == 2 and sheet["C2"].fill.fgColor.rgb == "FFF8D7DA"
    assert sheet["B2"].fill.fgColor.rgb != "FFF8D7DA"
    assert "no day 1990-02-31" in sheet["I2"].value and "area" in sheet["I2"].value
    sheet["C2"], sheet["E2"] = "1990-02-28", "IS-N"
    mended = io.BytesIO()
    sheet.parent.save(mended)
    fields = {"campaign": make.SLUG, "register": "ward", "file": "mended.xlsx", "digest": "1" * 64}
    again = import_people(
        ImportPeople(book=read_book(mended.getvalue()), **fields), actor=make.SYSTEM, now=make.NOON
    )
    assert again.added == 1 and Person.objects.count() == 2


def test_a_list_its_undo_and_the_list_again_leave_the_same_rows():
    take(SECOND)
    before = rows_of_people()
    moved = [*SECOND[:4], "IS-N", "", "010-5555-4444", "hospital"]
    done = take(FIRST, moved)
    after = rows_of_people()
    gone = undo(done)
    assert (gone.removed, gone.restored, gone.kept) == (1, 1, ())
    assert rows_of_people() == before
    take(FIRST, moved)
    assert rows_of_people() == after
    with pytest.raises(Conflict, match="already"):
        undo(done)


def test_who_was_vaccinated_or_changed_since_stays():
    done = take(FIRST, SECOND)
    make.dose(person("a1"), None, site=None)
    moved = take([*SECOND[:4], "IS-N", *SECOND[5:]])
    with_later = undo(done)
    assert with_later.removed == 0 and len(with_later.kept) == 2
    assert Person.objects.count() == 2
    identities_kept = undo(moved)
    assert identities_kept.restored == 1 and person("a2").area.code == "IS-S"


rows = st.lists(
    st.tuples(
        st.sampled_from(["k1", "k2", "k3", "k4"]),
        st.sampled_from(["Nguyễn Văn Tuấn", "Nguyễn Văn Tuân", "김하늘", "A"]),
        st.sampled_from(["1950-05-03", "1950", "1951-05-03"]),
        st.sampled_from(["F", "M", ""]),
        st.sampled_from(["IS-N", "IS-S"]),
        st.sampled_from(["", "500503-2012345", "600503-2012345"]),
        st.sampled_from(["", "010-2345-6789"]),
        st.sampled_from(["", "hospital"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row[0],
)


@given(rows, rows)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_list_changes_two_identifying_facts_and_every_list_goes_back(first, second):
    Trait.objects.all().delete()
    Contact.objects.all().delete()
    for taken in lists.lists(make.SLUG):
        if taken.undone_at is None:
            undo_list(make.SLUG, taken.pk, actor=make.SYSTEM, now=make.LATER)
    take(*first, good_rows=True)
    before = rows_of_people()
    known = {p.external_id: p for p in Person.objects.all()}
    done = take(*second, good_rows=True)
    for now in Person.objects.all():
        was = known.get(now.external_id)
        if was is not None:
            assert now.name == was.name
            assert now.national_id == was.national_id or was.national_id is None
            assert now.born == was.born or was.born_precision == "year"
    after = rows_of_people()
    undo(done)
    assert rows_of_people() == before
    take(*second, good_rows=True)
    assert rows_of_people() == after


def test_a_desk_takes_in_its_own_areas_only():
    north = "/IS/IS-N/"
    clerk = Actor(name="user:7", grants=frozenset({(Role.REGISTRAR.value, north)}))
    with pytest.raises(BadRows) as refused:
        take(FIRST, SECOND, actor=clerk)
    assert "registered by another desk" in refused.value.problems[0]
    done = take(FIRST, actor=clerk)
    assert done.added == 1
    take(SECOND)
    with pytest.raises(BadRows):
        take([*SECOND[:4], "IS-N", *SECOND[5:]], actor=clerk)
    nurse = Actor(name="user:8", grants=frozenset({(Role.VACCINATOR.value, "/")}))
    with pytest.raises(NotAllowed):
        take(FIRST, actor=nurse)


def test_the_database_keeps_who_changed_an_identity_and_refuses_one_without():
    take(FIRST)
    with pytest.raises(DatabaseError, match="without who and why"), transaction.atomic():
        Person.objects.update(name="X")
    with transaction.atomic():
        identities.acting(make.SYSTEM, "a test", now=make.NOON)
        Person.objects.update(name="X")
    assert [(f.name, f.why) for f in identities.former(person("a1").pk)] == [("김하늘", "a test")]


def test_a_group_is_joined_when_the_birth_date_makes_it_clear():
    """65 on 1 March 2021: of 1955 everyone, of 1956 nobody can tell by the year."""
    head = ["id", "name", "born", "area"]
    take(
        ["a", "A", "1955", "IS-N"],
        ["b", "B", "1956", "IS-N"],
        ["c", "C", "1956-01-31", "IS-N"],
        ["d", "D", "~1955", "IS-N"],
        ["e", "E", "2002", "IS-N"],
        head=head,
    )
    groups = campaigns.groups(campaigns.campaign(make.SLUG).pk)
    found = {
        m.person.external_id: groups.get(m.group_id)
        for m in Member.objects.select_related("person")
    }
    assert found == {"a": "old", "b": "adults", "c": "old", "d": "adults", "e": None}


def test_the_database_folds_and_bounds_as_the_core_does():
    names = [
        "Nguyễn Văn Tuấn",
        "ĐẶNG  thị",
        "O’Brien-Smith",
        "안 우철",
        "ＡＢＣ",
        "Ærø Łódź",
        "合　成",
    ]
    with connection.cursor() as cursor:
        for name in [*names, *(unicodedata.normalize("NFD", n) for n in names)]:
            cursor.execute("SELECT people_fold(%s), people_code(%s)", [name, name])
            assert cursor.fetchone() == (fold(name), fold_code(name))
        for day, known in [("1956-05-01", "month"), ("1956-01-01", "year"), ("1956-02-29", "day")]:
            for kind in (BirthPrecision(known), BirthPrecision.ABOUT):
                cursor.execute(
                    "SELECT people_earliest(%s, %s), people_latest(%s, %s)", [day, kind, day, kind]
                )
                born = BirthDate(date.fromisoformat(day), kind)
                if kind is not BirthPrecision.ABOUT or day == "1956-01-01":
                    assert cursor.fetchone() == (born.earliest, born.latest)
