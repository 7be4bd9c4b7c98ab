"""Staff's own accounts in a real browser: a passkey, a lost one, and a tablet that two nurses share."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from balmis.contexts.access import services as access
from balmis.contexts.access.models import SignIn
from balmis.contexts.places import queries as places
from balmis.core.vocabulary.access import FactorRule, Role
from balmis.flows.access.account import invite
from tests import make
from tests.databases import fresh_copy
from tests.programs import environment_for, serve_pages, starting
from tests.stories.conftest import Visit

pytestmark = pytest.mark.story
PASSWORD = "correct-horse-battery"
PINS = {"anna": "814703", "bora": "250936"}


@pytest.fixture(scope="module")
def url(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fresh_copy(template) as database:
        make.campaign()
        hall = [(Role.VACCINATOR, None, places.site("hall"))]
        for name, pin in PINS.items():
            nurse = access.keep_user(name, name=name.title(), password=PASSWORD, grants=hall)
            access.set_pin(nurse.pk, pin)
        access.keep_user(
            "planner",
            name="Planner",
            password=PASSWORD,
            grants=[(Role.PLANNER, None, None)],
            second_factor=FactorRule.ALWAYS,
        )
        connection.close()
        folder = tmp_path_factory.mktemp("accounts")
        with starting(environment_for(database, folder / "home"), folder) as start:
            # a passkey is made for a name, never for an address of numbers
            yield serve_pages(start).replace("127.0.0.1", "localhost")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    yield context.new_page()
    context.close()


def give_keychain(page: Page) -> None:
    """The device keeps passkeys, and its owner is there."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def type_password(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/sign-in/?whole=1")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_whoever_is_invited_chooses_a_password_in_a_browser(page: Page, url: str):
    hall = [(Role.VACCINATOR, None, places.site("hall"))]
    access.keep_user("chau", name="Chau", password=None, grants=hall)
    word = invite("chau", lost_factor=False, actor=make.SYSTEM, now=datetime.now(UTC))
    connection.close()
    page.goto(f"{url}/invitation/{word}/")
    for field in ("#id_new", "#id_again"):
        page.locator(field).fill(PASSWORD)
    page.locator("main form button:not(.reveal)").first.click()
    expect(page).to_have_url(f"{url}/account/")
    expect(page.get_by_text("Chau").first).to_be_visible()


def test_a_passkey_is_asked_for_added_used_alone_and_lost(page, url):
    visit = Visit(page)
    give_keychain(page)
    type_password(page, url, "planner")
    expect(page.get_by_role("heading", name="Add a second factor first")).to_be_visible()
    visit.check()
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("#id_name", "my phone")
    page.fill("#id_password", PASSWORD)
    visit.check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    visit.check()
    codes = page.locator(".codes code").all_inner_texts()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("my phone")).to_be_visible()
    visit.check()

    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{url}/sign-in/?next=/account/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    # what was changed since the last sign-in is said once, on the way in
    expect(page.get_by_text("A second factor was added.")).to_be_visible()
    visit.check()
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="Planner")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    type_password(page, url, "planner")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/coordination/**")

    page.get_by_role("button", name="Sign out").click()
    type_password(page, url, "planner")
    visit.check()
    page.get_by_label("The code that your app shows, or a recovery code").fill(codes[0])
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("A recovery code was used to sign in.")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    page.wait_for_url("**/coordination/**")


def test_two_nurses_change_places_at_a_tablet(page, url, record_property):
    visit = Visit(page)
    desk = f"{url}/clinic/{make.SLUG}/hall/paper/"
    for name in PINS:
        type_password(page, url, name)
        page.wait_for_url("**/coordination/**")
        page.goto(desk)
        page.get_by_role("button", name="Lock").click()
    page.goto(desk)
    expect(page.get_by_role("heading", name="Who is it?")).to_be_visible()
    visit.check()
    took = []
    for name in (*PINS, *PINS):
        page.get_by_role("link", name=name.title()).click()
        began = time.monotonic()
        page.get_by_label("Your PIN").fill(PINS[name])
        page.keyboard.press("Enter")
        page.wait_for_url("**/paper/")
        took.append(time.monotonic() - began)
        expect(page.get_by_role("link", name=name.title(), exact=True)).to_be_visible()
        page.get_by_role("button", name="Lock").click()
    record_property("seconds from the name to the desk, at most", round(max(took), 2))


def test_a_desk_locks_itself_in_front_of_everybody(page, url):
    type_password(page, url, "anna")
    page.wait_for_url("**/coordination/**")
    SignIn.objects.filter(ended_at__isnull=True).update(locks_after=timedelta(seconds=2))
    connection.close()
    page.goto(f"{url}/account/")
    expect(page.get_by_label("Your PIN")).to_be_visible(timeout=20_000)
    assert "/sign-in/back/" in page.url
