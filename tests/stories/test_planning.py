"""A planner before a press conference: is the target possible, what holds it back, what would help?"""

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from balmis.contexts.access import services as access
from balmis.contexts.places import queries as places
from balmis.contexts.planning.models import Study
from balmis.core.vocabulary.access import Role
from tests import make
from tests.flows.test_planning import ISLAND
from tests.programs import serve_pages
from tests.stories.conftest import Visit as Seen
from tests.stories.test_clinic import PASSWORD
from tools.screenshots import sign_in

pytestmark = pytest.mark.story


@pytest.fixture
def studio(started):
    make.campaign()
    grants = [(Role.PLANNER, places.area("IS"), None)]
    access.keep_user("planner", name="Planner", password=PASSWORD, grants=grants)
    connection.close()
    started("worker")
    return serve_pages(started)


def test_from_the_first_arithmetic_to_the_committee_s_report(browser: Browser, studio, tmp_path):
    """Given a campaign and assumptions in a file, when the planner tries them, calls for the surge and has it
    worked out in full, then the date comes nearer, what binds is named, and the report can be taken along."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en").new_page()
    seen = Seen(page)
    assumptions = tmp_path / "assumptions.yaml"
    assumptions.write_text(ISLAND)
    sign_in(page, studio, "planner", PASSWORD)
    page.click("text=Planning studio")
    expect(page.locator("main")).to_contain_text("700 people x 2 doses = 1,400 doses")
    seen.check()

    page.click("summary:has-text('other assumptions')")
    page.set_input_files("#id_scenario", assumptions)
    page.click("text=Show the answer")
    expect(page.locator("main")).to_contain_text("other assumptions: assumptions.yaml")
    expect(page.locator("main")).to_contain_text("people are missing on the day")
    seen.check()

    page.check("#id_surge")
    page.click("text=Work it out in full")
    page.wait_for_selector("text=What binds: 70 % of residents", timeout=90_000)
    expect(page.locator("main")).to_contain_text("the surge, other assumptions: assumptions.yaml")
    expect(page.locator("main")).to_contain_text("in time")
    expect(page.locator("h2", has_text="Ways to go on")).to_be_visible()
    page.click("text=As a table >> nth=0")
    seen.check()
    with page.expect_download() as report:
        page.click("text=Report for the committee (PDF)")
    assert report.value.path().read_bytes().startswith(b"%PDF")

    page.select_option("#with", index=0)
    page.click("text=Side by side")
    expect(page.locator("main")).to_contain_text("the second against the first")
    seen.check()
    assert [s.state for s in Study.objects.all()] == ["done", "done"]


def test_a_centre_s_day_on_a_phone(browser: Browser, studio):
    """Given the centre's page on a phone, when two more appointments a slot are tried, then the wait is longer,
    the station that binds is named and the day can be watched."""
    page = browser.new_context(viewport={"width": 390, "height": 844}, locale="en").new_page()
    seen = Seen(page)
    sign_in(page, studio, "planner", PASSWORD)
    page.goto(f"{studio}/coordination/{make.SLUG}/centre/halla-gymnasium/")
    expect(page.locator("main")).to_contain_text("What binds is Screening")
    page.fill("#id_a_slot", "22")
    page.click("text=Simulate")
    expect(page.locator("main")).to_contain_text("As it is: 571 people")
    page.click("text=Play")
    expect(page.locator("#replay button")).to_have_text("Pause")
    page.wait_for_timeout(500)
    seen.check()
