"""A fridge was too warm in the night: from the logger's file to the last person told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from balmis.contexts.access import services as access
from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.models import Booking, Session
from balmis.contexts.coldchain.models import Excursion
from balmis.contexts.notices.models import Notice
from balmis.contexts.places import queries as places
from balmis.contexts.supply.models import LotHold
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.booking import Channel
from balmis.flows.coldchain import readings
from tests import make
from tests.flows.test_cold_chain import FRIDGE
from tests.programs import serve_pages
from tests.stories.conftest import Visit as Seen
from tests.stories.test_clinic import PASSWORD, open_desk, press, to_the_needle
from tools.screenshots import sign_in

pytestmark = pytest.mark.story
SEOUL = ZoneInfo("Asia/Seoul")


def book(people, session) -> None:
    pool = make.pools(session)[1]
    wishes = [
        booking_places.Wish(
            request_id=make.request(f"b{p.pk}"),
            pool=pool.pk,
            person=p.pk,
            campaign=session.campaign_id,
            number=1,
            product="comirnaty",
        )
        for p in people
    ]
    booking_places.take(wishes, channel=Channel.RESIDENT, now=datetime.now(UTC))


@pytest.fixture
def island(started):
    """One person booked at the hall today, three tomorrow; tomorrow the clinic has room. Both have
    vaccine; the hall's is in fridge F1."""
    make.campaign()
    now = datetime.now(UTC)
    lot = make.lot(doses=60)
    make.lot("C3", doses=60, site="clinic")
    people = [make.person(n) for n in range(1, 5)]
    make.enrol()
    only, stations = {"products": ("comirnaty",)}, {"stations": 2, "seats": 10}
    today = make.session(
        on=now.astimezone(SEOUL).date(),
        starts_at=now + timedelta(minutes=2),
        ends_at=now + timedelta(minutes=40),
        **only,
        **stations,
    )
    later = now + timedelta(days=1)
    tomorrow = make.session(
        on=later.astimezone(SEOUL).date(),
        starts_at=later,
        ends_at=later + timedelta(hours=1),
        **only,
        **stations,
    )
    other = make.session(
        on=later.astimezone(SEOUL).date(),
        starts_at=later,
        site="clinic",
        ends_at=later + timedelta(hours=1),
        **only,
        **stations,
    )
    book(people[:1], today)
    book(people[1:], tomorrow)
    readings.keep_equipment("hall", FRIDGE, actor=make.SYSTEM, now=now)
    readings.put_away("hall", "F1", lot.pk, actor=make.SYSTEM, now=now)
    for name, role in (
        ("nurse", Role.VACCINATOR),
        ("keeper", Role.STORE_KEEPER),
        ("manager", Role.SITE_MANAGER),
    ):
        access.keep_user(
            name, name=name, password=PASSWORD, grants=[(role, None, places.site("hall"))]
        )
    connection.close()
    return serve_pages(started), people, tomorrow, other


def a_warm_night(folder: Path) -> Path:
    """Six hours of readings up to now, with an hour and a half near 12 °C."""
    now = datetime.now(SEOUL).replace(tzinfo=None)
    curve = [5.0] * 24 + [9.0, 11.0, *([12.0] * 7), 10.0] + [5.0] * 3
    rows = [
        f"{now - timedelta(minutes=10 * (len(curve) - n)):%Y-%m-%d %H:%M};{c:.1f}".replace(".", ",")
        for n, c in enumerate(curve)
    ]
    path = folder / "logger.csv"
    path.write_text("Time;Temperature °C\n" + "\n".join(rows), encoding="utf-8")
    return path


def desk(browser: Browser, url: str, who: str, address: str) -> Page:
    page = browser.new_context(locale="en-GB").new_page()
    sign_in(page, url, who, PASSWORD)
    page.goto(url + address)
    return page


def test_a_warm_night_from_the_logger_to_quarantine_new_places_and_release(
    browser: Browser, island, tmp_path
):
    url, people, tomorrow, other = island
    # the desk is at work, the vial would be green
    nurse = open_desk(browser, url, "nurse")
    # the store keeper reads the logger's file
    keeper = desk(browser, url, "keeper", f"/store/{make.SLUG}/hall/fridge/F1/")
    seen = Seen(keeper)
    keeper.set_input_files("input[name=readings]", a_warm_night(tmp_path))
    press(keeper, "Read the file")
    keeper.get_by_role("link", name="12.0 °C: decide").click()
    expect(keeper.get_by_text("within what its data allow")).to_be_visible()
    seen.check()
    press(keeper, "Hold these lots until it is decided")
    expect(keeper.get_by_text("more people booked than doses")).to_be_visible()
    seen.check()
    # red at the scanner
    to_the_needle(nurse, people[0])
    nurse.get_by_label("Scan the vial, or choose").select_option(index=1)
    held = nurse.get_by_text("The lot is on hold: put the vial away.")
    expect(held).to_be_visible(timeout=30_000)
    # new bookings are stopped; the site manager moves those who cannot be served
    connection.close()
    assert Session.objects.get(pk=tomorrow.pk).frozen
    manager = desk(browser, url, "manager", f"/coordination/{make.SLUG}/sessions/{tomorrow.pk}/")
    seen_by_manager = Seen(manager)
    expect(manager.get_by_text("For 3 people booked here there is no dose")).to_be_visible()
    seen_by_manager.check()
    press(manager, "Move 3 people and tell them")
    expect(manager.get_by_text("there is no dose that may be given")).not_to_be_visible()
    connection.close()
    moved = Booking.objects.filter(status="confirmed", person__in=[p.pk for p in people[1:]])
    assert {b.pool.slot.session_id for b in moved} == {other.pk} and moved.count() == 3
    assert all(b.news or Notice.objects.filter(person=b.person_id).exists() for b in moved)
    # the decision frees the lot, and the vial is green again
    keeper.get_by_label("may be used").check()
    keeper.get_by_label("On what ground, and who was asked").fill(
        "90 minutes of the 2 hours; maker asked"
    )
    press(keeper, "Record the decision")
    expect(keeper.get_by_role("status").get_by_text("may be used")).to_be_visible()
    expect(nurse.get_by_text("May be given")).to_be_visible(timeout=60_000)
    connection.close()
    assert LotHold.objects.get().released_at and Excursion.objects.get().ruling == "use"
    assert not Session.objects.filter(frozen=True).exists()
