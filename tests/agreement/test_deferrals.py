"""What stands against a dose is the same in Python and in the database's view."""

import random
from datetime import timedelta

from django.db import connection

from balmis.contexts.clinic import deferrals
from balmis.contexts.clinic.models import Step
from balmis.core.clinic.step_facts import Sent
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.clinic.visit_steps import take_step
from tests import make
from tests.flows.test_visits import DESK, NOON, answers

VIEW = "SELECT person_id, outcome, product, until FROM clinic_standing_deferral"
SAID = [
    (StepKind.SCREEN, answers()),
    (StepKind.SCREEN, answers(unwell=True)),
    (StepKind.DEFER, {"reason": "feels weak"}),
    *(
        (StepKind.DOCTOR, {"outcome": outcome, "text": "so decided", "product": product})
        for outcome in ("proceed", "never", "defer")
        for product in ("", "comirnaty", "jcovden")
    ),
]


def test_what_stands_is_the_same_in_python_and_in_the_database(committed):
    make.campaign()
    dice = random.Random(7)
    people = [make.person(n) for n in range(1, 26)]
    for person in people:
        for n in range(dice.randint(1, 6)):
            kind, facts = dice.choice(SAID)
            made = list(Step.objects.filter(visit__person=person).exclude(kind="undo"))
            if made and dice.random() < 0.2:
                step = dice.choice(made)
                kind, facts = StepKind.UNDO, {"step": str(step.request_id), "reason": "no, no"}
            at = NOON + timedelta(days=dice.choice((0, 0, 1)), minutes=dice.randint(0, 3))
            sent = Sent(
                request_id=make.request(f"{person.pk} {n}"),
                person=person.pk,
                kind=kind,
                at=at if kind is not StepKind.UNDO else step.at,
                facts=facts,
            )
            take_step(DESK, sent, actor=make.SYSTEM, now=NOON + timedelta(days=2))
    ours = [
        (s.person, s.outcome.value, s.product, s.until)
        for s in deferrals.standing_of([p.pk for p in people])
    ]
    with connection.cursor() as cursor:
        cursor.execute(VIEW)
        theirs = cursor.fetchall()
    assert sorted(ours, key=repr) == sorted(theirs, key=repr)
    assert {o for _, o, _, _ in ours} == {"never", "defer"} and len(ours) > 10
