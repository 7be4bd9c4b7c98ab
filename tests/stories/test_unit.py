"""A unit coordinator brings in her people, books them in one act, and sees who is missing."""

import csv
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from balmis.contexts.access import services as access
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking
from balmis.contexts.people.models import Contact, Person
from balmis.core.vocabulary.access import Role
from balmis.flows.units import blocks, rosters
from tests import make
from tests.flows.test_sessions import crowd
from tests.programs import serve_pages
from tests.stories.conftest import Visit
from tools.screenshots import sign_in

pytestmark = pytest.mark.story
PASSWORD = "correct-horse-battery"
PEOPLE, BAD = 1200, 12  # and two rows that stand twice


def spoiled(rows: list[list[str]]) -> list[list[str]]:
    """Fourteen rows of the kinds that lists have: typos, empty cells, people twice."""
    wrong = [["", "", "1950-05-05", ""], ["NOBODY-1", "", "1950-05-05", ""], rows[0], rows[1]]
    changes = ["31.02.1950", "1950", "", "1905-05-05", "1950-05-06", "tomorrow"]
    wrong += [[f"C{n}", f"Resident C{n}", born, ""] for n, born in enumerate(changes, PEOPLE)]
    wrong += [[f"C{n}", "Somebody Else", "1950-05-05", ""] for n in range(PEOPLE + 6, PEOPLE + 10)]
    return wrong


@pytest.fixture
def harbour(started, tmp_path):
    make.campaign()
    crowd(PEOPLE + 20)
    make.enrol()
    Contact.objects.bulk_create(  # whoever hears of it from us can be booked
        Contact(person=p, phone=f"+8210{p.pk:08d}", language="ko", updated_at=make.NOON)
        for p in Person.objects.all()
    )
    user = access.keep_user(
        "coordinator",
        name="Unit coordinator",
        password=PASSWORD,
        grants=[(Role.UNIT_COORDINATOR, None, None)],
    )
    rosters.keep_unit(
        rosters.KeepUnit(
            campaign=make.SLUG,
            code="harbour",
            title="Harbour",
            category="old",
            area="IS-N",
            quota=1300,
            coordinator=user.pk,
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    start = (datetime.now(UTC) + timedelta(days=3)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    for day in range(5):
        at = start + timedelta(days=day)
        session = make.session(
            on=at.date(),
            starts_at=at,
            ends_at=at + timedelta(hours=8),
            site="clinic",
            stations=3,
            products=("comirnaty",),
        )
        blocks.hold_block(session.pk, "harbour", 250, actor=make.SYSTEM, now=make.NOON)
    connection.close()
    rows = [[f"C{n}", f"Resident C{n}", "1950-05-05", "crane"] for n in range(PEOPLE)]
    rows += spoiled(rows)
    random.Random(1).shuffle(rows)
    path = tmp_path / "harbour.csv"
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([["number", "name", "born", "position"], *rows])
    return serve_pages(started), path


def test_a_unit_of_1200_is_brought_in_booked_as_a_group_and_sees_its_coverage(
    browser: Browser, harbour
):
    url, path = harbour
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
    visit = Visit(page)
    sign_in(page, url, "coordinator", PASSWORD)
    page.goto(f"{url}/unit/{make.SLUG}/")
    expect(page.get_by_text("The roster is empty.")).to_be_visible()
    visit.check()

    page.set_input_files("input[name=file]", path)
    page.get_by_role("button", name="Add to the roster").click()
    expect(page.get_by_text("1,200 of 1,214 rows were added to the roster.")).to_be_visible()
    expect(page.get_by_text(f"{BAD} rows have a problem:")).to_be_visible()
    expect(page.locator(".notice li")).to_have_count(BAD)
    expect(page.get_by_text("0 of 1,200 have had a dose; 1,200 are still missing.")).to_be_visible()
    visit.check()

    page.set_default_timeout(120_000)
    page.get_by_role("button", name="Book everyone who is missing").click()
    told = page.get_by_text("1,200 others do not let you see where they stand.")
    expect(told).to_be_visible(timeout=120_000)
    visit.check()
    assert Booking.objects.filter(status="confirmed", channel="unit").count() == PEOPLE
    assert drift() == []
    page.close()
