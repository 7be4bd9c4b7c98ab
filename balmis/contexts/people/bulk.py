"""Many people at once into the register, set-based."""

from collections.abc import Collection

import polars as pl
from django.db import connection

from balmis.contexts.people.line_list import Problem

SCHEMA = {
    "row": pl.Int64,
    "external_id": pl.String,
    "national_id": pl.String,
    "name": pl.String,
    "romanised_name": pl.String,
    "born": pl.Date,
    "sex": pl.String,
    "area_id": pl.Int64,
}
CARRIED = list(SCHEMA)

STAGE = """
CREATE TEMPORARY TABLE person_list (
  row bigint, external_id text, national_id text, name text, romanised_name text, born date, sex text,
  area_id bigint
) ON COMMIT DROP
"""
MERGE = """
INSERT INTO people_person AS p
  (register_id, external_id, national_id, name, romanised_name, born, sex, area_id)
SELECT %s, external_id, nullif(national_id, ''), name, romanised_name, born, sex, area_id
FROM person_list
ON CONFLICT ON CONSTRAINT person_once DO UPDATE SET {changes}
WHERE ({known}) IS DISTINCT FROM ({stated})
"""
CHANGEABLE = ("name", "born", "sex", "area_id", "national_id", "romanised_name")
TAKEN = """
SELECT l.row, l.national_id, p.external_id FROM person_list l
JOIN people_person p ON p.register_id = %s AND p.national_id = l.national_id
WHERE p.external_id <> l.external_id ORDER BY l.row
"""


def nobody() -> pl.DataFrame:
    return pl.DataFrame(schema=SCHEMA)


def repeated(people: pl.DataFrame) -> list[Problem]:
    """Ids that stand twice in one list: an error, not 'the last one wins'."""
    problems = []
    for column in ("external_id", "national_id"):
        stated = people.filter(pl.col(column) != "")
        again = stated.filter(~pl.col(column).is_first_distinct())
        firsts = stated.filter(pl.col(column).is_in(again[column].implode()))
        first_row = dict(firsts.group_by(column).agg(pl.col("row").min()).iter_rows())
        for row, value in again.select("row", column).iter_rows():
            problems.append(
                Problem(row, column, value, f"stands in row {first_row[value]} as well")
            )
    return problems


def stage(people: pl.DataFrame) -> None:
    """Lay the list into a temporary table of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(
            f"COPY person_list ({', '.join(CARRIED)}) FROM STDIN"
            " (FORMAT csv, FORCE_NOT_NULL (national_id, romanised_name))"
        ) as pipe:
            for part in people.select(CARRIED).iter_slices(50_000):
                pipe.write(part.write_csv(include_header=False, quote_style="necessary").encode())


def taken(register_id: int) -> list[Problem]:
    """National ids of the staged list that the register knows as someone else's."""
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, [register_id])
        return [
            Problem(row, "national_id", value, f"belongs to {other} in the register")
            for row, value, other in cursor.fetchall()
        ]


def merge(register_id: int, *, stated: Collection[str]) -> tuple[int, int, int]:
    """Add the staged people, or change those known by the same id of the register.

    Only columns that the list states are changed: one it lacks says nothing about anyone.
    Returns how many were added, how many changed, and the highest person id before.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM people_person")
        last = cursor.fetchone()[0]
        columns = [c for c in CHANGEABLE if c in stated]
        cursor.execute(
            MERGE.format(
                changes=", ".join(f"{c} = excluded.{c}" for c in columns),
                known=", ".join(f"p.{c}" for c in columns),
                stated=", ".join(f"excluded.{c}" for c in columns),
            ),
            [register_id],
        )
        touched = cursor.rowcount
        cursor.execute(
            "SELECT count(*) FROM people_person WHERE id > %s AND register_id = %s",
            [last, register_id],
        )
        added = cursor.fetchone()[0]
        cursor.execute("DROP TABLE person_list")
        cursor.execute("ANALYZE people_person")
    return added, touched - added, last


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
