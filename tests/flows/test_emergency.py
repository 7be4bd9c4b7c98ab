"""A reaction on the chair: help at once, the dose by age in sight, low readings are signs."""

from datetime import timedelta

import pytest

from balmis.contexts.clinic.models import Visit
from balmis.contexts.safety.models import Incident
from balmis.core.safety.definitions import low_systolic
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import StepKind
from balmis.core.vocabulary.safety import NoteKind, TeamKind
from balmis.flows.clinic.texts import emergency_texts
from balmis.flows.safety import reactions
from balmis.flows.safety.reactions import NewNote
from balmis.flows.safety.send_team import RedButton, call_team
from balmis.flows.safety.teams import Keep, keep_team
from balmis.web.labels.safety import level_in_words
from tests import make
from tests.flows.test_safety_cases import someone
from tests.flows.test_visits import NOON, dose_facts, ready, send

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
