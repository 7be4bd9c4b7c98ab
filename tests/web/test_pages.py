"""Every page answers its reader, in every language, without inline script, at a bounded cost."""

import csv
import io
import json
import re

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from balmis.contexts.journal.models import AuditEntry
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.vocabulary.access import Role
from balmis.flows.access.account import set_active
from tests import make
from tests.pages import markup
from tests.web.conftest import PASSWORD, user

DESK = f"/coordination/{make.SLUG}/"
REPORT = f"{DESK}days/2021-06-17/"
PUBLIC = f"/c/{make.SLUG}/"
STAFF = [DESK, f"{DESK}days/", REPORT, f"{DESK}plan/"]
LANGUAGES = ["en", "ko", "zh-hans", "vi"]


def text_of(response) -> str:
    return markup(response)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_answer_in_every_language_without_inline_script_or_style(planner, language):
    planner.cookies["django_language"] = language
    for path in [*STAFF, PUBLIC, "/components/", "/sign-in/"]:
        response = planner.get(path)

        assert response.status_code == 200, path
        page = text_of(response)
        assert f'<html lang="{language}"' in page
        assert not re.search(r"<script(?![^>]*\bsrc=)", page) and " style=" not in page
        assert not re.search(r"\son[a-z]+=", page)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert len(response.content) < 100_000


def test_the_overview_answers_first(planner):
    page = text_of(planner.get(DESK))
    assert "Will we reach the target in time?" in page
    assert re.search(r"<strong>0</strong>\s+of 700", page), "nobody is fully vaccinated yet"
    assert "North" in page and "Town hall" in page and "Hospital staff" in page


def test_the_areas_are_sorted_on_request_and_come_alone_to_htmx(planner):
    whole = text_of(planner.get(f"{DESK}?sort=-doses_total"))
    assert 'aria-sort="descending"' in whole
    part = planner.get(
        f"{DESK}?sort=doses_total", headers={"HX-Request": "true", "HX-Target": "areas"}
    )
    page = text_of(part)
    assert "<html" not in page
    assert page.index('<th scope="row">South') < page.index('<th scope="row">North')


def test_an_unknown_sort_is_no_error(planner):
    assert planner.get(f"{DESK}?sort=password").status_code == 200


def test_staff_pages_ask_to_sign_in(island):
    for path in STAFF:
        response = Client().get(path)
        assert response.status_code == 302 and response["Location"].startswith("/sign-in/?next=")


def test_what_is_not_there_is_a_404_in_words(planner):
    for path in (
        f"{DESK}days/2021-13-01/",
        f"{DESK}?on=yesterday",
        "/coordination/nowhere/",
        "/c/nowhere/",
        "/c/nowhere/figures.json",
        "/nowhere/",
        f"{DESK}?on=9999-12-31",
        f"{DESK}?on=0001-01-02",
        f"{DESK}days/0001-01-01/",
    ):
        response = planner.get(path)
        assert response.status_code == 404, path
        assert "There is nothing at this address" in text_of(response), path


def test_who_has_no_role_opens_nothing(island):
    response = user(None).get(REPORT)
    assert response.status_code == 403
    assert "Your role does not open this page" in text_of(response)


def test_an_area_manager_sees_rows_of_the_area_only(island):
    page = text_of(user(Role.AREA_MANAGER, area="IS-S").get(REPORT))
    assert "South" in page and "North" not in page
    assert "Town hall" not in page and "South clinic" in page


def test_who_works_for_another_campaign_sees_nothing_of_this_one(island):
    from balmis.contexts.places.services import keep_area

    keep_area("ELSE", parent=None, kind="island", names={"en": "Elsewhere"})
    browser = user(Role.PLANNER, area="ELSE")
    assert "Island campaign" not in text_of(browser.get("/coordination/"))
    for path in STAFF:
        assert browser.get(path).status_code == 403
    api = f"/api/v1/campaigns/{make.SLUG}/reports/2021-06-17"
    assert browser.get(api).status_code == 403


def test_a_site_manager_sees_the_site(island):
    page = text_of(user(Role.SITE_MANAGER, site="hall").get(REPORT))
    assert "Town hall" in page and "South clinic" not in page


