"""The planning studio's pages: answers, progress, pictures, reports; and what a wrong request gets."""

import csv
from io import BytesIO, StringIO
from uuid import uuid4

import pytest

from balmis.contexts.planning.models import Study
from balmis.core.vocabulary.access import Role
from balmis.flows.planning import studies
from tests import make
from tests.flows.test_planning import ISLAND, NOW
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_pages import LANGUAGES, text_of

HERE = f"/coordination/{make.SLUG}/studio/"
ASKED = {
    "supply": 100,
    "capacity": 100,
    "uptake": 0,
    "lag_days": 0,
    "by": "",
    "after": "",
    "option": "",
    "title": "",
}


@pytest.fixture
def planner(committed):
    make.campaign()
    return user(Role.PLANNER)


def send(client, **changes):
    data = ASKED | {"request_id": str(uuid4()), "scenario": file_of(ISLAND)} | changes
    return client.post(f"{HERE}ask/", {k: v for k, v in data.items() if v is not None})


def file_of(text: str | bytes):
    found = BytesIO(text.encode() if isinstance(text, str) else text)
    found.name = "assumptions.yaml"
    return found


def worked_out(client) -> int:
    page = send(client, run="1", title="As we hope", surge="on")
    (study,) = Study.objects.all()
    assert page.status_code == 302 and page["Location"] == f"{HERE}{study.pk}/"
    studies.work_out(study.pk, clock=lambda: NOW)
    return study.pk


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_begins_with_plain_arithmetic(planner, language):
    planner.cookies["django_language"] = language
    page = planner.get(HERE)
    assert page.status_code == 200
    text = text_of(page)
    assert "1,400" in text.replace(".", ",").replace("\xa0", ",") or "1400" in text
    if language == "en":
        assert "700 people x 2 doses = 1,400 doses" in text


def test_a_try_is_answered_at_once_and_once(planner):
    request = str(uuid4())
    first, again = (send(planner, capacity=300, request_id=request) for _ in range(2))
    assert first.status_code == again.status_code == 302 and first["Location"] == again["Location"]
    text = text_of(planner.get(first["Location"]))
    assert "at best on" in text and "hands 300 %" in text and Study.objects.count() == 1
    more = send(planner, scenario=None, base=str(Study.objects.get().pk), supply=50)
    assert more.status_code == 302  # the assumptions of the study at hand are kept
    assert Study.objects.latest("pk").asked["scenario"] == ISLAND


