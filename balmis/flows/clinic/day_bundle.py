"""What a desk takes along for the day: its people, rules, lots and texts, and nothing more."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction

from balmis.contexts.booking import bookings, standby
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import visits
from balmis.contexts.clinic.models import Visit
from balmis.contexts.eligibility import queries as eligibility
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people import registrations
from balmis.contexts.people import search as people_search
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.contexts.safety import hold_orders
from balmis.contexts.safety import queries as safety
from balmis.contexts.supply import lot_holds, packaging, stock_book, vials
from balmis.contexts.supply import products as supply_products
from balmis.core.actor import Actor
from balmis.core.dates import end_of_day, local_day
from balmis.core.errors import Refusal
from balmis.core.people.search_text import read_search
from balmis.core.vocabulary.clinic import Outcome
from balmis.core.vocabulary.schedule import Eligibility
from balmis.flows.access.tries import check_searches
from balmis.flows.clinic.pre_dose_check import NO_DAY
from balmis.flows.clinic.texts import consent_texts, in_use
from balmis.flows.clinic.visit_steps import at_desk
from balmis.flows.eligibility.evaluate_person import judge_person

OVERLAP = timedelta(seconds=30)  # what was being written when the last look was taken
MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class DayHere:
    """The day of a campaign at a site at which the actor works."""

    campaign: Campaign
    site: Site
    on: date


def _day_here(slug: str, site_code: str, actor: Actor, now: datetime) -> DayHere:
    """Raises NotAllowed, Refusal(NOT_KNOWN)."""
    campaign, site = at_desk(slug, site_code, actor)
    return DayHere(campaign, site, local_day(now, site.time_zone))


@transaction.atomic
def day_bundle(slug: str, site_code: str, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything a desk of the site needs today; taking it along is logged. Raises NotAllowed."""
    here = _day_here(slug, site_code, actor, now)
    campaign, site, on = here.campaign, here.site, here.on
    plan = campaigns.latest_plan(campaign.pk)
    booked = {b.person_id: b for b in bookings.booked_on(campaign.pk, site.pk, on)}
    seen = visits.day_visits(campaign.pk, site.pk, on)
    ids = sorted({*booked, *(v.person_id for v in seen)})
    people_ = _people(here, ids, booked, seen)
    audit.record("clinic.day_taken", f"site:{site.pk}", actor=actor, now=now, on=on, people=ids)
    products = tuple(p.code for p in plan.products)
    return {
        "campaign": slug,
        "site": site.code,
        "names": site.names,
        "on": on,
        "as_of": now,
        "time_zone": site.time_zone,
        "observation_minutes": plan.observation.minutes,
        "reaction_minutes": plan.policy.clinic.reaction_minutes,
        "seats": site.observation_seats,
        "people": people_,
        "products": [{"code": p.code, "name": p.name} for p in plan.products],
        "questionnaires": msgspec.to_builtins(in_use(products, site.area.path)),
        "consents": msgspec.to_builtins(consent_texts()),
        **_goods(site, now, products),
        "standby": standby.waiting_by_product(campaign.pk, site.pk, on),
    }


