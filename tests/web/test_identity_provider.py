"""Staff and residents show who they are by the region's identity provider."""

import time
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from joserfc.jwk import ECKey

from balmis.contexts.access import services as access
from balmis.contexts.access.models import SignIn, User
from balmis.contexts.journal.models import AuditEntry
from balmis.core.access.identity_provider import IdentityProvider, read_provider
from balmis.core.access.rules import SignInRules
from balmis.core.vocabulary.access import Role
from balmis.flows.access.provider import untie
from tests import make
from tests.identity_provider import CLIENT, SECRET, Provider, serving

BOOK = f"/c/{make.SLUG}/book/"


@pytest.fixture
def region(committed):
    """The provider, and an account of a planner."""
    make.campaign()
    access.keep_user(
        "planner",
        name="Planner",
        password="correct-horse-battery",
        grants=[(Role.PLANNER, None, None)],
    )
    cache.clear()
    with serving() as provider:
        of = IdentityProvider(
            issuer=provider.address,
            client=CLIENT,
            secret=SECRET,
            name="Island ID",
            number="national_number",
            strong=frozenset({"two"}),
        )
        with override_settings(IDENTITY_PROVIDER=of):
            provider.claims = {"preferred_username": "planner", "acr": "two"}
            yield provider


def come(browser: Client, provider: Provider, path: str = "/sign-in/provider/"):
    """Over there and back, to the page that finishes."""
    sent = browser.get(path)
    assert sent.status_code == 302, sent.content.decode()[:300]
    assert sent["Location"].startswith(f"{provider.address}/authorize?")
    back = browser.get("/sign-in/provider/back/", provider.agree(sent["Location"]))
    return browser.get(back["Location"])


def test_an_account_is_tied_to_the_subject_the_first_time_and_comes_in(region):
    browser = Client()
    assert "Sign in with Island ID" in browser.get("/sign-in/").content.decode()
    done = come(browser, region, "/sign-in/provider/?next=/account/")
    assert (done.status_code, done["Location"]) == (302, "/account/")
    assert browser.get("/account/").status_code == 200
    assert SignIn.objects.get().means == "provider"
    acts = AuditEntry.objects.filter(action__startswith="user.").order_by("pk")
    assert [a.action for a in acts] == ["user.provider_tied", "user.signed_in"]


def test_another_who_is_given_the_same_name_does_not_come_in(region):
    come(Client(), region)
    region.claims["sub"] = "subject-2"
    stranger = Client()
    told = come(stranger, region)
    assert told.status_code == 403 and "no account for you" in told.content.decode()
    assert stranger.get("/account/").status_code == 302
    assert AuditEntry.objects.filter(action="user.provider_refused").count() == 1
    untie("planner", actor=make.SYSTEM, now=make.NOON)
    assert come(stranger, region).status_code == 302, "whoever keeps the users has parted them"


def test_the_subject_stays_when_the_name_changes(region):
    come(Client(), region)
    region.claims["preferred_username"] = "planner.of.the.island"
    assert come(Client(), region).status_code == 302
    assert User.objects.count() == 1


def test_no_account_is_made_and_a_disabled_one_stays_shut(region):
    region.claims["preferred_username"] = "somebody"
    assert come(Client(), region).status_code == 403
    assert User.objects.count() == 1
    region.claims["preferred_username"] = "planner"
    User.objects.update(is_active=False)
    assert come(Client(), region).status_code == 403


@override_settings(SIGN_IN_RULES=SignInRules())
def test_one_factor_there_asks_for_ours(region):
    region.claims["acr"] = "one"
    browser = Client()
    assert come(browser, region).status_code == 302
    assert browser.get("/coordination/")["Location"] == "/account/needed/"
    region.claims["acr"] = "two"
    browser = Client()
    come(browser, region)
    assert browser.get("/coordination/", follow=True).status_code == 200


def wrong(change):
    """Of a claim or of the provider: what makes the answer one that is not believed."""
    return pytest.param(change, id=change.__name__.strip("_"))


def other_issuer(p: Provider) -> None:
    p.claims["iss"] = "https://elsewhere.example"


def other_client(p: Provider) -> None:
    p.claims["aud"] = "another"


def other_party(p: Provider) -> None:
    p.claims |= {"aud": [CLIENT, "another"], "azp": "another"}


def over(p: Provider) -> None:
    p.claims["exp"] = int(time.time()) - 600


def other_question(p: Provider) -> None:
    p.claims["nonce"] = "of another question"


def no_question(p: Provider) -> None:
    p.claims |= {"nonce": None, "nonce_supported": False}


def other_key(p: Provider) -> None:
    p.published = ECKey.generate_key("P-256", {"kid": "one"})


