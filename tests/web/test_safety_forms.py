"""What cannot be on a form of the safety desk is said beside its field; what was typed stays."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.safety.models import (
    Case,
    Contact,
    HoldOrder,
    Incident,
    Look,
    Reaction,
    ReactionNote,
    Signal,
)
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.safety import diary
from tests import make
from tests.flows.test_safety_cases import awaiting
from tests.flows.test_visits import dose_facts, ready, send
from tests.pages import fields, markup
from tests.web.conftest import user
from tests.web.test_pages import LANGUAGES, text_of
from tests.web.test_safety import S, told

HOLD = {
    "scope": "lot",
    "kind": "hard",
    "product": "comirnaty",
    "lot": "A1",
    "reason": "three reactions",
}


def wrong(answer, field: str, *stays: str) -> str:
    """The page: told kindly, the summary leads to the field, and what was typed is there."""
    page = markup(answer)
    assert answer.status_code == 400
    assert "There is a problem" in page and f'href="#{field}"' in page and f'id="{field}"' in page
    assert 'class="wrong-text"' in page
    for text in stays:
        assert text in page
    return page


@pytest.fixture
def officer(dosed):
    return user(Role.SAFETY_OFFICER, area="IS")


def test_a_case(dosed, officer):
    case = told(dosed[0], "a")
    page = f"{S}case/{case.pk}/"
    known = {
        "version": str(case.version),
        "event": "fever",
        "severity": "severe",
        "certainty": "confirmed",
        "end": "recovered",
        "narrative": "well again",
        "why": ["hospital"],
    }
    shown = wrong(officer.post(f"{page}keep/", known | {"event": "none"}), "keep-event")
    assert "well again" in shown and re.search(r'value="severe" selected', shown)
    assert re.search(r'value="hospital"[^>]* checked', shown)
    died = known | {"why": ["death"]}
    assert "Death is ticked" in wrong(officer.post(f"{page}keep/", died), "keep-end")
    step = {"version": str(case.version), "step": "closed", "text": ""}
    wrong(officer.post(f"{page}step/", step), "step-text")
    odd = officer.post(f"{page}step/", step | {"step": "merge", "into": "x"})
    assert odd.status_code == 400 and "There is a problem" in text_of(odd)
    assert officer.post(f"{page}step/", step | {"version": "x" * 30}).status_code == 400


def test_who_comes_too_late_sends_it_again_on_the_case_as_it_is(dosed, officer):
    case = told(dosed[0], "a")
    page = f"{S}case/{case.pk}/step/"
    sent = {"version": str(case.version), "step": "remark", "text": "they called"}
    case.version += 1
    case.save()
    late = officer.post(page, sent)
    assert late.status_code == 409 and "they called" in markup(late)
    again = sent | {"version": fields(markup(late))["version"]}
    assert officer.post(page, again).status_code == 302


def test_a_report(dosed, officer):
    page = f"{S}report/"
    asked = {
        "request_id": str(make.request("r")),
        "number": "P1",
        "dose": str(dosed[0].pk),
        "event": "seizure",
        "onset": "tomorrow",
        "words": "in the night",
        "severity": "severe",
        "end": "recovering",
        "phone": "0" * 50,
    }
    fresh = markup(officer.get(f"{page}?number=P1"))
    assert len(re.findall(r'value="unknown" selected', fresh)) == 2
    assert re.search(rf'value="{dosed[0].pk}"[^>]* checked', fresh)
    shown = wrong(officer.post(page, asked), "report-onset", "in the night")
    assert 'href="#report-phone"' in shown and "<details open>" in shown
    asked |= {"phone": "", "onset": "2099-01-01"}
    assert "future" in wrong(officer.post(page, asked), "report-onset", "in the night")
    for dose in ("x", "9" * 40, "-1"):
        assert officer.post(page, asked | {"dose": dose}).status_code == 400
    assert not Case.objects.exists()
    assert officer.get(f"{page}?number={'9' * 70}").status_code == 200


def test_a_hold(dosed, officer):
    asked = HOLD | {"request_id": str(make.request("h"))}
    page = f"{S}holds/propose/"
    shown = wrong(officer.post(page, asked | {"lot": ""}), "propose-lot", "three reactions")
    assert fields(shown)["request_id"] != asked["request_id"]
    group = {"scope": "product_group", "from_age": "60", "to_age": "sixty"}
    shown = wrong(officer.post(page, asked | group), "propose-to_age", "three reactions", "sixty")
    assert "<details open>" in shown and re.search(r'value="product_group" selected', shown)
    assert "as long as the campaign allows" in wrong(
        officer.post(page, asked | {"hours": "1000"}), "propose-hours"
    )
    prefilled = markup(officer.get(f"{S}holds/?scope=lot&lot=B7&reason=five"))
    assert 'value="B7"' in prefilled and ">five</textarea>" in prefilled
    officer.post(page, asked)
    act = f"{S}holds/{HoldOrder.objects.get().pk}/act/"
    wrong(officer.post(act, {"act": "drop", "decision": "no"}), "drop-decision", 'value="no"')
    user(Role.CLINICAL_LEAD, area="IS").post(act, {"act": "emergency"})
    ended = officer.post(act, {"act": "review", "decision": "goes on", "hours": "soon"})
    wrong(ended, "end-hours", "goes on", "soon")
    assert officer.post(act, {"act": "move", "expected": "x"}).status_code == 400


@pytest.fixture
def seated(committed):
    """Someone in the chair, with a reaction."""
    make.campaign()
    lot, person = make.lot(doses=12), make.person(1)
    make.enrol()
    ready(person)
    send(person, StepKind.DOSE, 6, **dose_facts(lot))
    send(person, StepKind.SEAT, 7, minutes=30, seat="A4")
    send(person, StepKind.REACTION, 12, what="itching, dizzy")
    return f"/clinic/{make.SLUG}/hall/reaction/{Reaction.objects.get().visit_id}/"


def test_a_reaction(seated):
    lead = user(Role.CLINICAL_LEAD, area="IS")

    def note(kind: str, **facts: str):
        asked = {"request_id": str(make.request(f"{kind} {facts}")), "kind": kind}
        return lead.post(f"{seated}note/", asked | facts)

    assert lead.get(seated).status_code == 200
    shown = wrong(note("vitals", pulse="fast", oxygen="97", temperature="99"), "vitals-pulse")
    assert 'href="#vitals-temperature"' in shown and 'value="97"' in shown
    assert "Pulse (/min): A vital sign is a number." in shown
    low = note("vitals", systolic="80", diastolic="120")
    assert "above the upper one" in wrong(low, "vitals-diastolic", 'value="120"')
    wrong(note("treatment", what="adrenaline", detail="x" * 201), "treatment-detail", "x" * 201)
    wrong(note("remark", text=" "), "remark-text")
    for kind, facts in (
        ("dance", {}),
        ("sign", {"code": "none"}),
        ("treatment", {"what": "tea"}),
        ("impression", {"value": "bad"}),
        ("struck", {"note": "x"}),
    ):
        assert note(kind, **facts).status_code == 400, kind
    assert lead.post(f"{seated}note/", {"kind": "vitals", "pulse": "80"}).status_code == 400
    assert not ReactionNote.objects.exists()
    assert note("vitals", pulse="80", temperature="36,5").status_code == 302
    assert ReactionNote.objects.get().facts == {"pulse": 80.0, "temperature": 36.5}
    nobody = lead.post(f"{seated}call/", {"request_id": str(make.request("c"))})
    assert nobody.status_code == 400 and "Choose a team." in text_of(nobody)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_with_a_problem_is_whole_in_every_language(seated, language):
    lead = user(Role.CLINICAL_LEAD, area="IS")
    asked = {"request_id": str(make.request("v")), "kind": "vitals", "pulse": "fast"}
    shown = lead.post(f"{seated}note/", asked, headers={"accept-language": language})
    assert shown.status_code == 400 and 'href="#vitals-pulse"' in markup(shown)


def test_the_wall_and_the_card(dosed, officer):
    act = f"{S}teams/act/"
    call = {
        "act": "call",
        "request_id": str(make.request("n")),
        "site": "hall",
        "kind": "clinical",
        "urgency": "2",
        "what": "",
        "place": "tent B",
    }
    shown = wrong(officer.post(act, call), "call-what", "tent B")
    assert re.search(r'value="2" selected', shown)
    assert officer.post(act, call | {"what": "faint", "urgency": "9"}).status_code == 400
    assert officer.post(act, call | {"what": "faint", "site": "none"}).status_code == 400
    assert officer.post(act, call | {"what": "faint"}).status_code == 302
    incident = Incident.objects.get()
    row = {"incident": str(incident.pk), "request_id": str(make.request("s"))}
    nobody = officer.post(act, row | {"act": "send"})
    assert nobody.status_code == 400 and "Choose a team." in text_of(nobody)
    assert officer.post(act, row | {"act": "send", "team": "none"}).status_code == 409
    assert officer.post(act, row | {"act": "on_site"}).status_code == 400
    tap = f"/team/{make.SLUG}/{incident.pk}/tap/"
    responder, script = user(Role.RESPONDER, area="IS"), {"accept": "application/json"}
    odd = {"request_id": str(make.request("t")), "to": "flying", "at": "2021-06-17T00:00:00.000Z"}
    told_ = responder.post(tap, odd, headers=script)
    assert told_.status_code == 400
    assert told_.json() == {"problem": "This button is not one of the card."}
    assert responder.post(tap, odd | {"to": "on_site", "at": "noon"}).status_code == 400
    late = responder.post(f"/team/{make.SLUG}/99999/tap/", odd | {"to": "on_site"}, headers=script)
    assert late.status_code == 409 and set(late.json()) == {"problem"}


def test_causality(dosed):
    case = awaiting(dosed[0])
    assessor = user(Role.SAFETY_ASSESSOR, area="IS")
    act = f"{S}causality/{case.pk}/act/"
    said = {
        "diagnosis_valid": "yes",
        "speaks_for": "no",
        "speaks_against": "no",
        "against": "unknown",
        "note": "so",
    }
    shown = wrong(assessor.post(act, said), "assess-dose_before_event_0", ">so</textarea>")
    assert "before the event began? Choose one." in shown
    assert 'href="#assess-note"' in shown
    assert re.search(r'name="diagnosis_valid" value="yes"[^>]* checked', shown)
    assert assessor.post(act, {"act": "decide", "note": "mine"}).status_code == 400
    whole = said | {"dose_before_event": "yes", "note": "as I see it"}
    assert assessor.post(act, whole).status_code == 302
    answers = case.assessments.get().answers
    assert answers["against"] is None and answers["diagnosis_valid"] is True


def test_a_signal(dosed, officer):
    at = make.NOON
    campaign = campaigns.campaign(make.SLUG)
    look = Look.objects.create(
        campaign=campaign,
        method="lot",
        event="any_report",
        lot=dosed[0].lot,
        at=at,
        observed=9,
        expected=1.5,
        statistic=6.0,
        critical=3.0,
        crossed=True,
        facts={"M": 4},
    )
    signal = Signal.objects.create(
        campaign=campaign, look=look, status="raised", raised_at=at + timedelta(minutes=1)
    )
    asked = {"signal": str(signal.pk), "to": "validated", "note": "?"}
    decide = f"{S}signals/decide/"
    wrong(officer.post(decide, asked), f"signal-{signal.pk}-note", 'value="?"')
    assert officer.post(decide, asked | {"note": "it is so", "to": "gone"}).status_code == 400
    assert officer.post(decide, asked | {"signal": "x"}).status_code == 400
    assert officer.post(decide, asked | {"note": "it is so"}).status_code == 302


def test_the_diary(dosed, officer):
    diary.ask(campaigns.campaign(make.SLUG), now=make.NOON + timedelta(days=1))
    contact = Contact.objects.get(dose=dosed[0])
    heard = {"contact": str(contact.pk), "care": "doctor", "symptom": ["fever"], "words": "hot"}
    well = f"called-{contact.pk}-well_0"
    shown = wrong(officer.post(f"{S}diary/called/", heard), well, 'value="hot"', "<details open>")
    assert re.search(r'value="fever"[^>]* checked', shown)
    assert re.search(r'value="doctor" selected', shown)
    assert officer.post(f"{S}diary/called/", heard | {"contact": "x"}).status_code == 400
    link = f"/c/{make.SLUG}/how/{diary.token_of(contact)}/"
    person = Client()
    shown = wrong(person.post(link, {"words": "tired", "care": "phone"}), "id_well_0", "tired")
    assert re.search(r'value="phone"[^>]* checked', shown)
    both = person.post(link, {"well": "yes", "symptom": ["fever"]})
    assert "Which is right?" in wrong(both, "id_well_0")
    assert person.post(link, {"well": "no", "symptom": ["none"]}).status_code == 400
    assert officer.post(f"{S}diary/called/", heard | {"well": "no"}).status_code == 302
    assert "Thank you" in text_of(person.get(link))
