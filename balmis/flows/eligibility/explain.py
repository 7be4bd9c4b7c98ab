"""Why may this person have the next dose now, later, or not? Worked out anew, step by step."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic.models import Dose
from balmis.contexts.eligibility import queries
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person as PersonRow
from balmis.core.errors import NotAllowed
from balmis.core.roles import Act
from balmis.core.schedule.evaluating import Result, evaluate
from balmis.core.schedule.history import Given, Observed, Person
from balmis.core.schedule.offering import Decision, decide
from balmis.core.schedule.rules import Schedule
from balmis.core.vocabulary import Sex
from balmis.flows.eligibility.load_schedule import rules_in_use
from balmis.flows.eligibility.offers import deferred_groups, offers_of


@dataclass(frozen=True, slots=True)
class Explained:
    person: PersonRow
    plan: Plan
    schedule: Schedule
    group: str | None
    doses: list[Dose]
    result: Result
    decision: Decision
    stored: str | None  # the status stored by the last run, and
    stored_as_of: date | None  # its day


def explain(
    slug: str, key: str, on: date, *, actor: Actor, now: datetime, trace: bool = False
) -> Explained:
    """The person's doses judged and the campaign's answer; the look is logged.

    Raises NotAllowed, Refusal(PLAN_UNKNOWN, NOT_KNOWN).
    """
    campaign = campaigns.campaign(slug)
    row = people.person(key, campaign.area.path)
    try:
        check_may(actor, Act.READ_PERSON, area=row.area)
    except NotAllowed:
        with transaction.atomic(durable=True):
            ledger.audit("person.refused", f"person:{row.pk}", actor=actor, now=now)
        raise
    return _explained(campaign, row, on, actor=actor, now=now, trace=trace)


@transaction.atomic
def _explained(
    campaign: Campaign, row: PersonRow, on: date, *, actor: Actor, now: datetime, trace: bool
) -> Explained:
    slug = campaign.slug
    ledger.audit("person.read", f"person:{row.pk}", actor=actor, now=now, page="eligibility")
    plan = campaigns.plan_on(campaign.pk, on)
    latest = campaigns.latest_plan(campaign.pk)
    schedule = rules_in_use(plan.schedule or latest.schedule, slug)
    group = campaigns.group_of(campaign.pk, row.pk)
    doses = clinic.live_doses(row.pk)
    result = evaluate(_person(row, schedule), map(_given, doses), schedule, on, trace=trace)
    decision = decide(
        result.groups[0], offers_of(plan), on, group=group,
        areas=[code for code in row.area.path.split("/") if code],
        group_deferred=group in deferred_groups(plan), valid_until=result.valid_until,
    )  # fmt: skip
    stored = queries.next_dose(campaign.pk, row.pk)
    return Explained(row, plan, schedule, group, doses, result, decision,
                     stored.status if stored else None, stored.as_of if stored else None)  # fmt: skip


def _person(row: PersonRow, schedule: Schedule) -> Person:
    codes = people.trait_codes(row.pk) & schedule.file.observations.keys()
    return Person(row.born, Sex(row.sex), tuple(Observed(code) for code in sorted(codes)))


def _given(dose: Dose) -> Given:
    expires = dose.lot.expires_on if dose.lot else None
    return Given(dose.product.code, dose.given_on, f"{dose.pk:020}", lot_expires_on=expires)
