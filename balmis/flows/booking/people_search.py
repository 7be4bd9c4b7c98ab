"""Who a registration desk looks for: people of its areas, and of others' that they are there."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import areas_for, check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people import search as people_search
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.people.search_text import SearchText, read_search
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.flows.access.tries import check_searches


def paths_of(actor: Actor, campaign: Campaign) -> list[str]:
    """Where the registrar serves people of the campaign."""
    return areas_for(actor, Act.BOOK_FOR_OTHERS, campaign.area)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Somebody who fits, and whom another desk registers."""

    person: int
    area: Area  # of whose desk


@dataclass(frozen=True, slots=True)
class Matches:
    people: list[Person]
    elsewhere: list[Elsewhere]


def find(slug: str, text: str, *, actor: Actor, now: datetime) -> Matches:
    """People by parts of their names in any spelling, with a birthday or a year, or by number or phone.
    Of another desk's people it is told that they are there, to one who has a number, or a name and a
    birthday. The search is logged. Raises NotAllowed, Refusal(TOO_MANY_TRIES) for one who looks for
    very many."""
    check_searches(actor, now=now)
    return _find(slug, text, actor=actor, now=now)


@transaction.atomic(durable=True)
def _find(slug: str, text: str, *, actor: Actor, now: datetime) -> Matches:
    campaign = campaigns.campaign(slug)
    paths = paths_of(actor, campaign)
    if not paths:
        raise NotAllowed(f"{actor.name} registers nobody in {slug}")
    asked = read_search(text, local_day(now, campaign.time_zone))
    found = people_search.search(asked, paths)
    elsewhere = [] if found else _elsewhere(asked, campaign, paths)
    audit.record(
        "people.searched",
        f"campaign:{campaign.pk}",
        actor=actor,
        now=now,
        found=[p.pk for p in found],
        elsewhere=[e.person for e in elsewhere],
    )
    return Matches(found, elsewhere)


def _elsewhere(asked: SearchText, campaign: Campaign, paths: list[str]) -> list[Elsewhere]:
    """By what nobody guesses: a whole number, or a name and a whole birthday."""
    everywhere, others = [campaign.area.path], list[Person]()
    if asked.number:
        others = people_search.search(SearchText((), number=asked.number), everywhere)
    if not others and asked.words and asked.is_certain_day:
        others = people_search.search(SearchText(asked.words, asked.days), everywhere)
    return [
        Elsewhere(p.pk, places.desk_of(p.area, below=campaign.area))
        for p in others
        if not any(p.area.path.startswith(path) for path in paths)
    ][:5]


@transaction.atomic(durable=True)
def serve_here(slug: str, person_id: int, why: str, *, actor: Actor, now: datetime) -> None:
    """Serve somebody whom another desk registers: for half a day, with a reason, on the record. Raises
    NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    campaign = campaigns.campaign(slug)
    person = people.canonical(people.person_of(person_id))
    if not paths_of(actor, campaign):
        raise NotAllowed(f"{actor.name} registers nobody in {slug}")
    campaigns.check_within(campaign, person.area, what="person", key=person_id)
    if len(why.strip()) < 3:
        raise BadInput(gettext_noop("Say why they are served here."), ("why",))
    people.serve(person, why.strip()[:200], actor=actor, now=now)
    audit.record(
        "person.served_elsewhere",
        f"person:{person.pk}",
        actor=actor.because(why.strip()[:200]),
        now=now,
        area=person.area.code,
    )


def check_serves(actor: Actor, person: Person, now: datetime) -> None:
    """A desk of the person's area, or one that has said why it serves them. Raises NotAllowed."""
    if not people.serves(actor, person, now):
        check_may(actor, Act.BOOK_FOR_OTHERS, area=person.area)
