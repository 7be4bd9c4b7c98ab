"""Two records beside each other, before they become one; and who else may be the same person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from balmis.contexts.access.services import may
from balmis.contexts.booking import merge as bookings
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as doses
from balmis.contexts.journal import audit
from balmis.contexts.people import details, matches
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.core.actor import Actor
from balmis.core.people.likeness import compare
from balmis.core.roles import Act
from balmis.core.vocabulary.people import DetailKind, Likeness
from balmis.flows.people.merge import both_records


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing as the kept record says it, and as the other does."""

    name: str
    kept: Any
    merged: Any

    @property
    def differs(self) -> bool:
        return bool(self.kept != self.merged)


@dataclass(frozen=True, slots=True)
class Preview:
    """Both records, and what merging them would do."""

    kept: Person
    merged: Person
    likeness: Likeness
    doses: tuple[int, int]  # of the kept record, of the other
    ends: list[Booking]  # second bookings of one dose
    facts: tuple[Fact, ...]  # what both say of the person, beside each other
    is_other_surer: bool  # the record that would go is of a register, and the kept one is not


def preview(kept_id: int, merged_id: int, *, actor: Actor, now: datetime) -> Preview:
    """Raises NotAllowed, BadInput, Refusal(NOT_KNOWN). Both looks are logged."""
    with transaction.atomic(durable=True):
        kept, merged = both_records(kept_id, merged_id, actor)
        for person in (kept, merged):
            audit.record("person.read", f"person:{person.pk}", actor=actor, now=now, page="merge")
        return Preview(
            kept,
            merged,
            compare(matches.identity_of(kept), matches.identity_of(merged)),
            (len(doses.live_doses(kept.pk)), len(doses.live_doses(merged.pk))),
            _twins(kept.pk, merged.pk),
            _facts(kept, merged),
            kept.register.provisional and not merged.register.provisional,
        )


def _facts(kept: Person, merged: Person) -> tuple[Fact, ...]:
    born = people.birth_of
    return (
        Fact("name", kept.name, merged.name),
        Fact("romanised_name", kept.romanised_name, merged.romanised_name),
        Fact("born", born(kept), born(merged)),
        Fact("sex", kept.sex, merged.sex),
        Fact("area", kept.area, merged.area),
        Fact("national_id", kept.national_id or "", merged.national_id or ""),
        Fact("external_id", kept.external_id, merged.external_id),
        *_details(kept, merged),
    )


def _details(kept: Person, merged: Person) -> Iterator[Fact]:
    """Address and guardian, as far as one of them has it."""
    mine, theirs = details.details(kept.pk), details.details(merged.pk)
    for kind in DetailKind:
        if kind in mine or kind in theirs:
            said = [str(d.value) if d else "" for d in (mine.get(kind), theirs.get(kind))]
            yield Fact(kind.value, *said)


@transaction.atomic(durable=True)
def candidates(person_id: int, slug: str, *, actor: Actor, now: datetime) -> list[Person]:
    """Other records that may be this person's, the most alike first; the look is logged."""
    campaign = campaigns.campaign(slug)
    person = people.person_of(person_id)
    alike = matches.people_like(matches.identity_of(person), campaign.area.path)
    found = [
        p for p, _ in alike if p.pk != person.pk and may(actor, Act.BOOK_FOR_OTHERS, area=p.area)
    ][:MOST_ALIKE]
    if found:
        audit.record(
            "people.searched",
            f"campaign:{campaign.pk}",
            actor=actor,
            now=now,
            found=[p.pk for p in found],
        )
    return found


MOST_ALIKE = 8


def _twins(kept: int, merged: int) -> list[Booking]:
    mine, theirs = bookings.live_by_campaign(kept), bookings.live_by_campaign(merged)
    return [b for c in mine.keys() & theirs.keys() for b in bookings.to_end(mine[c], theirs[c])]
