"""The safety desk: reports, cases, causality, holds, teams, reactions, the diary."""

from datetime import timedelta

from django.test import Client

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.safety.models import (
    Contact,
    HoldAppeal,
    HoldOrder,
    Incident,
    Look,
    Reaction,
    Signal,
)
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import StepKind
from balmis.core.vocabulary.safety import TeamKind
from balmis.flows.safety import diary
from balmis.flows.safety.teams import Keep, keep_team
from tests import make
from tests.flows.test_safety_cases import awaiting
from tests.flows.test_visits import dose_facts, ready
from tests.flows.test_visits import send as visit
from tests.walk.steps import GONE, Body, Step, Walk, new, now
from tests.walk.world import World
from tests.web.test_safety import told

S = f"/safety/{make.SLUG}/"


def reports(w: World) -> Walk:
    officer = w.of("IS", Role.SAFETY_OFFICER)
    told_: Body = {
        "request_id": new(),
        "number": "P21",
        "dose": str(w.doses[0].pk),
        "event": "seizure",
        "onset": "2021-06-18",
        "words": "in the night",
        "severity": "severe",
        "end": "recovering",
        "why": ["hospital"],
        "phone": "1",
    }
    yield Step(
        door="safety-report",
        client=officer,
        path=f"{S}report/",
        body=told_,
        breaks={"a_death_is_serious": {"end": "buried", "why": []}},
        at_once={"safety_eventreport_request_id_key": {"dose": str(w.doses[1].pk)}},
    )
    yield Step(
        door="safety-report",
        client=officer,
        path=f"{S}report/",
        body=told_ | {"request_id": new(), "event": "fever", "end": "died", "why": GONE},
    )


def cases(w: World) -> Walk:
    officer = w.of("IS", Role.SAFETY_OFFICER)
    case, other = told(w.doses[2], "walk a"), told(w.doses[2], "walk b", event="fainting")
    page = f"{S}case/{case.pk}/"
    kept = {
        "version": str(case.version),
        "event": "fever",
        "severity": "severe",
        "certainty": "confirmed",
        "end": "recovered",
        "narrative": "well again",
        "why": ["hospital"],
    }
    yield Step(
        door="case-keep",
        client=officer,
        path=f"{page}keep/",
        body=kept,
        breaks={
            "case_certainty_known": {"certainty": "sure"},
            "case_severity_known": {"severity": "bad"},
            "case_end_known": {"end": "risen"},
            "case_died_is_serious": {"why": ["death"]},
            "one_case_of_dose_and_event": {"event": "fainting"},
        },
    )
    case.refresh_from_db()
    shown = {"version": str(case.version)}
    yield Step(
        door="case-step",
        client=officer,
        path=f"{page}step/",
        body=shown | {"step": "remark", "text": "they called"},
        breaks={
            "case_status_known": {"step": "nonsense"},
            "case_not_into_itself": {"step": "merge", "into": str(case.pk)},
        },
    )
    case.refresh_from_db()
    shown = {"version": str(case.version)}
    yield Step(
        door="case-step",
        client=officer,
        path=f"{page}step/",
        body=shown | {"step": "merge", "into": str(other.pk)},
    )
    yield Step(
        door="case-step",
        client=officer,
        path=f"{page}step/",
        body={"step": "unmerge"},
    )


def causality(w: World) -> Walk:
    case = awaiting(w.doses[3])
    first, second = w.of("IS", Role.SAFETY_ASSESSOR), w.of("IS", Role.SAFETY_ASSESSOR, 2)
    lead, third = w.of("IS", Role.CLINICAL_LEAD), w.of("IS", Role.CLINICAL_LEAD, 2)
    act = f"{S}causality/{case.pk}/act/"
    said = {
        "diagnosis_valid": "yes",
        "dose_before_event": "yes",
        "speaks_for": "yes",
        "speaks_against": "no",
        "against": "unknown",
        "note": "as I see it",
    }
    yield Step(
        door="assess-act", client=first, path=act, body=said, at_once={"each_assessor_once": {}}
    )
    yield Step(
        door="assess-act",
        client=second,
        path=act,
        body=said | {"dose_before_event": "no"},
    )
    yield Step(
        door="assess-act",
        client=lead,
        other=third,
        path=act,
        body={"act": "decide", "classification": "A1", "note": "we talked about it"},
        breaks={"assessment_class_known": {"classification": "Z9"}},
        at_once={"one_final_class": {}},
    )


