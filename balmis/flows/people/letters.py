"""Letters of invitation: each holds a code that only who opens it has, and that proves who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.queries import check_within
from balmis.contexts.journal import audit
from balmis.contexts.people import letters
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.booking.signed_text import key_of
from balmis.core.roles import Act

MOST = 100_000  # letters at a time


@dataclass(frozen=True, slots=True)
class Printed:
    """A letter as it is to be printed. The code is known now, and never again."""

    person: Person
    code: str
    link: str  # to the page on which it is entered


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteLetters:
    """To all members of a campaign in an area who have no letter that is still good, and whom nobody can
    reach otherwise."""

    campaign: str
    area: str
    most: int = MOST
    again: bool = False  # also to those who have a good letter, which ends then: it was lost


@transaction.atomic(durable=True)
def write_letters(cmd: WriteLetters, *, actor: Actor, now: datetime) -> list[Printed]:
    """The letters, by area and name. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    campaign, area = campaigns.campaign(cmd.campaign), places.area(cmd.area)
    check_within(campaign, area, what="area", key=cmd.area)
    check_may(actor, Act.REGISTER_PEOPLE, area=area)
    most = min(cmd.most, MOST)
    to = people.to_be_written(campaign.pk, campaign.slug, area.path, most, again=cmd.again)
    return _printed(cmd.campaign, to, actor=actor, now=now, subject=f"area:{area.code}")


@transaction.atomic(durable=True)
def write_letter(slug: str, person_id: int, *, actor: Actor, now: datetime) -> Printed:
    """A letter to one person, at a desk that has seen the document; an earlier one is void. Raises
    NotAllowed, Refusal(NOT_KNOWN)."""
    campaign, person = campaigns.campaign(slug), people.canonical(people.person_of(person_id))
    check_within(campaign, person.area, what="person", key=person_id)
    check_may(actor, Act.BOOK_FOR_OTHERS, area=person.area)
    (made,) = _printed(slug, [person], actor=actor, now=now, subject=f"person:{person.pk}")
    return made


def _printed(
    slug: str, to: Sequence[Person], *, actor: Actor, now: datetime, subject: str
) -> list[Printed]:
    secret, link = (
        key_of(settings.SECRET_KEY, "one-time code"),
        f"{settings.PUBLIC_URL}/c/{slug}/book/",
    )
    made = letters.write_letters(to, slug, actor=actor.name, secret=secret, now=now)
    found = [Printed(person, code, link) for person, code in made]
    audit.record(
        "letters.written",
        subject,
        actor=actor,
        now=now,
        letters=len(found),
        people=[p.person.pk for p in found[:500]],
    )
    return found
