"""Sessions at a desk: what binds, planned in rows, and what a change would do."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from balmis.contexts.booking.models import Booking, Pool, Session
from balmis.core.vocabulary.access import Role
from balmis.web.shared.forms import LocalTimeField
from tests import make
from tests.flows.test_sessions import book
from tests.pages import markup
from tests.web.conftest import coming, user
from tests.web.test_pages import text_of


@pytest.fixture
def manager(opened) -> Client:
    return user(Role.SITE_MANAGER, site="hall")


SESSIONS = f"/coordination/{make.SLUG}/sessions/"


def form(**changes):
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    fields = {
        "site": "hall",
        "on": day.isoformat(),
        "repeat": "1",
        "starts": "09:00",
        "ends": "11:00",
        "stations": "2",
        "minutes_per_dose": "5",
        "seats": "10",
        "observation_minutes": "30",
        "second_percent": "0",
        "walk_in_percent": "0",
    }
    return fields | changes


def test_a_planned_session_says_what_binds_before_it_is_opened(manager):
    page = manager.post(f"{SESSIONS}new/", form(preview="1"))
    assert "<strong>40</strong> places a day; observation seats bind" in text_of(page)
    planned = manager.post(f"{SESSIONS}new/", form(publish="1", repeat="2"))
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    assert planned.headers["Location"] == f"{SESSIONS}?from={day}&site=hall&planned=2"
    page = text_of(manager.get(planned.headers["Location"]))
    assert "2 sessions are planned" in page and "observation seats" in page


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"second_percent": "60", "walk_in_percent": "60"}, "more than all places"),
        ({"ends": "08:00"}, "ends before it begins"),
        ({"stations": "3"}, "2 vaccination stations free"),
        ({"on": "2020-01-01"}, "begins in the past"),
    ],
)
def test_the_preview_refuses_what_planning_would(manager, wrong, words):
    before = Session.objects.count()
    for act in ("preview", "draft", "publish"):
        page = text_of(manager.post(f"{SESSIONS}new/", form(**wrong, **{act: "1"})))
        assert words in page
    assert Session.objects.count() == before


def test_days_in_a_row_are_planned_all_or_none_and_open_when_they_are_to(manager):
    day = datetime.now(UTC) + timedelta(days=10)
    coming(10, stations=2, seats=None)  # at the same hours as the second of the days
    before = Session.objects.count()
    page = manager.post(f"{SESSIONS}new/", form(publish="1", repeat="3"))
    assert (page.status_code, Session.objects.count()) == (409, before)
    opens = f"{(day - timedelta(days=3)).date()}T08:00"
    manager.post(f"{SESSIONS}new/", form(publish="1", opens=opens))
    made = Session.objects.latest("pk")
    assert made.opens_at == datetime.fromisoformat(f"{opens}+09:00")


def test_a_night_is_a_session_of_each_day_and_ends_at_24(manager):
    before = Session.objects.count()
    assert "ends before it begins" in text_of(manager.post(f"{SESSIONS}new/", form(starts="17:00")))
    planned = manager.post(f"{SESSIONS}new/", form(publish="1", starts="22:00", ends="02:00"))
    assert planned.status_code == 302
    evening, night = Session.objects.order_by("-pk")[:2][::-1]
    assert Session.objects.count() == before + 2
    assert (evening.ends_at, night.on - evening.on) == (night.starts_at, timedelta(days=1))
    assert (evening.slots.count(), night.slots.count()) == (8, 8)
    page = markup(manager.get(f"{SESSIONS}{evening.pk}/change/"))
    assert 'name="ends" value="24:00"' in page
    assert "22:00–24:00" in text_of(manager.get(f"{SESSIONS}{evening.pk}/"))
    until = form(starts="22:00", ends="24:00", preview="1")
    assert "From 40 to 40 places" in text_of(manager.post(f"{SESSIONS}{evening.pk}/change/", until))
    over = form(starts="22:00", ends="01:00", preview="1")
    assert "session of the next day" in text_of(
        manager.post(f"{SESSIONS}{evening.pk}/change/", over)
    )
    whole = manager.post(
        f"{SESSIONS}new/", form(publish="1", starts="18:00", ends="24:00", on=str(night.on))
    )
    assert whole.status_code == 302 and Session.objects.latest("pk").slots.count() == 24


def test_the_form_takes_over_what_another_site_has(manager):
    page = markup(
        manager.post(f"{SESSIONS}new/", form(take_over="1", stations="1", seats="", on=""))
    )
    assert 'name="stations" value="2"' in page and "There is a problem" not in page


def test_a_session_beyond_the_site_is_refused_in_words(manager):
    page = manager.post(f"{SESSIONS}new/", form(publish="1", stations="3"))
    assert "hall has 2 vaccination stations free" in text_of(page)
    assert manager.post(f"{SESSIONS}new/", form(publish="1", stations="")).status_code == 400


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(manager):
    wrong = form(publish="1", stations="many", on="soon", products="none", walk_in_percent="7")
    page = manager.post(f"{SESSIONS}new/", wrong)
    html = markup(page)
    assert page.status_code == 400
    for field in ("id_stations", "id_on", "id_products_0"):
        assert f'<a href="#{field}">' in html and f'id="{field}"' in html
    assert 'value="many"' in html and 'name="walk_in_percent" value="7"' in html
    session = Pool.objects.first().slot.session_id
    url = f"{SESSIONS}{session}/change/"
    page = manager.post(url, form(stations="0", preview="1"))
    assert page.status_code == 400 and '<a href="#id_stations">' in markup(page)
    for carried in ({"expected": "x"}, {"request_id": "x", "expected": "0"}):
        act = form(carry_out="1", request_id=str(make.request("c"))) | carried
        assert manager.post(url, act).status_code == 400
    act = {"cancel": "1", "carry_out": "1", "expected": "5", "request_id": str(make.request("c"))}
    page = manager.post(url, act)
    assert page.status_code == 409 and "Other people are affected by now" in text_of(page)
    assert manager.post(f"{SESSIONS}{session}/unserved/", {"expected": "x"}).status_code == 400


def test_a_manager_plans_at_their_own_site_only(opened):
    stranger = user(Role.SITE_MANAGER, site="clinic")
    page = stranger.post(f"{SESSIONS}new/", form(publish="1"))
    assert page.status_code == 400 and "Site" in text_of(page)
    session = Booking.objects.none() or Pool.objects.first().slot.session_id
    assert stranger.post(f"{SESSIONS}{session}/change/", form(preview="1")).status_code == 403
    nurse = user(Role.VACCINATOR, site="hall")
    assert nurse.get(f"{SESSIONS}new/").status_code == 403


def test_a_cut_shows_who_is_affected_and_then_does_it(manager):
    session = coming(5, stations=2, minutes_per_dose=Decimal(5))
    pools = make.pools(session)
    people = [make.person(n) for n in range(10, 16)]
    make.enrol()
    book(people, pools)
    smaller = form(stations="1", starts="09:00", ends="10:00", seats="", preview="1")
    page = text_of(manager.post(f"{SESSIONS}{session.pk}/change/", smaller))
    assert "3 have to give way: 3 get another place, 0 get none" in page
    assert Booking.objects.filter(status="confirmed").count() == 6

    act = smaller | {"carry_out": "1", "expected": "3", "request_id": str(make.request("cut"))}
    manager.post(f"{SESSIONS}{session.pk}/change/", act)

    assert Booking.objects.filter(status="moved").count() == 3
    assert Booking.objects.filter(status="confirmed").count() == 6
    assert "bind" in text_of(manager.get(f"{SESSIONS}{session.pk}/"))


def test_an_opening_that_never_comes_is_refused(manager):
    day = datetime.now(UTC) + timedelta(days=9)
    never = {f"{day.date()}T18:00": "Booking must open", "0026-11-21T09:00": "not a time"}
    for opens, why in never.items():
        page = manager.post(f"{SESSIONS}new/", form(publish="1", opens=opens))
        assert (page.status_code, why in text_of(page)) == (400, True)
    page = manager.post(f"{SESSIONS}new/", form(draft="1", opens=f"{day.date()}T08:00"))
    assert "A draft has no opening yet" in text_of(page)
    manager.post(f"{SESSIONS}new/", form(draft="1"))
    made = Session.objects.latest("pk")
    page = manager.post(f"{SESSIONS}{made.pk}/publish/", {"opens": "soon"})
    assert page.status_code == 400 and '<a href="#id_opens">' in markup(page)
    assert "This is not a time." in text_of(page) and 'value="soon"' in markup(page)
    page = manager.post(f"{SESSIONS}{made.pk}/publish/", {"opens": "2020-01-01T09:00"})
    assert (page.status_code, "Booking must open" in text_of(page)) == (400, True)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59", "x", "2021-13-01T00:00"]
)
def test_a_time_that_no_clock_shows_is_told(text):
    field = LocalTimeField("When")
    field.zone = "Asia/Seoul"
    with pytest.raises(ValidationError):
        field.clean(text)
