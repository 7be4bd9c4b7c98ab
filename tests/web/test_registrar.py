"""The registration desk finds people in any script and books for them at once."""

import re
import unicodedata

import pytest

from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.people.models import Contact
from balmis.core.vocabulary.access import Role
from tests import make
from tests.pages import markup
from tests.web.conftest import coming, user
from tests.web.test_pages import LANGUAGES, text_of

DESK = f"/registrar/{make.SLUG}/"


@pytest.fixture
def desk(committed):
    make.campaign()
    people = [make.person(1), make.person(2), make.person(3, area="IS-S")]
    make.change_person(people[0].pk, name="김서연", romanised_name="Kim Seo-yeon")
    make.change_person(people[1].pk, name="Nguyễn Thị Hà", national_id="001234567890")
    keep_contact(people[1], phone="+821055554444", language="vi", now=make.NOON)
    make.enrol()
    coming(2)
    coming(23)
    return user(Role.REGISTRAR, area="IS-N"), people


@pytest.mark.parametrize(
    "text, who",
    [
        ("서연", 0),
        ("seo-y", 0),
        ("Thị", 1),
        ("001234567890", 1),
        ("010-5555-4444", 1),
        ("P2", 1),
    ],
)
def test_a_person_is_found_by_any_part_of_what_they_can_say(desk, text, who):
    client, people = desk
    assert client.get(DESK, {"q": text}).headers["Location"] == f"{DESK}{people[who].pk}/"
    assert AuditEntry.objects.filter(action="people.searched").count() == 1


def test_signs_of_patterns_and_parts_of_names_of_elsewhere_find_nobody(desk):
    client, people = desk
    for text in ("%%", "__", "Resident 3", "'", "\\", "a & !b", "x:*"):
        assert "Nobody of your areas is found" in text_of(client.get(DESK, {"q": text}))
    assert client.get(f"{DESK}{people[2].pk}/").status_code == 403
    assert user(Role.VACCINATOR, site="hall").get(DESK).status_code == 403


@pytest.mark.parametrize("text", ["P3", "p 3", "Resident 3 1950-05-05", "resident 05.05.1950"])
def test_somebody_of_another_desk_is_said_to_be_there_and_served_with_a_reason(desk, text):
    """Scope is said, never shown as absence."""
    client, people = desk
    make.change_person(people[2].pk, name="Resident 3", born="1950-05-05")
    answer = client.get(DESK, {"q": text})
    assert "belongs to the desk of South" in text_of(answer)
    assert "Resident 3" not in text_of(answer).split("<main")[1].replace(text, "")
    serve = f"{DESK}{people[2].pk}/serve/"
    assert client.get(f"{DESK}{people[2].pk}/").status_code == 403
    assert client.post(serve, {"why": ""}).status_code == 400
    assert client.get(f"{DESK}{people[2].pk}/").status_code == 403
    assert client.post(serve, {"why": "works in the north"}).status_code == 302
    assert client.get(f"{DESK}{people[2].pk}/").status_code == 200
    line = AuditEntry.objects.get(action="person.served_elsewhere")
    assert line.reason == "works in the north"


@pytest.mark.parametrize(
    "text",
    [
        "nguyen thi ha",
        "NGUYỄN HÀ",
        "ha nguyen",
        "guyễn",
        "nguyen\u00a0 thi",
        unicodedata.normalize("NFD", "Nguyễn Thị Hà"),
        "\u200bhà",
        "1234567890",
        "0012 3456 7890",
        "hà 1950",
        "ha 5.5.1950",
        "1950-05-05 ha",
    ],
)
def test_a_person_is_found_in_every_spelling(desk, text):
    client, people = desk
    make.change_person(people[1].pk, born="1950-05-05")
    assert client.get(DESK, {"q": text}).headers["Location"] == f"{DESK}{people[1].pk}/"


