"""Matches: people of the register who are like somebody."""

from datetime import date

from django.db.models import Q

from balmis.contexts.journal import locks
from balmis.contexts.people.models import Person
from balmis.core.birth_date import BirthDate
from balmis.core.people.likeness import Identity, compare, days_like
from balmis.core.vocabulary.people import BirthPrecision, Likeness


def identity_of(person: Person) -> Identity:
    return Identity(
        name=person.name,
        romanised=person.romanised_name,
        born=person.born,
        sex=person.sex,
        area=person.area.path,
        numbers=frozenset(n for n in (person.external_id, person.national_id) if n),
        precision=BirthPrecision(person.born_precision),
        national_id=person.national_id or "",
    )


def lock_likes(born: date, area_id: int) -> None:
    """Of two registrations with one birthday and home, the later waits for the earlier."""
    locks.take(locks.Lock.LIKENESS, f"{born} {area_id}")


def people_like(stated: Identity, area_path: str) -> list[tuple[Person, Likeness]]:
    """People below the path who are, or may be, the one stated; the most alike first."""
    found = Person.objects.filter(
        _born_like(stated), merged_into__isnull=True, area__path__startswith=area_path
    )
    compared = [
        (p, compare(stated, identity_of(p))) for p in found.select_related("area", "register")
    ]
    order = [Likeness.EXACT, Likeness.NEAR]
    alike = [(p, how) for p, how in compared if how in order]
    return sorted(alike, key=lambda row: (order.index(row[1]), row[0].pk))


def _born_like(stated: Identity) -> Q:
    """Whose birth date may be the one stated: by a slip, or as one of the two is not known to the day."""
    born = BirthDate(stated.born, stated.precision)
    first_days = [stated.born.replace(day=1), stated.born.replace(month=1, day=1)]
    near = Q(born__in=first_days) & ~Q(born_precision=BirthPrecision.DAY.value)
    if stated.precision is BirthPrecision.DAY:
        return near | Q(born__in=days_like(stated.born))
    return near | Q(born__range=(born.earliest, born.latest))
