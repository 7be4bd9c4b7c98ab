"""Whoever owns an account hears of each change of it: by mail, and at the next sign-in."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.core import mail
from django.test import Client, override_settings

from balmis.contexts.access.models import Factor, Grant, User
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.notices.models import Notice
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.notices.account_texts import BY, NOT_TOLD, OFFICE, OWN, SIGN_IN, TOLD
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.notices import Medium, Purpose
from balmis.flows.access import account, emergency, provider, second_factor, sign_ins
from balmis.flows.access.import_users import ImportUsers, import_users
from balmis.flows.access.save_user import KeepUser, keep_user, read_grant
from balmis.flows.booking.send_notices import deliver
from balmis.uploads.readers import read_book
from balmis.web.labels.access import ACCOUNT_ACTS
from tests import make
from tests.pages import markup
from tests.web.test_accounts import NEW, PASSWORD, PIN, entered, staff
from tools.code_reading import audited, modules

BOX = "nurse@hospital.example"
NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)  # noon in Seoul


@pytest.fixture
def nurse(island):
    found = staff("nurse", Role.VACCINATOR, "hall")
    User.objects.filter(pk=found.pk).update(email=BOX, language="ko")
    return found


def told() -> list[tuple[str, str]]:
    """What was told, and as whose doing; in order."""
    found = Notice.objects.filter(purpose=Purpose.ACCOUNT).order_by("pk")
    return [(n.facts["what"].removeprefix("user."), n.facts["by"]) for n in found]


def test_each_line_about_an_account_is_told_or_has_its_reason_not_to_be():
    written = {w.word for m in modules() for w in audited(m) if w.word.startswith("user.")}
    assert written == TOLD.keys() | NOT_TOLD.keys() == ACCOUNT_ACTS.keys()
    assert not TOLD.keys() & NOT_TOLD.keys() and BY.keys() == {OWN, SIGN_IN, OFFICE}


def test_every_change_is_told_and_by_whom(nurse):
    key, by = nurse.pk, {"actor": make.SYSTEM, "now": NOW}
    account.change_password(key, PASSWORD, NEW, now=NOW)
    account.change_pin(key, NEW, PIN, now=NOW)
    account.change_pin(key, NEW, "", now=NOW)
    secret = second_factor.new_app_secret()
    code = pyotp.TOTP(secret).at(NOW)
    browser = sign_ins.Browser("b", "10.0.0.1")
    here = sign_ins.start_sign_in(
        nurse, sign_ins.SignInMeans.PASSWORD, browser, comer=None, now=NOW
    )
    codes = second_factor.add_app(key, secret, code, NEW, sign_in=here, now=NOW)
    second_factor.take_code(key, codes[0], client="10.0.0.1", now=NOW)
    second_factor.new_recovery_codes(key, NEW, now=NOW)
    second_factor.remove_factor(key, Factor.objects.get().pk, NEW, now=NOW)
    emergency.take_role(key, Role.VACCINATOR, "clinic", "everybody else is ill", NEW, now=NOW)
    emergency.end_role(Grant.objects.exclude(emergency="").get().pk, **by)
    provider.user_of("subject", "nurse", client="10.0.0.1", now=NOW)
    provider.untie("nurse", **by)
    grants = [read_grant("registrar")]
    keep_user(KeepUser(username="nurse", name="N", password=None, grants=grants), **by)
    account.set_active("nurse", active=False, **by)
    account.set_active("nurse", active=True, **by)
    word = account.invite("nurse", lost_factor=True, **by)
    account.accept_invitation(word, PASSWORD, now=NOW)
    account.change_address("nurse", "", **by)
    assert told() == [
        ("password_changed", OWN),
        ("pin_set", OWN),
        ("pin_removed", OWN),
        ("factor_added", OWN),
        ("recovery_code_used", OWN),
        ("recovery_codes_made", OWN),
        ("factor_removed", OWN),
        ("took_role", OWN),
        ("role_ended", OFFICE),
        ("provider_tied", SIGN_IN),
        ("provider_untied", OFFICE),
        ("kept", OFFICE),
        ("disabled", OFFICE),
        ("enabled", OFFICE),
        ("factors_lost", OFFICE),
        ("invited", OFFICE),
        ("invitation_used", OWN),
        ("address_changed", OFFICE),
    ]
    assert {f"user.{what}" for what, _ in told()} == TOLD.keys()
    found = Notice.objects.filter(purpose=Purpose.ACCOUNT)
    assert {n.address for n in found} == {BOX} and {n.medium for n in found} == {"email"}
    told_facts = str([n.facts for n in found])
    for secret_word in (secret, codes[1], PASSWORD, NEW, PIN, word):
        assert secret_word not in told_facts


def test_the_mail_says_what_when_and_by_whom_and_holds_no_link(nurse):
    User.objects.update(language="en")
    account.change_password(nurse.pk, PASSWORD, NEW, now=NOW)
    backend = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    with override_settings(EMAIL_HOST="mail.example", EMAIL_BACKEND=backend):
        assert deliver(Medium.EMAIL, clock=lambda: NOW) == 1
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([BOX], "Your account was changed")
    assert "The password was changed." in sent.body
    assert "Account: nurse" in sent.body
    assert "When: Tue 1 Dec, 12:00 (Asia/Seoul)" in sent.body
    assert "It was done from the account itself." in sent.body and "tell whoever" in sent.body
    assert "http" not in sent.body and not sent.attachments
    assert Notice.objects.get().status == "sent"


def test_another_address_is_told_to_the_old_one_and_the_new_one(nurse):
    by = {"actor": make.SYSTEM, "now": NOW}
    account.change_address("nurse", "new@hospital.example", **by)
    assert {n.address for n in Notice.objects.all()} == {BOX, "new@hospital.example"}
    line = AuditEntry.objects.get(action="user.address_changed")
    assert line.facts == {"before": "n…@hospital.example", "after": "n…@hospital.example"}
    account.change_address("nurse", "new@hospital.example", **by)
    assert AuditEntry.objects.filter(action="user.address_changed").count() == 1, "as it was"
    with pytest.raises(BadInput, match="not an e-mail"):
        account.change_address("nurse", "nobody", **by)
    with pytest.raises(NotAllowed):
        account.change_address("nurse", BOX, actor=Actor(f"user:{nurse.pk}"), now=NOW)
    assert User.objects.get(pk=nurse.pk).email == "new@hospital.example"


def test_a_staff_list_brings_addresses(nurse):
    rows = "username,role,site,email\nnurse,vaccinator,hall,{}\n"

    def load(address: str):
        book = read_book(rows.format(address).encode())
        return import_users(ImportUsers(book=book), actor=make.SYSTEM, now=NOW)

    assert load("other@hospital.example").changed == ("nurse",)
    assert {n.address for n in Notice.objects.filter(facts__what="user.address_changed")} == {
        BOX,
        "other@hospital.example",
    }
    assert load("other@hospital.example").same == 1 and load("").same == 1
    with pytest.raises(BadInput) as refused:
        load("nobody")
    assert "is no e-mail address" in refused.value.problems[0]


def test_the_language_is_that_of_the_last_sign_in_or_the_house_s(nurse):
    account.set_active("nurse", active=True, actor=make.SYSTEM, now=NOW)
    User.objects.update(language="")
    account.set_active("nurse", active=True, actor=make.SYSTEM, now=NOW)
    assert list(Notice.objects.order_by("pk").values_list("language", flat=True)) == ["ko", "en"]
    entered("nurse", Client(headers={"Accept-Language": "vi"}))
    assert User.objects.get(pk=nurse.pk).language == "vi"


def test_a_change_that_fails_tells_nothing(nurse):
    with pytest.raises(BadInput):
        account.change_password(nurse.pk, "wrong", NEW, now=NOW)
    assert not Notice.objects.exists()


def test_without_an_address_or_a_mail_server_the_next_sign_in_shows_it_once(nurse):
    User.objects.update(email="")
    first = entered("nurse")
    assert first.get("/account/").status_code == 200
    now = datetime.now(UTC)
    account.change_pin(nurse.pk, PASSWORD, PIN, now=now)
    account.invite("nurse", lost_factor=False, actor=make.SYSTEM, now=now)
    assert not Notice.objects.exists()
    browser = Client()
    asked = {"username": "nurse", "password": PASSWORD, "next": "/account/pin/"}
    answer = browser.post("/sign-in/", asked)
    assert answer.headers["Location"] == "/account/news/?next=%2Faccount%2Fpin%2F"
    page = markup(browser.get(answer.headers["Location"]))
    assert "The PIN for shared desks was set." in page
    assert "It was done from the account itself." in page
    assert "A link was made with which a new password is chosen." in page
    assert "It was done by whoever keeps the users." in page
    assert 'href="/account/pin/"' in page
    again = Client().post("/sign-in/", asked)
    assert again.headers["Location"] == "/account/pin/", "once"


def test_the_first_sign_in_shows_nothing_and_a_lost_factor_is_shown(nurse):
    word = account.invite("nurse", lost_factor=False, actor=make.SYSTEM, now=NOW)
    done = Client().post(f"/invitation/{word}/", {"new": NEW, "again": NEW})
    assert done.headers["Location"] == "/account/"
    now = datetime.now(UTC) + timedelta(seconds=1)
    word = account.invite("nurse", lost_factor=True, actor=make.SYSTEM, now=now)
    browser = Client()
    done = browser.post(f"/invitation/{word}/", {"new": PASSWORD, "again": PASSWORD})
    assert done.headers["Location"].startswith("/account/news/")
    assert "All second factors were taken off" in markup(browser.get(done.headers["Location"]))


def test_news_lead_nowhere_else(nurse):
    browser = entered("nurse")
    page = markup(browser.get("/account/news/?next=https://elsewhere.example/"))
    assert 'href="https://elsewhere' not in page and 'href="/coordination/"' in page
