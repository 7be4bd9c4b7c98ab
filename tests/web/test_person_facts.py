"""What a registration desk writes down of somebody: groups, who they are by a document, merges by choice."""

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import FormerIdentity, Merge, Person, Trait
from balmis.core.vocabulary.access import Role
from tests import make
from tests.web.conftest import user
from tests.web.test_lists import text_of

DESK = f"/registrar/{make.SLUG}/"


@pytest.fixture
def desk(committed):
    make.campaign()
    people = [make.person(1), make.person(2), make.person(3, area="IS-S")]
    make.enrol()
    return user(Role.REGISTRAR, area="IS-N"), people


def group_of(person):
    return campaigns.group_of(campaigns.campaign(make.SLUG).pk, person.pk)


def test_a_group_comes_in_by_the_desk_and_leaves_again(desk):
    client, (person, *_) = desk
    page = f"{DESK}{person.pk}/"
    assert group_of(person) == "old"
    assert client.post(f"{page}group/", {"group": "old"}).status_code == 400, "by age alone"
    assert client.post(f"{page}group/", {"group": "staff"}).status_code == 302
    trait = Trait.objects.get()
    assert group_of(person) == "staff" and trait.source.startswith("user:") and trait.noted_on
    assert "Hospital staff" in text_of(client.get(page))
    assert client.post(f"{page}trait/", {"trait": trait.pk, "why": ""}).status_code == 400
    assert (
        client.post(f"{page}trait/", {"trait": trait.pk, "why": "has retired"}).status_code == 302
    )
    assert group_of(person) == "old" and not Trait.objects.exists()
    assert AuditEntry.objects.get(action="person.group_ended").reason == "has retired"


def test_who_somebody_is_is_corrected_by_a_document_and_what_was_is_kept(desk):
    client, (person, other, elsewhere) = desk
    page = f"{DESK}{person.pk}/correct/"
    said = {"name": "김하늘", "born": "1956", "sex": "F", "national_id": "", "document": "passport"}
    assert client.post(page, said | {"document": ""}).status_code == 400
    assert client.post(page, said | {"born": "03/05/1950"}).status_code == 400
    assert client.post(page, said | {"national_id": "123"}).status_code == 400
    assert not FormerIdentity.objects.exists()
    assert client.post(page, said).status_code == 302
    now = Person.objects.get(pk=person.pk)
    assert (now.name, now.born_precision, str(now.born)) == ("김하늘", "year", "1956-01-01")
    shown = text_of(client.get(f"{DESK}{person.pk}/"))
    assert "born in 1956" in shown and "Resident 1" in shown and "document: passport" in shown
    assert "Nothing is different" in text_of(client.post(page, said))
    make.change_person(other.pk, national_id="560503-2012345")
    taken = client.post(page, said | {"national_id": "5605032012345"})
    assert taken.status_code == 400 and "Another record" in text_of(taken)
    assert client.get(f"{DESK}{elsewhere.pk}/correct/").status_code == 403


def test_a_merge_is_turned_round_takes_what_is_right_and_goes_back(desk):
    client, (person, other, _) = desk
    make.change_person(other.pk, name="Residant 1", born="1950-05-06")
    page = f"{DESK}{person.pk}/merge/"
    assert "Residant 1" in text_of(client.get(page)), "who is alike is offered"
    both = client.get(page, {"other": "P2"})
    assert "Keep the other one instead" in text_of(both) and "<mark>" in both.content.decode()
    sent = {"other": "P2", "reason": "one card", "taking": ["born"]}
    assert client.post(page, sent).status_code == 302
    kept = Person.objects.get(pk=person.pk)
    assert (kept.name, str(kept.born)) == ("Resident 1", "1950-05-06")
    for number in ("P1", "P2"):
        assert client.get(DESK, {"q": number}).headers["Location"] == f"{DESK}{person.pk}/"
    merge = Merge.objects.get()
    assert client.post(f"{DESK}{person.pk}/undo/", {"merge": merge.pk}).status_code == 302
    assert str(Person.objects.get(pk=person.pk).born) == "1950-05-05"
    assert [f.why for f in FormerIdentity.objects.filter(person=person).order_by("pk")] == [
        "merge: one card",
        "a merge was undone",
    ]
