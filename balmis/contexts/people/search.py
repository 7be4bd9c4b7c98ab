"""Find people: by parts of their names in any spelling, by birthday, by number, by phone."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from balmis.contexts.people.models import Person
from balmis.contexts.people.queries import birth_of, canonical, canonical_id
from balmis.core.birth_date import BirthDate
from balmis.core.people.search_text import SearchText
from balmis.core.vocabulary.people import BirthPrecision
from balmis.core.written_forms import fold, fold_number

# as the index of the table has it
INDEXED = "people_words(p.name, p.romanised_name)"


MOST_FOUND = 20
LOOKED_AT = 400  # that a search sorts by how well they fit
# areas are asked of what was found: one look into the index of words, and none an area
SEARCH = """
SELECT p.id, p.name, p.romanised_name, p.born, p.area_id FROM people_person p
WHERE p.merged_into_id IS NULL {words} {days} AND (p.area_id + 0) = ANY(%(areas)s)
LIMIT %(most)s
"""
AREAS = """
SELECT DISTINCT a.id FROM places_area a JOIN unnest(%s::text[]) below(path) ON starts_with(a.path, below.path)
"""
NUMBERED = """
SELECT p.id, p.merged_into_id, a.path FROM people_person p JOIN places_area a ON a.id = p.area_id
WHERE people_bare(p.external_id) = %(number)s
  OR (people_bare(p.national_id) = %(number)s AND p.national_id IS NOT NULL)
"""


def search(asked: SearchText, paths: list[str]) -> list[Person]:
    """People below these paths by parts of their names in any script and spelling, with a birthday or a
    year; or by number, national id or phone, with zeros and blanks or without. Best first, at most 21,
    so that "more" can be said."""
    found: list[int] = []
    if asked.number:
        found = ids_by_number(asked.number, paths)
    if not found and asked.digits:
        end = asked.digits.lstrip("0")
        reached = Person.objects.filter(_below(paths), merged_into__isnull=True)
        phones = reached.filter(contact__phone__endswith=end).order_by("pk")
        found = list(phones.values_list("pk", flat=True)[: MOST_FOUND + 1])
    if not found and (asked.words or asked.days):
        found = _ids_by_name(asked, paths)
    rows = Person.objects.select_related("area").in_bulk(found[: MOST_FOUND + 1])
    return [rows[key] for key in found if key in rows]


def _ids_by_name(asked: SearchText, paths: list[str]) -> list[int]:
    values: dict[str, Any] = {"most": LOOKED_AT}
    words = days = ""
    if asked.words:
        words = f"AND {INDEXED} @@ %(words)s::tsquery"
        values["words"] = " & ".join(f"{_quoted(w)}:*" for w in asked.words)
    if asked.days:
        spans = []
        for n, (first, last) in enumerate(asked.days):
            values |= {
                f"first{n}": first,
                f"last{n}": last,
                f"year{n}": first.replace(month=1, day=1),
            }
            spans.append(
                f"p.born BETWEEN %(first{n})s AND %(last{n})s"
                f" OR (p.born_precision <> 'day' AND p.born = %(year{n})s)"
            )
        days = f"AND ({' OR '.join(spans)})"
    with connection.cursor() as cursor:
        cursor.execute(AREAS, [paths])
        values["areas"] = [row[0] for row in cursor.fetchall()]
        cursor.execute(SEARCH.format(words=words, days=days), values)
        rows = cursor.fetchall()
    whole = "".join(asked.words)

    def nearness(row: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [fold(name) for name in row[1:3] if name]
        bare = ["".join(name.split()) for name in names]
        starts = [name.split()[:1] for name in names]
        return (
            whole not in bare,
            not any(name.startswith(whole) for name in bare),
            not any(w in start for start in starts for w in asked.words),
            bare[:1],
            row[3],
            row[0],
        )

    return [row[0] for row in sorted(rows, key=nearness)]


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def ids_by_number(number: str, paths: Sequence[str] = ("",)) -> list[int]:
    """Whoever any register knows under this key, or has this national id: with leading zeros, blanks and
    dashes or without. Of merged records the one that is used."""
    bare = fold_number(number)
    if not bare:
        return []
    with connection.cursor() as cursor:
        cursor.execute(NUMBERED, {"number": bare})
        found = cursor.fetchall()
    inside = [(pk, into) for pk, into, path in found if any(path.startswith(p) for p in paths)]
    return list(dict.fromkeys(canonical_id(into) if into else pk for pk, into in inside))


def _below(paths: list[str]) -> Q:
    below = Q(pk__in=[])
    for path in paths:
        below |= Q(area__path__startswith=path)
    return below


def person_by(number: str, born: date, area_path: str) -> Person | None:
    """The one person below the path with this key or national id and this birthday."""
    return _only(ids_by_number(number, [area_path]), born)


def person_by_national_id(number: str, born: date, area_path: str) -> Person | None:
    """The one person below the path with this national id and this birthday."""
    bare = fold_number(number)
    found = Person.objects.filter(pk__in=ids_by_number(number, [area_path]))
    rows = found.values_list("pk", "national_id")
    return _only([pk for pk, known in rows if known and fold_number(known) == bare], born)


def _only(ids: list[int], born: date) -> Person | None:
    """The one of them who may be born on this day."""
    found = Person.objects.select_related("area", "register").filter(pk__in=ids)
    people = {p.pk: p for p in map(canonical, found) if birth_of(p).meets(BirthDate(born))}
    return next(iter(people.values())) if len(people) == 1 else None


class Numbered(NamedTuple):
    """Somebody whom a number may mean."""

    person: int
    born: BirthDate
    name: str


EACH_NUMBER = """
SELECT n.said, p.id, p.merged_into_id, p.born, p.born_precision, p.name
FROM unnest(%(said)s::text[], %(bare)s::text[]) n(said, bare)
JOIN LATERAL (
  SELECT * FROM people_person k WHERE people_bare(k.external_id) = n.bare
  UNION SELECT * FROM people_person k
  WHERE people_bare(k.national_id) = n.bare AND k.national_id IS NOT NULL) p ON true
JOIN places_area a ON a.id = p.area_id WHERE starts_with(a.path, %(path)s)
"""


def people_by_number(numbers: Sequence[str], area_path: str) -> dict[str, list[Numbered]]:
    """Number (register key or national id, however it is written) to the people it may mean."""
    said = list(dict.fromkeys(n for n in numbers if fold_number(n)))
    bare = [fold_number(n) for n in said]
    with connection.cursor() as cursor:
        cursor.execute(EACH_NUMBER, {"said": said, "bare": bare, "path": area_path})
        found = cursor.fetchall()
    by_number: dict[str, list[Numbered]] = {}
    for number, pk, merged, born, known, name in found:
        used = canonical_id(merged) if merged else pk
        row = Numbered(used, BirthDate(born, BirthPrecision(known)), name)
        by_number.setdefault(number, []).append(row)
    return by_number
