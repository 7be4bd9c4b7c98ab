"""Residents book on their phones, with and without a script."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking
from balmis.contexts.notices.models import Notice
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from tests import make
from tests.programs import serve_pages
from tests.stories.conftest import Visit

pytestmark = pytest.mark.story


def coming(days: int, hours: float = 2, **changes):
    """A session some days from now, from nine o'clock in Seoul."""
    starts = datetime.now(UTC) + timedelta(days=days)
    starts = starts.replace(hour=0, minute=0, second=0, microsecond=0)
    return make.session(
        on=starts.date(),
        starts_at=starts,
        ends_at=starts + timedelta(hours=hours),
        products=("comirnaty",),
        **changes,
    )


@pytest.fixture
def url(started) -> str:
    make.campaign()
    for n in range(1, 5):
        make.person(n)
    make.enrol()
    for days in (4, 5, 26, 27):
        coming(days)
    connection.close()
    return serve_pages(started)


def name_oneself(page: Page, number: str, submit: str, onward: str) -> None:
    """The code of the letter, birthday, phone; then the code that was sent."""
    page.fill("#id_number", make.letter(Person.objects.get(external_id=number)))
    for part, value in (("day", "5"), ("month", "5"), ("year", "1950")):
        page.fill(f"#id_{part}", value)
    page.fill("#id_address", "010-1234-5678")
    page.get_by_role("button", name=submit).click()
    page.fill("#id_code", str(Notice.objects.filter(purpose="code").latest("pk").facts["code"]))
    page.get_by_role("button", name=onward).click()


def test_a_resident_books_in_vietnamese_on_a_phone_without_javascript(browser: Browser, url: str):
    """Given an invitation, when she names herself and picks a day and a time, then both of her
    doses are booked and the page says so in her language."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="vi-VN", java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{url}/c/{make.SLUG}/book/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Đặt lịch tiêm chủng")

    name_oneself(page, "P1", "Gửi mã cho tôi", "Tiếp tục")
    expect(page.get_by_role("heading", level=1)).to_have_text("Khi nào bạn có thể đến?")
    page.locator(".choices a").first.click()
    expect(page.get_by_text("Bạn cần hai mũi.")).to_be_visible()
    page.locator(".times button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thông tin này đúng chưa?")
    expect(page.get_by_text("Resident 1")).to_be_visible()
    page.get_by_role("button", name="Xác nhận").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Bạn đã đặt lịch")
    expect(page.get_by_role("term").filter(has_text=re.compile("^Mũi"))).to_have_count(2)
    assert list(Booking.objects.order_by("number").values_list("number", "status")) == [
        (1, "confirmed"),
        (2, "confirmed"),
    ]
    assert drift() == []
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_every_step_is_accessible_and_fits_the_screen(browser: Browser, url: str, width: int):
    page = browser.new_page(viewport={"width": width, "height": 844}, locale="en-GB")
    visit = Visit(page)
    page.goto(f"{url}/c/{make.SLUG}/book/")
    visit.check()
    page.get_by_role("button", name="Send me the code").click()
    expect(page.get_by_role("alert")).to_be_focused()
    visit.complaints = [c for c in visit.complaints if "400" not in c]  # the form's own answer
    visit.check()
    name_oneself(page, "P2", "Send me the code", "Continue")
    visit.check()
    page.locator(".choices a").first.click()
    visit.check()
    page.locator(".times button").first.click()
    visit.check()
    page.get_by_role("button", name="Confirm").click()
    visit.check()
    page.get_by_role("link", name="Cancel").first.click()
    visit.check()
    page.close()


def resident(browser: Browser, url: str, number: str) -> Page:
    """A page on which the resident has named themselves."""
    page = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB").new_page()
    page.goto(f"{url}/c/{make.SLUG}/book/")
    name_oneself(page, number, "Send me the code", "Continue")
    expect(page.get_by_role("heading", level=1)).to_have_text("When can you come?")
    return page


def test_a_cancelled_place_reaches_the_first_of_the_standby_list(browser: Browser, url: str):
    """Given a full day and someone who waits for it, when another gives their place back, then
    it is offered to the one who waits, who confirms it."""
    hours = 12 - datetime.now(UTC).hour  # it is noon there: nothing is offered in the night
    Site.objects.update(time_zone=f"Etc/GMT{-hours:+d}")
    tiny = {"stations": 1, "minutes_per_dose": Decimal(10), "slot_minutes": 10}
    session = coming(2, **tiny, hours=1 / 6)
    connection.close()
    first = resident(browser, url, "P1")
    first.locator(".choices a").first.click()
    first.locator(".times button").first.click()
    first.get_by_role("button", name="Confirm").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("You are booked")

    second = resident(browser, url, "P2")
    second.get_by_role("link", name=re.compile("Join the standby list")).click()
    second.get_by_role("radio").first.check()
    visit = Visit(second)
    second.get_by_role("button", name="Join the standby list").click()
    expect(second.get_by_text("You are the next.")).to_be_visible()
    visit.check()

    first.get_by_role("link", name="Cancel").first.click()
    first.get_by_role("button", name="Cancel the appointment").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Your appointment is cancelled")

    second.reload()
    second.get_by_role("link", name="See it and confirm").click()
    second.get_by_role("button", name="Confirm").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("You are booked")
    (booked,) = Booking.objects.filter(status="confirmed", pool__slot__session=session)
    assert booked.person.external_id == "P2"
    assert drift() == []
