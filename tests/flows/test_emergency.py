"""A reaction on the chair: help at once, the dose by age in sight, low readings are signs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from balmis.contexts.clinic.models import Visit
from balmis.contexts.safety.models import Incident, ReactionNote
from balmis.core.clinic.step_facts import Sent
from balmis.core.errors import BadInput, Refusal
from balmis.core.safety.definitions import low_systolic
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import StepKind
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import NoteKind, TeamKind
from balmis.flows.clinic.texts import emergency_texts
from balmis.flows.clinic.visit_steps import take_step
from balmis.flows.safety import reactions
from balmis.flows.safety.reaction_notes import FromDesk, help_from_desk, note_from_desk
from balmis.flows.safety.reactions import NewNote
from balmis.flows.safety.send_team import RedButton, call_team
from balmis.flows.safety.teams import Keep, keep_team
from balmis.web.labels.safety import level_in_words
from tests import make
from tests.flows.test_safety_cases import someone
from tests.flows.test_visits import DESK, NOON, dose_facts, ready, send

AT = NOON + timedelta(minutes=20)


@pytest.fixture
def reacted(hall):
    lot, (person, *_) = hall
    ready(person)
    send(person, StepKind.DOSE, 6, **dose_facts(lot))
    send(person, StepKind.REACTION, 15, what="hives, wheeze", serious=True)
    return Visit.objects.get()


def team(code: str, *members: str, on_duty: bool = True):
    for m in members:
        someone(m, Role.RESPONDER)
    keep = Keep(
        code=code,
        name=f"Team {code}",
        kind=TeamKind.CLINICAL,
        area="IS",
        members=list(members),
        on_duty=on_duty,
    )
    keep_team(keep, actor=make.SYSTEM, now=NOON)


def press(visit, name="a"):
    cmd = RedButton(
        request_id=make.request(name),
        campaign=make.SLUG,
        site="hall",
        visit_id=visit.pk,
        what="anaphylaxis is possible",
        place="A4",
    )
    return call_team(cmd, actor=make.SYSTEM, now=AT)


def test_the_red_button_sends_a_team_with_people_in_it(reacted):
    team("empty")
    team("off", "first", on_duty=False)
    nobody = press(reacted)
    assert (nobody.team, nobody.status, nobody.urgency) == (None, "raised", 1)
    team("two", "second")
    sent = press(reacted, "b")
    assert (sent.team.code, sent.status, sent.place) == ("two", "dispatched", "A4")
    assert press(reacted, "b").pk == sent.pk and Incident.objects.count() == 2
    assert press(reacted, "c").team is None, "the only team with people is at work"


@pytest.mark.parametrize(
    "age, low", [(0, 70), (1, 72), (5, 80), (10, 90), (11, 90), (40, 90), (90, 90)]
)
def test_low_blood_pressure_depends_on_age(age, low):
    assert low_systolic(age) == low


def measure(visit, systolic, name):
    facts = {"systolic": systolic, "diastolic": 50}
    new = NewNote(request_id=make.request(name), kind=NoteKind.VITALS, facts=facts, at=AT)
    return reactions.note(visit.pk, new, actor=make.SYSTEM, now=AT)


def test_a_low_reading_ticks_its_sign_once(reacted):
    assert "low_pressure" not in measure(reacted, 95, "a").course.signs
    seen = measure(reacted, 84, "b")
    assert "low_pressure" in seen.course.signs
    again = measure(reacted, 80, "c")
    assert sum(n.kind == NoteKind.SIGN for n in again.notes) == 1


def test_too_few_signs_never_sound_like_no_anaphylaxis():
    assert level_in_words(4).startswith("Anaphylaxis is possible")
    assert "treat" in level_in_words(5)


def test_the_dose_by_age_comes_with_the_day_and_names_its_source():
    (found,) = emergency_texts()
    assert "Resuscitation Council UK" in found.source and "2021" in found.source
    assert [(d.from_months, d.micrograms, d.millilitres) for d in found.doses] == [
        (0, 100, 0.1),
        (6, 150, 0.15),
        (72, 300, 0.3),
        (144, 500, 0.5),
    ]
    assert all(set(step) == {"en", "ko", "zh-hans", "vi"} for step in found.steps)


REPORTED = FromDesk(
    campaign=make.SLUG, site="hall", step=make.request("the reaction, by the device"), by=""
)


def report(hall):
    """A reaction that a device reported under an id of its own."""
    lot, (person, *_) = hall
    ready(person)
    send(person, StepKind.DOSE, 6, **dose_facts(lot))
    sent = Sent(
        request_id=REPORTED.step,
        person=person.pk,
        kind=StepKind.REACTION,
        at=NOON + timedelta(minutes=15),
        facts={"what": "hives", "serious": True},
    )
    take_step(DESK, sent, actor=make.SYSTEM, now=AT)
    return person


def wrote(name, kind, at=AT, told=REPORTED, **facts):
    new = NewNote(request_id=make.request(name), kind=kind, facts=facts, at=at)
    return note_from_desk(told, new, actor=make.SYSTEM, now=AT + timedelta(hours=2))


def test_what_a_device_wrote_down_hangs_on_the_reaction_it_reported(hall):
    report(hall)
    early = AT - timedelta(minutes=3)
    for _ in range(2):  # sent twice
        seen = wrote("drug", NoteKind.TREATMENT, early, what="adrenaline", detail="500 µg")
    (note,) = seen.course.treatments
    assert (note.at, note.recorded_at) == (early, AT + timedelta(hours=2))
    assert "low_pressure" in wrote("bp", NoteKind.VITALS, systolic=84).course.signs


def test_what_belongs_to_no_reaction_here_is_refused_alone(hall):
    report(hall)
    for told in (
        replace(REPORTED, step=make.request("unknown")),
        replace(REPORTED, site="clinic"),
    ):
        with pytest.raises(Refusal) as error:
            wrote("x", NoteKind.REMARK, told=told, text="pale")
        assert error.value.reason is Refused.NOT_KNOWN
    with pytest.raises(BadInput):
        wrote("y", NoteKind.VITALS, systolic=900)
    assert not ReactionNote.objects.exists()


@pytest.mark.parametrize("minutes, team_code", [(4, "two"), (40, "")])
def test_a_call_that_comes_late_sends_nobody_by_itself(hall, minutes, team_code):
    report(hall)
    team("two", "second")
    asked = RedButton(
        request_id=make.request("call"),
        campaign=make.SLUG,
        site="hall",
        visit_id=0,
        what="anaphylaxis is possible",
        place="A4",
    )
    for _ in range(2):  # sent twice
        found = help_from_desk(
            REPORTED, asked, at=AT, actor=make.SYSTEM, now=AT + timedelta(minutes=minutes)
        )
    assert (found.team.code if found.team else "") == team_code
    assert Incident.objects.count() == 1 and found.visit_id == Visit.objects.get().pk
