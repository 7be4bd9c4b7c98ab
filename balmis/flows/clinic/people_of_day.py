"""The people of a desk's day: who they are, what they may have, what stands against it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from balmis.contexts.access import queries as access
from balmis.contexts.booking import bookings
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import deferrals, visits
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic.deferrals import NO_DAY
from balmis.contexts.clinic.models import Visit
from balmis.contexts.eligibility import queries as eligibility
from balmis.contexts.eligibility.queries import AGES
from balmis.contexts.people import contacts, details, registrations
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.contexts.safety import hold_orders, reactions, response
from balmis.contexts.safety import queries as safety
from balmis.contexts.safety.models import ReactionNote
from balmis.core.birth_date import ages_on
from balmis.core.dates import end_of_day
from balmis.core.errors import Refusal
from balmis.core.vocabulary.clinic import Outcome
from balmis.core.vocabulary.schedule import Eligibility, Finding
from balmis.flows.eligibility.evaluate_person import judge_person


@dataclass(frozen=True, slots=True)
class DayHere:
    """The day of a campaign at a site at which the actor works."""

    campaign: Campaign
    site: Site
    on: date


def people_of_day(
    here: DayHere, ids: list[int], booked: dict[int, Booking], seen: list[Visit]
) -> list[dict[str, Any]]:
    campaign, site, on = here.campaign, here.site, here.on
    due = _due(campaign, on, ids)
    stops = defaultdict(list)
    for stop in deferrals.standing_of(ids):
        stops[stop.person].append(stop)
    now_here = {v.pk for v in seen}
    names = access.names_of(
        [s.actor for v in seen for s in v.steps.all()] + [s.by for ss in stops.values() for s in ss]
    )
    of_age = campaigns.policy_of(campaign.pk).clinic.age_of_consent
    doses, spoken = clinic.histories(ids), contacts.languages(ids)
    dosed = visits.people_dosed_on(campaign.pk, ids, on)
    reacted = visits.people_with_reaction(ids, but={v.pk for v in seen})
    cases = safety.people_with_open_case(ids) | safety.people_who_must_not(ids)
    perhaps_known = registrations.perhaps_known(ids)
    for_groups = hold_orders.group_orders(campaign.pk)
    unclear = enrolment.unclear_groups(campaign, campaigns.latest_plan(campaign.pk), ids)
    speak = details.guardians(ids)
    visit = {v.person_id: v for v in seen}
    treated = Treated(now_here)
    coming = bookings.coming_after(campaign.pk, ids, end_of_day(on, site.time_zone))
    found = []
    for person in people.people_of(ids):
        b = booked.get(person.pk)
        is_minor = ages_on(people.birth_of(person), on)[0] < of_age  # as the youngest they may be
        until, never = _put_off(stops[person.pk], on, now_here)
        never = sorted({*never, *hold_orders.products_held_for(person, on, for_groups)})
        found.append(
            {
                "id": person.pk,
                "name": person.name,
                "romanised": person.romanised_name,
                "born": person.born,
                "born_precision": person.born_precision,
                "day_counts": person.pk in unclear or _turns_on_day(person, on, due.get(person.pk)),
                "sex": person.sex,
                "minor": is_minor,
                "guardian_known": speak.get(person.pk) if is_minor else None,
                "area": person.area.names,
                "language": spoken.get(person.pk, ""),
                "number": person.external_id,
                "doses": doses.get(person.pk, []),
                "due": due.get(person.pk) or _judged(campaign, person, on),
                "booking": _booking(b, site, on) if b else None,
                "dose_today": person.pk in dosed,
                "reaction": person.pk in reacted,
                "open_case": person.pk in cases,
                "perhaps_known": person.pk in perhaps_known,
                "deferred_until": until,
                "never": never,
                "stops": [_stop(s, names) for s in stops[person.pk] if s.holds_on(on)],
                "next": _next(coming.get(person.pk)),
                "visit": _visit(visit[person.pk], names, treated) if person.pk in visit else None,
            }
        )
    return found


def _next(coming: tuple[datetime, dict[str, str]] | None) -> dict[str, Any] | None:
    return {"at": coming[0], "site": coming[1]} if coming else None


def _turns_on_day(person: Person, on: date, due: dict[str, Any] | None) -> bool:
    """Of whom the day of birth is not known: may it change what they may have today?"""
    least, most = ages_on(people.birth_of(person), on)
    return least != most and (least < GROWN or (due is not None and due["reason"] in AGES))


GROWN = 20  # years; younger people's consent and vaccines go by age


def _due(campaign: Campaign, on: date, ids: list[int]) -> dict[int, dict[str, Any]]:
    """What everyone may have, as the last run found it, for those of whom it still holds."""
    return {
        row.person_id: {
            "status": row.status,
            "from_on": row.from_on,
            "products": row.products,
            "number": row.number,
            "reason": row.reason,
            "phase": row.phase,
            "last": row.past_due,
        }
        for row in eligibility.next_doses(campaign.pk, ids)
        if (row.valid_until is None or row.valid_until > on)
        and row.reason not in (Finding.DEFERRED, Finding.CONTRAINDICATED)  # perhaps lifted since
    }


def _judged(campaign: Campaign, person: Person, on: date) -> dict[str, Any]:
    try:
        judged = judge_person(campaign, person, on)
    except Refusal:  # no member of the campaign
        return {
            "status": Eligibility.NOT_INVITED,
            "from_on": None,
            "products": [],
            "number": None,
            "reason": Finding.NO_PHASE,
            "phase": None,
            "last": None,
        }
    found, forecast = judged.decision, judged.result.groups[0]
    return {
        "status": found.status,
        "from_on": found.from_on,
        "products": found.products,
        "number": forecast.number,
        "reason": found.reason,
        "phase": found.phase,
        "last": forecast.past_due,
    }


def _put_off(
    stops: list[deferrals.StandingDeferral], on: date, visits_now: set[int]
) -> tuple[date | None, list[str]]:
    """By deferrals of earlier visits; today's own answers are among its steps."""
    earlier = [s for s in stops if s.visit not in visits_now and s.holds_on(on)]
    until = [s.until or NO_DAY for s in earlier if s.outcome is Outcome.DEFER and not s.product]
    never = {s.product or "*" for s in earlier if s.outcome is Outcome.NEVER}
    return max(until, default=None), sorted(never)


