"""Read the register."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from balmis.contexts.journal.rows import rows_of
from balmis.contexts.people.models import Person, Register, Serving, Trait
from balmis.contexts.places.models import Area
from balmis.core.actor import Actor
from balmis.core.birth_date import BirthDate
from balmis.core.errors import Refusal
from balmis.core.vocabulary.people import BirthPrecision
from balmis.core.vocabulary.reasons import Refused


def register(code: str) -> Register | None:
    return Register.objects.filter(code=code).first()


def registers() -> list[Register]:
    return list(Register.objects.order_by("code"))


def people_count(register_code: str) -> int:
    return Person.objects.filter(register__code=register_code).count()


def lock(person_id: int) -> Person:
    """Lock the person's row to the end of the transaction: one writer per person.

    Raises Refusal(NOT_KNOWN).
    """
    found = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="person", key=person_id)
    return found


def lock_canonical(person_id: int) -> Person:
    """The record that is used for this person, locked: found and held in one look, so that no merge
    comes between. Its area is known. Raises Refusal(NOT_KNOWN)."""
    while True:
        found = rows_of(Person, "WHERE id = %s FOR NO KEY UPDATE", [person_id])
        if not found:
            raise Refusal(Refused.NOT_KNOWN, what="person", key=person_id)
        (person,) = found
        if person.merged_into_id is None:
            return person
        person_id = person.merged_into_id


def any_synthetic(area_path: str) -> bool:
    """Do people of a synthetic register live below this path?"""
    with connection.cursor() as cursor:
        cursor.execute(
            # LIMIT keeps it one probe of the index for each area and register
            """SELECT EXISTS (SELECT 1 FROM people_register r, places_area a,
                 LATERAL (SELECT 1 FROM people_person p
                          WHERE p.area_id = a.id AND p.register_id = r.id LIMIT 1) one
               WHERE r.synthetic AND a.path LIKE %s)""",
            [area_path.replace("_", "\\_") + "%"],
        )
        return bool(cursor.fetchone()[0])


def any_real() -> bool:
    """Is there a register that is not synthetic?"""
    return Register.objects.filter(synthetic=False, provisional=False).exists()


def person(key: str, area_path: str) -> Person:
    """The person with this id, or with this key of a register, who lives below the path.

    Raises Refusal(NOT_KNOWN); also when a key stands in several registers, asking for the id.
    """
    below = Person.objects.select_related("area", "register").filter(
        area__path__startswith=area_path, register__in=_register_ids()
    )
    found = list(below.filter(external_id=key)[:2])
    if not found and key.isascii() and key.isdigit() and len(key) < 19:
        found = list(below.filter(pk=int(key)))
    if len(found) > 1:
        raise Refusal(
            Refused.NOT_KNOWN, what="one person with the key (several registers hold it)", key=key
        )
    if not found:
        raise Refusal(Refused.NOT_KNOWN, what="person", key=key)
    return found[0]


def trait_codes(person_id: int) -> set[str]:
    return {t.code for t in rows_of(Trait, "WHERE person_id = %s", [person_id])}


def _register_ids() -> list[int]:
    """All registers: with them a key or a national id is found through an index."""
    return list(Register.objects.values_list("pk", flat=True))


def birth_of(person: Person) -> BirthDate:
    """The birth date, as well as it is known."""
    return BirthDate(person.born, BirthPrecision(person.born_precision))


def canonical(person: Person) -> Person:
    """The record that is used for this person, if theirs was merged into another."""
    while person.merged_into_id is not None:
        person = Person.objects.select_related("area", "register").get(pk=person.merged_into_id)
    return person


def canonical_id(person_id: int) -> int:
    found = Person.objects.filter(pk=person_id, merged_into__isnull=False)
    into: int | None = found.values_list("merged_into", flat=True).first()
    return person_id if into is None else canonical_id(into)


def adults_of(area: Area, today: date, most: int) -> list[int]:
    """Some people of working age who live below an area."""
    born = (today.replace(year=today.year - 60, day=1), today.replace(year=today.year - 25, day=1))
    found = Person.objects.filter(area__path__startswith=area.path, born__range=born)
    return list(found.order_by("pk").values_list("pk", flat=True)[:most])


def person_of(person_id: int) -> Person:
    """Raises Refusal(NOT_KNOWN)."""
    found = Person.objects.select_related("area", "register").filter(pk=person_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="person", key=person_id)
    return found


WITHOUT_LETTER = """
SELECT p.id FROM people_person p
JOIN campaigns_member m ON m.person_id = p.id AND m.campaign_id = %(campaign)s
JOIN places_area a ON a.id = p.area_id
WHERE p.merged_into_id IS NULL AND starts_with(a.path, %(path)s)
  AND (%(again)s OR NOT EXISTS (SELECT 1 FROM people_letter l
    WHERE l.person_id = p.id AND l.scope = %(scope)s AND l.ended_at IS NULL))
  AND NOT EXISTS (SELECT 1 FROM people_contact c
    WHERE c.person_id = p.id AND c.proof <> 'claimed' AND (c.phone <> '' OR c.email <> ''))
ORDER BY a.path, p.name, p.id LIMIT %(most)s
"""


def to_be_written(
    campaign_id: int, scope: str, path: str, most: int, *, again: bool
) -> list[Person]:
    """Members of the campaign below the path whom nobody can reach, by area and name; those who have a good
    letter only `again`."""
    given: dict[str, str | int] = {
        "campaign": campaign_id,
        "scope": scope,
        "path": path,
        "most": most,
        "again": again,
    }
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_LETTER, given)
        ids = [row[0] for row in cursor.fetchall()]
    found = Person.objects.in_bulk(ids)
    return [found[key] for key in ids]


def people_of(ids: Sequence[int]) -> list[Person]:
    """People by id, in the given order."""
    found = Person.objects.select_related("area", "register").in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]


SERVED = timedelta(hours=12)


def serve(person: Person, why: str, *, actor: Actor, now: datetime) -> None:
    """The desk serves this person, though another one registers their area."""
    Serving.objects.create(person=person, actor=actor.name, why=why, at=now, until=now + SERVED)


def serves(actor: Actor, person: Person, now: datetime) -> bool:
    found = Serving.objects.filter(person=person, actor=actor.name, at__lte=now, until__gt=now)
    return found.exists()


def records_of(person_id: int) -> list[int]:
    """The person's record and all that were merged into it, one after the other."""
    found, fresh = [person_id], [person_id]
    while fresh:
        rows = Person.objects.filter(merged_into__in=fresh).exclude(pk__in=found)
        fresh = list(rows.values_list("pk", flat=True))
        found += fresh
    return found
