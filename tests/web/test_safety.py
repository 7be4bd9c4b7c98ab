"""The safety desk in a browser's words: who may see what, wrong input, every language, few queries."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from balmis.contexts.clinic.models import Dose
from balmis.contexts.people import contacts
from balmis.contexts.safety.cases import ToldEvent
from balmis.contexts.safety.models import Case, Contact, HoldOrder
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.safety import Serious, TeamKind
from balmis.flows.safety import diary
from balmis.flows.safety.report_event import report_event
from balmis.flows.safety.response import Call, CallForHelp, call_for_help
from balmis.flows.safety.teams import Keep, keep_team
from tests import make
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_booking import MINE, identified
from tests.web.test_pages import LANGUAGES, text_of

S = f"/safety/{make.SLUG}/"
PAGES = {
    "": {Role.SAFETY_OFFICER, Role.CLINICAL_LEAD},
    "signals/": {Role.SAFETY_OFFICER, Role.CLINICAL_LEAD, Role.AREA_MANAGER},
    "holds/": {Role.SAFETY_OFFICER, Role.CLINICAL_LEAD, Role.AREA_MANAGER},
    "causality/": {Role.SAFETY_ASSESSOR, Role.CLINICAL_LEAD},
    "diary/": {Role.SAFETY_OFFICER, Role.CLINICAL_LEAD},
    "teams/": {Role.SAFETY_OFFICER, Role.CLINICAL_LEAD, Role.AREA_MANAGER},
    "report/": {Role.SAFETY_OFFICER, Role.CLINICAL_LEAD},
    "cases.csv": {Role.SAFETY_OFFICER, Role.CLINICAL_LEAD},
    "signals/doses.csv": {Role.SAFETY_OFFICER, Role.CLINICAL_LEAD, Role.AREA_MANAGER},
}


def told(dose: Dose, name: str, **changes):
    known = {
        "request_id": make.request(name),
        "onset_on": dose.given_on,
        "serious": False,
        "died": False,
        "dose_id": dose.pk,
        "event": "fever",
    }
    return report_event(make.SLUG, ToldEvent(**known | changes), actor=make.SYSTEM, now=make.LATER)[
        1
    ]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_for_those_whose_work_it_is(dosed, page):
    told(dosed[0], "a")
    for role in (
        Role.SAFETY_OFFICER,
        Role.CLINICAL_LEAD,
        Role.AREA_MANAGER,
        Role.SAFETY_ASSESSOR,
        Role.PLANNER,
        Role.STORE_KEEPER,
        Role.FINANCE_CLERK,
    ):
        status = user(role, area="IS").get(S + page).status_code
        assert status == (200 if role in PAGES[page] else 403), role
    assert Client().get(S + page).status_code == 302


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_in_every_language(dosed, language):
    case = told(dosed[0], "a", serious=True, why_serious=(Serious.HOSPITAL,))
    lead = user(Role.CLINICAL_LEAD, area="IS")
    asked = {
        "request_id": str(make.request("h")),
        "scope": "lot",
        "kind": "hard",
        "product": "comirnaty",
        "lot": "A1",
        "reason": "three reactions",
    }
    lead.post(f"{S}holds/propose/", asked)
    order = HoldOrder.objects.get()
    for page in (
        *PAGES,
        f"case/{case.pk}/",
        f"holds/{order.pk}/",
        "signals/funnel.light.svg",
        "signals/lots.csv",
    ):
        found = lead.get(S + page, headers={"accept-language": language})
        assert found.status_code == 200, page
        if "html" in found["Content-Type"]:
            assert "{%" not in markup(found) and "{{" not in markup(found)
    assert (
        Client().get(f"/c/{make.SLUG}/safety/", headers={"accept-language": language}).status_code
        == 200
    )


def test_a_case_is_worked_on_by_form_and_wrong_forms_are_told_kindly(dosed):
    case = told(dosed[0], "a")
    officer = user(Role.SAFETY_OFFICER, area="IS")
    page = f"{S}case/{case.pk}/"
    version = re.search(r'name="version" value="(\d+)"', markup(officer.get(page)))[1]
    kept = {
        "version": version,
        "event": "fever",
        "severity": "severe",
        "certainty": "confirmed",
        "end": "recovered",
        "narrative": "well again",
        "why": ["hospital"],
    }
    assert officer.post(f"{page}keep/", kept).status_code == 302
    stale = officer.post(f"{page}keep/", kept)
    assert stale.status_code == 409 and "Somebody changed this case" in text_of(stale)
    for wrong in ({"version": "x"}, kept | {"end": "risen"}, {}):
        assert officer.post(f"{page}keep/", wrong).status_code == 400
    case.refresh_from_db()
    now = {"version": str(case.version)}
    assert officer.post(f"{page}step/", now | {"step": "nullified"}).status_code == 400
    assert officer.post(f"{page}step/", now | {"step": "nonsense"}).status_code == 400
    assert officer.post(f"{page}step/", now | {"step": "reported"}).status_code == 302
    assert "Reported to the authority" in text_of(officer.get(page))
    assert officer.get(f"{S}case/99999/").status_code == 404
    assert markup(officer.get(page)).count("◆") > 12  # about half comes from the dose record


def test_a_report_by_staff_finds_the_person_and_keeps_what_was_typed(dosed):
    nurse = user(Role.VACCINATOR, site="hall")
    page = f"{S}report/"
    assert "Nobody has this number" in text_of(nurse.get(f"{page}?number=P999"))
    shown = nurse.get(f"{page}?number=P1")
    assert "Resident 1" in text_of(shown)
    asked = {
        "request_id": str(make.request("r")),
        "number": "P1",
        "dose": str(dosed[0].pk),
        "event": "seizure",
        "onset": "2021-06-18",
        "words": "in the night",
        "why": ["life_threatening"],
        "severity": "severe",
        "end": "recovering",
    }
    missing = nurse.post(page, asked | {"onset": ""})
    assert missing.status_code == 400 and "in the night" in markup(missing)
    done = nurse.post(page, asked)
    assert done.status_code == 200 and "The safety desk has it" in text_of(done)
    assert Case.objects.get().why_serious == ["life_threatening"]
    nurse.post(page, asked)  # sent twice
    assert Case.objects.count() == 1


def test_a_hold_is_proposed_shown_and_signed_by_form(dosed):
    officer, lead = user(Role.SAFETY_OFFICER, area="IS"), user(Role.CLINICAL_LEAD, area="IS")
    asked = {
        "request_id": str(make.request("h")),
        "scope": "lot",
        "kind": "hard",
        "product": "comirnaty",
        "lot": "none",
        "reason": "three reactions",
    }
    wrong = officer.post(f"{S}holds/propose/", asked)
    assert wrong.status_code == 409 and "three reactions" in markup(wrong)
    shown = officer.post(f"{S}holds/propose/", asked | {"lot": "A1"}, follow=True)
    figures = re.findall(r'class="figure">([^<]*)<', markup(shown))
    assert figures == ["44", "0", "0", "0 d", "6"]
    page = shown.redirect_chain[0][0]
    assert officer.post(f"{page}act/", {"act": "emergency"}).status_code == 403
    assert officer.post(f"{page}act/", {"act": "dance"}).status_code == 400
    officer.post(f"{page}act/", {"act": "sign"})
    assert officer.post(f"{page}act/", {"act": "sign"}).status_code == 409
    lead.post(f"{page}act/", {"act": "sign"})
    assert HoldOrder.objects.get().status == "active"
    listed = markup(officer.get(f"{page}recipients.csv")).splitlines()
    assert len(listed) == 7 and listed[0].startswith("number,name")
    assert lead.post(f"{page}act/", {"act": "lift", "decision": ""}).status_code == 400
    lead.post(f"{page}act/", {"act": "lift", "decision": "sound"})
    assert HoldOrder.objects.get().status == "lifted"


@pytest.fixture
def sent(dosed):
    officer, responder = user(Role.SAFETY_OFFICER, area="IS"), user(Role.RESPONDER, area="IS")
    from balmis.contexts.access.models import User

    name = User.objects.get(grants__role=Role.RESPONDER.value).username
    keep = Keep(code="one", name="Team one", kind=TeamKind.CLINICAL, area="IS", members=[name])
    keep_team(keep, actor=make.SYSTEM, now=make.NOON)
    call = Call(
        request_id=make.request("c"),
        kind=TeamKind.CLINICAL,
        urgency=1,
        what="collapsed",
        place="A4",
    )
    now = datetime.now(UTC)
    incident = call_for_help(
        CallForHelp(campaign=make.SLUG, site="hall", call=call, team="one"),
        actor=make.SYSTEM,
        now=now,
    )
    return officer, responder, incident


def test_the_card_of_the_team_and_the_wall(sent):
    officer, responder, incident = sent
    card = responder.get(f"/team/{make.SLUG}/")
    assert "collapsed" in text_of(card) and markup(card).count('name="to"') == 6
    tap = f"/team/{make.SLUG}/{incident.pk}/tap/"
    asked = {
        "request_id": str(make.request("t")),
        "to": "acknowledged",
        "at": datetime.now(UTC).isoformat(),
    }
    done = responder.post(tap, asked, headers={"accept": "application/json"})
    assert done.json() == {"status": "acknowledged"}
    assert responder.post(tap, {"to": "flying", "request_id": "x"}).status_code == 400
    assert officer.get(f"/team/{make.SLUG}/").status_code == 403
    assert responder.get(f"{S}teams/").status_code == 403
    assert (
        f"{incident.pk}:acknowledged" in responder.get(f"/team/{make.SLUG}/state/").json()["state"]
    )
    wall = officer.get(f"{S}teams/")
    assert "Team one" in text_of(wall) and "heard" in text_of(wall)
    call = {
        "act": "call",
        "request_id": str(make.request("n")),
        "site": "hall",
        "kind": "clinical",
        "urgency": "2",
        "what": "faint",
    }
    assert officer.post(f"{S}teams/act/", call).status_code == 302
    assert (
        officer.post(
            f"{S}teams/act/", call | {"what": "", "request_id": str(make.request("m"))}
        ).status_code
        == 400
    )


def test_a_resident_answers_without_an_account(dosed):
    contacts.keep_contact(
        dosed[0].person, language="ko", now=make.NOON, email="", phone="+821012345678"
    )
    from balmis.contexts.campaigns import queries as campaigns

    diary.ask(campaigns.campaign(make.SLUG), now=make.NOON + timedelta(days=1))
    link = f"/c/{make.SLUG}/how/{diary.token_of(Contact.objects.get(dose=dosed[0]))}/"
    assert Client().get(link).status_code == 404, "it was sent years ago"
    Contact.objects.update(sent_at=datetime.now(UTC))
    client = Client()
    page = client.get(link)
    assert page.status_code == 200 and "Resident 1" not in text_of(page)  # it shows no name
    wrong = client.post(link, {"well": "no"})
    assert wrong.status_code == 400 and "Say what is wrong" in text_of(wrong)
    done = client.post(link, {"well": "no", "symptom": ["chest"], "care": "none"})
    assert "Somebody will call you within an hour" in text_of(done)
    assert client.get(f"/c/{make.SLUG}/how/abc/").status_code == 404
    assert Case.objects.count() == 1


def test_busy_pages_ask_the_database_as_often_with_many_cases_as_with_few(dosed):
    officer = user(Role.SAFETY_OFFICER, area="IS")

    def count(page: str) -> int:
        officer.get(S + page)
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(S + page).status_code == 200
        return len(queries)

    pages = ("", "signals/", "holds/", "teams/")
    told(dosed[0], "a")
    few = {p: count(p) for p in pages}
    for i, dose in enumerate(dosed):
        for event in ("fever", "fainting", "seizure"):
            told(dose, f"{i} {event}", event=event)
    assert {p: count(p) for p in pages} == few
    assert max(few.values()) <= 40, few


def test_a_resident_tells_of_an_event_and_what_is_wrong_is_said_beside_it(dosed):
    client, dose = identified(), dosed[0]
    url = f"{MINE}event/"
    page = markup(client.get(url))
    assert f'name="dose" value="{dose.pk}"' in page and 'value="none"' in page
    asked = {
        "request_id": str(make.request("told")),
        "dose": str(dose.pk),
        "onset": "",
        "symptom": ["fever", "rash"],
        "words": "since the evening",
        "care": "doctor",
    }
    page = client.post(url, asked)
    html = markup(page)
    assert page.status_code == 400 and '<a href="#id_onset">' in html and 'id="id_onset"' in html
    assert "Say on which day it began." in text_of(page) and "since the evening</textarea>" in html
    assert html.count(" checked") == 4  # the dose, both symptoms, the doctor
    on = {"onset": dose.given_on.isoformat()}
    early = {"onset": (dose.given_on - timedelta(days=1)).isoformat()}
    page = client.post(url, asked | early)
    assert page.status_code == 400 and '<a href="#id_onset">' in markup(page)
    assert "between the dose and today" in text_of(page)
    for wrong in ({"dose": "999"}, {"symptom": "sorrow"}, {"care": "magic"}):
        page = client.post(url, asked | on | wrong)
        assert page.status_code == 400 and "Choose from the list." in text_of(page)
    page = client.post(url, asked | on | {"symptom": [], "words": ""})
    assert page.status_code == 400 and '<a href="#id_words">' in markup(page)
    assert client.post(url, asked | on | {"request_id": "x"}).status_code == 400
    assert not Case.objects.exists()
    assert "Thank you" in text_of(client.post(url, asked | on))
    assert Case.objects.count() == 1
