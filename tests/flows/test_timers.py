"""Timers are instants worked out from the steps: whatever forgets them, the steps bring them back."""

import random
from datetime import timedelta

import pytest
from django.db import connections

from balmis.contexts.clinic import visits
from balmis.contexts.clinic.models import Visit
from balmis.core.clinic.step_facts import Sent
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.clinic.day_bundle import day_bundle
from balmis.flows.clinic.visit_steps import take_step
from tests import make
from tests.flows.test_visits import DESK, NOON

FIELDS = ("status", "status_at", "room", "seat", "seated_at", "observed_until")


@pytest.fixture
def people(committed):
    make.campaign()
    make.lot(doses=60)
    found = [make.person(n) for n in range(1, 4)]
    make.enrol()
    return found


def sent(person, n: int, kind: StepKind, minute: int, **facts) -> Sent:
    return Sent(
        request_id=make.request(f"{person.pk} {n}"),
        person=person.pk,
        kind=kind,
        at=NOON + timedelta(minutes=minute),
        facts=facts,
    )


def story(person, chance: random.Random) -> list[Sent]:
    """Seated, moved to another seat, given more time, perhaps undone, perhaps gone home."""
    steps = [sent(person, 0, StepKind.CHECK_IN, 0, how="known")]
    for n in range(1, chance.randint(2, 5)):
        facts = {"minutes": chance.choice([0, 15, 30, 240]), "seat": f"A{n}"}
        steps.append(sent(person, n, StepKind.SEAT, 5 * n, **facts))
    if chance.random() < 0.5:
        seat = chance.choice(steps[1:])
        steps.append(
            sent(person, 8, StepKind.UNDO, 40, step=str(seat.request_id), reason="other seat")
        )
    if chance.random() < 0.4:
        steps.append(sent(person, 9, StepKind.DISCHARGE, 45))
    return steps


def due(steps: list[Sent]) -> object:
    """The plain reading: the last seat that was not undone."""
    gone = {s.facts["step"] for s in steps if s.kind is StepKind.UNDO}
    seats = [s for s in steps if s.kind is StepKind.SEAT and str(s.request_id) not in gone]
    last = max(seats, key=lambda s: s.at, default=None)
    return last and last.at + timedelta(minutes=last.facts["minutes"])


@pytest.mark.parametrize("seed", range(6))
def test_a_timer_is_what_the_steps_say_whatever_their_order_and_after_a_new_start(people, seed):
    chance = random.Random(seed)
    stories = {p.pk: story(p, chance) for p in people}
    queue = [s for steps in stories.values() for s in steps]
    chance.shuffle(queue)
    queue.sort(key=lambda s: s.kind is StepKind.UNDO)  # an undo names a step that is known
    for step in queue:
        take_step(DESK, step, actor=make.SYSTEM, now=NOON + timedelta(hours=2))
    kept = {v.person_id: [getattr(v, f) for f in FIELDS] for v in Visit.objects.all()}
    assert {p: row[-1] for p, row in kept.items()} == {p: due(s) for p, s in stories.items()}
    # everything that is derived is forgotten, and the connection with it
    Visit.objects.update(seated_at=None, observed_until=None, seat="", room="")
    connections.close_all()
    for visit in Visit.objects.prefetch_related("steps"):
        visits.refresh(visit, list(visit.steps.all()))
    assert {v.person_id: [getattr(v, f) for f in FIELDS] for v in Visit.objects.all()} == kept
    day = day_bundle(make.SLUG, "hall", actor=make.SYSTEM, now=NOON + timedelta(hours=2))
    for person in day["people"]:
        told = [s for s in person["visit"]["steps"] if s["kind"] == "seat"]
        assert {(s["at"], s["facts"]["minutes"]) for s in told} == {
            (s.at, s.facts["minutes"]) for s in stories[person["id"]] if s.kind is StepKind.SEAT
        }


def test_the_day_says_how_long_those_who_reacted_are_observed(committed):
    make.campaign()
    day = day_bundle(make.SLUG, "hall", actor=make.SYSTEM, now=NOON)
    assert day["reaction_minutes"] == 30
    make.campaign(f"{make.plan_text()}\npolicy: {{clinic: {{reaction_minutes: 45}}}}\n")

    day = day_bundle(make.SLUG, "hall", actor=make.SYSTEM, now=NOON)

    assert day["reaction_minutes"] == 45
