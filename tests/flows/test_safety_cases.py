"""Reports become cases, cases are worked on, assessed by two who do not know of each other."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.safety import cases
from balmis.contexts.safety import queries as safety
from balmis.contexts.safety.cases import ToldEvent
from balmis.contexts.safety.models import Case, EventReport, Reaction
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.safety.causality import Answers
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import Check, StepKind
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import (
    CaseStatus,
    CausalClass,
    Certainty,
    EventEnd,
    NoteKind,
    Serious,
    Severity,
)
from balmis.flows.booking.passes import pass_for
from balmis.flows.safety import assessments, exports, reactions
from balmis.flows.safety import cases as safety_cases
from balmis.flows.safety.cases import Values
from balmis.flows.safety.fhir_bundle import fhir_bundle
from balmis.flows.safety.reactions import NewNote
from balmis.flows.safety.report_event import report_event
from tests import make
from tests.flows.test_visits import check, dose_facts, ready, send

NOON, LATER = make.NOON, make.LATER


def tell(dose, name="r", **changes):
    known = {
        "request_id": make.request(name),
        "onset_on": make.TODAY,
        "serious": False,
        "died": False,
        "dose_id": dose.pk,
        "event": "fever",
    }
    return report_event(make.SLUG, ToldEvent(**known | changes), actor=make.SYSTEM, now=LATER)[1]


@pytest.fixture
def dosed(hall):
    lot, people = hall
    return [make.dose(p, lot) for p in people]


def someone(name, role, **at):
    where = (
        [(role, campaigns.campaign(make.SLUG).area, None)] if not at else [(role, None, at["site"])]
    )
    return access.actor_for(
        access.keep_user(name, name=name, password="correct-horse-battery", grants=where)
    )


def test_two_reports_of_one_event_are_one_case_and_nothing_is_lost(dosed):
    dose = dosed[0]
    first = tell(dose, words="38.5 in the evening", severity=Severity.MILD)
    again = tell(dose, "r")  # the same request
    second = tell(
        dose,
        "r2",
        serious=True,
        why_serious=(Serious.HOSPITAL,),
        words="admitted",
        onset_on=make.TODAY,
    )
    assert first == again == second
    case = Case.objects.get()
    assert EventReport.objects.count() == 2
    assert case.why_serious == ["hospital"] and case.severity == "mild"
    assert "38.5" in case.narrative and "admitted" in case.narrative
    assert [n.kind for n in cases.timeline(case)] == ["report", "report", "serious"]


def test_other_events_and_other_doses_are_other_cases(dosed):
    found = {
        tell(dosed[0]),
        tell(dosed[0], "b", event="fainting"),
        tell(dosed[1], "c"),
        tell(dosed[0], "d", event="other"),
        tell(dosed[0], "e", event="other"),
    }
    assert len(found) == 5  # "other" says nothing of what it was: people decide


def test_a_death_told_of_twice_is_one_death_in_the_days_report(dosed):
    for name in ("a", "b"):
        tell(dosed[0], name, event="sudden_death", died=True, serious=True)
    campaign = campaigns.campaign(make.SLUG)
    assert safety.events_to(campaign.pk, make.TODAY)["day"] == {
        "reports": 2,
        "serious": 1,
        "deaths": 1,
    }
    assert Case.objects.get().end == EventEnd.DIED


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"event": "any_serious"}, "from the list"),
        ({"onset_on": date(2030, 1, 1)}, "future"),
        ({"onset_on": date(2021, 6, 1)}, "before the dose"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(dosed, wrong, says):
    with pytest.raises(BadInput, match=says):
        tell(dosed[0], **wrong)
    assert not Case.objects.exists() and not EventReport.objects.exists()


def test_the_inbox_has_the_latest_deadline_first(dosed):
    tell(dosed[0], event="fever")
    late = tell(dosed[1], "b", event="seizure", serious=True, noticed_at=NOON - timedelta(days=4))
    rows = safety_cases.inbox(make.SLUG, actor=make.SYSTEM, now=LATER)
    assert rows[0].case == late and rows[0].clock.late(LATER)
    assert [r.clock.deadline.code for r in rows] == ["report_serious", "report_other"]
    take(late, "reported")
    rows = safety_cases.inbox(make.SLUG, actor=make.SYSTEM, now=LATER)
    assert rows[0].clock.deadline.code == "investigate"


def take(case, step, text="because"):
    case.refresh_from_db()
    return safety_cases.take(
        safety_cases.TakeStep(
            campaign=make.SLUG, case_id=case.pk, step=step, text=text, version=case.version
        ),
        actor=make.SYSTEM,
        now=LATER,
    )


def test_a_case_goes_through_its_states_and_says_why_it_ends(dosed):
    case = tell(dosed[0])
    assert case.status == CaseStatus.VALID  # person, dose, event and reporter are known
    for step, status in (
        ("triaged", "triaged"),
        ("investigating", "investigating"),
        ("awaiting", "awaiting"),
    ):
        assert take(case, step).status == status
    with pytest.raises(Conflict):
        take(case, "triaged")
    with pytest.raises(BadInput, match="why"):
        take(case, "nullified", "")
    with pytest.raises(Conflict, match="meanwhile"):
        safety_cases.take(
            safety_cases.TakeStep(
                campaign=make.SLUG,
                case_id=case.pk,
                step="remark",
                text="x",
                version=case.version - 1,
            ),
            actor=make.SYSTEM,
            now=LATER,
        )


def test_merging_keeps_both_and_can_be_undone(dosed):
    one, other = tell(dosed[0]), tell(dosed[0], "b", event="seizure", serious=True)
    safety_cases.merge(
        safety_cases.MergeCases(
            campaign=make.SLUG, case_id=one.pk, into=other.pk, version=one.version
        ),
        actor=make.SYSTEM,
        now=LATER,
    )
    one.refresh_from_db()
    assert one.status == CaseStatus.MERGED and one.merged_into == other
    kinds = [n.kind for n in cases.timeline(other)]
    assert sorted(kinds) == ["joined", "merged", "report", "report", "serious"]
    assert tell(dosed[0], "r") == other  # a retry of its report leads to where it is now
    safety_cases.unmerge(make.SLUG, one.pk, actor=make.SYSTEM, now=LATER)
    one.refresh_from_db()
    assert one.status == CaseStatus.VALID and one.merged_into is None
    stranger = tell(dosed[1], "c")
    with pytest.raises(BadInput, match="one person"):
        safety_cases.merge(
            safety_cases.MergeCases(
                campaign=make.SLUG, case_id=stranger.pk, into=other.pk, version=stranger.version
            ),
            actor=make.SYSTEM,
            now=LATER,
        )


def test_parting_two_cases_leaves_each_as_it_was(dosed):
    dead = tell(dosed[0], event="seizure", died=True, serious=True)
    other = tell(dosed[0], "b", event="fainting")
    safety_cases.merge(
        safety_cases.MergeCases(
            campaign=make.SLUG, case_id=dead.pk, into=other.pk, version=dead.version
        ),
        actor=make.SYSTEM,
        now=LATER,
    )
    other.refresh_from_db()
    assert (other.end, other.why_serious) == ("died", ["death"])
    working_values(other, severity=Severity.MILD)  # what somebody does meanwhile stays
    safety_cases.unmerge(make.SLUG, dead.pk, actor=make.SYSTEM, now=LATER)
    other.refresh_from_db()
    assert (other.end, other.why_serious, other.severity) == ("unknown", [], "mild")
    campaign = campaigns.campaign(make.SLUG)
    assert safety.events_to(campaign.pk, make.TODAY)["day"]["deaths"] == 1


def join(case, into):
    wanted = safety_cases.MergeCases(
        campaign=make.SLUG, case_id=case.pk, into=into.pk, version=case.version
    )
    return safety_cases.merge(wanted, actor=make.SYSTEM, now=LATER)


def test_a_merge_that_would_make_two_cases_of_one_event_after_one_dose_is_told(dosed):
    tell(dosed[0])
    fainted = tell(dosed[0], "b", event="fainting")
    without = tell(dosed[0], "c", dose_id=None, person_id=dosed[0].person_id)
    with pytest.raises(BadInput, match="another case of this event"):
        join(fainted, without)


def test_who_has_lent_a_dose_has_it_back_when_they_part(dosed):
    case = tell(dosed[0])
    without = tell(dosed[0], "c", dose_id=None, person_id=dosed[0].person_id)
    join(case, without)
    without.refresh_from_db()
    assert without.dose_id == dosed[0].pk
    safety_cases.unmerge(make.SLUG, case.pk, actor=make.SYSTEM, now=LATER)
    for each in (case, without):
        each.refresh_from_db()
    assert (case.dose_id, without.dose_id) == (dosed[0].pk, None)


def test_a_request_that_comes_again_with_a_death_is_not_answered_as_done(dosed):
    tell(dosed[0])
    with pytest.raises(Refusal) as error:
        tell(dosed[0], died=True, serious=True)
    assert error.value.reason is Refused.REQUEST_REUSED


def test_news_of_a_death_opens_a_closed_case_again(dosed):
    case = tell(dosed[0])
    for step in ("triaged", "reported", "closed"):
        take(case, step)
    tell(dosed[0], "later", died=True, serious=True, noticed_at=LATER + timedelta(hours=1))
    case.refresh_from_db()
    assert (case.status, case.end) == ("investigating", "died")
    (row,) = safety_cases.inbox(make.SLUG, actor=make.SYSTEM, now=LATER)
    assert (
        row.clock.deadline.code == "report_serious"
    )  # what was reported before it was serious is not enough
    with pytest.raises(BadInput, match="law or guidance"):
        take(case, "awaiting") and take(case, "closed")


def working_values(case, **changes):
    changes = {k: Certainty(v) if k == "certainty" else v for k, v in changes.items()}
    case.refresh_from_db()
    known = Values(
        event=case.event,
        why_serious=tuple(Serious(w) for w in case.why_serious),
        severity=Severity(case.severity),
        certainty=Certainty(case.certainty),
        end=EventEnd(case.end),
        narrative=case.narrative,
        version=case.version,
    )
    return safety_cases.set_values(
        make.SLUG, case.pk, replace(known, **changes), actor=make.SYSTEM, now=LATER
    )


def test_seriousness_severity_and_certainty_are_apart_and_a_death_is_serious(dosed):
    case = tell(dosed[0])
    working_values(case, severity=Severity.SEVERE)
    case.refresh_from_db()
    assert not case.serious and case.certainty == "suspected"
    working_values(case, end=EventEnd.DIED)
    case.refresh_from_db()
    assert case.why_serious == ["death"]
    other = tell(dosed[0], "b", event="seizure")
    with pytest.raises(BadInput, match="Merge"):
        working_values(other, event="fever")


SOUND = Answers(dose_before_event=True, diagnosis_valid=True, other_cause=False, fits_in_time=True)


def awaiting(dose):
    case = tell(dose, serious=True)
    for step in ("triaged", "investigating", "awaiting"):
        take(case, step)
    return case


def assess(case, who, answers=SOUND):
    return assessments.assess(
        assessments.AssessCase(
            campaign=make.SLUG, case_id=case.pk, answers=answers, note="as I see it"
        ),
        actor=who,
        now=LATER,
    )


def test_two_who_agree_classify_and_neither_sees_the_other_before(dosed):
    case = awaiting(dosed[0])
    one, two = (someone(n, Role.SAFETY_ASSESSOR) for n in ("one", "two"))
    assess(case, one)
    seen = assessments.look(make.SLUG, case.pk, actor=two, now=LATER)
    assert seen.given == 1 and seen.others == () and seen.own is None
    with pytest.raises(Refusal) as error:
        assess(case, one)
    assert error.value.reason is Refused.NOT_BLIND
    assess(case, two)
    case.refresh_from_db()
    assert case.status == CaseStatus.CLASSIFIED
    assert assessments.figures(make.SLUG, actor=make.SYSTEM).classes == {"B1": 1}


def test_where_two_differ_a_third_decides(dosed):
    case = awaiting(dosed[0])
    one, two, three = (someone(n, Role.SAFETY_ASSESSOR) for n in ("one", "two", "three"))
    assess(case, one)
    assess(case, two, replace(SOUND, other_cause=True))
    case.refresh_from_db()
    assert case.status == CaseStatus.AWAITING
    with pytest.raises(Refusal):
        assessments.decide(
            assessments.DecideCase(
                campaign=make.SLUG, case_id=case.pk, classification=CausalClass.C, note="mine"
            ),
            actor=one,
            now=LATER,
        )
    seen = assessments.look(make.SLUG, case.pk, actor=three, now=LATER)
    assert seen.differ and len(seen.others) == 2
    assessments.decide(
        assessments.DecideCase(
            campaign=make.SLUG,
            case_id=case.pk,
            classification=CausalClass.C,
            note="the infection explains it",
        ),
        actor=three,
        now=LATER,
    )
    figures = assessments.figures(make.SLUG, actor=make.SYSTEM)
    assert figures.classes == {"C": 1} and figures.agreement.observed == 0


def test_an_open_serious_case_stops_the_next_dose_at_the_scanner_and_in_booking(hall):
    lot, (person, *_) = hall
    dose = make.dose(person, lot, given_at=NOON - timedelta(days=40))
    case = tell(dose, event="anaphylaxis", onset_on=dose.given_on)
    assert Check.OPEN_CASE in check(person, lot).checks
    with pytest.raises(Refusal) as error:
        pass_for(campaigns.campaign(make.SLUG), person, now=NOON)
    assert error.value.reason is Refused.OPEN_CASE
    working_values(case, certainty=Certainty.RULED_OUT)
    assert Check.OPEN_CASE not in check(person, lot).checks


def observed(hall):
    """Someone in the chair, with a reaction noted on the board."""
    lot, (person, *_) = hall
    ready(person)
    send(person, StepKind.DOSE, 6, **dose_facts(lot))
    send(person, StepKind.SEAT, 7, minutes=30, seat="A4")
    send(person, StepKind.REACTION, 12, what="itching, dizzy")
    return Reaction.objects.get()


def note(reaction, kind, minute=13, name=None, **facts):
    new = NewNote(
        request_id=make.request(name or f"{kind} {facts}"),
        kind=kind,
        facts=facts,
        at=NOON + timedelta(minutes=minute),
    )
    return reactions.note(reaction.visit_id, new, actor=make.SYSTEM, now=NOON + timedelta(hours=5))


def test_signs_are_ticked_one_by_one_and_the_level_follows(hall):
    reaction = observed(hall)
    for code in ("sudden", "rapid", "hives"):
        seen = note(reaction, NoteKind.SIGN, code=code)
    assert seen.judged.level == 4 and seen.judged.missing
    assert note(reaction, NoteKind.SIGN, 14, code="wheeze").judged.level == 1
    assert note(reaction, NoteKind.SIGN_GONE, 15, code="wheeze").judged.level == 4
    seen = note(reaction, NoteKind.SIGN, 16, name="again", code="wheeze")
    note(reaction, NoteKind.TREATMENT, what="adrenaline", detail="0.5 mg")
    note(reaction, NoteKind.VITALS, pulse="120", systolic="85")
    seen = note(reaction, NoteKind.IMPRESSION, value="anaphylaxis")
    case = Case.objects.get()
    assert (case.event, case.level, case.why_serious) == ("anaphylaxis", 1, ["important"])
    assert case.certainty == "suspected"  # whoever works on cases confirms
    note(reaction, NoteKind.DISPOSITION, value="ambulance")
    case.refresh_from_db()
    assert case.why_serious == ["hospital", "important"]
    assert (
        len(note(reaction, NoteKind.VITALS, pulse="120", systolic="85").notes)
        == len(seen.notes) + 1
    )


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (NoteKind.SIGN, {"code": "green"}),
        (NoteKind.VITALS, {"pulse": "900"}),
        (NoteKind.VITALS, {}),
        (NoteKind.VITALS, {"pulse": "fast"}),
        (NoteKind.TREATMENT, {"what": "tea"}),
        (NoteKind.IMPRESSION, {"value": "x"}),
        (NoteKind.REMARK, {"text": " "}),
    ],
)
def test_what_cannot_be_written_down_is_refused(hall, kind, facts):
    reaction = observed(hall)
    with pytest.raises(BadInput):
        note(reaction, kind, **facts)
    assert not reaction.notes.exists()


def test_who_may_not_work_on_cases_sees_none(dosed):
    case = tell(dosed[0])
    nurse = someone("nurse", Role.VACCINATOR, site=places.site("hall"))
    for act in (
        lambda: safety_cases.inbox(make.SLUG, actor=nurse, now=LATER),
        lambda: safety_cases.look(make.SLUG, case.pk, actor=nurse, now=LATER),
        lambda: exports.exported(make.SLUG, actor=nurse, now=LATER),
        lambda: assess(case, nurse),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_cases_leave_as_a_list_as_fhir_and_as_xml(dosed):
    tell(dosed[0], serious=True, why_serious=(Serious.HOSPITAL,), words="=cmd()|\x07 admitted")
    found = exports.exported(make.SLUG, actor=Actor.system("test"), now=LATER)
    row = dict(zip(exports.HEAD, exports.row_of(found[0]), strict=True))
    assert row["why_serious"] == "hospital" and row["lot"] == "A1"
    assert row["narrative"].startswith("'=")  # no formula for a spreadsheet
    kinds = [e["resource"]["resourceType"] for e in fhir_bundle(found, "https://x")["entry"]]
    assert kinds == ["Patient", "Immunization", "AdverseEvent"]
    text = exports.e2b_xml(found, now=LATER).decode()
    assert 'item="E.i.3.2c">true' in text and "notCovered" in text and "\x07" not in text
