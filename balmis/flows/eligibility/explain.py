"""Why may this person have the next dose now, later, or not? Worked out anew, step by step."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.clinic.models import Dose
from balmis.contexts.eligibility import queries
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person as PersonRow
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed
from balmis.core.roles import Act
from balmis.core.schedule.campaign_offer import Decision
from balmis.core.schedule.person_evaluation import Result
from balmis.core.schedule.rules import Schedule
from balmis.flows.eligibility.evaluate_person import judge_with_deferrals


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """Whose next dose is to be explained, as of which day."""

    campaign: str
    person: str  # number in the register
    on: date
    trace: bool = False  # with the rules, step by step


def explain(cmd: Explain, *, actor: Actor, now: datetime) -> Explained:
    """The person's doses judged and the campaign's answer; the look is logged.

    Raises NotAllowed, Refusal(PLAN_UNKNOWN, NOT_KNOWN).
    """
    campaign = campaigns.campaign(cmd.campaign)
    row = people.person(cmd.person, campaign.area.path)
    try:
        check_may(actor, Act.READ_PERSON, area=row.area)
    except NotAllowed:
        with transaction.atomic(durable=True):
            audit.record("person.refused", f"person:{row.pk}", actor=actor, now=now)
        raise
    return _explained(cmd, campaign, row, actor=actor, now=now)


@transaction.atomic
def _explained(
    cmd: Explain, campaign: Campaign, row: PersonRow, *, actor: Actor, now: datetime
) -> Explained:
    audit.record("person.read", f"person:{row.pk}", actor=actor, now=now, page="eligibility")
    judged = judge_with_deferrals(campaign, row, cmd.on, trace=cmd.trace)
    stored = queries.next_dose(campaign.pk, row.pk)
    return Explained(
        row,
        judged.plan,
        judged.schedule,
        judged.group,
        judged.doses,
        judged.result,
        judged.decision,
        stored.status if stored else None,
        stored.as_of if stored else None,
    )
