"""What would break a constraint is told in words at its door, alone and at the same moment as another."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.test import override_settings

from tests.databases import fresh_copy
from tests.invariants.test_constraints import lines
from tests.walk.sending import Told, raced, told, tried
from tests.walk.steps import Step
from tests.walk.way import walk
from tests.walk.world import World

TABLES = {name: table for table, name in lines()}
COMMANDS = "balmis "
OTHERS = {  # the second asks for something else under the id of the first
    "clinic_dose_request_id_key",
    "clinic_step_request_id_key",
    "safety_eventreport_request_id_key",
    "safety_holdappeal_request_id_key",
    "safety_holdorder_request_id_key",
    "safety_incident_request_id_key",
    "safety_incidentstep_request_id_key",
    "safety_reactionnote_request_id_key",
    "supply_delivery_request_id_key",
    "supply_discard_request_id_key",
    "supply_lothold_request_id_key",
    "supply_order_request_id_key",
    "supply_transfer_request_id_key",
}


@dataclass
class Walked:
    """What was told on the way: of steps, of single requests, of two at once; by constraint."""

    steps: list[tuple[str, Told, bool]] = field(default_factory=list)
    alone: dict[str, list[tuple[str, Told]]] = field(default_factory=dict)
    together: dict[str, list[tuple[str, list[Told]]]] = field(default_factory=dict)


def _take(step: Step, walked: Walked) -> None:
    for name, changes in step.broken():
        walked.alone.setdefault(name, []).append((step.door, tried(step, changes)))
    if not step.at_once:
        step.answer = step.send()
        walked.steps.append((step.door, told(step.answer), step.refused))
        return
    ((name, changes),) = step.at_once.items()
    both = raced(step, changes, TABLES[name])
    walked.together.setdefault(name, []).append((step.door, both))
    walked.steps.append((step.door, both[0], step.refused))


@pytest.fixture(scope="module")
def walked(template: str) -> Iterator[Walked]:
    found = Walked()
    with fresh_copy(template), override_settings(ALLOWED_HOSTS=["testserver"]):
        world = World()
        for step in walk(world):
            _take(step, found)
        for name, (door, answer) in world.words.items():
            found.alone.setdefault(name, []).append((door, told(answer)))
        yield found


def _at(door: str) -> list[str]:
    return [c for (_, c), line in lines().items() if line["door"] == door]


PAGES = sorted(
    {c for (_, c), n in lines().items() if n["door"] != "inside" and COMMANDS not in n["door"]}
)


def test_every_step_of_the_walk_is_done(walked):
    assert [(d, t.status, t.fault) for d, t, no in walked.steps if (t.status >= 400) != no] == []


@pytest.mark.parametrize("name", PAGES)
def test_it_is_told_in_words(walked, name):
    alone, together = walked.alone.get(name, []), walked.together.get(name, [])
    assert alone or together, "nothing drives it"
    door = lines()[TABLES[name], name]["door"]
    assert door in {d for d, _ in [*alone, *together]}
    for _, answer in alone:
        assert answer.in_words and not answer.wrote, answer
    for _, both in together:
        assert all(answer.in_words for answer in both), both
        if name in OTHERS:
            assert both[1].status == 409 or "request_reused" in both[1].text, both[1]