@transaction.atomic
def day_changes(
    slug: str, site_code: str, since: datetime, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """The people whose visit has had a step since then, and the goods. Raises NotAllowed."""
    here = _day_here(slug, site_code, actor, now)
    campaign, site, on = here.campaign, here.site, here.on
    seen = visits.day_visits(campaign.pk, site.pk, on, since=since - OVERLAP)
    ids = [v.person_id for v in seen]
    fresh = [v.person_id for v in seen if min(s.recorded_at for s in v.steps.all()) >= since]
    if fresh:  # who came meanwhile; the others were taken along before
        audit.record(
            "clinic.day_seen", f"site:{site.pk}", actor=actor, now=now, on=on, people=fresh
        )
    booked = {v.person_id: v.booking for v in seen if v.booking is not None}
    products = tuple(p.code for p in campaigns.latest_plan(campaign.pk).products)
    return {
        "as_of": now,
        "people": _people(here, ids, booked, seen),
        "standby": standby.waiting_by_product(campaign.pk, site.pk, on),
        **_goods(site, now, products),
    }


def find_people(
    slug: str, site_code: str, text: str, *, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """Someone without an appointment here: anyone of the campaign, wherever they live. The search
    is logged. Raises NotAllowed, Refusal(TOO_MANY_TRIES) for one who looks for very many."""
    check_searches(actor, now=now)
    return _find_people(slug, site_code, text, actor=actor, now=now)


@transaction.atomic
def _find_people(
    slug: str, site_code: str, text: str, *, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    here = _day_here(slug, site_code, actor, now)
    campaign, site, on = here.campaign, here.site, here.on
    found = people_search.search(read_search(text, on), [campaign.area.path])[:MOST_FOUND]
    audit.record(
        "people.searched", f"site:{site.pk}", actor=actor, now=now, found=[p.pk for p in found]
    )
    seen = [v for p in found if (v := visits.visit_of(p.pk, campaign.pk, site.pk, on))]
    booked: dict[int, Booking] = {}
    for person in found:
        for b in bookings.live_bookings(person.pk, campaign.pk):
            booked.setdefault(person.pk, b)
    return _people(here, [p.pk for p in found], booked, seen)


def _people(
    here: DayHere, ids: list[int], booked: dict[int, Booking], seen: list[Visit]
) -> list[dict[str, Any]]:
    campaign, site, on = here.campaign, here.site, here.on
    due = _due(campaign, on, ids)
    put_off = _put_off(ids, on, {v.pk for v in seen})
    dosed = visits.people_dosed_on(campaign.pk, ids, on)
    reacted = visits.people_with_reaction(ids, but={v.pk for v in seen})
    cases = safety.people_with_open_case(ids) | safety.people_who_must_not(ids)
    perhaps_known = registrations.perhaps_known(ids)
    for_groups = hold_orders.group_orders(campaign.pk)
    visit = {v.person_id: v for v in seen}
    coming = bookings.coming_after(campaign.pk, ids, end_of_day(on, site.time_zone))
    found = []
    for person in people.people_of(ids):
        b = booked.get(person.pk)
        until, never = put_off.get(person.pk, (None, []))
        never = sorted({*never, *hold_orders.products_held_for(person, on, for_groups)})
        found.append(
            {
                "id": person.pk,
                "name": person.name,
                "romanised": person.romanised_name,
                "born": person.born,
                "sex": person.sex,
                "number": person.external_id,
                "due": due.get(person.pk) or _judged(campaign, person, on),
                "booking": _booking(b, site, on) if b else None,
                "dose_today": person.pk in dosed,
                "reaction": person.pk in reacted,
                "open_case": person.pk in cases,
                "perhaps_known": person.pk in perhaps_known,
                "deferred_until": until,
                "never": never,
                "next": dict(zip(("at", "site"), coming[person.pk], strict=True))
                if person.pk in coming
                else None,
                "visit": _visit(visit[person.pk]) if person.pk in visit else None,
            }
        )
    return found


def _due(campaign: Campaign, on: date, ids: list[int]) -> dict[int, dict[str, Any]]:
    """What everyone may have, as the last run found it, for those of whom it still holds."""
    return {
        row.person_id: {"status": row.status, "from_on": row.from_on, "products": row.products}
        for row in eligibility.next_doses(campaign.pk, ids)
        if row.valid_until is None or row.valid_until > on
    }


def _judged(campaign: Campaign, person: Person, on: date) -> dict[str, Any]:
    try:
        found = judge_person(campaign, person, on).decision
    except Refusal:  # no member of the campaign
        return {"status": Eligibility.NOT_INVITED, "from_on": None, "products": []}
    return {"status": found.status, "from_on": found.from_on, "products": found.products}


def _put_off(
    ids: list[int], on: date, visits_now: set[int]
) -> dict[int, tuple[date | None, list[str]]]:
    """By deferrals of earlier visits; today's own answers are among its steps."""
    until: dict[int, date] = {}
    never: dict[int, set[str]] = defaultdict(set)
    for person, d in visits.deferrals_of(ids):
        if d.step.visit_id in visits_now:
            continue
        if d.outcome == Outcome.NEVER:
            never[person].add(d.product or "*")
        elif not d.product and (d.until or NO_DAY) > on:
            until[person] = max(until.get(person, on), d.until or NO_DAY)
    return {p: (until.get(p), sorted(never.get(p, ()))) for p in {*until, *never}}


def _booking(b: Booking, site: Site, on: date) -> dict[str, Any]:
    slot = b.pool.slot
    return {
        "code": b.request_id,
        "party": b.party,
        "at": slot.starts_at,
        "product": b.product,
        "number": b.number,
        "here": slot.session.site_id == site.pk and slot.session.on == on,
        "site": slot.session.site.names,
        "on": slot.session.on,
    }


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "id": visit.pk,
        "number": visit.number,
        "status": visit.status,
        "conflict": any(c.end == "" for c in visit.conflicts.all()),
        "steps": [
            {
                "request_id": s.request_id,
                "kind": s.kind,
                "at": s.at,
                "facts": {k: v for k, v in s.facts.items() if k != "strokes"},
            }
            for s in visit.steps.all()
        ],
    }


def _goods(site: Site, now: datetime, products: tuple[str, ...]) -> dict[str, Any]:
    open_ = vials.open_vials(site.pk, now - timedelta(days=2))
    drawn = visits.doses_from([v.pk for v in open_])
    stand = lot_holds.holds(site.pk)
    held = {h.lot_id: h.reason for h in stand if not h.soft}
    watched = {h.lot_id: h.reason for h in stand if h.soft}
    shelf = {s.lot.pk: s for s in stock_book.shelves(site.pk)}
    lots = {
        **{k: s.lot for k, s in shelf.items()},
        **{h.lot_id: h.lot for h in stand},
    }
    known = [supply_products.product(code).pk for code in products]
    return {
        "lots": [
            {
                "product": lot.product.code,
                "number": lot.number,
                "expires_on": lot.expires_on,
                "held": held.get(key),
                "watched": watched.get(key),
                "doses": shelf[key].doses if key in shelf else 0,
                "per_vial": lot.product.doses_per_vial,
                "hours": lot.product.open_vial_hours,
            }
            for key, lot in lots.items()
        ],
        "vials": [
            {
                "id": v.pk,
                "product": v.lot.product.code,
                "lot": v.lot.number,
                "serial": v.serial,
                "opened_at": v.opened_at,
                "use_by": v.use_by,
                "left": v.doses - drawn.get(v.pk, 0),
            }
            for v in open_
        ],
        "packaging": [
            {"gtin": p.gtin, "product": p.product.code, "level": p.level, "vials": p.vials}
            for p in packaging.packagings(known)
        ],
    }
