"""People whose group or earliest day hangs on a day of birth that nobody has stated: to be asked for.

They are taken as the youngest they may be, and join a group only when both ends of what is known fit.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from balmis.contexts.access.services import may
from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.eligibility import queries as eligibility
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.people import BirthPrecision
from balmis.flows.eligibility.evaluate_person import judge_person

MOST = 200  # that one look shows


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on somebody's day of birth."""

    person: Person
    groups: tuple[str, ...]  # codes they may be of, '' for none; empty: it is clear
    days: (
        tuple[date | None, date | None] | None
    )  # the first they may come, as the oldest, the youngest

    def __bool__(self) -> bool:
        return bool(self.groups or self.days)


def hanging(campaign: Campaign, person: Person, on: date) -> Hanging:
    """Of one person, whose record was opened."""
    if person.born_precision == BirthPrecision.DAY:
        return Hanging(person, (), None)
    groups = enrolment.unclear_groups(campaign, campaigns.latest_plan(campaign.pk), [person.pk])
    return Hanging(person, groups.get(person.pk, ()), _days(campaign, person, on))


def _days(campaign: Campaign, person: Person, on: date) -> tuple[date | None, date | None] | None:
    """None: the day changes nothing."""
    born = people.birth_of(person)
    try:
        oldest, youngest = (
            judge_person(campaign, _as_if(person, day), on).decision
            for day in (born.earliest, born.latest)
        )
    except Refusal:  # no member of the campaign
        return None
    if (oldest.status, oldest.from_on) == (youngest.status, youngest.from_on):
        return None
    return oldest.from_on, youngest.from_on


def _as_if(person: Person, day: date) -> Person:
    other = copy.copy(person)
    other.born, other.born_precision = day, BirthPrecision.DAY.value
    return other


def list_unknown_days(slug: str, *, actor: Actor, now: datetime) -> list[Hanging]:
    """The first of the actor's people of whom something hangs on the day; the look is logged. Raises
    NotAllowed."""
    campaign = campaigns.campaign(slug)
    on, plan = local_day(now, campaign.time_zone), campaigns.latest_plan(campaign.pk)
    own = _own_areas(campaign, actor)
    if not own:
        raise NotAllowed(f"{actor.name} registers nobody in {slug}")
    groups = enrolment.unclear_groups(campaign, plan, areas=own, most=MOST)
    later = eligibility.waiting_for_age(campaign.pk, own, MOST)
    found = []
    for person in people.people_of(sorted({*groups, *later})):
        days = _days(campaign, person, on)
        if one := Hanging(person, groups.get(person.pk, ()), days):
            found.append(one)
    _note(campaign, found[:MOST], actor, now)
    return found[:MOST]


def _own_areas(campaign: Campaign, actor: Actor) -> list[int]:
    everywhere = may(actor, Act.BOOK_FOR_OTHERS, area=campaign.area)
    return [
        a.id
        for a in places.areas_below(campaign.area.code)
        if everywhere or may(actor, Act.BOOK_FOR_OTHERS, area=places.area_of(a.id))
    ]


def _note(campaign: Campaign, found: Sequence[Hanging], actor: Actor, now: datetime) -> None:
    if not found:
        return
    with transaction.atomic(durable=True):
        audit.record(
            "people.unknown_days_read",
            f"campaign:{campaign.pk}",
            actor=actor,
            now=now,
            people=[h.person.pk for h in found],
        )
