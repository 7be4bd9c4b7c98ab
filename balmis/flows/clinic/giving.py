"""A dose at a desk: recorded once, whatever the devices say and in whatever order they say it.

Two records of a dose for one person on one day are a conflict. The one with the earlier time
(and, if they are the same, the smaller id) is the dose of the register, also when it comes last;
the other is kept in full until someone at the site says whether it is the same dose or a second.
"""

from datetime import date, datetime
from uuid import UUID, uuid5

import msgspec
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import taking
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic import visits
from balmis.contexts.clinic.models import Conflict, Dose, Step, Visit
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.people import queries as people
from balmis.contexts.supply import queries as supply
from balmis.contexts.supply import services as stock
from balmis.contexts.supply import vials
from balmis.core.clinic import facts as said
from balmis.core.clinic.clearing import LIGHTS, clear
from balmis.core.clinic.words import Check, ConflictEnd, Light
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary import CorrectionReason, DoseKind, Reason
from balmis.core.wording import gettext_noop
from balmis.flows.clinic.clearing import InHand, reds_of
from balmis.flows.eligibility.judging import Judged, judge_person
from balmis.flows.record_dose import AtDesk, RecordDose, give, take_back
from balmis.flows.retrying import retried

AGAIN = UUID("7c0e6c9e-5b0a-4b5c-9a30-000000000005")  # names doses recorded a second time


def give_dose(
    visit: Visit, step: Step, before: list[Step], *, actor: Actor, now: datetime
) -> Conflict | None:
    """Record the dose of the step; or, when there is another of that day, the conflict. `before`
    are the visit's other steps."""
    on = local_day(step.at, visit.site.time_zone)
    judged = _judged(visit, on)
    live = judged.doses if judged else clinic.live_doses(visit.person_id)
    standing = visits.first_of_day(live, visit.campaign_id, on)
    if standing is None:
        _record(visit, step, [*before, step], judged, actor=actor, now=now)
        _keep_booking(visit, now)
        return None
    rival = visits.step_for_request(standing.request_id)
    if (step.at, str(step.request_id)) < (standing.given_at, str(standing.request_id)):
        take_back(standing, CorrectionReason.DUPLICATE, actor=actor, now=now,
                  request_id=uuid5(AGAIN, f"{standing.pk} gives way"))  # fmt: skip
        _record(visit, step, [*before, step], _judged(visit, on), actor=actor, now=now)
        if rival is None:
            return None  # the other is no desk's: its correction tells of it
        visits.keep_instead(rival, step)
        return visits.note_conflict(rival.visit, step, rival, now=now)
    return visits.note_conflict(visit, rival, step, now=now)


def _record_anew(
    visit: Visit, step: Step, *, actor: Actor, now: datetime, flags: tuple[Reason, ...] = ()
) -> Dose:
    """The dose of a step that waited in a conflict."""
    judged = _judged(visit, local_day(step.at, visit.site.time_zone))
    return _record(visit, step, visits.steps_of(visit), judged, actor=actor, now=now,
                   request_id=_fresh(step), flags=flags)  # fmt: skip


def _record(
    visit: Visit, step: Step, steps: list[Step], judged: Judged | None, *, actor: Actor,
    now: datetime, request_id: UUID | None = None, flags: tuple[Reason, ...] = (),
) -> Dose:  # fmt: skip
    facts = msgspec.convert(step.facts, said.GiveDose)
    site, product = visit.site, supply.product(facts.product)
    lot = vials.lot_by_number(product, facts.lot)
    if lot is None:  # a vial in hand outranks the book
        lot = stock.keep_lot(product, facts.lot, expires_on=facts.expires_on)
    vial = None
    if facts.vial is not None:
        opened = vials.Opened(id=facts.vial.id, opened_at=facts.vial.opened_at,
                              serial=facts.vial.serial)  # fmt: skip
        vial = vials.open_vial(opened, lot, site, actor=actor, now=now)
    hand = InHand(product=product.code, lot=lot, vial=vial, expires_on=facts.expires_on)
    flags = flags + _flags(visit, step, steps, facts, hand, judged)
    cmd = RecordDose(
        request_id=request_id or step.request_id, campaign=visit.campaign.slug,
        person_id=visit.person_id, product=product.code, kind=kind_of(judged), given_at=step.at,
        lot_id=lot.pk, site=site.code,
    )  # fmt: skip
    desk = AtDesk(visit=visit, lot=lot, vial=vial if vial and vial.lot_id == lot.pk else None,
                  body_site=facts.body_site, route=facts.route, flags=flags)  # fmt: skip
    return give(cmd, visit.campaign, site, visit.person, desk=desk, actor=actor, now=now)