HOLD = {
    "scope": "lot",
    "kind": "hard",
    "product": "comirnaty",
    "lot": "B2",
    "reason": "three reactions",
}


def holds(w: World) -> Walk:
    officer, lead = w.of("IS", Role.SAFETY_OFFICER), w.of("IS", Role.CLINICAL_LEAD)
    asked = HOLD | {"request_id": new(), "hours": "24", "site": "", "from_age": "", "sex": ""}
    propose = f"{S}holds/propose/"
    yield Step(
        door="propose-hold",
        client=officer,
        path=propose,
        body=asked | {"kind": "soft"},
        other=lead,
        breaks={
            "order_has_a_reason": [{"reason": ""}, {"reason": "   "}],
            "order_kind_known": {"kind": "softest"},
            "order_scope_known": {"scope": "world"},
            "order_scope_is_whole": [
                {"scope": "site"},
                {"scope": "lot_at_site"},
                {"lot": ""},
                {"scope": "product_group", "product": ""},
            ],
        },
        at_once={"one_order_of_a_scope": {"request_id": new()}},
    )
    yield Step(
        door="propose-hold",
        client=officer,
        path=propose,
        body=asked | {"request_id": new()},
        at_once={"safety_holdorder_request_id_key": {"product": "jcovden", "lot": "J1"}},
    )
    key = HoldOrder.objects.latest("pk").pk
    act = f"{S}holds/{key}/act/"
    yield Step(
        door="hold-act",
        client=officer,
        path=act,
        body={"act": "sign"},
        at_once={"each_signs_once": {}},
    )
    yield Step(door="hold-act", client=lead, path=act, body={"act": "emergency"})
    yield Step(
        door="hold-act",
        client=lead,
        path=act,
        body={"act": "review", "decision": "it goes on", "hours": "24"},
    )
    yield from _answers(w, lead, key)
    yield Step(
        door="hold-act",
        client=lead,
        path=act,
        body={"act": "lift", "decision": "sound"},
        breaks={"order_ends_with_a_decision": [{"decision": ""}, {"decision": "   "}]},
    )


def _answers(w: World, lead: Client, key: int) -> Walk:
    """What the store asked of its own hold before, and what it asks of the order."""
    yield Step(
        door="answer-appeal",
        client=lead,
        path=f"{S}holds/appeals/answer/",
        body={
            "act": "keep",
            "appeal": str(HoldAppeal.objects.latest("pk").pk),
            "words": "it was too warm",
        },
    )
    yield Step(
        door="store-appeal",
        client=w.at("hall", Role.STORE_KEEPER),
        path=f"/store/{make.SLUG}/hall/appeal/",
        body={"request_id": new(), "held": f"order-{key}", "words": "three had the flu"},
    )
    yield Step(
        door="hold-act",
        client=lead,
        path=f"{S}holds/{key}/act/",
        body={
            "act": "keep",
            "appeal": str(HoldAppeal.objects.latest("pk").pk),
            "words": "a fourth was reported",
        },
    )


def signals(w: World) -> Walk:
    campaign, at = campaigns.campaign(make.SLUG), make.NOON
    look = Look.objects.create(
        campaign=campaign,
        method="lot",
        event="any_report",
        lot=w.lot,
        at=at,
        observed=9,
        expected=1.5,
        statistic=6.0,
        critical=3.0,
        crossed=True,
        facts={"M": 4},
    )
    raised = Signal.objects.create(
        campaign=campaign, look=look, status="raised", raised_at=at + timedelta(minutes=1)
    )
    yield Step(
        door="decide-signal",
        client=w.of("IS", Role.SAFETY_OFFICER),
        path=f"{S}signals/decide/",
        body={"signal": str(raised.pk), "to": "validated", "note": "it is so"},
        breaks={"signal_status_known": {"to": "gone"}},
    )


def _two_teams(w: World) -> None:
    for code, member in (
        ("one", w.of("IS", Role.RESPONDER)),
        ("two", w.of("IS", Role.RESPONDER, 2)),
    ):
        kept = Keep(
            code=code,
            name=f"Team {code}",
            kind=TeamKind.CLINICAL,
            area="IS",
            members=[w.name(member)],
        )
        keep_team(kept, actor=make.SYSTEM, now=make.NOON)


