"""A family arrives together, is called by number, and a consent is taken back."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from playwright.sync_api import Browser, expect

from balmis.contexts.booking.models import Booking
from balmis.contexts.clinic.models import Visit
from tests import make
from tests.programs import answers, free_port, until
from tests.stories.conftest import Visit as Seen
from tests.stories.test_clinic import (  # noqa: F401
    hall,
    open_desk,
    press,
    pytestmark,
    scan,
    sent,
    settled,
    to_the_needle,
)


def test_a_family_is_checked_in_at_once_and_called_by_number(browser: Browser, hall):  # noqa: F811
    url, lot, (mother, father, son, other) = hall
    # three of the four booked together
    Booking.objects.filter(person__in=[mother, father, son]).update(party=make.request("family"))
    vial(lot)
    connection.close()
    page = open_desk(browser, url, "nurse")
    seen = Seen(page)
    scan(page, f"balmis:booking:{make.request(f'b{mother.pk}')}")
    expect(page.get_by_text("Booked together: tick who is here")).to_be_visible()
    seen.check()
    # the son stays at school today
    page.get_by_label(father.name).check()
    press(page, "Photo identity document")
    expect(page.get_by_text("Booked together with")).to_be_visible()
    sent(page)
    settled(lambda: set(Visit.objects.values_list("person", flat=True)) == {mother.pk, father.pk})
    # the screen of the waiting room shows whose turn it is, and no name
    screen = page.context.new_page()
    screen.goto(f"{url}/clinic/{make.SLUG}/hall/display/")
    expect(screen.get_by_text("Nobody has been called.")).to_be_visible()
    press(page, "Waiting 2")
    press(page, "Call the next")
    page.get_by_label("Which room are you in?").fill("Room 2")
    press(page, "Keep")
    sent(page)
    expect(screen.locator(".called li").first).to_contain_text("Room 2", timeout=10_000)
    expect(screen.get_by_text("2 people wait.")).to_be_visible()
    assert mother.name not in screen.content() and father.name not in screen.content()
    Seen(screen).check()
    # the next one, and then there is nobody who was not called
    press(page, "Call the next")
    expect(page.get_by_text("called to Room 2")).to_have_count(2)
    press(page, "Call the next")
    expect(page.get_by_text("Nobody waits here who was not called.")).to_be_visible()
    # an open vial near its end is shown with what could become of it
    near = page.get_by_role("heading", name="Open vials near their end")
    expect(near).to_be_visible(timeout=20_000)  # with the next look at what is new
    expect(page.get_by_text("2 people here have had no dose yet")).to_be_visible()
    # the mother consents, thinks again, and takes it back
    scan(page, mother.name)
    press(page, "No to all of these")
    page.get_by_label("Witness").fill("Colleague")
    press(page, "Said before the witness")
    page.get_by_text("Not today, leaves, or is called").click()
    page.get_by_label("Reason").last.fill("wants to ask her doctor first")
    press(page, "Takes the consent back")
    sent(page)
    settled(lambda: Visit.objects.get(person=mother).status == "refused")
    seen.check()
    assert other.name not in page.locator(".person").inner_text()


def test_a_server_that_is_killed_forgets_no_timer(browser: Browser, hall, started):  # noqa: F811
    _, _, (person, other, *_) = hall
    port = free_port()
    url, server = f"http://127.0.0.1:{port}", started("web", "--port", port)
    until(lambda: answers(port, "/health/ready"))
    page = open_desk(browser, url, "nurse")
    to_the_needle(page, person)
    page.get_by_label("Scan the vial, or choose").select_option(index=1)
    press(page, "Dose given")
    press(page, "Start the observation")
    told = page.locator(".answer").inner_text()
    sent(page)
    # what is being typed stays, whatever is heard of others meanwhile
    page.get_by_text("A reaction, or leaves early").click()
    page.get_by_label("Reaction", exact=True).fill("Rash at the arm")
    desk = open_desk(browser, url, "other")
    scan(desk, f"balmis:booking:{make.request(f'b{other.pk}')}")
    press(desk, "Code of the appointment")
    sent(desk)
    expect(page.get_by_role("button", name="Waiting 1")).to_be_visible(timeout=15_000)
    expect(page.get_by_label("Reaction", exact=True)).to_have_value("Rash at the arm")
    press(page, "Report the reaction")
    expect(page.locator(".person .notice.bad")).to_contain_text("Rash at the arm")
    sent(page)
    server.kill()
    server.wait()
    started("web", "--port", port)
    until(lambda: answers(port, "/health/ready"))
    desk = open_desk(browser, url, "other")
    scan(desk, person.name)
    due = told.split("Observed until ")[1][:5]
    expect(desk.locator(".answer")).to_contain_text(f"Observed until {due}")


def vial(lot) -> None:
    from balmis.contexts.places import queries as places
    from balmis.contexts.supply import lots, vials

    now = datetime.now(UTC)
    opened = vials.Opened(id=make.request("vial"), opened_at=now - timedelta(hours=5))
    vials.open_vial(opened, lots.lot(lot.pk), places.site("hall"), actor=make.SYSTEM, now=now)