def _judged(visit: Visit, on: date) -> Judged | None:
    try:
        return judge_person(visit.campaign, visit.person, on)
    except Refusal:
        return None  # no member of the campaign: recorded all the same


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


def _flags(
    visit: Visit, step: Step, steps: list[Step], facts: said.GiveDose, hand: InHand,
    judged: Judged | None,
) -> tuple[Reason, ...]:  # fmt: skip
    """What is reviewed: the same check, made again by the server on all it knows by now."""
    before = [s for s in steps if s.at <= step.at]  # what was said after the needle clears nothing
    found = clear(reds_of(visit, before, judged, hand, now=step.at))
    reds = {c for c in (*found.checks, *facts.cleared.checks) if LIGHTS[c] is Light.RED}
    decided = facts.override is not None and bool(facts.override.doctor.strip())
    flags = [Reason.OVERRIDDEN] if facts.override is not None else []
    seen = reds <= set(facts.cleared.checks)  # a decision is on what was shown, not on what was not
    if (reds or facts.cleared.light is Light.RED) and not (decided and seen):
        flags.append(Reason.NOT_CLEARED)
    if Check.LOT_HELD in found.checks:
        flags.append(Reason.LOT_HELD)
    return tuple(flags)


def _keep_booking(visit: Visit, now: datetime) -> None:
    """The appointment was kept: its place stays used."""
    if visit.booking_id is not None:
        taking.keep([visit.booking_id], now=now)


def undo_dose(undone: Step, request_id: UUID, reason: str, *, actor: Actor, now: datetime) -> None:
    """The step's dose was not given as recorded. If another record of it waits in a conflict, that
    one is the dose now."""
    dose = visits.dose_of_step(undone)
    if dose is None or dose.taken_back:
        for conflict in visits.open_conflicts(undone):
            visits.settle_conflict(conflict, ConflictEnd.SAME_DOSE, reason, actor=actor, now=now)
        return
    take_back(dose, CorrectionReason.ENTERED_IN_ERROR, request_id=request_id,
              actor=actor.because(reason), now=now)  # fmt: skip
    waiting = visits.waiting_behind(undone)
    if waiting is None:
        return
    other = waiting.other
    _record_anew(waiting.visit, other, actor=actor, now=now)
    visits.settle_conflict(waiting, ConflictEnd.SAME_DOSE, reason, actor=actor, now=now)
    visits.keep_instead(undone, other)


def _fresh(step: Step) -> UUID:
    """The step's own id; or, when a dose that was taken back bears it, one made from it."""
    return uuid5(AGAIN, str(step.request_id)) if visits.dose_of_step(step) else step.request_id


@retried
@transaction.atomic(durable=True)
def settle(
    conflict_id: int, end: ConflictEnd, reason: str, *, actor: Actor, now: datetime
) -> Conflict:
    """Someone who was there says whether it was one dose or two.

    Raises NotAllowed, BadInput without a reason, Refusal(NOT_KNOWN) when it is settled already.
    """
    if len(reason.strip()) < 3:
        raise BadInput(gettext_noop("Say what was found out about the two records."))
    conflict = visits.conflict(conflict_id)
    visit = conflict.visit
    check_may(actor, Act.CORRECT_DOSE, site=visit.site)
    ledger.write_facts(ledger.STOCK, visit.campaign_id)
    people.hold(visit.person_id)
    conflict = visits.hold_conflict(conflict_id)
    if end is ConflictEnd.TWO_DOSES:
        _record_anew(visit, conflict.other, actor=actor, now=now, flags=(Reason.TWICE_TODAY,))
    visits.settle_conflict(conflict, end, reason.strip()[:500], actor=actor, now=now)
    ledger.audit("conflict.settled", f"conflict:{conflict.pk}", actor=actor, now=now,
                 end=end.value, reason=reason)  # fmt: skip
    return conflict
