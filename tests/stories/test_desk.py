"""People's ways through the pages, in a real browser: no console error, nothing axe objects to."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from balmis.contexts.access import services as access
from balmis.core.vocabulary.access import Role
from balmis.flows.eligibility.run import RunEligibility, run_eligibility
from balmis.flows.reporting.daily_report import close_day
from tests import make
from tests.databases import fresh_copy
from tests.programs import environment_for, serve_pages, starting
from tests.stories.conftest import Visit
from tools.screenshots import sign_in

pytestmark = pytest.mark.story
PASSWORD = "correct-horse-battery"
LABEL = {
    "en": "How far are we?",
    "ko": "접종은 얼마나 진행되었나요?",
    "zh-hans": "接种进展",
    "vi": "Tiến độ tiêm chủng",
}


@pytest.fixture(scope="module")
def url(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """These people look and change nothing: one server is enough for all of them."""
    with fresh_copy(template) as database:
        fill()
        folder = tmp_path_factory.mktemp("desk")
        with starting(environment_for(database, folder / "home"), folder) as start:
            yield serve_pages(start)


def fill() -> None:
    make.campaign()
    lot = make.lot(doses=50)
    people = [make.person(n, area="IS-N" if n < 8 else "IS-S") for n in range(1, 16)]
    make.enrol()
    for person in people:
        make.dose(person, lot)
    close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)
    access.keep_user(
        "planner", name="Planner", password=PASSWORD, grants=[(Role.PLANNER, None, None)]
    )
    connection.close()


@pytest.fixture(
    params=[(1280, "light"), (1280, "dark"), (390, "light"), (360, "dark")],
    ids=["desk", "desk-dark", "phone", "small-phone-dark"],
)
def visit(browser: Browser, request) -> Iterator[Visit]:
    width, theme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
    yield Visit(context.new_page())
    context.close()


def test_a_planner_signs_in_reads_the_overview_and_opens_the_report(visit, url):
    page = visit.page
    page.goto(f"{url}/coordination/")
    visit.check()
    sign_in(page, url, "planner", PASSWORD)
    expect(page.get_by_role("heading", name="Will we reach the target in time?")).to_be_visible()
    visit.check()

    page.get_by_role("link", name="Doses", exact=True).click()
    expect(page).to_have_url(re.compile("sort=-doses_total"))
    expect(page.locator('#areas th[aria-sort="descending"]')).to_be_visible()
    visit.check()

    page.get_by_role("link", name="Daily reports").click()
    visit.check()
    page.get_by_role("link", name=re.compile("Open the report")).click()
    expect(page.get_by_text("Nothing that belongs to this day has changed")).to_be_visible()
    visit.check()

    page.context.add_cookies([{"name": "django_language", "value": "vi", "url": url}])
    for path in ("", "days/2021-06-17/", "plan/"):
        page.goto(f"{url}/coordination/{make.SLUG}/{path}")
        visit.check()
    page.context.clear_cookies(name="django_language")
    page.goto(f"{url}/coordination/{make.SLUG}/")

    page.get_by_role("link", name="Plan", exact=True).click()
    expect(page.get_by_text("The plan as first adopted")).to_be_visible()
    visit.check()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="How far are we?")).to_be_visible()


def test_a_planner_sees_who_is_due_and_asks_what_a_phase_would_add(visit, url):
    run_eligibility(
        RunEligibility(campaign=make.SLUG, on=make.TODAY),
        actor=make.SYSTEM,
        clock=lambda: make.LATER,
    )
    page = visit.page
    sign_in(page, url, "planner", PASSWORD)
    page.get_by_role("link", name="Who is due").click()
    expect(page.get_by_role("heading", name="Who is due, and when?")).to_be_visible()
    visit.check()
    page.get_by_label("Phase", exact=True).select_option("second")
    page.get_by_label("Opens on", exact=True).fill("2021-06-20")
    page.get_by_role("button", name="Count, change nothing").click()
    expect(page.get_by_text("people who may not have a dose by then")).to_be_visible()
    visit.check()
    page.get_by_label("Number in the register").fill("P1")
    page.get_by_role("button", name="Show why").click()
    expect(page.get_by_role("heading", name="Doses given")).to_be_visible()
    visit.check()
    page.context.add_cookies([{"name": "django_language", "value": "vi", "url": url}])
    for path in ("due/?phase=first", "person/?key=P1"):
        page.goto(f"{url}/coordination/{make.SLUG}/{path}")
        visit.check()


def test_anyone_reads_the_public_page_in_their_language(visit, url):
    page = visit.page
    page.goto(url)
    visit.check()
    for language, words in LABEL.items():
        page.get_by_role("combobox").select_option(language)
        page.locator("header form button").first.click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.get_by_text(words).first).to_be_visible()
        visit.check()


def test_every_element_and_the_error_pages(visit, url):
    page = visit.page
    page.goto(f"{url}/components/")
    visit.check()
    page.goto(f"{url}/sign-in/")
    page.fill("#id_username", "planner")
    page.fill("#id_password", "wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("do not fit together")).to_be_visible()
    visit.complaints.clear()  # the browser tells of the status 400 itself
    visit.check()


def test_pages_work_without_javascript(browser, url):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, url, "planner", PASSWORD)
    page.get_by_role("link", name="Doses", exact=True).click()
    expect(page.locator('#areas th[aria-sort="descending"]')).to_be_visible()
    context.close()
