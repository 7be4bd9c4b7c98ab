"""Queues of several devices, sent in any order, end in the same state: the same doses, conflicts,
flags, appointments and goods; and no red check leads to a dose that nobody looks at."""

import random
from datetime import timedelta

import pytest

from balmis.contexts.clinic.models import Conflict, Dose, Step
from balmis.contexts.safety.models import Flag
from balmis.contexts.supply.models import Balance
from balmis.contexts.supply.stock_book import ledger_sum
from balmis.core.clinic.step_facts import Sent
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.clinic.visit_steps import Desk, take_step
from tests import make
from tests.flows.test_visits import CONSENT, answers, dose_facts

ORDERS = 5


def queues(chance: random.Random, lots) -> dict[str, list[tuple[StepKind, int, dict, str]]]:
    """For each device: kind, minute, facts and a name that is unique in the story."""
    told: dict[str, list[tuple[StepKind, int, dict, str]]] = {"one": [], "two": [], "three": []}
    for n, minute in enumerate(chance.sample(range(1, 31), chance.randint(5, 9))):
        device = chance.choice(list(told))
        kind = chance.choice(
            [
                StepKind.SCREEN,
                StepKind.CONSENT,
                StepKind.WITHDRAW,
                StepKind.DOSE,
                StepKind.DOSE,
                StepKind.SEAT,
            ]
        )
        facts = {
            StepKind.SCREEN: answers(unwell=chance.random() < 0.2),
            StepKind.CONSENT: CONSENT,
            StepKind.WITHDRAW: {"reason": "no more"},
            StepKind.SEAT: {"minutes": 15},
            StepKind.DOSE: dose_facts(chance.choice(lots)),
        }[kind]
        told[device].append((kind, minute, facts, f"s{n}"))
    for rows in told.values():
        rows.sort(key=lambda row: row[1])
        doses = [row for row in rows if row[0] is StepKind.DOSE]
        if doses and chance.random() < 0.4:
            gone = chance.choice(doses)
            rows.append(
                (StepKind.UNDO, 40, {"step": gone[3], "reason": "wrong person"}, f"u{gone[3]}")
            )
    return told


def send_all(person, told, chance: random.Random) -> None:
    """Each device sends in its own order; which of them sends next is chance."""
    left = {device: list(rows) for device, rows in told.items() if rows}
    while left:
        device = chance.choice(sorted(left))
        kind, minute, facts, name = left[device].pop(0)
        if not left[device]:
            del left[device]
        if kind is StepKind.UNDO:
            facts = facts | {"step": str(make.request(f"{person.pk} {facts['step']}"))}
        sent = Sent(
            request_id=make.request(f"{person.pk} {name}"),
            person=person.pk,
            kind=kind,
            at=make.NOON + timedelta(minutes=minute),
            facts=facts,
        )
        take_step(
            Desk(make.SLUG, "hall", device),
            sent,
            actor=make.SYSTEM,
            now=make.NOON + timedelta(hours=5),
        )


def state(person) -> dict:
    """What is known of the person now, without what only says in which order it was heard."""
    name = {
        s.request_id: (s.kind, s.at, str(s.facts.get("lot")))
        for s in Step.objects.filter(visit__person=person)
    }
    live = Dose.objects.filter(person=person, correction__isnull=True).select_related("step", "lot")
    flags = Flag.objects.filter(dose__in=live, lifted__isnull=True)
    return {
        "status": list(person.visits.values_list("status", "status_at")),
        "doses": sorted((d.given_at, d.lot.number, name[d.step.request_id]) for d in live),
        "flags": sorted(flags.values_list("reason", flat=True)),
        "conflicts": sorted(
            (name[c.other.request_id], name[c.kept.request_id])
            for c in Conflict.objects.filter(visit__person=person, end="")
        ),
    }


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_queues_ends_in_the_same_state(hall, seed):
    chance = random.Random(seed)
    lots = [hall[0], make.lot("B2", doses=100)]
    told = queues(chance, lots)
    people = [make.person(100 + n) for n in range(ORDERS)]
    make.enrol()
    for person in people:
        send_all(person, told, chance)
    first, *others = [state(person) for person in people]
    for other in others:
        assert other == first
    for person in people:
        check_reds(person)
    drawn = Dose.objects.filter(correction__isnull=True).count()
    assert sum(b.doses for b in Balance.objects.filter(account="site")) == 112 - drawn
    assert ledger_sum() == 0


def check_reds(person) -> None:
    """By the plainest reading of the steps: who had not agreed, or was not asked, is flagged."""
    steps = list(Step.objects.filter(visit__person=person).order_by("at", "request_id"))
    for dose in Dose.objects.filter(person=person, correction__isnull=True):
        before = [s for s in steps if s.at <= dose.given_at]
        said = [s.kind for s in before if s.kind in ("consent", "withdraw")]
        asked = [s for s in before if s.kind == "screen"]
        may = said[-1:] == ["consent"] and asked and asked[-1].facts["outcome"] == "proceed"
        if not may:
            assert dose.flags.filter(reason="not_cleared", lifted__isnull=True).exists()
