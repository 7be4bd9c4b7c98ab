"""What of a desk's dose is to be reviewed: the check before the needle, made again by the server on
all it knows by now, and again whenever an earlier step of the visit comes late."""

from datetime import datetime

import msgspec

from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic import visits
from balmis.contexts.clinic.models import Dose, Step, Visit
from balmis.contexts.safety import dose_flags as safety
from balmis.core.clinic import step_facts as said
from balmis.core.clinic.pre_dose_check import LIGHTS, clear
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.core.vocabulary.clinic import Check, DoseFlag, Light, StepKind
from balmis.flows.clinic.pre_dose_check import InHand, reds_of
from balmis.flows.eligibility.evaluate_person import Judged, judge_person

CLEARING = {
    StepKind.SCREEN,
    StepKind.DOCTOR,
    StepKind.CONSENT,
    StepKind.WITHDRAW,
    StepKind.REFUSE,
    StepKind.DEFER,
    StepKind.UNDO,
}
DERIVED = (
    DoseFlag.OVERRIDDEN,
    DoseFlag.NOT_CLEARED,
    DoseFlag.UNSIGNED,
    DoseFlag.LOT_HELD,
)  # by `flags_of`


def judged_before(visit: Visit, at: datetime, *, doses: list[Dose] | None = None) -> Judged | None:
    """What the person might have had just before that moment; None: no member of the campaign,
    and a dose is recorded all the same. `doses`: those that live, if they are known."""
    on = local_day(at, visit.site.time_zone)
    live = clinic.live_doses(visit.person_id) if doses is None else doses
    try:
        return judge_person(
            visit.campaign, visit.person, on, doses=[d for d in live if d.given_at < at]
        )
    except Refusal:
        return None


def flags_of(
    step: Step, steps: list[Step], hand: InHand, judged: Judged | None
) -> tuple[DoseFlag, ...]:
    """`steps` are all of the visit; what was said after the needle clears nothing."""
    facts = msgspec.convert(step.facts, said.GiveDose)
    before = [s for s in steps if s.at <= step.at]
    found = clear(reds_of(step.visit, before, judged, hand, now=step.at))
    reds = {c for c in (*found.checks, *facts.cleared.checks) if LIGHTS[c] is Light.RED}
    override = facts.override
    decided = override is not None and bool(override.signed_by or override.doctor.strip())
    flags = [DoseFlag.OVERRIDDEN] if override is not None else []
    seen = reds <= set(facts.cleared.checks)  # a decision is on what was shown, not on what was not
    if (reds or facts.cleared.light is Light.RED) and not (decided and seen):
        flags.append(DoseFlag.NOT_CLEARED)
    red = bool(reds) or facts.cleared.light is Light.RED
    if override is not None and red and not override.signed_by:
        flags.append(DoseFlag.UNSIGNED)
    if Check.LOT_HELD in found.checks:
        flags.append(DoseFlag.LOT_HELD)
    return tuple(flags)


def review_again(late: Step, steps: list[Step], *, now: datetime) -> None:
    """A step that came after the dose it comes before: the flags are those that all steps give."""
    if StepKind(late.kind) not in CLEARING:
        return
    for step in steps:
        dose = visits.live_dose_of(step) if step.kind == StepKind.DOSE else None
        if dose is None or (late.at > step.at and late.kind != StepKind.UNDO):
            continue
        step.visit = late.visit
        facts = msgspec.convert(step.facts, said.GiveDose)
        hand = InHand(
            product=dose.product.code, lot=dose.lot, vial=dose.vial, expires_on=facts.expires_on
        )
        found = flags_of(step, steps, hand, judged_before(late.visit, step.at))
        safety.set_flags(dose, found, among=DERIVED, now=now)
