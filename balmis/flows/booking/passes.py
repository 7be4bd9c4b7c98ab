"""Give a person the pass that lets them book: what they may have, worked out once."""

from datetime import date, datetime, timedelta

from django.conf import settings

from balmis.contexts.booking import bookings
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.safety import hold_orders
from balmis.contexts.safety import queries as safety
from balmis.contexts.units import queries as units
from balmis.core.booking.passes import Pass, Second, second_of
from balmis.core.booking.signed_text import key_of
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.core.schedule.texts import finding_in_words
from balmis.core.vocabulary.booking import PoolKind
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.schedule import SeriesStatus
from balmis.flows.eligibility.evaluate_person import Judged, after_dose, judge_with_deferrals
from balmis.flows.eligibility.offers import offers_of

LASTS = timedelta(hours=24)
FLEXIBLE_DAYS = 28  # how long after its first day a second dose may be booked, unless the schedule
# says when it is overdue


def pass_for(campaign: Campaign, person: Person, *, now: datetime) -> Pass:
    """The person's pass: open places, and those held for their units and their dose.

    Raises Refusal(NOT_DUE) with the reason in words, and with its facts for who says it in another language.
    """
    person = people.canonical(person)  # a merged record books as the one that is kept
    today = local_day(now, campaign.time_zone)
    if safety.people_with_open_case([person.pk]):
        raise Refusal(Refused.OPEN_CASE)
    if safety.people_who_must_not([person.pk]):
        raise Refusal(Refused.AFTER_REACTION)
    judged = judge_with_deferrals(campaign, person, today)
    decision, forecast = judged.decision, judged.result.groups[0]
    held_back = hold_orders.products_held_for(person, today, hold_orders.group_orders(campaign.pk))
    products = tuple(p for p in decision.products if p not in held_back)
    if decision.products and not products:
        raise Refusal(Refused.GROUP_ON_HOLD)
    if decision.from_on is None or forecast.number is None or not decision.products:
        raise _not_due(judged)
    first = max(today, decision.from_on)
    policy = campaigns.policy_of(campaign.pk).booking
    held = (PoolKind.SECOND.value,) if forecast.number > 1 else ()
    blocks = (f"{PoolKind.UNIT}:{code}" for code in units.units_of(person.pk, campaign.pk))
    return Pass(
        person=person.pk,
        name=person.name,
        campaign=campaign.pk,
        number=forecast.number,
        products=products,
        first=first,
        last=_last(judged),
        expires=int((now + timedelta(hours=policy.pass_hours)).timestamp()),
        pools=(PoolKind.OPEN.value, *held, *blocks),
        seconds=_seconds(judged, first, policy.second_dose_days),
        born=person.born,
        hold_minutes=policy.hold_minutes,
        made=int(now.timestamp()),
    )


def _not_due(judged: Judged) -> Refusal:
    decision, last = judged.decision, judged.result.groups[0].past_due
    titles = {phase.code: phase.title for phase in judged.plan.phases}
    return Refusal(
        Refused.NOT_DUE,
        finding=decision.reason.value,
        day=decision.from_on,
        last=last,
        phase=titles.get(decision.phase or "", decision.phase),
        why=finding_in_words(
            decision.reason, day=decision.from_on, phase=decision.phase, last=last
        ),
    )


def _last(judged: Judged) -> date | None:
    """The last day of the dose: by age, and of the phase that offers it."""
    offers = [o for o in offers_of(judged.plan) if o.phase == (judged.decision.phase or "")]
    ends = [judged.result.groups[0].latest, *(o.closes_on for o in offers)]
    return min((day for day in ends if day), default=None)


def _seconds(judged: Judged, first: date, flexible_days: int) -> tuple[Second, ...]:
    """For each product, the dose that would follow one given on the first possible day."""
    found = []
    for product in judged.decision.products:
        after = after_dose(judged, product, first).groups[0]
        if after.status is not SeriesStatus.NOT_COMPLETE or not after.earliest or not after.number:
            continue
        if after.role != judged.result.groups[0].role:
            continue  # a booster is not booked along with the course
        least = (after.earliest - first).days
        most = (after.past_due - first).days if after.past_due else least + flexible_days
        found.append(Second(product, after.number, least, max(most, least)))
    return tuple(found)


def days_of(booking: Booking, *, now: datetime) -> tuple[date, date | None]:
    """The first and last day that a booked dose may be moved to, by the person's own schedule and
    by what is booked before and after it. Whoever may have nothing now keeps their day."""
    on = booking.pool.slot.session.on
    try:
        held = pass_for(booking.campaign, booking.person, now=now)
    except Refusal:
        return on, on
    own = booking.number == held.number
    first, last = (held.first, held.last) if own else (on, on)
    rule = second_of(held, booking.product)
    for other in bookings.live_bookings(booking.person_id, booking.campaign_id):
        day = other.pool.slot.session.on
        if rule is not None and other.number == booking.number - 1:
            first, last = day + timedelta(days=rule.least), day + timedelta(days=rule.most)
        if rule is not None and other.number == booking.number + 1:
            first = max(first, day - timedelta(days=rule.most))
            last = min(last or day, day - timedelta(days=rule.least))
    return first, last


def pass_key() -> bytes:
    return key_of(settings.SECRET_KEY, "booking pass")
