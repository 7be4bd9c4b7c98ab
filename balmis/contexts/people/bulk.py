"""Many people at once into the register, set-based."""

import polars as pl
from django.db import connection

from balmis.contexts.people.line_list import Problem

SCHEMA = {
    "row": pl.Int64, "external_id": pl.String, "national_id": pl.String, "name": pl.String,
    "romanised_name": pl.String, "born": pl.Date, "sex": pl.String, "area_id": pl.Int64,
}  # fmt: skip
CARRIED = list(SCHEMA)[1:]

STAGE = """
CREATE TEMPORARY TABLE person_list (
  external_id text, national_id text, name text, romanised_name text, born date, sex text,
  area_id bigint
) ON COMMIT DROP
"""
MERGE = """
INSERT INTO people_person AS p
  (register_id, external_id, national_id, name, romanised_name, born, sex, area_id)
SELECT %s, external_id, nullif(national_id, ''), name, romanised_name, born, sex, area_id
FROM person_list
ON CONFLICT ON CONSTRAINT person_once DO UPDATE SET
  national_id = excluded.national_id, name = excluded.name,
  romanised_name = excluded.romanised_name, born = excluded.born, sex = excluded.sex,
  area_id = excluded.area_id
WHERE (p.national_id, p.name, p.romanised_name, p.born, p.sex, p.area_id) IS DISTINCT FROM
  (excluded.national_id, excluded.name, excluded.romanised_name, excluded.born, excluded.sex,
   excluded.area_id)
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


def merge(register_id: int, people: pl.DataFrame) -> tuple[int, int, int]:
    """Add the people, or change those known by the same id of the register.

    Returns how many were added, how many changed, and the highest person id before.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0), count(*) FROM people_person")
        last, before = cursor.fetchone()
        cursor.execute(STAGE)
        with cursor.copy(
            f"COPY person_list ({', '.join(CARRIED)}) FROM STDIN"
            " (FORMAT csv, FORCE_NOT_NULL (national_id, romanised_name))"
        ) as pipe:
            for part in people.select(CARRIED).iter_slices(50_000):
                pipe.write(part.write_csv(include_header=False, quote_style="necessary").encode())
        cursor.execute(MERGE, [register_id])
        touched = cursor.rowcount
        cursor.execute("SELECT count(*) FROM people_person")
        added = cursor.fetchone()[0] - before
        cursor.execute("DROP TABLE person_list")
        cursor.execute("ANALYZE people_person")
    return added, touched - added, last
