"""A walk-in without a network: registered on the tablet, served to the chair, and in the register once."""

from playwright.sync_api import Browser, Page, expect

from balmis.contexts.clinic.models import Dose, Step
from balmis.contexts.people.models import Person, Registration
from tests.stories.conftest import Visit as Seen
from tests.stories.test_clinic import (
    GTIN,
    hall,  # noqa: F401 a fixture
    open_desk,
    press,
    scan,
    sent,
    settled,
)


class NoNetwork(list[str]):
    """What the console says, but for the network that is away."""

    def append(self, text: str) -> None:
        if "ERR_INTERNET_DISCONNECTED" not in text:
            super().append(text)


def register(page: Page, name: str, *, year: str, month: str = "", day: str = "") -> None:
    scan(page, name)
    press(page, "Nobody found. Register here")
    expect(page.get_by_label("Full name")).to_have_value(name)
    page.get_by_label("Year", exact=True).fill(year)
    page.get_by_label("Month", exact=True).fill(month)
    page.get_by_label("Day", exact=True).fill(day)
    page.get_by_label("Sex").select_option("F")
    press(page, "Register")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def to_the_seat(page: Page) -> None:
    """From the door to the seat, in English; the light is amber, and says why."""
    expect(page.get_by_text("Not known to the register yet")).to_be_visible()
    press(page, "Photo identity document")
    press(page, "No to all of these")
    page.get_by_label("Witness").fill("Colleague")
    press(page, "Said before the witness")
    scan(page, f"(01){GTIN}(10)A1")
    light = page.locator(".light.amber")
    expect(light).to_contain_text("Not known to the register yet")
    page.locator("textarea").fill("walk-in with passport, no dose before")
    press(page, "Given all the same")
    page.get_by_label("Seat").fill("B2")
    press(page, "Start the observation")


def test_a_walk_in_without_a_network_is_in_the_register_once(browser: Browser, hall):  # noqa: F811
    url, _, _ = hall
    page = open_desk(browser, url, "nurse")
    seen = Seen(page)
    seen.complaints = NoNetwork()
    page.context.set_offline(True)
    scan(page, "Nguyễn Thị Hoa")
    expect(page.get_by_text("Others are found when the network is back")).to_be_visible()
    press(page, "Nobody found. Register here")
    seen.check()
    # a day that is none is not taken, and nothing typed is lost
    page.get_by_label("Year", exact=True).fill("1971")
    page.get_by_label("Month", exact=True).fill("2")
    page.get_by_label("Day", exact=True).fill("30")
    press(page, "Register")
    expect(page.get_by_text("Enter the birth date, or the year at least")).to_be_visible()
    page.get_by_label("Day", exact=True).fill("28")
    press(page, "Register")
    expect(page.get_by_role("heading", name="Nguyễn Thị Hoa")).to_be_visible()
    seen.check()
    to_the_seat(page)
    sent(page, 6)
    page.reload()  # the tablet was switched off
    expect(page.get_by_text("6 unsent")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Observation 1").click()
    expect(page.get_by_text("Nguyễn Thị Hoa").first).to_be_visible()
    # the same name and day again is the same record
    scan(page, "nguyễn thị hoa")
    page.get_by_role("link", name="Nguyễn Thị Hoa").click()
    assert not Registration.objects.exists()
    page.context.set_offline(False)
    sent(page)
    settled(lambda: Dose.objects.count() == 1)
    person = Dose.objects.get().person
    assert (person.name, str(person.born)) == ("Nguyễn Thị Hoa", "1971-02-28")
    assert person.register.provisional and Registration.objects.get().status == "new"
    assert Step.objects.count() == 5 and Step.objects.filter(visit__person=person).count() == 5
    # from now on as everybody: with a number, and no word of a record of this tablet alone
    expect(page.get_by_text(person.external_id)).to_be_visible(timeout=20_000)
    page.reload()
    expect(page.get_by_role("button", name="Observation 1")).to_be_visible(timeout=20_000)


def test_a_walk_in_on_two_tablets_is_one_person_with_one_dose(browser: Browser, hall):  # noqa: F811
    url, _, _ = hall
    pages = [open_desk(browser, url, who) for who in ("nurse", "other")]
    for page in pages:
        page.context.set_offline(True)
        register(page, "Han Sori", year="1980", month="5", day="6")
        to_the_seat(page)
        sent(page, 6)
    for page in pages:
        page.context.set_offline(False)
        sent(page)
    settled(lambda: Step.objects.filter(kind="dose").count() == 2)
    assert Person.objects.filter(name="Han Sori").count() == 1
    assert Dose.objects.filter(correction__isnull=True).count() == 1


def test_a_registration_that_the_server_refuses_stops_nobody_else(browser: Browser, hall):  # noqa: F811
    url, _, _ = hall
    page = open_desk(browser, url, "nurse")
    page.context.set_offline(True)
    register(page, "Refused One", year="1980")
    press(page, "Photo identity document")
    register(page, "Taken Two", year="1981")
    press(page, "Photo identity document")
    page.route(
        "**/walk-ins",
        lambda route: (
            route.fulfill(json={"state": "refused", "detail": "no such area"})
            if "Refused One" in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    page.context.set_offline(False)
    sent(page, 2)
    expect(page.get_by_text("Refused One: registered here – no such area")).to_be_visible()
    settled(lambda: Step.objects.count() == 1)
    assert Registration.objects.get().name == "Taken Two"
    press(page, "Hand over to the site manager")
    expect(page.locator("html[data-unsent='1']")).to_be_attached(timeout=20_000)
    press(page, "Hand over to the site manager")
    sent(page)