def test_both_doses_are_booked_on_one_screen_and_printed_with_a_code(desk):
    client, people = desk
    page = markup(client.get(f"{DESK}{people[0].pk}/"))
    day = re.search(r'href="[^"]*(\?on=[^"]+)"', page)
    assert day
    page = markup(client.get(f"{DESK}{people[0].pk}/{day[1].replace('&amp;', '&')}"))
    form = page[page.index('<ul class="times">') :].split("</form>")[0]
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    for wrong in ({"pool": "x"}, {"request_id": ""}):
        page = client.post(f"{DESK}{people[0].pk}/book/", form | wrong)
        assert page.status_code == 400 and '<ul class="times">' in markup(page)
    assert client.post(f"{DESK}{people[0].pk}/cancel/", {"booking": "x"}).status_code == 400
    client.post(f"{DESK}{people[0].pk}/book/", form)
    client.post(f"{DESK}{people[0].pk}/book/", form)  # pressed twice
    assert list(Booking.objects.values_list("number", "status", "channel").order_by("number")) == [
        (1, "confirmed", "registrar"),
        (2, "confirmed", "registrar"),
    ]
    card = client.get(f"{DESK}{people[0].pk}/card/")
    assert "김서연" in text_of(card)
    booked = Booking.objects.get(number=1)
    code = client.get(f"{DESK}code/{booked.pk}.svg")
    assert code["Content-Type"] == "image/svg+xml" and b"xmlns=" in code.content
    client.post(f"{DESK}{people[0].pk}/cancel/", {"booking": booked.pk})
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}
    assert drift() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_speaks_every_language(desk, language):
    client, people = desk
    client.cookies["django_language"] = language
    for path in (DESK, f"{DESK}?q=zz", f"{DESK}{people[0].pk}/", f"{DESK}{people[0].pk}/card/"):
        page = client.get(path)
        assert page.status_code == 200
        assert f'lang="{language}"' in markup(page)


def test_the_desk_says_how_someone_is_reached_and_changes_it(desk):
    client, people = desk
    page = text_of(client.get(f"{DESK}{people[1].pk}/"))
    assert "+821055554444" in page and "Doses so far" in page
    url = f"{DESK}{people[1].pk}/address/"
    page = client.post(url, {"address": "a@b@c", "language": "ko"})
    assert page.status_code == 400 and '<a href="#id_address">' in markup(page)
    assert 'value="a@b@c"' in markup(page) and 'value="ko" selected lang="ko"' in markup(page)
    page = client.post(url, {"address": "010-2222-3333", "language": "ko"})
    assert page.status_code == 400 and "See their document" in text_of(page)
    client.post(url, {"address": "010-2222-3333", "language": "ko", "document": "on"})
    contact = Contact.objects.get(person=people[1])
    assert (contact.phone, contact.language) == ("+821022223333", "ko")
    told = AuditEntry.objects.get(action="person.address_kept").facts
    assert (told["before"], told["after"]) == ("…4444", "…3333")
    assert client.post(url, {"address": "", "language": "ko"}).status_code == 400
    client.post(url, {"address": "", "language": "ko", "document": "on"})
    assert not Contact.objects.exists()
    client.post(url, {"address": "010-5555-4444", "language": "vi"})
    Contact.objects.update(tell=False)
    assert Contact.objects.get().proof == "claimed"  # on the phone: no proof
    client.post(url, {"address": "010-5555-4444", "language": "en", "document": "on"})
    assert Contact.objects.get().proof == "desk"
    client.post(url, {"address": "010-5555-4444", "language": "ko"})
    assert Contact.objects.get().proof == "desk"  # only the language changed
    client.post(url, {"address": "", "language": "ko", "document": "on"})
    client.post(url, {"address": "010-2222-3333", "language": "ko"})
    assert not Contact.objects.get().tell  # who wanted no messages gets none
    elsewhere = f"{DESK}{people[2].pk}/address/"
    assert client.post(elsewhere, {"address": "010-2222-3333"}).status_code == 403


def test_an_empty_search_says_what_to_write(desk):
    client, _ = desk
    assert "Write a name, a number or a birthday" in text_of(client.get(DESK, {"q": " "}))
    assert "at least two" not in text_of(client.get(DESK))
