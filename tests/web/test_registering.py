"""Registering with one's name on the page, and the desk's part of it."""

import re

import pytest
from django.test import Client

from balmis.contexts.people.models import Merge, Person, Registration
from balmis.core.vocabulary.access import Role
from tests import make
from tests.pages import markup
from tests.web.conftest import sent_code, user
from tests.web.test_booking import BOOK, MINE, identified
from tests.web.test_pages import LANGUAGES, text_of

REGISTER = f"{BOOK}register/"
DESK = f"/registrar/{make.SLUG}/"
FORM = {
    "name": "Nguyễn Văn Hùng",
    "day": "5",
    "month": "5",
    "year": "1950",
    "sex": "M",
    "area": "IS-N",
    "address": "010-1234-5678",
}


def test_someone_without_a_number_registers_and_books(opened):
    client = Client()
    assert "Register with your name" in text_of(client.get(REGISTER))
    assert client.post(REGISTER, FORM).headers["Location"] == f"{BOOK}code/"
    assert client.post(f"{BOOK}code/", {"code": sent_code()}).headers["Location"] == MINE
    page = text_of(client.get(f"{BOOK}times/"))
    assert "Nguyễn Văn Hùng, dose 1" in page


def test_someone_near_a_known_person_books_and_the_desk_decides(opened):
    client = Client()
    client.post(REGISTER, FORM | {"name": "Resident 4"})
    assert client.post(f"{BOOK}code/", {"code": sent_code()}).headers["Location"] == MINE
    assert "Resident 4, dose 1" in text_of(client.get(f"{BOOK}times/"))
    registrar = user(Role.REGISTRAR)
    assert "Registrations to look at (1)" in text_of(registrar.get(DESK))
    page = markup(registrar.get(f"{DESK}reviews/"))
    url = re.search(rf'href="({DESK}reviews/\d+/)"', page)[1]
    assert "P1" in text_of(registrar.get(url)) and "+821012345678" in text_of(registrar.get(url))
    assert registrar.post(url, {"person": "x"}).status_code == 400
    page = registrar.post(url, {"person": str(opened[0].pk)})
    assert page.status_code == 400 and "Say which document you have seen" in text_of(page)
    answer = registrar.post(url, {"person": "new"})
    made = Person.objects.get(register__code="provisional")
    assert answer.headers["Location"] == f"{DESK}{made.pk}/"
    assert registrar.post(url, {"person": "new"}).headers["Location"] == f"{DESK}reviews/"
    # with the same words they are known now
    client.post(REGISTER, FORM | {"name": "Resident 4"})
    assert client.post(f"{BOOK}code/", {"code": sent_code()}).headers["Location"] == MINE
    assert Person.objects.filter(register__code="provisional").count() == 1


def test_the_owner_is_told_who_registered_in_their_name(opened):
    thief = Client()
    thief.post(REGISTER, FORM | {"name": "Resident 1", "sex": "F"})
    thief.post(f"{BOOK}code/", {"code": sent_code()})
    owner = identified()
    page = text_of(owner.get(MINE))
    assert "Somebody registered with your name" in page and "…5678" in page
    url = f"{MINE}claims/{Registration.objects.get().pk}/"
    assert Client().post(url, {"mine": ""}).headers["Location"] == BOOK
    owner.post(url, {"not_mine": ""})
    assert owner.get(MINE).headers["Location"] == f"{BOOK}times/"
    assert Registration.objects.get().status == "new"


