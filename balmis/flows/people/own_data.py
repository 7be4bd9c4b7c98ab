"""What the program knows of one person: handed out to them, and forgotten as far as the law lets it.

A dose that was given and what came of it are kept: they are the record of a treatment. Whoever had none
is forgotten but for their year of birth, sex and area, by which the population is counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import BinaryField, ForeignKey, Model, OneToOneField

from balmis.contexts.access import lookup_alarms
from balmis.contexts.booking import bookings, places
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic import rejected_steps
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.contexts.people import erasure, identities
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.safety import cases
from balmis.contexts.units import services as units
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.vocabulary.booking import BookingStatus, EndReason

Rows = dict[str, list[dict[str, Any]]]
SHORTEST = 10  # characters of a reason


@transaction.atomic(durable=True)
def export_person(person_id: int, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything kept of the person, by table, and who has looked at it. Raises NotAllowed, Refusal."""
    _check_operator(actor)
    person = people.person_of(person_id)
    found = _rows_of(person)
    looks = list(audit.lines_about(people.records_of(person.pk)))
    audit.record("person.exported", f"person:{person.pk}", actor=actor, now=now)
    return {
        "made_at": now,
        "tables": found,
        "trail": [{"at": e.at, "action": e.action, "reason": e.reason} for e in looks],
    }


def _rows_of(person: Person) -> Rows:
    """Rows that name the person, and rows that belong to one of those and to nobody else."""
    own = list(Person.objects.filter(pk__in=people.records_of(person.pk)))
    found: Rows = {Person._meta.db_table: [_plain(row) for row in own]}
    seen: set[type[Model]] = {Person}
    level: list[tuple[type[Model], list[Any]]] = [(Person, [row.pk for row in own])]
    while level:
        below: dict[type[Model], dict[Any, Model]] = {}
        for target, keys in level:
            for model, name in _naming(target):
                if model not in seen:
                    rows = model._default_manager.filter(**{f"{name}__in": keys})
                    below.setdefault(model, {}).update({row.pk: row for row in rows})
        seen |= set(below)
        for model, rows_of in below.items():
            found[model._meta.db_table] = [_plain(row) for row in rows_of.values()]
        level = [(model, list(rows_of)) for model, rows_of in below.items() if rows_of]
    return {table: rows for table, rows in sorted(found.items()) if rows}


def _naming(target: type[Model]) -> Iterator[tuple[type[Model], str]]:
    """Tables of ours with a key of this one."""
    for model in apps.get_models():
        if not model.__module__.startswith("balmis."):
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey | OneToOneField) and field.related_model is target:
                yield model, field.name


def _plain(row: Model) -> dict[str, Any]:
    """Without digests and keys, which are no data of the person."""
    kept = (f for f in row._meta.concrete_fields if not isinstance(f, BinaryField))
    return {f.attname: getattr(row, f.attname) for f in kept}


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten, and why the rest was not."""

    whole: bool  # name, numbers and birthday, too
    rows: dict[str, int]


@transaction.atomic(durable=True)
def erase_person(person_id: int, why: str, *, actor: Actor, now: datetime) -> Erased:
    """Addresses, messages, letters and what they wrote go; appointments end. Whoever never came to a site,
    without a dose and without a case, loses name, numbers and day of birth, too. What becomes of each column
    of words says `docs/reference/erasure.csv`. Raises NotAllowed, BadInput, Refusal."""
    _check_operator(actor)
    if len(why.strip()) < SHORTEST:
        raise BadInput("Say why, in a sentence: who asked, and what was decided.")
    person = people.lock_canonical(person_id)
    live = [b.pk for c in campaigns.campaigns() for b in bookings.live_bookings(person.pk, c.pk)]
    places.end(live, BookingStatus.CANCELLED, EndReason.BY_PERSON, now=now)
    rows = {"bookings": len(live)}
    every = people.records_of(person.pk)
    rows |= _add(erasure.forget_reached(key) for key in every)
    rows["notices"] = sum(notices.forget_person(key) for key in every)
    rows["alarms"] = sum(lookup_alarms.forget_person(key) for key in every)
    rows |= _add(units.forget_person(key) for key in every)
    whole = not any(clinic.was_treated(key) or cases.of_person(key) for key in every)
    if whole:
        identities.acting(actor, "erased", now=now)
        born = date(person.born.year, 1, 1)
        rows |= _add(erasure.forget_who(key, born=born) for key in every)
        rows["set_aside"] = sum(rejected_steps.forget_person(key) for key in every)
    audit.record(
        "person.erased",
        f"person:{person.pk}",
        actor=actor.because(why.strip()[:500]),
        now=now,
        whole=whole,
        rows=rows,
    )
    return Erased(whole, rows)


def _add(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    whole: Counter[str] = Counter()
    for each in counts:
        whole.update(each)
    return dict(whole)


def _check_operator(actor: Actor) -> None:
    if not actor.trusted:
        raise NotAllowed(f"{actor.name} does not hand out or erase what is known of people")