def teams(w: World) -> Walk:
    officer, responder = w.of("IS", Role.SAFETY_OFFICER), w.of("IS", Role.RESPONDER)
    _two_teams(w)
    act = f"{S}teams/act/"
    call = {
        "act": "call",
        "request_id": new(),
        "site": "hall",
        "kind": "clinical",
        "urgency": "2",
        "what": "faint",
        "place": "tent B",
    }
    yield Step(
        door="team-act",
        client=officer,
        path=act,
        body=call,
        breaks={
            "incident_kind_known": {"kind": "fire"},
            "safety_incident_urgency_check": {"urgency": "-1"},
            "urgency_known": [{"urgency": "9"}, {"urgency": "0"}],
        },
        at_once={"safety_incident_request_id_key": {"what": "bee"}},
    )
    yield Step(door="team-act", client=officer, path=act, body=call | {"request_id": new()})
    first, second = Incident.objects.order_by("pk")[:2]
    sent = {"act": "send", "team": "one", "request_id": new(), "incident": str(first.pk)}
    yield Step(
        door="team-act",
        client=officer,
        path=act,
        body=sent,
        at_once={
            "a_team_is_at_one_place": {"incident": str(second.pk), "request_id": new()},
        },
    )
    taken = Incident.objects.get(team__isnull=False)
    yield Step(
        door="team-tap",
        client=responder,
        path=f"/team/{make.SLUG}/{taken.pk}/tap/",
        headers={"Accept": "application/json"},
        body={"request_id": new(), "to": "acknowledged", "at": now().isoformat(), "text": "we go"},
        breaks={"incident_step_known": {"to": "flying"}},
        at_once={"safety_incidentstep_request_id_key": {"to": "on_site"}},
    )
    yield Step(
        door="team-act",
        client=officer,
        path=act,
        body={"act": "stood_down", "request_id": new(), "incident": str(second.pk)},
    )


def reactions(w: World) -> Walk:
    person = w.person(12)
    ready(person)
    visit(person, StepKind.DOSE, 6, **dose_facts(w.lot))
    visit(person, StepKind.SEAT, 7, minutes=30, seat="A4")
    visit(person, StepKind.REACTION, 12, what="itching, dizzy")
    at = f"/clinic/{make.SLUG}/hall/reaction/{Reaction.objects.latest('pk').visit_id}/"
    lead = w.of("IS", Role.CLINICAL_LEAD)
    notes: list[Body] = [
        {"kind": "vitals", "pulse": "80", "systolic": "120", "temperature": "36,5"},
        {"kind": "treatment", "what": "adrenaline", "detail": "0.5 mg"},
        {"kind": "remark", "text": "calm"},
        {"kind": "sign", "code": "hives"},
        {"kind": "impression", "value": "anaphylaxis"},
        {"kind": "disposition", "value": "hospital"},
    ]
    for n, note in enumerate(notes):
        last = n == 0
        yield Step(
            door="reaction-note",
            client=lead,
            path=f"{at}note/",
            body=note | {"request_id": new()},
            breaks={"reaction_note_known": {"kind": "dance"}} if last else {},
            at_once={"safety_reactionnote_request_id_key": {"pulse": "90"}} if last else {},
        )
    yield Step(
        door="reaction-call",
        client=lead,
        path=f"{at}call/",
        body={"request_id": new(), "team": "two"},
    )


def asked(w: World) -> Walk:
    diary.ask(campaigns.campaign(make.SLUG), now=make.NOON + timedelta(days=1))
    phoned, mine = Contact.objects.order_by("pk")[:2]
    yield Step(
        door="called",
        client=w.of("IS", Role.SAFETY_OFFICER),
        path=f"{S}diary/called/",
        body={
            "contact": str(phoned.pk),
            "well": "no",
            "care": "doctor",
            "symptom": ["fever"],
            "words": "hot",
        },
    )
    yield Step(
        door="diary",
        client=Client(raise_request_exception=False),
        path=f"/c/{make.SLUG}/how/{diary.token_of(mine)}/",
        body={"well": "no", "symptom": ["chest"], "care": "none", "words": "tired"},
    )