def test_reports_can_be_taken_along(planner):
    for format in ("text", "json", "csv", "html", "xlsx"):
        response = planner.get(f"{REPORT}?format={format}")
        assert response.status_code == 200
        assert "attachment" in response["Content-Disposition"] and len(response.content) > 500


def test_the_chart_has_a_picture_in_both_themes_and_its_data(planner):
    for theme in ("light", "dark"):
        picture = planner.get(f"{DESK}doses-{theme}.svg?on=2021-06-17")
        assert picture["Content-Type"] == "image/svg+xml" and b"<svg" in picture.content
    assert planner.get(f"{DESK}doses-purple.svg").status_code == 404
    rows = list(csv.DictReader(io.StringIO(text_of(planner.get(f"{DESK}doses.csv")))))
    assert rows == [{"day": "2021-06-17", "kind": "primary_1", "doses": "9"}]


def test_the_public_page_needs_no_sign_in_and_hides_small_counts(island):
    page = text_of(Client().get(PUBLIC))
    assert "How far are we?" in page and "Town hall" in page
    figures = json.loads(text_of(Client().get(f"{PUBLIC}figures.json")))
    areas = {row["code"]: row for row in figures["by_area"]}
    assert areas["IS"]["covered"] == 9
    assert areas["IS-S"]["covered"] is None, "two people"
    assert areas["IS-N"]["covered"] is None, "or the two could be worked out"
    rows = list(csv.DictReader(io.StringIO(text_of(Client().get(f"{PUBLIC}figures.csv")))))
    assert rows == [{"day": "2021-06-17", "kind": "primary_1", "doses": "9"}]


def test_pages_of_signed_in_people_are_not_kept_by_caches(planner):
    assert "no-store" in planner.get(DESK)["Cache-Control"]
    assert "public" in Client().get(PUBLIC)["Cache-Control"]


def test_the_number_of_queries_does_not_grow_with_people(planner):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert planner.get(DESK).status_code == 200
        return len(caught)

    queries()
    before = queries()
    lot = make.lot(doses=50)
    for number in range(20, 40):
        make.dose(make.person(number), lot)
    queries()
    assert queries() <= before <= 46  # one of them counts the doses that no figure counts


