"""What a desk takes along for the day: its people, rules, lots and texts, and nothing more."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction

from balmis.contexts.booking import bookings, standby
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import visits
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people import search as people_search
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.supply import lot_holds, packaging, stock_book, vials
from balmis.contexts.supply import products as supply_products
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.people.search_text import read_search
from balmis.flows.access.tries import check_searches
from balmis.flows.clinic.people_of_day import DayHere, is_here, people_of_day
from balmis.flows.clinic.texts import consent_texts, emergency_texts, in_use
from balmis.flows.clinic.visit_steps import at_desk

OVERLAP = timedelta(seconds=30)  # what was being written when the last look was taken
MOST_HOMES = 400  # areas that a desk takes along
MOST_FOUND = 20  # one more says that there are more


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
    people_ = people_of_day(here, ids, booked, seen)
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
        "areas": _homes(campaign, site),
        "home": site.area.code,
        "products": [
            {"code": p.code, "name": p.name, "min_age": p.min_age_years} for p in plan.products
        ],
        "phases": {p.code: p.title for p in plan.phases},
        "youngest": min((p.min_age_years for p in plan.products), default=0),
        "age_of_consent": plan.policy.clinic.age_of_consent,
        "maturity_age": plan.policy.clinic.maturity_age,
        "questionnaires": msgspec.to_builtins(in_use(products, site.area.path)),
        "consents": msgspec.to_builtins(consent_texts()),
        "emergency": msgspec.to_builtins(emergency_texts()),
        **_goods(site, now, products),
        "standby": standby.waiting_by_product(campaign.pk, site.pk, on),
    }


def _homes(campaign: Campaign, site: Site) -> list[dict[str, Any]]:
    """Where a walk-in may live: the areas of the campaign; of very many, those that hold the site, and the
    parts of each of them."""
    areas = places.areas_below(campaign.area.code)
    if len(areas) > MOST_HOMES:
        around = set(site.area.path.split("/"))
        wide = {a.id for a in areas if a.code in around}
        areas = [a for a in areas if a.id in wide or a.parent_id in wide]
    return [{"code": a.code, "names": a.names} for a in areas]


@transaction.atomic
def day_changes(
    slug: str, site_code: str, since: datetime, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """The people whose visit has had a step since then, or whose appointment here was made or ended, and
    the goods. Raises NotAllowed."""
    here = _day_here(slug, site_code, actor, now)
    campaign, site, on = here.campaign, here.site, here.on
    seen = visits.day_visits(campaign.pk, site.pk, on, since=since - OVERLAP)
    changed = bookings.changed_on(campaign.pk, site.pk, on, since=since - OVERLAP)
    ids = list(dict.fromkeys([*(v.person_id for v in seen), *sorted(changed)]))
    fresh = [v.person_id for v in seen if min(s.recorded_at for s in v.steps.all()) >= since]
    fresh += sorted(changed - set(fresh))
    if fresh:  # who came meanwhile; the others were taken along before
        audit.record(
            "clinic.day_seen", f"site:{site.pk}", actor=actor, now=now, on=on, people=fresh
        )
    booked = {v.person_id: v.booking for v in seen if v.booking is not None}
    if changed:
        now_booked = bookings.booked_on(campaign.pk, site.pk, on, people=changed)
        booked |= {b.person_id: b for b in now_booked}
        also = visits.day_visits(
            campaign.pk, site.pk, on, people=changed - {v.person_id for v in seen}
        )
        seen = [*seen, *also]
    products = tuple(p.code for p in campaigns.latest_plan(campaign.pk).products)
    return {
        "as_of": now,
        "people": people_of_day(here, ids, booked, seen),
        "standby": standby.waiting_by_product(campaign.pk, site.pk, on),
        **_goods(site, now, products),
    }


def find_people(
    slug: str, site_code: str, text: str, *, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """Someone without an appointment here: anyone of the campaign, wherever they live, by a part of
    the name (and the birth date, or its year), a number or a phone. The search is logged. Raises
    NotAllowed, Refusal(TOO_MANY_TRIES) for one who looks for very many."""
    check_searches(actor, now=now)
    return _find_people(slug, site_code, text, actor=actor, now=now)


@transaction.atomic
def _find_people(
    slug: str, site_code: str, text: str, *, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    here = _day_here(slug, site_code, actor, now)
    campaign, site, on = here.campaign, here.site, here.on
    found = people_search.search(read_search(text, on), [campaign.area.path])
    audit.record(
        "people.searched", f"site:{site.pk}", actor=actor, now=now, found=[p.pk for p in found]
    )
    return _shown(here, found)


@transaction.atomic
def person_here(
    slug: str, site_code: str, person_id: int, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """One person, as the desk shows them; the look is logged. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    here = _day_here(slug, site_code, actor, now)
    person = people.canonical(people.person_of(person_id))
    campaigns.check_within(here.campaign, person.area, what="person", key=person_id)
    audit.record("person.read", f"person:{person.pk}", actor=actor, now=now, page="desk")
    return _shown(here, [person])[0]


def _shown(here: DayHere, found: list[Person]) -> list[dict[str, Any]]:
    campaign, site, on = here.campaign, here.site, here.on
    seen = [v for p in found if (v := visits.visit_of(p.pk, campaign.pk, site.pk, on))]
    booked: dict[int, Booking] = {}
    for person in found:
        live = bookings.live_bookings(person.pk, campaign.pk)
        if live:  # that of today here first, then the next
            booked[person.pk] = min(live, key=lambda b: (not is_here(b, site, on), b.number))
    return people_of_day(here, [p.pk for p in found], booked, seen)


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
