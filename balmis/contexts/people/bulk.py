"""Many people at once into the register, set-based."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection

from balmis.core.people.people_list import Row

STAGE = """
CREATE TEMPORARY TABLE person_list (
  row int, external_id text, national_id text, name text, romanised_name text, born date,
  born_precision text, sex text, area_id bigint, phone text, email text, language text, traits text,
  details jsonb, person_id bigint
) ON COMMIT DROP
"""
STATED = (
    "row",
    "external_id",
    "national_id",
    "name",
    "romanised_name",
    "born",
    "born_precision",
    "sex",
    "area_id",
    "phone",
    "email",
    "language",
    "traits",
    "details",
)


def stage(rows: Iterable[Row], made_key: dict[int, str]) -> None:
    """Lay the rows into a temporary table of this transaction; those without a key get the one made for
    them. What a row does not state is null, what it takes away is ''."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(f"COPY person_list ({', '.join(STATED)}) FROM STDIN") as pipe:
            for r in rows:
                traits = ",".join(f"{kind}:{code}" for kind, code in r.traits)
                pipe.write_row(
                    (
                        r.row,
                        r.external_id or made_key[r.row],
                        r.national_id,
                        r.name,
                        r.romanised_name,
                        r.born.day,
                        r.born.precision.value,
                        r.sex.value if r.sex else None,
                        r.area,
                        r.phone,
                        r.email,
                        r.language,
                        traits,
                        json.dumps(dict(r.details), ensure_ascii=False),
                    )
                )
        cursor.execute("CREATE INDEX ON person_list (people_code(external_id))")
        cursor.execute("ANALYZE person_list")


# By the key; a list without keys by the national number. Of merged records the one that is used.
FIND = """
UPDATE person_list l SET person_id = p.id FROM people_person p
WHERE p.register_id = %(register)s AND people_code(p.external_id) = people_code(l.external_id);
UPDATE person_list l SET person_id = p.id FROM people_person p
WHERE l.person_id IS NULL AND l.national_id <> '' AND l.row = ANY(%(keyless)s)
  AND p.register_id = %(register)s AND p.national_id = l.national_id;
"""
FOLLOW = """
UPDATE person_list l SET person_id = p.merged_into_id FROM people_person p
WHERE p.id = l.person_id AND p.merged_into_id IS NOT NULL
"""
TAKEN = """
SELECT l.row, l.national_id, p.external_id, p.id FROM person_list l
JOIN people_person p ON p.register_id = %(register)s AND p.national_id = l.national_id
WHERE l.national_id <> '' AND p.id IS DISTINCT FROM l.person_id AND (p.merged_into_id IS NULL
  OR p.merged_into_id IS DISTINCT FROM l.person_id)
ORDER BY l.row
"""


class SomebodyElses(NamedTuple):
    """A national number that the register knows as somebody else's."""

    row: int
    national_id: str
    external_id: str
    person: int


def find(register_id: int, keyless: Sequence[int]) -> list[SomebodyElses]:
    """Find whom the rows name; returns those whose national number is another's."""
    values: dict[str, Any] = {"register": register_id, "keyless": list(keyless)}
    with connection.cursor() as cursor:
        for statement in FIND.split(";"):
            if statement.strip():
                cursor.execute(statement, values)
        while True:
            cursor.execute(FOLLOW)
            if not cursor.rowcount:
                break
        cursor.execute(TAKEN, values)
        return [SomebodyElses(*found) for found in cursor.fetchall()]


def doubled() -> list[tuple[int, int]]:
    """Rows that name a person whom an earlier row of the list names: row, and the earlier one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT row, first FROM (
                 SELECT row, min(row) OVER (PARTITION BY person_id) AS first
                 FROM person_list WHERE person_id IS NOT NULL) named
               WHERE row > first ORDER BY row"""
        )
        return list(cursor.fetchall())


KNOWN_OTHERWISE = """
SELECT l.row, p.id, p.name, p.romanised_name, p.born, p.born_precision, p.sex, p.area_id, p.national_id,
  c.phone, c.email, c.language, c.proof,
  (SELECT string_agg(t.kind || ':' || t.code, ',') FROM people_trait t WHERE t.person_id = p.id),
  (SELECT jsonb_object_agg(d.kind, d.value)::text FROM people_detail d WHERE d.person_id = p.id)
FROM person_list l JOIN people_person p ON p.id = l.person_id
LEFT JOIN people_contact c ON c.person_id = p.id
WHERE l.name <> p.name OR l.born <> p.born OR l.born_precision <> p.born_precision
  OR coalesce(l.romanised_name, p.romanised_name) <> p.romanised_name
  OR coalesce(l.sex, p.sex) <> p.sex OR coalesce(l.area_id, p.area_id) <> p.area_id
  OR coalesce(l.national_id, p.national_id, '') <> coalesce(p.national_id, '')
  OR coalesce(l.phone, c.phone, '') <> coalesce(c.phone, '')
  OR coalesce(l.email, c.email, '') <> coalesce(c.email, '')
  OR coalesce(l.language, c.language, '') <> coalesce(c.language, '')
  OR l.traits <> '' OR l.details <> '{}'
ORDER BY l.row
"""


