"""A coordinator makes a link; somebody of another town opens it on a phone, and joins."""

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from balmis.contexts.access import services as access
from balmis.contexts.notices.models import Notice
from balmis.contexts.units.models import Membership
from balmis.core.vocabulary.access import Role
from balmis.flows.units import rosters
from tests import make
from tests.programs import serve_pages
from tests.stories.conftest import Visit
from tools.screenshots import sign_in

pytestmark = pytest.mark.story
PASSWORD = "correct-horse-battery"


@pytest.fixture
def harbour(started):
    make.campaign(make.going_on())
    letter = make.letter(make.person(1, area="IS-S"))
    make.enrol()
    grants = [(Role.UNIT_COORDINATOR, None, None)]
    user = access.keep_user("coordinator", name="Coordinator", password=PASSWORD, grants=grants)
    kept = rosters.KeepUnit(
        campaign=make.SLUG,
        code="harbour",
        title="Harbour office",
        category="staff",
        area="IS-N",
        quota=20,
        coordinator=user.pk,
    )
    rosters.keep_unit(kept, actor=make.SYSTEM, now=make.NOON)
    connection.close()
    return serve_pages(started), letter


def test_a_link_is_made_opened_and_joined_by(browser: Browser, harbour):
    url, letter = harbour
    desk = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
    seen = Visit(desk)
    sign_in(desk, url, "coordinator", PASSWORD)
    desk.goto(f"{url}/unit/{make.SLUG}/harbour/")
    desk.get_by_role("button", name="Make a link").click()
    expect(desk.get_by_role("img", name="The same link, as a code to scan")).to_be_visible()
    seen.check()
    path = desk.locator("a[href*='/join/']").inner_text().partition("/c/")[2]

    phone = browser.new_page(viewport={"width": 390, "height": 800}, locale="en-GB")
    visit = Visit(phone)
    phone.goto(f"{url}/c/{path}")
    visit.check()
    phone.get_by_role("link", name="Show who you are first").click()
    phone.fill("input[name=number]", letter)
    for part, value in (("day", "5"), ("month", "5"), ("year", "1950")):
        field = phone.locator(f"[name={part}]")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    phone.fill("input[name=address]", "010-1234-5678")
    phone.get_by_role("button", name="Send me the code").click()
    expect(phone.get_by_role("heading", name="Enter the code")).to_be_visible()
    phone.fill("input[name=code]", Notice.objects.get(purpose="code").facts["code"])
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("heading", name="Join the list of Harbour office")).to_be_visible()
    visit.check()
    phone.get_by_label("They may see where I stand").check()
    phone.get_by_role("button", name="Join").click()
    heading = phone.get_by_role("heading", name="You are on the list of Harbour office")
    expect(heading).to_be_visible()
    visit.check()
    assert Membership.objects.get().seen_since is not None

    desk.reload()
    expect(desk.get_by_text("joined by the link")).to_be_visible()
    seen.check()
    phone.get_by_role("link", name="Change what they see, or leave the list").click()
    visit.check()
    phone.get_by_role("button", name="Leave the list of Harbour office").click()
    expect(phone.get_by_text("Harbour office")).to_have_count(0)
    assert Membership.objects.get().left_on is not None
    phone.close()
    desk.close()