def unsigned(p: Provider) -> None:
    p.header = {"alg": "none"}


def nameless(p: Provider) -> None:
    p.claims["sub"] = None


@pytest.mark.parametrize(
    "change",
    [
        *map(wrong, (other_issuer, other_client, other_party, over, other_question)),
        *map(wrong, (no_question, other_key, unsigned, nameless)),
    ],
)
def test_an_answer_that_does_not_fit_is_not_believed(region, change):
    change(region)
    browser = Client()
    told = come(browser, region)
    assert told.status_code == 400 and "did not say who you are" in told.content.decode()
    assert browser.get("/account/").status_code == 302
    assert not SignIn.objects.exists()


def test_an_answer_is_for_the_browser_that_asked_and_for_once(region):
    asked, other = Client(), Client()
    sent = asked.get("/sign-in/provider/")
    answer = region.agree(sent["Location"])
    assert other.get("/sign-in/provider/back/", answer)["Location"] == "/"
    assert region.exchanged == []
    forged = asked.get("/sign-in/provider/back/", answer | {"state": "x"})
    assert asked.get(forged["Location"]).status_code == 400
    assert region.exchanged == [], "nothing was asked with it"
    asked.get("/sign-in/provider/")
    assert asked.get("/sign-in/provider/back/", answer)["Location"] == "/sign-in/provider/done/"
    assert asked.get("/sign-in/provider/done/").status_code == 400, "the state is another one now"
    assert asked.get("/sign-in/provider/done/")["Location"] == "/sign-in/"


def test_a_new_key_of_the_provider_is_fetched(region):
    come(Client(), region)
    region.key = ECKey.generate_key("P-256", {"kid": "two"})
    region.header = {"alg": "ES256", "kid": "two"}
    assert come(Client(), region).status_code == 302


def test_a_provider_that_does_not_answer_is_told_and_the_password_stays(region):
    region.down = True
    told = Client().get("/sign-in/provider/")
    assert told.status_code == 502 and "does not answer now" in told.content.decode()
    assert 'name="password"' in told.content.decode()


def test_a_resident_is_known_by_number_and_birthday_and_keeps_their_record(region):
    make.change_person(make.person(1).pk, national_id="850101-1234567")
    region.claims = {"birthdate": "1950-05-05"}
    region.more = {"national_number": "850101-1234567"}
    browser = Client()
    assert "Show who you are with Island ID" in browser.get(BOOK).content.decode()
    done = come(browser, region, f"{BOOK}provider/")
    assert done["Location"] == f"/c/{make.SLUG}/my/"
    assert browser.get(done["Location"])["Location"] == f"{BOOK}times/", "they are known"
    line = AuditEntry.objects.get(action="person.identified")
    assert line.facts["by"] == "identity provider"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"national_number": "850101-1234567", "birthdate": "1950-05-06"}, 404),
        ({"national_number": "P1", "birthdate": "1950-05-05"}, 404),
        ({"national_number": "", "birthdate": "1950-05-05"}, 404),
        ({"national_number": "850101-1234567", "birthdate": "5 May 1950"}, 400),
        ({"national_number": "850101-1234567"}, 400),
    ],
)
def test_a_resident_whom_the_register_does_not_hold_so_is_told_the_way(region, claims, status):
    make.change_person(make.person(1, born=date(1950, 5, 5)).pk, national_id="850101-1234567")
    region.claims = claims
    browser = Client()
    told = come(browser, region, f"{BOOK}provider/")
    assert told.status_code == status
    assert "There is a problem" in told.content.decode()
    assert browser.get(f"/c/{make.SLUG}/my/").status_code == 302


def test_where_none_is_set_up_there_is_no_such_way(committed):
    make.campaign()
    for path in ("/sign-in/provider/", "/sign-in/provider/back/", f"{BOOK}provider/"):
        assert Client().get(path).status_code in (302, 404), path
    assert "Sign in with" not in Client().get("/sign-in/").content.decode().replace(
        "Sign in with a passkey", ""
    )


GIVEN = {
    "issuer": "https://id.example",
    "client": "c",
    "secret": "s",
    "name": "n",
    "acr": "two,three",
}


def test_what_is_set_up_by_half_or_unsafely_is_refused():
    assert read_provider({"name": "n"}) is None
    found = read_provider(GIVEN | {"user": ""})
    assert found is not None and found.strong == {"two", "three"}
    assert found.user == "preferred_username", "what is empty stays as it is meant"
    for name in ("client", "secret", "name"):
        with pytest.raises(ValueError, match=f"BALMIS_OIDC_{name.upper()}"):
            read_provider(GIVEN | {name: ""})
    with pytest.raises(ValueError, match="https"):
        read_provider(GIVEN | {"issuer": "http://id.example"})
