"""Whose turn is it? Numbers and rooms for the screen of a waiting room; it shows no name."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import visits
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.vocabulary.clinic import VisitStatus
from balmis.flows.clinic.visit_steps import at_desk

MOST = 8
IN_LINE = (VisitStatus.WAITING, VisitStatus.TO_DOCTOR, VisitStatus.SCREENED, VisitStatus.CONSENTED)


@dataclass(frozen=True, slots=True)
class CalledNumber:
    number: int
    room: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Calls:
    as_of: datetime
    calls: tuple[CalledNumber, ...]  # the last first; each number once
    waiting: int  # people checked in who have had no dose


def calls_now(slug: str, site_code: str, *, actor: Actor, now: datetime) -> Calls:
    """Raises NotAllowed, Refusal(NOT_KNOWN)."""
    campaign, site = at_desk(slug, site_code, actor)
    on = local_day(now, site.time_zone)
    found: dict[int, CalledNumber] = {}
    shown = timedelta(minutes=campaigns.policy_of(campaign.pk).clinic.call_minutes)
    for step in visits.calls_since(campaign.pk, site.pk, on, now - shown):
        number = step.visit.number
        if number not in found and VisitStatus(step.visit.status).is_inside:
            found[number] = CalledNumber(number, str(step.facts.get("room", "")), step.recorded_at)
    counts = visits.waiting_by_status(campaign.pk, site.pk, on)
    waiting = sum(counts.get(s.value, 0) for s in IN_LINE)
    return Calls(now, tuple(found.values())[:MOST], waiting)
