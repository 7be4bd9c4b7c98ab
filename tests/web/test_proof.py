"""Who is it? A proof that only they hold opens what is theirs; what others know opens nothing."""

import re

import msgspec
from django.test import Client

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.notices.models import Notice
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.people.models import Code, Contact, Person
from balmis.core.people.letter_code import read_code
from balmis.flows.people.merge import merge_people
from tests import make
from tests.pages import markup
from tests.web.conftest import sent_code
from tests.web.test_booking import BOOK, BORN, MINE, identified
from tests.web.test_pages import text_of


def test_whether_someone_is_registered_is_not_told(opened):
    found, missing = Client(), Client()
    keep_contact(opened[0], email="owner@example.org", language="en", now=make.NOON)
    asked = {"number": "P1", "address": "a@example.org"} | BORN
    answers = [found.post(BOOK, asked), missing.post(BOOK, asked | {"number": "P999"})]
    assert {a.headers["Location"] for a in answers} == {f"{BOOK}code/"}
    pages = [re.sub(r'value="\w{64}"', "", markup(c.get(f"{BOOK}code/"))) for c in (found, missing)]
    assert pages[0] == pages[1]
    assert Notice.objects.get().address == "owner@example.org"
    assert missing.post(f"{BOOK}code/", {"code": sent_code()}).status_code == 400


def test_a_number_and_a_birthday_take_over_nobody(opened):
    """Nothing is sent, nothing is shown, no address becomes theirs; and the letter still proves them."""
    thief = Client()
    for number in ("P1", "p1", "９０"):
        thief.post(BOOK, {"number": number, "address": "thief@example.org"} | BORN)
    assert not Notice.objects.exists() and not Contact.objects.exists()
    assert thief.post(f"{BOOK}code/", {"code": "123456"}).status_code == 400
    assert thief.get(MINE).status_code == 302
    owner = identified()
    assert Contact.objects.get().proof == "letter"
    assert owner.get(f"{BOOK}times/").status_code == 200


def test_a_letter_is_good_once_and_only_with_its_birthday(opened):
    code = make.letter(opened[0])
    client = Client()
    asked = {"number": code.lower().replace("-", " "), "address": "010-1234-5678"} | BORN
    client.post(BOOK, asked | {"year": "1951"})
    client.post(BOOK, asked | {"number": make.letter(opened[1])[:-1] + "!"})
    assert not Notice.objects.exists()
    client.post(BOOK, asked)
    assert client.post(f"{BOOK}code/", {"code": sent_code()}).headers["Location"] == MINE
    thief = Client()
    thief.post(BOOK, asked | {"address": "thief@example.org"})
    assert {n.address for n in Notice.objects.all()} == {"+821012345678"}
    assert Contact.objects.get().phone == "+821012345678"


def test_whoever_used_the_letter_comes_back_with_it_by_the_phone_given_then(opened):
    asked = {"number": make.letter(opened[0]), "address": "010-1234-5678"} | BORN
    first, later = Client(), Client()
    first.post(BOOK, asked)
    first.post(f"{BOOK}code/", {"code": sent_code()})
    later.post(BOOK, asked | {"address": "010-9999-9999"})
    assert Notice.objects.latest("pk").address == "+821012345678"
    assert later.post(f"{BOOK}code/", {"code": sent_code()}).headers["Location"] == MINE
    void = make.letter(opened[1])
    make.letter(opened[1])
    sent = Notice.objects.count()
    later.post(f"/c/{make.SLUG}/book/leave/")
    Client().post(BOOK, asked | {"number": void})
    assert Notice.objects.count() == sent, "one that a newer letter ended says nothing"