def test_sign_in_and_out(planner):
    browser = Client()
    wrong = browser.post("/sign-in/", {"username": "planner", "password": "no"})
    assert wrong.status_code == 400 and "do not fit together" in text_of(wrong)
    assert '<a href="#id_username">' in markup(wrong) and 'value="planner"' in markup(wrong)
    empty = browser.post("/sign-in/", {"username": "planner", "password": ""})
    assert empty.status_code == 400 and '<a href="#id_password">' in markup(empty)
    right = browser.post(
        "/sign-in/", {"username": "planner", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert right["Location"] == "/coordination/", "onward only within the site"
    assert browser.get(DESK).status_code == 200
    browser.post("/sign-out/")
    assert browser.get(DESK).status_code == 302


def test_guessing_has_to_wait_even_with_the_right_password(planner):
    browser = Client()
    for _ in range(8):
        browser.post("/sign-in/", {"username": "Planner", "password": "no"})
    response = browser.post("/sign-in/", {"username": "planner", "password": PASSWORD})
    assert response.status_code == 429 and "Too many tries. Wait 2 minutes." in text_of(response)


def test_the_owners_browser_goes_on_while_others_guess_from_the_same_network(planner):
    right, wrong = {"username": "planner", "password": PASSWORD}, {"username": "planner"}
    owner = Client()
    assert owner.post("/sign-in/", right).status_code == 302
    owner.post("/sign-out/")
    for _ in range(9):
        last = Client().post("/sign-in/", wrong | {"password": "no"})
    assert last.status_code == 429
    assert owner.post("/sign-in/", right).status_code == 302
    stolen = Client()
    stolen.cookies["mark"] = owner.cookies["mark"].value + "x"
    assert stolen.post("/sign-in/", right).status_code == 429


def test_a_network_of_ipv6_is_one_client(planner, monkeypatch):
    monkeypatch.setattr("django.conf.settings.PROXIES", 1)
    guess = {"username": "planner", "password": "no"}
    for n in range(9):
        inside = {"x-forwarded-for": f"2606:4700:1:2::{n + 1:x}"}
        last = Client(headers=inside).post("/sign-in/", guess)
    assert last.status_code == 429
    beside = Client(headers={"x-forwarded-for": "2606:4700:1:3::1"})
    assert beside.post("/sign-in/", guess).status_code == 400


def test_sign_ins_are_in_the_trail_and_names_that_nobody_has_are_not(planner):
    browser = Client(REMOTE_ADDR="198.51.100.7")
    browser.post("/sign-in/", {"username": "planner", "password": "no"})
    browser.post("/sign-in/", {"username": "my password", "password": "no"})
    browser.post("/sign-in/", {"username": "planner", "password": PASSWORD})
    browser.post("/sign-out/")
    told = AuditEntry.objects.filter(action__startswith="user.sign").order_by("pk")
    assert [t.action for t in told] == ["user.sign_in_failed", "user.signed_in", "user.signed_out"]
    assert told[0].actor == "client:198.51.100.7"
    assert told[1].facts == {"client": "198.51.100.7", "means": "password"}


def test_the_owner_is_not_locked_out_by_who_guesses_elsewhere(planner):
    for _ in range(9):
        Client(REMOTE_ADDR="10.0.0.9").post("/sign-in/", {"username": "planner", "password": "no"})
    response = Client().post("/sign-in/", {"username": "planner", "password": PASSWORD})
    assert response.status_code == 302


def test_behind_a_proxy_it_is_the_client_who_has_to_wait(planner, monkeypatch):
    monkeypatch.setattr("django.conf.settings.PROXIES", 1)
    for n in range(140):  # while it goes on, some tries come back
        guess = {"username": f"name {n}", "password": "no"}
        asked = Client(headers={"x-forwarded-for": "1.1.1.9"}).post("/sign-in/", guess)
        if asked.status_code == 429:
            break
    assert n >= 100
    right = {"username": "planner", "password": PASSWORD}
    guesser = Client(headers={"x-forwarded-for": "1.1.1.1, 1.1.1.9"})
    assert guesser.post("/sign-in/", right).status_code == 429
    other = Client(headers={"x-forwarded-for": "1.1.1.10"})
    assert other.post("/sign-in/", right).status_code == 302


def test_a_name_with_control_characters_is_told(planner):
    response = Client().post("/sign-in/", {"username": "a\x00b", "password": "x"})
    assert response.status_code == 400
    assert "The name holds signs that no name has." in text_of(response)


def test_a_form_without_its_token_changes_nothing(planner):
    browser = Client(enforce_csrf_checks=True)
    response = browser.post("/sign-in/", {"username": "planner", "password": PASSWORD})
    assert response.status_code == 403 and "open too long" in text_of(response)


@pytest.mark.parametrize(
    ("path", "above"),
    [
        (f"/c/{make.SLUG}/book/hold/", f"/c/{make.SLUG}/book/"),
        (f"/store/{make.SLUG}/hall/hold/", f"/store/{make.SLUG}/hall/"),
        (f"/registrar/{make.SLUG}/1715/book/", f"/registrar/{make.SLUG}/1715/"),
        ("/sign-out/", "/"),
    ],
)
def test_an_address_that_only_acts_leads_to_the_page_above(planner, path, above):
    assert planner.get(path).headers["Location"] == above
    assert planner.get("/api/v1/doses").status_code == 405


def test_health(island):
    assert Client().get("/health/live").json() == {"status": "ok"}
    assert Client().get("/health/ready").json() == {"status": "ok"}


def test_while_the_database_is_away_pages_say_so_and_that_it_passes(island, monkeypatch):
    """503 and when to come back; never a fault of the person's, never a traceback."""

    def gone(*args, **kwargs):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("balmis.contexts.campaigns.queries.campaign", gone)
    browser = Client(raise_request_exception=False)
    page = browser.get(PUBLIC)
    assert page.status_code == 503 and page["Retry-After"] == "10"
    assert "back in a moment" in text_of(page) and "closed the connection" not in text_of(page)
    told = browser.get(f"/api/v1/campaigns/{make.SLUG}/figures")
    assert (told.status_code, told.json()["reason"]) == (503, "unavailable")
    monkeypatch.setattr("balmis.contexts.campaigns.queries.campaign", lambda slug: 1 / 0)
    assert browser.get(PUBLIC).status_code == 500


def test_readiness_tells_of_a_full_disk_and_is_not_redirected(island, monkeypatch, tmp_path):
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert Client().get("/health/ready").status_code == 200
        assert Client().get(PUBLIC).status_code == 301
    monkeypatch.setenv("BALMIS_DATABASE_FOLDER", str(tmp_path))
    assert Client().get("/health/ready").status_code == 200
    monkeypatch.setattr("balmis.web.shared.health.ROOM", 2**62)
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "the disk is full")


def test_who_is_disabled_is_out_at_once_and_in_again(planner):
    assert planner.get(DESK).status_code == 200
    set_active("planner", active=False, actor=make.SYSTEM, now=make.NOON)
    assert planner.get(DESK).headers["Location"].startswith("/sign-in/")
    assert planner.get("/api/v1/campaigns/island-2021/reports/2021-06-17").status_code == 401
    right = {"username": "planner", "password": PASSWORD}
    assert Client().post("/sign-in/", right).status_code == 400
    set_active("planner", active=True, actor=make.SYSTEM, now=make.NOON)
    assert Client().post("/sign-in/", right).status_code == 302
    with pytest.raises(NotAllowed):
        set_active("planner", active=False, actor=Actor("user:1"), now=make.NOON)
    with pytest.raises(BadInput):
        set_active("nobody", active=False, actor=make.SYSTEM, now=make.NOON)


def test_people_change_their_own_password_and_are_out_elsewhere(planner):
    other = Client()
    other.post("/sign-in/", {"username": "planner", "password": PASSWORD})
    new = "gravel tulip harbour nine"
    asked = {"old": PASSWORD, "new": new, "again": new}
    for wrong, field in (
        ({"old": "x"}, "old"),
        ({"again": "x"}, "again"),
        ({"new": "1234", "again": "1234"}, "new"),
    ):
        page = planner.post("/account/password/", asked | wrong)
        assert page.status_code == 400 and f'<a href="#id_{field}">' in markup(page)
        assert new not in markup(page) and PASSWORD not in markup(page)
    assert planner.post("/account/password/", asked).headers["Location"] == "/account/"
    assert planner.get(DESK).status_code == 200
    assert other.get(DESK).status_code == 302
    assert Client().post("/sign-in/", {"username": "planner", "password": new}).status_code == 302
    assert Client().get("/account/password/").status_code == 302


@pytest.mark.parametrize(
    "weak",
    [
        "123456789012",
        "aaaaaaaaaaaa",
        "passwordpassword",
        "planner-planner",
        "qwertyuiop12",
        "january2026!",
    ],
)
def test_a_password_that_is_guessed_soon_is_refused(planner, weak):
    page = planner.post("/account/password/", {"old": PASSWORD, "new": weak, "again": weak})
    assert page.status_code == 400 and '<a href="#id_new">' in markup(page)


def test_metrics_are_for_those_with_the_token(island, monkeypatch):
    assert Client().get("/metrics").status_code == 403
    monkeypatch.setenv("BALMIS_METRICS_TOKEN", "s3cret")
    assert Client().get("/metrics").status_code == 403
    assert Client().get("/metrics", headers={"Authorization": "Bearer é"}).status_code == 403
    told = Client().get("/metrics", headers={"Authorization": "Bearer s3cret"})
    assert b"balmis_requests_total" in told.content


def test_not_ready_when_the_database_does_not_answer(island, monkeypatch):
    from django.db import OperationalError

    def broken() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", broken)
    response = Client().get("/health/ready")
    assert response.status_code == 503


def test_without_campaigns_pages_say_what_to_do(committed):
    assert "balmis campaign load" in text_of(Client().get("/"))
    assert "balmis campaign load" in text_of(user(Role.PLANNER).get("/coordination/"))
