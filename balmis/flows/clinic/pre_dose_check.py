"""May this person have a dose from this vial, now? What is known is put together here; the
answer is `core.clinic.clearing.clear`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import bookings
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import deferrals, visits
from balmis.contexts.clinic.deferrals import NO_DAY
from balmis.contexts.clinic.models import Step, Visit
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people import registrations
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.safety import hold_orders
from balmis.contexts.safety import queries as safety
from balmis.contexts.supply import balances, lot_holds, lots
from balmis.contexts.supply import products as supply_products
from balmis.contexts.supply.models import Lot as LotRow
from balmis.contexts.supply.models import Vial as VialRow
from balmis.core.actor import Actor
from balmis.core.birth_date import ages_on
from balmis.core.clinic.consent import speaks_for_minor
from balmis.core.clinic.pre_dose_check import Clearance, Lot, Situation, Vial, clear
from balmis.core.clinic.screening import asked
from balmis.core.clinic.visit_status import said_by
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import Outcome, StepKind
from balmis.core.vocabulary.schedule import Eligibility
from balmis.flows.clinic.texts import questionnaire
from balmis.flows.eligibility.evaluate_person import Judged, judge_person


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """What was scanned, looked up; `lot` None: its number is in no book."""

    product: str
    lot: LotRow | None
    vial: VialRow | None = None
    expires_on: date | None = None  # as scanned


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearToVaccinate:
    """Who is to have a dose, of which lot, and where."""

    campaign: str
    site: str
    person_id: int
    product: str
    lot_number: str


@transaction.atomic
def clear_to_vaccinate(cmd: ClearToVaccinate, *, actor: Actor, now: datetime) -> Clearance:
    """The check before the needle. The look at the person is logged. Raises NotAllowed,
    Refusal(NOT_KNOWN)."""
    campaign, site = campaigns.campaign(cmd.campaign), places.site(cmd.site)
    check_may(actor, Act.RUN_CLINIC, site=site)
    person = people.canonical(people.person_of(cmd.person_id))
    campaigns.check_within(campaign, site.area, what="site", key=cmd.site)
    campaigns.check_within(campaign, person.area, what="person", key=cmd.person_id)
    audit.record("person.read", f"person:{person.pk}", actor=actor, now=now, page="clear")
    lot = lots.lot_by_number(supply_products.product(cmd.product), cmd.lot_number)
    hand = InHand(product=cmd.product, lot=lot)
    return clear(situation_of(campaign, person, site, hand, now=now))


def situation_of(
    campaign: Campaign,
    person: Person,
    site: Site,
    hand: InHand,
    *,
    now: datetime,
) -> Situation:
    """Everything the check asks for. `now` is the moment of the needle."""
    today = local_day(now, site.time_zone)
    visit = visits.visit_of(person.pk, campaign.pk, site.pk, today)
    status, from_on, products = _due(campaign, person, today)
    steps = visits.standing(visits.steps_of(visit)) if visit else []
    screened_on, outcome = _screening(steps, site, person, hand.product)
    until, never = _deferred(deferrals.standing_of([person.pk], by=now), today, hand.product)
    held_back = hold_orders.products_held_for(person, today, hold_orders.group_orders(campaign.pk))
    never = tuple(sorted({*never, *held_back}))
    booked = bookings.live_bookings(person.pk, campaign.pk)
    here = [b for b in booked if _is_here(b, site, today)]
    kept = visit.booking if visit else None
    return Situation(
        now=now,
        today=today,
        as_of=now,
        status=status,
        from_on=from_on,
        products=products,
        **_of_age(campaign, person, steps, today),
        dose_today=visits.dose_of_day(person.pk, campaign.pk, today) is not None,
        reaction=visits.had_reaction(person.pk, but=visit.pk if visit else None),
        perhaps_known=bool(registrations.perhaps_known([person.pk])),
        open_case=bool(
            safety.people_with_open_case([person.pk]) or safety.people_who_must_not([person.pk])
        ),
        screened_on=screened_on,
        outcome=outcome,
        deferred_until=until,
        never=never,
        consent=_consents(steps),
        booked_here=bool(here) or not booked or kept is not None,
        booked_product=here[0].product if here else kept.product if kept else "",
        lot=_lot(hand, site),
        vial=_vial(hand.vial) if hand.vial else None,
    )


def reds_of(
    visit: Visit, steps: list[Step], judged: Judged | None, hand: InHand, *, now: datetime
) -> Situation:
    """What the red checks ask for, and no more: the needle has gone in, ambers change nothing.

    `steps` are all of the visit; `judged` is the person before this dose, None for no member.
    """
    site, person = visit.site, visit.person
    today = local_day(now, site.time_zone)
    found = judged.decision if judged else None
    counted = visits.standing(steps)
    screened_on, outcome = _screening(counted, site, person, hand.product)
    until, never = _deferred(deferrals.standing_of([person.pk], by=now), today, hand.product)
    held = hand.lot is not None and lot_holds.was_held(hand.lot.pk, site.pk, now)
    return Situation(
        now=now,
        today=today,
        as_of=now,
        products=tuple(found.products) if found else (),
        status=found.status if found else Eligibility.NOT_INVITED,
        from_on=found.from_on if found else None,
        **_of_age(visit.campaign, person, counted, today),
        screened_on=screened_on,
        outcome=outcome,
        deferred_until=until,
        never=never,
        consent=_consents(counted),
        lot=Lot(
            product=hand.product,
            held=held,
            expires_on=_expiry(hand),
            min_age=hand.lot.product.min_age_years if hand.lot else 0,
        ),
        vial=Vial(use_by=hand.vial.use_by) if hand.vial else None,
    )


def _of_age(campaign: Campaign, person: Person, steps: list[Step], today: date) -> dict[str, Any]:
    """How old the person is for this campaign; of a minor, whether the consent names who gives it."""
    plan = campaigns.latest_plan(campaign.pk)
    age, _ = ages_on(people.birth_of(person), today)  # as old as they are at least
    policy = plan.policy.clinic
    said = [s for s in steps if s.kind == StepKind.CONSENT]
    return {
        "age": age,
        "youngest": min((p.min_age_years for p in plan.products), default=0),
        "minor": age < policy.age_of_consent,
        "guardian": bool(said)
        and speaks_for_minor(said[-1].facts, age=age, maturity_age=policy.maturity_age),
    }


def _due(
    campaign: Campaign, person: Person, today: date
) -> tuple[Eligibility, date | None, tuple[str, ...]]:
    try:
        found = judge_person(campaign, person, today).decision
    except Refusal:  # no member of the campaign
        return Eligibility.NOT_INVITED, None, ()
    return found.status, found.from_on, tuple(found.products)


def _screening(
    steps: list[Step], site: Site, person: Person, product: str
) -> tuple[date | None, Outcome | None]:
    """The day of the last screening, and what it or the doctor after it said; of one that left out
    questions which this product asks, nothing."""
    said = [s for s in steps if s.kind in (StepKind.SCREEN, StepKind.DOCTOR)]
    screened = [s for s in said if s.kind == StepKind.SCREEN]
    if not screened or not _covers(screened[-1].facts, person, product):
        return None, None
    last = said[-1]
    outcome = said_by(StepKind(last.kind), Outcome(last.facts["outcome"]))
    return local_day(last.at, site.time_zone), outcome


def _covers(facts: dict[str, Any], person: Person, product: str) -> bool:
    """Is every question answered that is asked for this product?"""
    of = questionnaire(facts["questionnaire"], facts["version"])
    wanted = asked(of, product=product, sex=person.sex) if product else []
    return all(q.code in facts["answers"] for q in wanted)


def _consents(steps: list[Step]) -> bool:
    said = [
        s.kind for s in steps if s.kind in (StepKind.CONSENT, StepKind.WITHDRAW, StepKind.REFUSE)
    ]
    return bool(said) and said[-1] == StepKind.CONSENT


def _deferred(
    rows: list[deferrals.StandingDeferral], today: date, product: str
) -> tuple[date | None, tuple[str, ...]]:
    """The day before which nothing may be given, and products that never may."""
    until = [
        d.until or NO_DAY for d in rows if d.outcome is Outcome.DEFER and d.product in ("", product)
    ]
    never = {d.product or "*" for d in rows if d.outcome is Outcome.NEVER}
    return max((u for u in until if u > today), default=None), tuple(sorted(never))


def _is_here(b: Booking, site: Site, today: date) -> bool:
    session = b.pool.slot.session
    return session.site_id == site.pk and session.on == today


def _lot(hand: InHand, site: Site) -> Lot:
    if hand.lot is None:
        return Lot(product=hand.product, known=False, expires_on=hand.expires_on)
    return Lot(
        product=hand.product,
        held=lot_holds.is_held(hand.lot.pk, site.pk),
        watched=lot_holds.is_watched(hand.lot.pk, site.pk),
        expires_on=_expiry(hand),
        min_age=hand.lot.product.min_age_years,
        here=balances.balance(hand.lot, site) > 0,
    )


def _expiry(hand: InHand) -> date | None:
    """Of the book and of the vial's own code, the earlier."""
    known = [hand.lot.expires_on if hand.lot else None, hand.expires_on]
    return min((d for d in known if d is not None), default=None)


def _vial(vial: VialRow) -> Vial:
    drawn = visits.doses_from([vial.pk]).get(vial.pk, 0)
    return Vial(use_by=vial.use_by, left=vial.doses - drawn)
