"""A centre's capacity is halved on a day with 600 bookings; a rush is let in through a waiting room."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from balmis.contexts.access import services as access
from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Rush
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.notices.models import Notice
from balmis.contexts.people.contacts import keep_contact
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.booking import Channel
from balmis.flows.booking.notices import announce
from tests import make
from tests.flows.test_sessions import crowd
from tests.programs import serve_pages
from tests.stories.conftest import Visit
from tests.stories.test_booking import name_oneself
from tools.screenshots import sign_in

pytestmark = pytest.mark.story
PASSWORD = "correct-horse-battery"


def morning(days: int) -> datetime:
    """Nine o'clock in Seoul some days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )


@pytest.fixture
def full_day(started):
    """A centre with 600 confirmed bookings in three days, and places elsewhere and the day after."""
    make.campaign()
    start = morning(3)
    size = {
        "minutes_per_dose": Decimal(3),
        "on": start.date(),
        "starts_at": start,
        "ends_at": start + timedelta(hours=6),
    }
    full = make.session(stations=5, site="clinic", **size)
    make.session(stations=2, site="hall", **size)
    after = start + timedelta(days=1)
    make.session(
        stations=4,
        site="clinic",
        **(size | {"on": after.date(), "starts_at": after, "ends_at": after + timedelta(hours=6)}),
    )
    people = crowd(600)
    make.enrol()
    places = [p for p in make.pools(full) for _ in range(p.capacity)]
    now = datetime.now(UTC)
    wishes = [
        booking_places.Wish(
            request_id=make.request(person.pk),
            pool=pool.pk,
            person=person.pk,
            number=1,
            campaign=campaigns.campaign(make.SLUG).pk,
        )
        for person, pool in zip(people, places, strict=True)
    ]
    assert all(a.ok for a in booking_places.take(wishes, channel=Channel.RESIDENT, now=now))
    for n, person in enumerate(people):
        keep_contact(person, phone=f"+8210{n:08}", language="ko", now=now)
    Booking.objects.update(news=False)
    access.keep_user(
        "planner", name="Planner", password=PASSWORD, grants=[(Role.PLANNER, None, None)]
    )
    connection.close()
    return full, serve_pages(started)


def test_halving_a_day_shows_who_is_affected_then_places_and_tells_them(
    browser: Browser, full_day
) -> None:
    session, url = full_day
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    visit = Visit(page)
    # the planner opens the day and sees that it is full
    sign_in(page, url, "planner", PASSWORD)
    page.goto(f"{url}/coordination/{make.SLUG}/sessions/{session.pk}/")
    expect(page.get_by_role("main")).to_contain_text("600")
    # two of five stations stay: the preview says what that means, and changes nothing
    page.goto(f"{url}/coordination/{make.SLUG}/sessions/{session.pk}/change/")
    page.get_by_label("Vaccination stations").fill("2")
    page.get_by_role("button", name="Show who is affected", exact=True).click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("360")
    expect(main).to_contain_text("240")
    assert Booking.objects.filter(status="confirmed", pool__slot__session=session).count() == 600
    # it is carried out
    page.get_by_role("button", name="Change it and tell them").click()
    expect(page).to_have_url(re.compile(rf"/sessions/{session.pk}/$"))
    visit.check()
    context.close()

    live = Booking.objects.filter(status="confirmed")
    assert live.filter(pool__slot__session=session).count() == 240
    assert live.count() == 600
    # each of the 360 is told once, in their language, and nobody else
    now = datetime.now(UTC)
    assert announce(now=now) == 360 and announce(now=now) == 0
    assert Notice.objects.filter(purpose="moved", language="ko").count() == 360
    assert drift() == []


@pytest.fixture
def rush(started):
    """An opening that has begun: somebody is in the waiting room already."""
    make.campaign()
    person = make.person(1)
    make.enrol()
    start = morning(3)
    make.session(
        on=start.date(),
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        products=("comirnaty",),
    )
    keep_contact(person, phone="+821012345678", language="en", now=make.NOON)
    now = datetime.now(UTC)
    Rush.objects.create(
        campaign_id=campaigns.campaign(make.SLUG).pk,
        doors_at=now - timedelta(hours=1),
        opens_at=now - timedelta(minutes=1),
        closes_at=now + timedelta(hours=1),
        per_minute=1,
        next_at=now + timedelta(minutes=30),
        seed=b"s",
    )
    connection.close()
    return serve_pages(started)


def test_in_a_rush_a_resident_waits_without_script_and_books_when_the_turn_comes(
    browser: Browser, rush: str
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{rush}/c/{make.SLUG}/book/")
    name_oneself(page, "P1", "Send me the code", "Continue")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your turn is coming")
    expect(page.get_by_role("main")).to_contain_text("people are before you")
    # going to the times by hand leads back
    page.goto(f"{rush}/c/{make.SLUG}/book/times/")
    expect(page).to_have_url(re.compile("/gate/wait"))
    # the turn comes (the planner ends the waiting room): the page goes on by itself
    Rush.objects.update(closes_at=datetime.now(UTC))
    connection.close()
    page.wait_for_url(re.compile("/book/times/"), timeout=60_000)
    page.locator(".choices a").first.click()
    page.locator(".times button").first.click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")
    context.close()