def test_a_code_sent_twice_on_a_slow_line_has_the_same_answer(opened):
    client = Client()
    client.post(BOOK, {"number": make.letter(opened[0]), "address": "010-1234-5678"} | BORN)
    slow, code = Client(), sent_code()
    slow.cookies["sessionid"] = client.cookies["sessionid"].value
    assert client.post(f"{BOOK}code/", {"code": code}).headers["Location"] == MINE
    assert slow.post(f"{BOOK}code/", {"code": "000000"}).status_code == 400
    assert slow.post(f"{BOOK}code/", {"code": code}).headers["Location"] == MINE
    assert all(c.get(f"{BOOK}times/").status_code == 200 for c in (slow, client))
    assert client.get(BOOK).headers["Location"] == MINE, "who is known is not asked again"
    assert client.get(f"{BOOK}code/").status_code == 302
    stranger = Client()
    stranger.cookies["sessionid"] = "nobody"
    assert stranger.post(f"{BOOK}code/", {"code": code}).headers["Location"] == BOOK


def test_a_code_may_be_typed_as_it_is_read_and_a_mistyped_letter_is_seen(opened):
    client, letter = Client(), make.letter(opened[0])
    asked = {"number": letter, "address": "010-1234-5678"} | BORN
    last = "0" if letter[-1] != "0" else "2"
    page = client.post(BOOK, asked | {"number": letter[:-1] + last})
    assert page.status_code == 400 and '<a href="#id_number">' in markup(page)
    assert "Look at the letter again" in markup(page) and not Notice.objects.exists()
    client.post(BOOK, asked)
    shown = markup(client.get(BOOK))
    assert f'value="{letter}"' in shown and 'value="1950"' in shown, "to be looked at again"
    code = sent_code()
    spaced = f" {code[:3]} {code[3:]} "
    assert client.post(f"{BOOK}code/", {"code": spaced}).headers["Location"] == MINE


def test_a_new_letter_ends_the_one_before(opened):
    first, second = make.letter(opened[0]), make.letter(opened[0])
    for code, sent in ((first, 0), (second, 1)):
        Client().post(BOOK, {"number": code, "address": "010-1234-5678"} | BORN)
        assert Notice.objects.count() == sent


def test_a_code_is_of_the_browser_that_asked_and_others_neither_use_nor_spoil_it(opened):
    keep_contact(opened[0], email="owner@example.org", language="en", now=make.NOON)
    asked = {"number": "P1", "address": "x@example.org"} | BORN
    owner, thief = Client(), Client()
    owner.post(BOOK, asked)
    right = sent_code()
    thief.post(BOOK, asked)
    for text in (right, *["000000"] * 8):
        assert thief.post(f"{BOOK}code/", {"code": text}).status_code == 400
    assert owner.post(f"{BOOK}code/", {"code": right}).headers["Location"] == MINE


def test_a_code_is_good_though_another_was_asked_for(opened):
    client, asked = Client(), {"number": make.letter(opened[0]), "address": "010-1234-5678"} | BORN
    client.post(BOOK, asked)
    first = sent_code()
    client.post(BOOK, asked)
    assert client.post(f"{BOOK}code/", {"code": first}).headers["Location"] == MINE


def test_a_wrong_code_has_five_tries_and_a_right_one_is_used_once(opened):
    client = Client()
    client.post(BOOK, {"number": make.letter(opened[0]), "address": "010-1234-5678"} | BORN)
    right = sent_code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert client.post(f"{BOOK}code/", {"code": wrong}).status_code == 400
    tried = AuditEntry.objects.filter(action="person.identify_failed")
    assert set(tried.values_list("subject", flat=True)) == {f"person:{opened[0].pk}"}
    assert client.post(f"{BOOK}code/", {"code": right}).status_code == 400
    assert Code.objects.get().tries == 5


def test_five_an_hour_are_sent_and_a_sixth_is_told_alike_whoever_is_registered(opened):
    keep_contact(opened[0], phone="+821012345678", language="en", now=make.NOON)
    for number in ("P1", "P999"):
        asked = {"number": number, "address": "thief@example.org"} | BORN
        assert {Client().post(BOOK, asked).status_code for _ in range(5)} == {302}
        page = Client().post(BOOK, asked)
        assert page.status_code == 409 and "Too many tries. Wait 12 minutes" in text_of(page)
    assert set(Notice.objects.values_list("address", flat=True)) == {"+821012345678"}
    assert Notice.objects.count() == 5
    # whoever asks from elsewhere is not stopped by it
    elsewhere = Client(REMOTE_ADDR="1.1.1.7")
    assert elsewhere.post(BOOK, asked | {"number": "P1"}).status_code == 302
    assert Notice.objects.count() == 6