def test_a_letter_is_printed_at_the_desk_for_people_of_its_own_area(opened):
    url = f"{DESK}{opened[0].pk}/letter/"
    desk = user(Role.REGISTRAR)
    assert desk.get(url).headers["Location"] == f"{DESK}{opened[0].pk}/", "nothing was made"
    assert desk.post(url).headers["Location"] == url
    page = text_of(desk.get(url))
    code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", page)
    assert "Resident 1" in page and code and opened[0].external_id in page
    assert code[0] in text_of(desk.get(url)), "loaded again it is the same letter"
    assert desk.get(f"{DESK}{opened[1].pk}/letter/").status_code == 302
    assert user(Role.REGISTRAR, area="IS-S").post(url).status_code == 403
    assert user(Role.VACCINATOR).post(url).status_code == 403


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"name": "x"}, "full name"),
        ({"day": "40"}, "date of birth"),
        ({"sex": "?"}, "Choose one"),
        ({"area": ""}, "area in which you live"),
        ({"area": "XX"}, "area in which you live"),
        ({"address": "abc"}, "phone number or an e-mail"),
        ({"name": "a\x00b\x1b"}, "full name"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_entered_stays(opened, wrong, words):
    page = Client().post(REGISTER, FORM | wrong)
    assert page.status_code == 400
    assert words in text_of(page)
    assert Registration.objects.count() == 0
    if "name" not in wrong:
        assert 'value="Nguyễn Văn Hùng"' in markup(page)


def test_the_summary_leads_to_each_field_that_is_wrong(opened):
    wrong = FORM | {"day": "31", "month": "2", "sex": "", "area": "XX"}
    for client, url in ((Client(), REGISTER), (user(Role.REGISTRAR), f"{DESK}register/")):
        page = client.post(url, wrong)
        html = markup(page)
        assert page.status_code == 400
        for field in ("id_day", "id_sex_0", "id_area"):
            assert f'<a href="#{field}">' in html and f'id="{field}"' in html
        assert 'name="day" value="31"' in html and 'value="Nguyễn Văn Hùng"' in html
    assert Registration.objects.count() == 0


def test_an_address_of_another_country_is_told_beside_it(opened):
    page = Client().post(REGISTER, FORM | {"address": "+39 06 698 12345"})
    assert page.status_code == 400 and "a phone number of this country" in text_of(page)
    assert '<a href="#id_address">' in markup(page)
    page = user(Role.REGISTRAR, area="IS-S").post(f"{DESK}register/", FORM)
    assert page.status_code == 400 and '<a href="#id_area">' in markup(page)
    assert "registered by another desk" in text_of(page)


def test_whether_someone_is_registered_is_not_to_be_seen(opened):
    known, unknown = Client(), Client()
    known.post(REGISTER, FORM | {"name": "Resident 1"})
    unknown.post(REGISTER, FORM)
    pages = [
        re.sub(r"csrf\w*\"[^>]+>", "", markup(c.get(f"{BOOK}code/"))) for c in (known, unknown)
    ]
    assert pages[0] == pages[1]


def test_the_desk_registers_merges_and_parts(opened):
    registrar = user(Role.REGISTRAR)
    answer = registrar.post(f"{DESK}register/", FORM | {"address": ""})
    made = Person.objects.get(register__code="provisional")
    assert answer.headers["Location"] == f"{DESK}{made.pk}/"
    near = registrar.post(f"{DESK}register/", FORM | {"name": "Resident 5", "address": ""})
    assert "/reviews/" in near.headers["Location"]
    url = f"{DESK}{opened[0].pk}/merge/"
    page = text_of(registrar.get(f"{url}?other={made.external_id}"))
    assert "These records are not alike" in page and made.name in page
    assert "exactly one" in text_of(registrar.get(f"{url}?other=Resident"))
    page = registrar.post(url, {"other": made.external_id, "reason": ""})
    assert page.status_code == 400 and '<a href="#id_reason">' in markup(page)
    assert "Say why these are one person." in text_of(page) and made.name in text_of(page)
    done = registrar.post(url, {"other": made.external_id, "reason": "identity card"})
    assert done.headers["Location"] == f"{DESK}{opened[0].pk}/"
    assert "identity card" in text_of(registrar.get(f"{DESK}{opened[0].pk}/"))
    # the merged record leads to the one that is kept
    assert "Resident 1" in text_of(registrar.get(f"{DESK}{made.pk}/"))
    assert registrar.post(f"{DESK}{opened[0].pk}/undo/", {"merge": "x"}).status_code == 400
    registrar.post(f"{DESK}{opened[0].pk}/undo/", {"merge": str(Merge.objects.get().pk)})
    assert Merge.objects.get().undone_at is not None


def test_only_registrars_see_registrations(opened):
    for role in (Role.VACCINATOR, None):
        client = user(role)
        for path in ("register/", "reviews/", "reviews/1/", f"{opened[0].pk}/merge/"):
            assert client.get(f"{DESK}{path}").status_code == 403
    assert Client().get(f"{DESK}reviews/").status_code == 302


def test_a_registrar_of_one_area_decides_nothing_of_another(opened):
    client = Client()
    client.post(REGISTER, FORM | {"name": "Resident 4"})
    client.post(f"{BOOK}code/", {"code": sent_code()})
    stranger = user(Role.REGISTRAR, area="IS-S")
    assert "Nothing waits" in text_of(stranger.get(f"{DESK}reviews/"))
    row = Registration.objects.get()
    assert stranger.get(f"{DESK}reviews/{row.pk}/").status_code == 403
    assert stranger.post(f"{DESK}reviews/{row.pk}/", {"person": "new"}).status_code == 403
    assert stranger.get(f"{DESK}{opened[0].pk}/merge/").status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_speaks(opened, language):
    client = Client()
    client.cookies["django_language"] = language
    page = text_of(client.get(REGISTER))
    assert ("Full name" in page) == (language == "en")
