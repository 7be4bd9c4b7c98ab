"""A resident's way to an appointment, step by step, without a script."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.db.models import F
from django.test import Client

from balmis.contexts.booking import places
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool, Rush, Standby, Ticket
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.notices.models import Notice
from balmis.contexts.people.models import Contact, Person
from balmis.core.vocabulary.access import Role
from balmis.flows.booking.invitations import stop_token
from balmis.flows.booking.notices import announce
from balmis.flows.booking.short_links import invitation_link, link_to
from tests import make
from tests.pages import markup
from tests.web.conftest import sent_code, user
from tests.web.test_pages import LANGUAGES, text_of

BOOK = f"/c/{make.SLUG}/book/"
MINE = f"/c/{make.SLUG}/my/"
BORN = {"day": "5", "month": "5", "year": "1950"}


def letter_to(number: str) -> str:
    return make.letter(Person.objects.get(external_id=number))


def identified(number: str = "P1", language: str = "en") -> Client:
    client = Client()
    client.cookies["django_language"] = language
    asked = {"number": letter_to(number), "address": "010-1234-5678"} | BORN
    assert client.post(BOOK, asked).headers["Location"] == f"{BOOK}code/"
    assert client.post(f"{BOOK}code/", {"code": sent_code()}).headers["Location"] == MINE
    return client


def first_time(client: Client) -> dict[str, str]:
    """The form of the first time on the first day."""
    page = markup(client.get(f"{BOOK}times/"))
    days = re.search(r'href="[^"]*(\?on=[^"]+)"', page)
    assert days, page
    page = markup(client.get(f"{BOOK}times/{days[1].replace('&amp;', '&')}"))
    form = page[page.index('<ul class="times">') :].split("</form>")[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


def test_both_doses_are_held_then_confirmed(opened):
    client = identified()
    form = first_time(client)
    assert "second" in form
    day = (datetime.now(UTC) + timedelta(days=2)).date()
    times = text_of(client.get(f"{BOOK}times/?on={day}&site=hall"))
    assert "09:00" in times and "00:00" not in times  # the site's own clock
    assert client.post(f"{BOOK}hold/", form).headers["Location"] == f"{BOOK}confirm/"
    page = text_of(client.get(f"{BOOK}confirm/"))
    assert "Resident 1" in page and "held for you for 10 more minutes" in page
    assert set(Booking.objects.values_list("status", flat=True)) == {"held"}

    done = client.post(f"{BOOK}confirm/")

    assert done.headers["Location"] == f"{MINE}?new=1"
    booked = Booking.objects.order_by("number")
    assert [(b.number, b.status, b.product) for b in booked] == [
        (1, "confirmed", "comirnaty"),
        (2, "confirmed", "comirnaty"),
    ]
    apart = booked[1].pool.slot.session.on - booked[0].pool.slot.session.on
    assert apart.days == 21
    assert "You are booked" in text_of(client.get(f"{MINE}?new=1"))
    assert drift() == []


def test_a_retry_of_the_button_books_once(opened):
    client = identified()
    form = first_time(client)
    client.post(f"{BOOK}hold/", form)
    client.post(f"{BOOK}confirm/")
    assert client.post(f"{BOOK}confirm/").status_code == 302
    assert Booking.objects.filter(status="confirmed").count() == 2


def test_another_choice_lets_the_first_one_go(opened):
    client = identified()
    form = first_time(client)
    client.post(f"{BOOK}hold/", form)
    other = Pool.objects.exclude(pk__in=[form["pool"], form["second"]]).order_by("pk").first()
    assert other is not None
    again = first_time(client) | {"pool": str(other.pk)}
    assert client.post(f"{BOOK}hold/", again).headers["Location"] == f"{BOOK}confirm/"
    assert Booking.objects.filter(status="held").count() == 2
    assert Booking.objects.filter(status="cancelled").count() == 2


def test_a_time_that_has_just_gone_is_said_and_others_are_shown(opened):
    client = identified()
    form = first_time(client)
    Pool.objects.filter(pk=form["pool"]).update(capacity=0)
    page = client.post(f"{BOOK}hold/", form)
    assert page.status_code == 409
    assert "has just been taken" in text_of(page)
    assert '<ul class="times">' in markup(page)


def test_later_days_are_a_page_away_and_links_lead_back_to_the_times(opened, monkeypatch):
    monkeypatch.setattr("balmis.flows.booking.search.DAYS_SHOWN", 1)
    monkeypatch.setattr("balmis.web.resident.reservation.DAYS_SHOWN", 1)
    client = identified()
    first = markup(client.get(f"{BOOK}times/"))
    assert f'href="{BOOK}times/?skip=1"' in first
    later = markup(client.get(f"{BOOK}times/?skip=1"))
    assert later != first and "skip=2" not in later and "?on=" in later
    assert "?on=" in markup(client.get(f"{BOOK}times/?skip=99"))
    form = first_time(client)
    Pool.objects.update(taken=F("capacity"))
    refused = client.post(f"{BOOK}hold/", form)
    assert refused.status_code == 409 and 'href="?' not in markup(refused)


def test_a_cancelled_appointment_takes_the_later_dose_along(opened):
    client = identified()
    client.post(f"{BOOK}hold/", first_time(client))
    client.post(f"{BOOK}confirm/")
    first = Booking.objects.get(number=1)
    assert "The later dose is cancelled with it" in text_of(client.get(f"{MINE}{first.pk}/cancel/"))
    client.post(f"{MINE}{first.pk}/cancel/")
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}
    assert drift() == []


def test_an_appointment_is_moved_in_one_act(opened):
    client = identified()
    client.post(f"{BOOK}hold/", first_time(client))
    client.post(f"{BOOK}confirm/")
    first = Booking.objects.get(number=1)
    other = Pool.objects.filter(slot__session=first.pool.slot.session_id).exclude(pk=first.pool_id)
    form = {
        "request_id": str(make.request("move")),
        "pool": str(other[0].pk),
        "move": str(first.pk),
    }
    assert client.post(f"{BOOK}hold/", form).headers["Location"] == f"{MINE}?changed=1"
    first.refresh_from_db()
    assert first.status == "moved"
    assert Booking.objects.get(number=1, status="confirmed").pool_id == other[0].pk
    # the message says that it is a change, not a second appointment
    announce(now=datetime.now(UTC))
    assert Notice.objects.filter(purpose="changed").count() == 1
    assert "The time is changed" in text_of(client.get(f"{MINE}?changed=1"))
    for answer in (
        client.get(f"{MINE}{first.pk}/cancel/"),
        client.post(f"{MINE}{first.pk}/cancel/"),
    ):
        assert answer.headers["Location"] == MINE  # it was moved, not cancelled


def test_the_calendar_file_holds_the_appointment_and_nothing_of_health(opened):
    client = identified()
    client.post(f"{BOOK}hold/", first_time(client))
    client.post(f"{BOOK}confirm/")
    booked = Booking.objects.get(number=1)
    found = markup(client.get(f"{MINE}{booked.pk}.ics"))
    assert f"DTSTART:{booked.pool.slot.starts_at:%Y%m%dT%H%M%SZ}" in found
    assert "vaccin" not in found.lower()
    stranger = identified("P2")
    assert stranger.get(f"{MINE}{booked.pk}.ics").status_code == 404


# ---- who it is, as it is typed -----------------------------------------------------------------


@pytest.mark.parametrize(
    "change, words",
    [
        ({"number": ""}, "Enter the code on your letter"),
        ({"month": "13"}, "Enter your date of birth"),
        ({"year": "abcd"}, "Enter your date of birth"),
        ({"year": "99999999999"}, "Enter your date of birth"),
        ({"address": "12"}, "Enter a phone number"),
        ({"address": "a@b@c"}, "Enter a phone number"),
    ],
)
def test_a_form_with_a_problem_says_which_and_keeps_what_was_entered(opened, change, words):
    asked = {"number": "P1", "address": "010-1234-5678"} | BORN | change
    page = Client().post(BOOK, asked)
    assert page.status_code == 400
    assert words in text_of(page)
    if asked["number"]:
        assert 'value="P1"' in markup(page)


def problem_at(page, field: str) -> bool:
    """Does the summary lead to the field, which says itself that it is wrong?"""
    html = markup(page)
    return f'<a href="#{field}">' in html and 'aria-invalid="true"' in html


def test_the_summary_leads_to_the_field_and_what_was_typed_stays(opened):
    asked = {"number": "P1", "address": "010-1234-5678"} | BORN | {"month": "13"}
    page = Client().post(BOOK, asked)
    assert page.status_code == 400 and problem_at(page, "id_day")
    for kept in ('name="month" value="13"', 'name="year" value="1950"', 'value="P1"'):
        assert kept in markup(page)
    korean = Client()
    korean.cookies["django_language"] = "ko"
    page = korean.post(BOOK, asked)
    assert problem_at(page, "id_year")
    assert markup(page).index('id="id_year"') < markup(page).index('id="id_day"')
    client = identified()
    page = client.post(
        f"{BOOK}family/", {"number": "P2", "day": "31", "month": "2", "year": "1999"}
    )
    assert page.status_code == 400 and problem_at(page, "id_day") and 'value="P2"' in markup(page)
    client.post(f"{BOOK}family/", {"number": letter_to("P2")} | BORN)
    page = client.post(f"{BOOK}code/", {"code": "123 45"})
    assert page.status_code == 400 and problem_at(page, "id_code")
    assert "The code is not right" in text_of(page) and 'value="123 45"' in markup(page)


def test_what_no_page_sends_is_told_and_holds_nothing(opened):
    client = identified()
    form = first_time(client)
    for wrong in ({"pool": "x"}, {"request_id": "x"}, {"second": "0"}, {"on": "soon"}):
        page = client.post(f"{BOOK}hold/", form | wrong)
        assert page.status_code == 400 and "There is a problem" in text_of(page)
    assert Booking.objects.count() == 0
    client.post(f"{BOOK}hold/", form)
    page = client.post(f"{BOOK}confirm/", {"held": ["x"]})
    assert page.status_code == 400 and "Is this right?" in text_of(page)
    assert client.post(f"{BOOK}family/", {"remove": "x"}).status_code == 400
    assert client.post(f"{BOOK}standby/", {"leave": "x"}).status_code == 400
    assert set(Booking.objects.values_list("status", flat=True)) == {"held"}


def test_the_standby_list_asks_for_a_place_and_a_day(opened):
    client = identified()
    page = client.get(f"{BOOK}standby/")
    day = (datetime.now(UTC) + timedelta(days=2)).date()
    assert f'value="hall@{day}"' in markup(page)
    for where in ({}, {"where": "hall"}, {"where": f"moon@{day}"}):
        page = client.post(f"{BOOK}standby/", where)
        assert page.status_code == 400 and problem_at(page, "id_where_0")
        assert "Choose a place and a day." in text_of(page)
    assert client.post(f"{BOOK}standby/", {"where": f"hall@{day}"}).status_code == 302
    key = Standby.objects.get().pk
    assert client.post(f"{BOOK}standby/", {"leave": str(key)}).status_code == 302
    assert Standby.objects.get().status == "left"


def test_without_having_shown_who_one_is_every_step_leads_to_the_first(opened):
    for path in (f"{BOOK}times/", f"{BOOK}confirm/", MINE, f"{MINE}1/cancel/"):
        assert Client().get(path).headers["Location"] == BOOK


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_steps_are_written_in_every_language_without_inline_script(opened, language):
    client = identified(language=language)
    client.post(f"{BOOK}hold/", first_time(client))
    first = Client(headers={"Accept-Language": language}).get(BOOK)
    pages = [first, *(client.get(p) for p in (f"{BOOK}times/", f"{BOOK}confirm/"))]
    client.post(f"{BOOK}confirm/")
    pages += [client.get(MINE)]
    for page in pages:
        html = markup(page)
        assert page.status_code == 200
        assert f'lang="{language}"' in html
        assert "<script>" not in html and "style=" not in html


# ---- families -------------------------------------------------------------------------------


def with_family(*numbers: str) -> Client:
    client = identified()
    for number in numbers:
        asked = {"number": letter_to(number)} | BORN
        assert client.post(f"{BOOK}family/", asked).headers["Location"] == f"{BOOK}code/"
        answer = client.post(f"{BOOK}code/", {"code": sent_code()})
        assert answer.headers["Location"] == f"{BOOK}family/"
    return client


def test_a_family_gets_places_at_the_same_times_in_one_act(opened):
    client = with_family("P2", "P3")
    page = text_of(client.get(f"{BOOK}times/"))
    assert all(f"Resident {n}, dose 1" in page for n in (1, 2, 3))
    form = first_time(client)
    client.post(f"{BOOK}hold/", form)
    held = Booking.objects.filter(status="held")
    assert held.count() == 6 and len(set(held.values_list("party", flat=True))) == 1
    assert set(held.filter(number=1).values_list("pool_id", flat=True)) == {int(form["pool"])}
    page = text_of(client.get(f"{BOOK}confirm/"))
    assert all(f"Resident {n}" in page for n in (1, 2, 3))
    client.post(f"{BOOK}confirm/")
    assert Booking.objects.filter(status="confirmed").count() == 6
    page = text_of(client.get(MINE))
    assert all(f"Resident {n}" in page for n in (1, 2, 3))
    # one of them cannot come: theirs is cancelled, the others stay
    theirs = Booking.objects.get(person__external_id="P3", number=1)
    client.post(f"{MINE}{theirs.pk}/cancel/")
    assert Booking.objects.filter(status="confirmed").count() == 4
    assert drift() == []


def test_a_time_without_places_for_all_is_not_offered_and_none_is_held(opened):
    client = with_family("P2")
    form = first_time(client)
    Pool.objects.filter(pk=form["pool"]).update(capacity=1)
    assert form["pool"] != first_time(client)["pool"]
    assert client.post(f"{BOOK}hold/", form).status_code == 409
    assert Booking.objects.count() == 0


def test_who_has_an_appointment_is_named_and_the_others_are_booked(opened):
    client = with_family("P2")
    client.post(f"{BOOK}hold/", first_time(client))
    client.post(f"{BOOK}confirm/")
    client = with_family("P3")
    page = text_of(client.get(f"{BOOK}times/"))
    assert "Resident 1: has an appointment already." in page and "Resident 3, dose 1" in page
    client.post(f"{BOOK}hold/", first_time(client))
    client.post(f"{BOOK}confirm/")
    assert Booking.objects.filter(status="confirmed").count() == 6
    client.post(f"{BOOK}family/", {"remove": str(opened[2].pk)})
    assert "Resident 3" not in text_of(client.get(MINE))


def test_when_one_of_a_family_ran_out_nobody_is_told_that_all_are_booked(opened):
    client = with_family("P2")
    client.post(f"{BOOK}hold/", first_time(client))
    page = markup(client.get(f"{BOOK}confirm/"))
    shown = re.findall(r'name="held" value="(\d+)"', page)
    assert len(shown) == 4
    mine = Booking.objects.filter(person=opened[0], status="held")
    places.confirm([(b.request_id, b.person_id) for b in mine], now=datetime.now(UTC))
    late = datetime.now(UTC) + timedelta(minutes=11)
    places.sweep(now=late)
    answer = client.post(f"{BOOK}confirm/", {"held": shown})
    assert "problem=hold_over" in answer.headers["Location"]


def test_nobody_is_added_without_their_code(opened):
    client = identified()
    assert client.post(f"{BOOK}family/", {"number": "", "day": "x"}).status_code == 400
    client.post(f"{BOOK}family/", {"number": letter_to("P2")} | BORN)
    assert client.post(f"{BOOK}code/", {"code": "abc"}).status_code == 400
    assert client.post(f"{BOOK}family/", {"number": "NOBODY"} | BORN).status_code == 302
    assert client.post(f"{BOOK}code/", {"code": "123456"}).status_code == 400
    assert "Resident 2" not in text_of(client.get(f"{BOOK}family/"))
    assert Client().get(f"{BOOK}family/").headers["Location"] == BOOK


# ---- the waiting room ------------------------------------------------------------------------


def rush(**changes):
    now = datetime.now(UTC)
    fields = {
        "doors_at": now - timedelta(hours=1),
        "opens_at": now - timedelta(minutes=1),
        "closes_at": now + timedelta(hours=5),
        "per_minute": 1,
        "seed": b"s",
    }
    campaign = Booking._meta.get_field("campaign").related_model.objects.get()
    return Rush.objects.create(campaign=campaign, **(fields | changes))


def test_in_a_rush_the_times_lead_to_the_waiting_room_and_no_button_leads_around_it(opened):
    first, second = identified("P1"), identified("P2")
    form = first_time(second)
    rush(next_at=datetime.now(UTC) + timedelta(minutes=3))
    answer = first.get(f"{BOOK}times/")
    assert answer.headers["Location"] == f"/gate/wait?lang=en&back={make.SLUG}"
    assert answer.cookies["balmis-ticket"]["httponly"]
    assert first.session["resident"]["until"] > datetime.now(UTC).timestamp() + 3600 + 60
    assert second.post(f"{BOOK}hold/", form).headers["Location"] == f"{BOOK}times/"
    assert Booking.objects.count() == 0
    Ticket.objects.update(turn_at=datetime.now(UTC))
    assert first.get(f"{BOOK}times/").status_code == 200
    assert first.post(f"{BOOK}hold/", first_time(first)).headers["Location"] == f"{BOOK}confirm/"


def test_before_the_opening_the_times_offer_the_waiting_room(opened):
    client = identified()
    rush(opens_at=datetime.now(UTC) + timedelta(minutes=20))
    page = text_of(client.get(f"{BOOK}times/"))
    assert "Go to the waiting room" in page and "drawn by lot" in page
    assert Ticket.objects.count() == 0
    answer = client.post(f"{BOOK}queue/")
    assert answer.headers["Location"] == f"/gate/wait?lang=en&back={make.SLUG}"
    assert Ticket.objects.count() == 1


def test_a_planner_opens_a_waiting_room_sees_it_and_ends_it(opened):
    client = user(Role.PLANNER)
    url = f"/coordination/{make.SLUG}/openings/"
    assert "No opening has a waiting room" in text_of(client.get(url))
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    form = {
        "on": day.isoformat(),
        "at": "09:00",
        "hours": "4",
        "doors_minutes": "60",
        "per_minute": "1000",
        "order": "waves",
        "wave_minutes": "15",
        "first_digit": "3",
    }
    assert client.post(url, form).status_code == 302
    page = text_of(client.get(url))
    assert "waves every 15 min from digit 3" in page and "planned" in page
    again = client.post(url, form)
    assert (again.status_code, "overlaps" in text_of(again)) == (400, True)
    made = Rush.objects.get()
    ending = client.post(f"{url}{made.pk}/")
    assert "Say why the waiting room ends." in text_of(ending)
    assert problem_at(ending, f"close-{made.pk}-reason")
    wrong = client.post(url, form | {"hours": "100", "at": "noon"})
    assert wrong.status_code == 400
    assert problem_at(wrong, "id_hours") and problem_at(wrong, "id_at")
    assert 'value="noon"' in markup(wrong) and 'name="first_digit" value="3"' in markup(wrong)
    assert client.post(f"{url}{made.pk}/", {"reason": "all are in"}).status_code == 302
    assert "over" in text_of(client.get(url))
    assert client.post(f"{url}999/", {"reason": "x"}).status_code == 404


# ---- messages --------------------------------------------------------------------------------


def test_messages_are_stopped_from_the_link_of_a_message_without_a_name(opened):
    client = identified()
    url = f"/c/{make.SLUG}/stop/{stop_token(opened[0].pk, campaigns.campaign(make.SLUG).pk, now=datetime.now(UTC))}/"
    page = text_of(Client().get(url))
    assert "Which messages do you want?" in page and "Resident 1" not in page
    assert "That is noted." in text_of(Client().post(url, {"tell": "0", "language": "vi"}))
    assert (Contact.objects.get().tell, Contact.objects.get().language) == (False, "vi")
    assert Client().get(f"/c/{make.SLUG}/stop/abc/").status_code == 404
    assert "Which messages" in text_of(client.get(f"{MINE}messages/"))
    wrong = client.post(f"{MINE}messages/", {"tell": "1", "language": "??"})
    assert wrong.status_code == 400 and 'href="#id_language"' in markup(wrong)
    assert not Contact.objects.get().tell
    client.post(f"{MINE}messages/", {"tell": "1"})
    assert (Contact.objects.get().tell, Contact.objects.get().language) == (True, "vi")
    assert Client().get(f"{MINE}messages/").headers["Location"] == BOOK


def test_the_link_of_an_invitation_leads_to_booking_or_to_no_more_messages(opened):
    identified()
    campaign = campaigns.campaign(make.SLUG)
    now = datetime.now(UTC)
    url = urlsplit(invitation_link(campaign, opened[0].pk, now=now)).path
    page = text_of(Client().get(url))
    assert "Choose a time" in page and "Resident 1" not in page
    assert "You get no more invitations" in text_of(Client().post(url, {"tell": "0"}))
    assert not Contact.objects.get().tell
    assert "Send me messages again" in text_of(Client().get(url))
    Client().post(url, {"tell": "1"})
    assert Contact.objects.get().tell
    old = urlsplit(invitation_link(campaign, opened[0].pk, now=now - timedelta(days=402))).path
    for wrong in (old, url[:-1], f"{url}A", "/s/zz", "/s/"):
        assert Client().get(wrong).status_code == 404
    for kind, page in (
        ("b", BOOK),
        ("m", MINE),
        ("r", f"{BOOK}register/"),
        ("c", f"{BOOK}confirm/"),
    ):
        way = Client().get(urlsplit(link_to(kind, campaign)).path)
        assert (way.status_code, way.headers["Location"]) == (302, page)


# ---- limits by address -----------------------------------------------------------------------


def test_one_address_may_not_ask_for_codes_without_end(opened, monkeypatch):
    def ask(**headers):
        return Client().post(BOOK, {"number": "X", "address": "x"}, **headers).status_code

    assert {ask(REMOTE_ADDR="1.1.1.7") for _ in range(30)} == {400}
    answer = Client().post(BOOK, {}, REMOTE_ADDR="1.1.1.7")
    assert answer.status_code == 429 and "booking line" in text_of(answer)
    assert ask(REMOTE_ADDR="1.1.1.8") == 400
    assert Client().get(BOOK, REMOTE_ADDR="1.1.1.7").status_code == 200
    # behind a proxy the address that it states is counted, not what the client claims before it
    assert {ask(REMOTE_ADDR="10.0.0.1") for _ in range(40)} == {400}
    monkeypatch.setattr("django.conf.settings.PROXIES", 1)
    claimed = "1.1.1.9, 1.1.1.7"
    assert ask(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=claimed) == 429