def _stop(stop: deferrals.StandingDeferral, names: dict[str, str]) -> dict[str, Any]:
    """What stands against a dose, and by whose word."""
    return {
        "outcome": stop.outcome,
        "product": stop.product,
        "until": stop.until,
        "reason": stop.reason,
        "by": names.get(stop.by, stop.by),
        "at": stop.at,
        "kind": stop.kind,
    }


def is_here(b: Booking, site: Site, on: date) -> bool:
    session = b.pool.slot.session
    return session.site_id == site.pk and session.on == on


def _booking(b: Booking, site: Site, on: date) -> dict[str, Any]:
    slot = b.pool.slot
    return {
        "code": b.request_id,
        "party": b.party,
        "at": slot.starts_at,
        "product": b.product,
        "number": b.number,
        "here": is_here(b, site, on),
        "this_site": slot.session.site_id == site.pk,
        "site": slot.session.site.names,
        "on": slot.session.on,
    }


def _visit(visit: Visit, names: dict[str, str], treated: "Treated") -> dict[str, Any]:
    return {
        "id": visit.pk,
        "number": visit.number,
        "status": visit.status,
        "conflict": any(c.end == "" for c in visit.conflicts.all()),
        "notes": notes_as_sent(treated.notes.get(visit.pk, [])),
        "calls": [
            {"request_id": i.request_id, "at": i.raised_at, "team": i.team.name if i.team else ""}
            for i in treated.calls.get(visit.pk, [])
        ],
        "steps": [
            {
                "request_id": s.request_id,
                "kind": s.kind,
                "at": s.at,
                "by_name": names.get(s.actor, s.actor),
                "facts": {k: v for k, v in s.facts.items() if k != "strokes"},
            }
            for s in visit.steps.all()
        ],
    }


class Treated:
    """Reactions of these visits: what was written down, and calls for help that are not over."""

    def __init__(self, visit_ids: set[int]) -> None:
        self.notes = reactions.notes_of_visits(visit_ids) if visit_ids else {}
        self.calls = response.calls_of_visits(visit_ids) if visit_ids else {}


def notes_as_sent(notes: list[ReactionNote]) -> list[dict[str, Any]]:
    """What was written down of a reaction, as a device shows it."""
    return [
        {"request_id": n.request_id, "kind": n.kind, "facts": n.facts, "at": n.at} for n in notes
    ]
