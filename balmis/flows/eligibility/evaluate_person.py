"""One person judged anew: doses, what is next, and what the campaign offers. Nothing is stored."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.clinic import deferrals
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic.models import Dose
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person as PersonRow
from balmis.core.birth_date import latest_of
from balmis.core.schedule.campaign_offer import Decision, decide, with_deferrals
from balmis.core.schedule.history import Given, Observed, Person
from balmis.core.schedule.person_evaluation import Result, evaluate
from balmis.core.schedule.rules import Schedule
from balmis.core.vocabulary.clinic import Outcome
from balmis.core.vocabulary.people import Sex
from balmis.flows.eligibility.load_schedule import rules_in_use
from balmis.flows.eligibility.offers import deferred_groups, offers_of


@dataclass(frozen=True, slots=True)
class Judged:
    plan: Plan
    schedule: Schedule
    group: str | None
    doses: list[Dose]
    person: Person
    given: tuple[Given, ...]
    result: Result
    decision: Decision


def judge_person(
    campaign: Campaign,
    row: PersonRow,
    on: date,
    *,
    trace: bool = False,
    doses: list[Dose] | None = None,
) -> Judged:
    """On these doses, or on all that live. Raises Refusal(NOT_KNOWN) for people who are
    not of the campaign."""
    plan = campaigns.plan_on(campaign.pk, on)
    latest = campaigns.latest_plan(campaign.pk)
    schedule = rules_in_use(plan.schedule or latest.schedule, campaign.slug)
    group = campaigns.group_of(campaign.pk, row.pk)
    doses = clinic.live_doses(row.pk) if doses is None else doses
    person, given = _person(row, schedule), tuple(map(_given, doses))
    result = evaluate(person, given, schedule, on, trace=trace)
    decision = decide(
        result.groups[0],
        offers_of(plan),
        on,
        group=group,
        areas=[code for code in row.area.path.split("/") if code],
        group_deferred=group in deferred_groups(plan),
        valid_until=result.valid_until,
    )
    return Judged(plan, schedule, group, doses, person, given, result, decision)


def judge_with_deferrals(
    campaign: Campaign, row: PersonRow, on: date, *, trace: bool = False
) -> Judged:
    """The same, with what a doctor ruled out and what was put off at a chair: what desks may offer.
    The check before the needle asks for both apart. Raises Refusal(NOT_KNOWN)."""
    judged = judge_person(campaign, row, on, trace=trace)
    until, never = put_off(deferrals.standing_of([row.pk]), on)
    decision = with_deferrals(judged.decision, on, until=until, never=never)
    return replace(judged, decision=decision)


def put_off(
    stops: Iterable[deferrals.StandingDeferral], on: date
) -> tuple[date | None, frozenset[str]]:
    """The day before which nothing may be given, and the products that never may ('*': all)."""
    holding = [s for s in stops if s.holds_on(on)]
    days = [s.until or deferrals.NO_DAY for s in holding if s.outcome is Outcome.DEFER]
    never = frozenset(s.product or "*" for s in holding if s.outcome is Outcome.NEVER)
    return max(days, default=None), never


def after_dose(judged: Judged, product: str, on: date) -> Result:
    """What comes next once this dose is given."""
    given = (*judged.given, Given(product, on, "~"))
    return evaluate(judged.person, given, judged.schedule, on)


def _person(row: PersonRow, schedule: Schedule) -> Person:
    codes = people.trait_codes(row.pk) & schedule.file.observations.keys()
    born = latest_of(row.born, row.born_precision)  # as old as they are at least
    return Person(born, Sex(row.sex), tuple(Observed(code) for code in sorted(codes)))


def _given(dose: Dose) -> Given:
    expires = dose.lot.expires_on if dose.lot else None
    return Given(dose.product.code, dose.given_on, f"{dose.pk:020}", lot_expires_on=expires)