def test_a_whole_study_with_its_progress_pictures_and_reports(planner):
    send(planner, run="1")
    waiting = planner.get(f"{HERE}{Study.objects.get().pk}/")
    assert "waits for its turn" in text_of(waiting) and "hx-get" in markup(waiting)
    Study.objects.all().delete()
    key = worked_out(planner)
    page = planner.get(f"{HERE}{key}/")
    text = text_of(page)
    assert (
        "As we hope" in text
        and "Ways to go on" in text
        and "750 USD" in text
        and "with perfect foresight" in text
    )
    polled = planner.get(f"{HERE}{key}/", headers={"HX-Request": "true"})
    assert polled["HX-Refresh"] == "true"
    for name in ("fan-0", "stock", "gap", "sessions"):
        picture = planner.get(f"{HERE}{key}/{name}.light.svg?size=narrow")
        assert picture["Content-Type"] == "image/svg+xml" and b"<svg" in picture.content
        assert planner.get(f"{HERE}{key}/{name}.png").content.startswith(b"\x89PNG")
        table = list(csv.reader(StringIO(markup(planner.get(f"{HERE}{key}/{name}.csv")))))
        assert len(table) == 1 + Study.objects.get().result["weeks"]
        assert name in markup(page)
    assert planner.get(f"{HERE}{key}/nothing.light.svg").status_code == 404
    pdf = planner.get(f"{HERE}{key}/report/?format=pdf")
    assert pdf.content.startswith(b"%PDF") and "attachment" in pdf["Content-Disposition"]
    assert "Report for the steering committee" in text_of(planner.get(f"{HERE}{key}/report/"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_study_speaks_the_reader_s_language(planner, language):
    key = worked_out(planner)
    planner.cookies["django_language"] = language
    for path in ("", "report/", "report/?format=pdf", "sites/"):
        assert planner.get(f"{HERE}{key}/{path}").status_code == 200
    if language != "en":
        assert "at best on" not in text_of(planner.get(f"{HERE}{key}/"))


def test_what_each_site_is_to_do_leads_to_its_session_form(planner):
    key = worked_out(planner)
    week = next(n for n, w in enumerate(Study.objects.get().result["site_doses"]) if sum(w[0]))
    page = planner.get(f"{HERE}{key}/sites/?week={week}")
    assert "Town hall" in text_of(page) and "Comirnaty" in text_of(page)
    link = next(x for x in markup(page).split('"') if "/sessions/new/" in x).replace("&amp;", "&")
    form = planner.get(link)["content-type"] and markup(planner.get(link))
    doses = link.split("doses=")[1].split("&")[0]
    assert f'name="doses" value="{doses}"' in form and 'value="5"' in form


def test_an_answer_of_an_earlier_version_says_so(planner):
    key = worked_out(planner)
    study = Study.objects.get()
    Study.objects.update(result=study.result | {"version": "allocation/0"})
    assert "An earlier version of Balmis" in text_of(planner.get(f"{HERE}{key}/"))
    assert planner.get(HERE).status_code == 200
    assert (
        planner.get(f"{HERE}{key}/report/").status_code
        == planner.get(f"{HERE}{key}/gap.csv").status_code
        == 404
    )


def test_two_studies_side_by_side(planner):
    first = send(planner)["Location"]
    second = send(planner, surge="on")["Location"]
    key = second.rstrip("/").rpartition("/")[2]
    page = planner.get(f"{first}compare/?with={key}")
    assert page.status_code == 200 and "What does the difference make?" in text_of(page)
    assert planner.get(f"{first}compare/?with=999999").status_code == 404


def test_a_study_is_stopped_from_its_page(planner):
    send(planner, run="1")
    key = Study.objects.get().pk
    assert planner.post(f"{HERE}{key}/stop/").status_code == 302
    assert "It was stopped." in text_of(planner.get(f"{HERE}{key}/"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scenario": file_of("a: [")}, "has problems"),
        ({"scenario": file_of(b"\xff\xfe\x00")}, "not UTF-8"),
        ({"scenario": file_of("x" * 300_000)}, "larger than"),
        ({"scenario": None}, "No assumptions come along"),
        ({"supply": "much"}, "whole number"),
        ({"supply": 9_999}, "less than or equal"),
        ({"by": "soon"}, "This is not a day: soon"),
        ({"option": "gold"}, "valid choice"),
        ({"after": "1999-01-01"}, "not a day of the campaign"),
        (
            {"scenario": file_of(ISLAND.replace("site: clinic", "site: moon"))},
            "no site of the campaign",
        ),
    ],
)
def test_what_cannot_be_planned_says_why_and_keeps_nothing(planner, changes, words):
    page = send(planner, **changes)
    assert page.status_code == 400 and words in text_of(page), text_of(page)[:1500]
    assert not Study.objects.exists()


def test_the_summary_leads_to_the_field_and_what_was_asked_stays(planner):
    page = send(planner, supply=9_999, by="soon", title="As we hope", capacity=120)
    html = markup(page)
    assert page.status_code == 400
    for field in ("id_supply", "id_by"):
        assert f'<a href="#{field}">' in html and f'id="{field}"' in html
    assert 'value="As we hope"' in html and 'name="capacity" value="120"' in html
    assert send(planner, request_id="x").status_code == 400
    assert send(planner, base="x").status_code == 400
    assert not Study.objects.exists()


def test_only_planners_ask_and_others_look(planner):
    key = worked_out(planner)
    manager = user(Role.SITE_MANAGER, site="hall")
    assert manager.get(f"{HERE}{key}/").status_code == 200
    assert "Show the answer" not in text_of(manager.get(HERE))
    assert send(manager).status_code == 403
    assert manager.post(f"{HERE}{key}/stop/").status_code == 403
    nobody = user(None)
    assert nobody.get(f"{HERE}{key}/").status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_centre_s_day_is_simulated_as_asked(planner, language):
    planner.cookies["django_language"] = language
    here = f"/coordination/{make.SLUG}/centre/halla-gymnasium/"
    assert planner.get(f"/coordination/{make.SLUG}/centre/").status_code == 200
    page = planner.get(here)
    assert page.status_code == 200
    for name in ("seated", "parked", "queues", "busy", "knee", "ladder"):
        assert b"<svg" in planner.get(f"{here}{name}.dark.svg").content
    people = planner.get(f"{here}replay.json").json()["people"]
    assert 500 < len(people) < 601 and all(p == sorted(p) for p in people)
    if language == "en":
        asked = "a_slot=26&no_show=5&walk_ins=0&observe=30&seats=80&parking=300"
        asked += "&servers_0=6&servers_1=4&servers_2=5&servers_3=4"
        more = text_of(planner.get(f"{here}?{asked}"))
        assert "What binds is Screening" in more and "As it is: 571" in more
        wrong = planner.get(f"{here}?{asked.replace('seats=80', 'seats=0')}")
        assert wrong.status_code == 400 and "greater than or equal to 1" in text_of(wrong)
        assert '<a href="#id_seats">' in markup(wrong) and 'name="a_slot" value="26"' in markup(
            wrong
        )
        assert "The answer below is that of the centre as it is." in text_of(wrong)
    assert planner.get(f"/coordination/{make.SLUG}/centre/nowhere/").status_code == 404
    assert "No candidate sites come along" in text_of(
        planner.get(f"/coordination/{make.SLUG}/sites/choice/")
    )