def test_what_strangers_state_uses_up_no_code_of_the_owner(opened):
    keep_contact(opened[0], phone="+821012345678", language="en", now=make.NOON)
    form = {"name": "Some Body", "sex": "F", "area": "IS-N", "address": "010-1234-5678"} | BORN
    for network in range(4):
        for _ in range(6):
            last = Client(REMOTE_ADDR=f"1.1.1.{network}").post(f"{BOOK}register/", form)
        assert last.status_code == 409
    sent = Notice.objects.count()
    Client().post(BOOK, {"number": "P1", "address": "x@example.org"} | BORN)
    assert Notice.objects.count() == sent + 1


def test_who_was_merged_while_signed_in_shows_anew_who_they_are(opened):
    """Whoever registered in somebody's name is not that somebody once the records are one."""
    thief = Client()
    form = {"name": "Resident 1", "sex": "F", "area": "IS-N", "address": "010-9999-0000"} | BORN
    thief.post(f"{BOOK}register/", form)
    assert thief.post(f"{BOOK}code/", {"code": sent_code()}).headers["Location"] == MINE
    made = Person.objects.get(register__provisional=True)
    merge_people(opened[0].pk, made.pk, reason="document", actor=make.SYSTEM, now=make.NOON)
    assert thief.get(MINE).headers["Location"] == BOOK
    assert thief.get(f"{BOOK}times/").headers["Location"] == BOOK
    assert thief.get(f"{MINE}event/").status_code == 302


def test_twelve_digits_are_a_national_number_and_no_letter(opened):
    taken = [n for n in range(400) if read_code(f"{38_000_000_000 + n:012}")]
    assert taken == []


def test_codes_cost_no_more_than_the_campaign_allows(opened, monkeypatch):
    policy = campaigns.policy_of(campaigns.campaign(make.SLUG).pk)
    identity = msgspec.structs.replace(policy.identity, messages_a_day=10)
    cheap = msgspec.structs.replace(policy, identity=identity)
    monkeypatch.setattr("balmis.contexts.campaigns.queries.policy_of", lambda _: cheap)
    person = opened[0]
    for n in range(11):
        asked = {"number": make.letter(person), "address": f"010-1234-{5000 + n}"} | BORN
        page = Client().post(BOOK, asked)
    assert page.status_code == 409 and "Use an e-mail address" in text_of(page)
    assert Notice.objects.count() == 10
    asked = {"number": make.letter(person), "address": "me@example.org"} | BORN
    assert Client().post(BOOK, asked).status_code == 302
    abroad = {"number": make.letter(person), "address": "+44 20 7946 0018"} | BORN
    page = Client().post(BOOK, abroad)
    assert page.status_code == 400 and "a phone number of this country" in text_of(page)
    page = Client().post(BOOK, abroad | {"address": "064-710-1234"})
    assert page.status_code == 400 and "text message does not reach" in text_of(page)


def test_an_answer_takes_as_long_whoever_is_registered(opened, monkeypatch):
    """Nothing is answered sooner than what takes longest."""
    slept = []
    monkeypatch.setattr("balmis.web.shared.rate_limit.time.sleep", slept.append)
    monkeypatch.setattr("balmis.web.shared.rate_limit.LEAST", 3600.0)
    keep_contact(opened[0], phone="+821012345678", language="en", now=make.NOON)
    for number in ("P1", "P999"):
        Client().post(BOOK, {"number": number, "address": "x@example.org"} | BORN)
    assert [round(seconds) for seconds in slept] == [3600, 3600]
