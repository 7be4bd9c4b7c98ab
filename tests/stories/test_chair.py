"""The chair: what the desk shows belongs to who and what was scanned last."""

from playwright.sync_api import Browser, Page, expect

from balmis.contexts.clinic.models import Dose
from tests.stories.test_clinic import (
    GTIN,
    hall,  # noqa: F401 a fixture
    open_desk,
    press,
    scan,
    settled,
    to_the_needle,
)

GOOD = f"(01){GTIN}(10)A1"
WRONG = {
    "check digit": ("(01)09501101530004(10)A1", "The check digit of the code is wrong"),
    "no lot": (f"(01){GTIN}(17)301231", "The code holds no lot number"),
    "unreadable": (f"(01){GTIN}(99", "This code cannot be read"),
    "other product": ("(01)08801234567893(10)NOBODYS", "The product of this code is not known"),
}


def is_empty_handed(page: Page, why: str) -> None:
    """The light is red, the words stand beside it, and nothing can be given."""
    light = page.locator(".light.red")
    expect(light).to_contain_text("No vial in the hand: nothing is given")
    expect(light).to_contain_text(why)
    expect(page.locator(".light.green")).to_be_hidden()
    expect(page.get_by_role("button", name="Dose given")).to_be_hidden()


def test_the_light_belongs_to_what_was_scanned_last(browser: Browser, hall):  # noqa: F811
    url, _, (person, other, *_) = hall
    page = open_desk(browser, url, "nurse")
    to_the_needle(page, person)
    for code, why in WRONG.values():
        scan(page, GOOD)
        expect(page.get_by_text("May be given")).to_be_visible()
        scan(page, code)
        is_empty_handed(page, why)
    page.wait_for_timeout(13_000)  # longer than a notice that goes by itself
    is_empty_handed(page, why)
    scan(page, GOOD)
    # a code of nobody: the person before is no longer shown
    scan(page, "balmis:booking:00000000-0000-0000-0000-000000000000")
    expect(page.get_by_text("This code is of no appointment here today")).to_be_visible()
    expect(page.get_by_role("heading", name=person.name)).to_be_hidden()
    # the vial is still in the hand, and is looked at anew for the next person
    to_the_needle(page, other)
    press(page, "Dose given")
    settled(lambda: Dose.objects.filter(person=other).count() == 1)
    assert not Dose.objects.filter(person=person).exists()
