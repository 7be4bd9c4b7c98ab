"""Read the register."""

from collections.abc import Sequence
from datetime import date

from django.db import connection
from django.db.models import Q

from balmis.contexts.journal.rows import rows_of
from balmis.contexts.people.models import Person, Register, Trait
from balmis.contexts.places.models import Area
from balmis.core.errors import Refusal
from balmis.core.people.likeness import number_forms
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


def ids_by_number(number: str) -> list[int]:
    """Whoever any register knows under this key, or has this national id."""
    forms = number_forms(number)
    found = Person.objects.filter(
        Q(external_id__in=forms) | Q(national_id__in=forms), register__in=_register_ids()
    )
    return list(found.values_list("pk", flat=True))


def person_by(number: str, born: date, area_path: str) -> Person | None:
    """The one person below the path with this key or national id and this birthday."""
    forms = number_forms(number)
    return _only(Q(external_id__in=forms) | Q(national_id__in=forms), born, area_path)


def person_by_national_id(number: str, born: date, area_path: str) -> Person | None:
    """The one person below the path with this national id and this birthday."""
    return _only(Q(national_id__in=number_forms(number)), born, area_path)


def _only(numbered: Q, born: date, area_path: str) -> Person | None:
    found = Person.objects.select_related("area", "register").filter(
        numbered, register__in=_register_ids(), born=born, area__path__startswith=area_path
    )
    people = {p.pk: p for p in map(canonical, found[:3])}
    return next(iter(people.values())) if len(people) == 1 else None


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


def people_by_number(numbers: list[str], area_path: str) -> dict[str, list[tuple[int, date, str]]]:
    """Number (register key or national id) to the people it may mean: id, birthday, name."""
    found = Person.objects.filter(
        Q(external_id__in=numbers) | Q(national_id__in=numbers),
        register__in=_register_ids(),
        area__path__startswith=area_path,
    )
    by_number: dict[str, list[tuple[int, date, str]]] = {}
    for pk, merged, key, national, born, name in found.values_list(
        "pk", "merged_into", "external_id", "national_id", "born", "name"
    ):
        for number in {key, national or key}:
            used = canonical_id(merged) if merged else pk
            by_number.setdefault(number, []).append((used, born, name))
    return by_number


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


MOST_FOUND = 20
SEARCH = """
SELECT p.id FROM people_person p JOIN places_area a ON a.id = p.area_id
WHERE p.merged_into_id IS NULL AND (p.name LIKE %(part)s OR p.romanised_name ILIKE %(part)s)
  AND EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) path WHERE starts_with(a.path, path))
LIMIT %(most)s
"""


def search(text: str, paths: list[str]) -> list[Person]:
    """People below these paths by a part of their name in any script, by number, national id or
    phone; at most 21, so that "more" can be said."""
    within = Person.objects.select_related("area").filter(_below(paths), merged_into__isnull=True)
    digits = "".join(c for c in text if c.isdigit())
    exact = within.filter(
        Q(external_id__in=number_forms(text)) | Q(national_id__in=number_forms(text)),
        register__in=_register_ids(),
    )
    found = list(exact[: MOST_FOUND + 1])
    if not found and len(digits) >= 6 and len(digits) >= len(text) - 4:
        found = list(within.filter(contact__phone__endswith=digits.lstrip("0"))[: MOST_FOUND + 1])
    if not found and len(text) >= 2:
        part = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        with connection.cursor() as cursor:
            cursor.execute(SEARCH, {"part": part, "paths": paths, "most": MOST_FOUND + 1})
            ids = [row[0] for row in cursor.fetchall()]
        found = list(within.filter(pk__in=ids).order_by("name", "born"))
    return found


def _below(paths: list[str]) -> Q:
    below = Q(pk__in=[])
    for path in paths:
        below |= Q(area__path__startswith=path)
    return below


def records_of(person_id: int) -> list[int]:
    """The person's record and all that were merged into it, one after the other."""
    found, fresh = [person_id], [person_id]
    while fresh:
        rows = Person.objects.filter(merged_into__in=fresh).exclude(pk__in=found)
        fresh = list(rows.values_list("pk", flat=True))
        found += fresh
    return found
