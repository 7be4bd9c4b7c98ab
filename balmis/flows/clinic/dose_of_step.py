"""A desk's record of a dose becomes a dose of the register."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from balmis.contexts.clinic import duplicate_doses, visits
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic.models import Dose, Step
from balmis.contexts.clinic.services import Given
from balmis.contexts.supply import lots, products, vials
from balmis.contexts.supply.models import Lot, Vial
from balmis.core.actor import Actor
from balmis.core.clinic import step_facts as said
from balmis.core.dates import local_day
from balmis.core.request_ids import Made
from balmis.core.vocabulary.clinic import DoseFlag, DoseKind
from balmis.flows.clinic.dose_register import register
from balmis.flows.clinic.dose_review import flags_of, judged_before
from balmis.flows.clinic.pre_dose_check import InHand
from balmis.flows.eligibility.evaluate_person import Judged


@dataclass(frozen=True, slots=True)
class Known:
    """What was read already of a step's visit and person."""

    steps: list[Step]
    doses: list[Dose]  # that live


def record_step(
    step: Step, known: Known | None = None, *, twice: bool = False, actor: Actor, now: datetime
) -> Dose:
    """The dose that the step tells of, with its vial, its goods and what is to be reviewed.

    `known` for a step that was never recorded before; `twice`: it was ruled to be a second dose
    of that day.
    """
    visit, facts = step.visit, msgspec.convert(step.facts, said.GiveDose)
    hand = in_hand(step, facts, actor=actor, now=now)
    doses = clinic.live_doses(visit.person_id) if known is None else known.doses
    judged = judged_before(visit, step.at, doses=doses)
    steps = visits.steps_of(visit) if known is None else known.steps
    flags = flags_of(step, steps, hand, judged)
    assert hand.lot is not None
    given_on = local_day(step.at, visit.site.time_zone)
    given = Given(
        request_id=step.request_id if known else _request(step),
        campaign=visit.campaign,
        person=visit.person,
        product=hand.lot.product,
        lot=hand.lot,
        site=visit.site,
        kind=kind_of(judged),
        units=Decimal(1),
        given_at=step.at,
        given_on=given_on,
        by=step.actor,
        step=step,
        visit=visit,
        vial=hand.vial if hand.vial and hand.vial.lot_id == hand.lot.pk else None,
        body_site=facts.body_site,
        route=facts.route,
    )
    previous = max((d.given_on for d in doses if d.given_on <= given_on), default=None)
    raised = (DoseFlag.TWICE_TODAY, *flags) if twice else flags
    return register(given, previous, raised, actor=actor, now=now)


def _request(step: Step) -> UUID:
    """Each time that the step is recorded has an id of its own, made from the step's."""
    times = duplicate_doses.times_recorded(step)
    return step.request_id if times == 0 else Made.DOSE_AGAIN.of(f"{step.request_id} {times}")


def in_hand(step: Step, facts: said.GiveDose, *, actor: Actor, now: datetime) -> InHand:
    """The lot and the vial; a vial in hand outranks the book, which learns of both."""
    product = products.product(facts.product)
    lot = lots.lot_by_number(product, facts.lot)
    if lot is None:
        lot = lots.keep_lot(product, facts.lot, expires_on=facts.expires_on)
    return InHand(
        product=product.code,
        lot=lot,
        expires_on=facts.expires_on,
        vial=_vial(step, facts, lot, actor, now),
    )


def _vial(step: Step, facts: said.GiveDose, lot: Lot, actor: Actor, now: datetime) -> Vial | None:
    if facts.vial is None:
        return None
    opened = vials.Opened(
        id=facts.vial.id, opened_at=min(facts.vial.opened_at, step.at), serial=facts.vial.serial
    )
    return vials.open_vial(opened, lot, step.visit.site, actor=actor, now=now)


def kind_of(judged: Judged | None) -> DoseKind:
    """Which dose it is: worked out from the person's doses, never asked of a desk."""
    if judged is None:
        return DoseKind.PRIMARY_1
    forecast = judged.result.groups[0]
    if forecast.role == "booster":
        earlier = sum(DoseKind(d.kind).is_booster for d in judged.doses)
        return DoseKind(f"booster_{min(4, earlier + 1)}")
    number = forecast.number or len(judged.doses) + 1
    return DoseKind(f"primary_{max(1, min(3, number))}")