class Known(NamedTuple):
    """What the register knows of somebody of whom a row says something else."""

    row: int
    person: int
    name: str
    romanised_name: str
    born: Any
    born_precision: str
    sex: str
    area: int
    national_id: str | None
    phone: str | None
    email: str | None
    language: str | None
    proof: str | None
    traits: str | None
    details: str | None  # JSON: kind to value


def known_otherwise() -> Iterator[Known]:
    """Of every row that may change somebody what is known of them."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_OTHERWISE)
        while piece := cursor.fetchmany(5000):
            yield from (Known(*found) for found in piece)


def leave_out(rows: Collection[int]) -> None:
    """These rows of the list say nothing."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM person_list WHERE row = ANY(%s)", [list(rows)])


ADD = """
INSERT INTO people_person
  (register_id, external_id, national_id, name, romanised_name, born, born_precision, sex, area_id, came_with_id)
SELECT %(register)s, external_id, nullif(national_id, ''), name, coalesce(romanised_name, ''), born,
  born_precision, coalesce(sex, 'U'), area_id, %(list)s
FROM person_list WHERE person_id IS NULL
"""
ADDED = """
UPDATE person_list l SET person_id = p.id FROM people_person p
WHERE l.person_id IS NULL AND p.register_id = %(register)s AND p.came_with_id = %(list)s
  AND p.external_id = l.external_id
"""
REACHED = """
INSERT INTO people_contact (person_id, phone, email, language, tell, proof, updated_at)
SELECT person_id, coalesce(phone, ''), coalesce(email, ''), coalesce(nullif(language, ''), %(language)s),
  true, 'listed', %(now)s
FROM person_list l WHERE (phone <> '' OR email <> '')
  AND NOT EXISTS (SELECT 1 FROM people_contact c WHERE c.person_id = l.person_id)
"""
NOTED = """
INSERT INTO people_trait (person_id, kind, code, source, noted_on, came_with_id)
SELECT l.person_id, split_part(word, ':', 1), split_part(word, ':', 2), %(source)s, %(today)s, %(list)s
FROM person_list l, unnest(string_to_array(l.traits, ',')) word WHERE l.traits <> ''
ON CONFLICT DO NOTHING
"""


DETAILED = """
INSERT INTO people_detail (person_id, kind, value, source, noted_on, came_with_id)
SELECT l.person_id, d.key, d.value, %(source)s, %(today)s, %(list)s
FROM person_list l, jsonb_each_text(l.details) d WHERE d.value <> ''
ON CONFLICT DO NOTHING
"""


def add(values: dict[str, Any]) -> tuple[int, int]:
    """Add those whom no row of the register was found for; then for all rows how they are reached, where
    nothing was known of it, and what is noted of them. `values`: register, list, language, now, source,
    today. Returns how many were added, and the highest id before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM people_person")
        last: int = cursor.fetchone()[0]
        cursor.execute(ADD, values)
        added = cursor.rowcount
        cursor.execute(ADDED, values)
        cursor.execute(REACHED, values)
        cursor.execute(NOTED, values)
        cursor.execute(DETAILED, values)
        cursor.execute("ANALYZE people_person")
    return added, last


def newcomers() -> int:
    """How many rows are of nobody who is known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM person_list WHERE person_id IS NULL")
        found: int = cursor.fetchone()[0]
    return found


def done() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE person_list")


TRAIT_DIGEST = """
CREATE TEMPORARY TABLE trait_digest ON COMMIT DROP AS
SELECT person_id, string_agg(code, ',' ORDER BY code) AS digest
FROM people_trait WHERE code = ANY(%s) GROUP BY person_id
"""


def digest_traits(codes: Collection[str]) -> None:
    """For each person, which of these traits hold; into the temporary table `trait_digest`."""
    with connection.cursor() as cursor:
        cursor.execute(TRAIT_DIGEST, [list(codes)])
        cursor.execute("ANALYZE trait_digest")


OBSERVED = """
SELECT t.person_id, t.code FROM people_trait t JOIN trait_digest d ON d.person_id = t.person_id
JOIN asked a ON a.person_id = t.person_id
WHERE t.code = ANY(string_to_array(d.digest, ',')) ORDER BY t.person_id, t.code
"""
