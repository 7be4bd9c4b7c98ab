"""Everyone at once: whose answer is stale, what it rests on, and the new answers back.

All inside one transaction at one snapshot (`repeatable read`), so that an answer and the
digest of its facts can never come from different moments. Clinic and people lay their own
digests into temporary tables first: `dose_digest` and `trait_digest`.
"""

from collections.abc import Iterator
from datetime import date

import polars as pl
from django.db import connection

ASKED = """
CREATE TEMPORARY TABLE asked ON COMMIT DROP AS
SELECT * FROM (
  SELECT m.person_id, people_latest(p.born, p.born_precision) AS born, p.sex, p.area_id, m.group_id, n.id AS known,
    n.rules_id, n.valid_until, n.as_of, n.basis AS old_basis,
    hashtextextended(concat_ws('|', p.born, p.born_precision, p.sex, p.area_id, m.group_id, d.digest, t.digest), 0)
      AS basis
  FROM campaigns_member m
  JOIN people_person p ON p.id = m.person_id
  LEFT JOIN dose_digest d ON d.person_id = m.person_id
  LEFT JOIN trait_digest t ON t.person_id = m.person_id
  LEFT JOIN eligibility_nextdose n ON n.person_id = m.person_id AND n.campaign_id = m.campaign_id
  WHERE m.campaign_id = %(campaign)s
) AS every
WHERE %(everyone)s OR known IS NULL OR rules_id <> %(rules)s OR old_basis <> basis
  OR valid_until <= %(on)s OR as_of > %(on)s
"""
STRANGERS = """
DELETE FROM eligibility_nextdose n WHERE n.campaign_id = %s AND NOT EXISTS (
  SELECT 1 FROM campaigns_member m WHERE m.campaign_id = n.campaign_id AND m.person_id = n.person_id)
"""
STAGE = """
CREATE TEMPORARY TABLE next_dose_in (
  person_id bigint, status text, reason text, number smallint, role text, ready_on date,
  from_on date, past_due date, phase text, products varchar(60)[], suitable varchar(60)[],
  valid_until date
) ON COMMIT DROP
"""
COLUMNS = (
    "status",
    "reason",
    "number",
    "role",
    "ready_on",
    "from_on",
    "past_due",
    "phase",
    "products",
    "suitable",
    "valid_until",
)
CHANGED = """
SELECT count(*) FROM next_dose_in i JOIN eligibility_nextdose n
  ON n.person_id = i.person_id AND n.campaign_id = %s
WHERE ({old}) IS DISTINCT FROM ({new})
"""
MERGE = """
INSERT INTO eligibility_nextdose AS n (campaign_id, person_id, {columns}, as_of, rules_id, basis)
SELECT %(campaign)s, i.person_id, {staged}, %(on)s, %(rules)s, a.basis
FROM next_dose_in i JOIN asked a ON a.person_id = i.person_id
ON CONFLICT ON CONSTRAINT next_dose_once DO UPDATE SET {changes},
  as_of = excluded.as_of, rules_id = excluded.rules_id, basis = excluded.basis
WHERE n.as_of > excluded.as_of OR ({old}, n.rules_id, n.basis)
  IS DISTINCT FROM ({fresh}, excluded.rules_id, excluded.basis)
"""
COUNT = """
INSERT INTO eligibility_duecount
  (campaign_id, area_id, group_id, status, reason, phase, role, product, from_on, people)
SELECT n.campaign_id, p.area_id, m.group_id, n.status, n.reason, n.phase, n.role, n.products[1],
  n.from_on, count(*)
FROM eligibility_nextdose n
JOIN people_person p ON p.id = n.person_id
JOIN campaigns_member m ON m.person_id = n.person_id AND m.campaign_id = n.campaign_id
WHERE n.campaign_id = %s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""


def ask(campaign_id: int, rules_id: int, on: date, *, everyone: bool) -> tuple[int, int]:
    """Lay the people to evaluate into the temporary table `asked`; how many they are, and how
    many answers went because their people are no members any more."""
    with connection.cursor() as cursor:
        cursor.execute(STRANGERS, [campaign_id])
        gone = int(cursor.rowcount)
        cursor.execute(
            ASKED, {"campaign": campaign_id, "rules": rules_id, "on": on, "everyone": everyone}
        )
        number = int(cursor.rowcount)
        cursor.execute("ALTER TABLE asked ADD PRIMARY KEY (person_id)")
        cursor.execute("ANALYZE asked")
        cursor.execute(STAGE)
        return number, gone


def frame(query: str, schema: dict[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """The rows of a query, by COPY."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as pipe,
    ):
        text = b"".join(bytes(part) for part in pipe)
    if not text:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(text, has_header=False, schema=schema)


PEOPLE = "SELECT person_id, born, sex, area_id, group_id FROM asked ORDER BY person_id"


def people() -> pl.DataFrame:
    """The people asked about, by id."""
    return frame(
        PEOPLE,
        {
            "person": pl.Int64,
            "born": pl.Date,
            "sex": pl.String,
            "area_id": pl.Int64,
            "group_id": pl.Int64,
        },
    )


def stage(answers: Iterator[pl.DataFrame]) -> None:
    """Answers (columns `person_id` and COLUMNS) into the temporary table."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY next_dose_in (person_id, {', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)"
        ) as pipe,
    ):
        for part in answers:
            pipe.write(
                part.select("person_id", *COLUMNS)
                .write_csv(include_header=False, quote_style="necessary")
                .encode()
            )


def staged() -> int:
    """For how many of the people asked about there is an answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM next_dose_in JOIN asked USING (person_id)")
        return int(cursor.fetchone()[0])


def merge(campaign_id: int, rules_id: int, on: date, *, gone: int = 0) -> int:
    """Staged answers into place; how many differ from before or are new. Counts follow, also
    when people are `gone`. An answer that is as before keeps its day: it still holds."""
    old = ", ".join(f"n.{c}" for c in COLUMNS)
    new = ", ".join(f"i.{c}" for c in COLUMNS)
    values: dict[str, int | date] = {"campaign": campaign_id, "rules": rules_id, "on": on}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE next_dose_in")
        cursor.execute("SELECT count(*) FROM asked WHERE known IS NULL")
        changed = int(cursor.fetchone()[0])
        cursor.execute(CHANGED.format(old=old, new=new), [campaign_id])
        changed += int(cursor.fetchone()[0])
        cursor.execute(
            MERGE.format(
                columns=", ".join(COLUMNS),
                staged=new,
                changes=", ".join(f"{c} = excluded.{c}" for c in COLUMNS),
                old=old,
                fresh=", ".join(f"excluded.{c}" for c in COLUMNS),
            ),
            values,
        )
        if cursor.rowcount or gone:
            cursor.execute("DELETE FROM eligibility_duecount WHERE campaign_id = %s", [campaign_id])
            cursor.execute(COUNT, [campaign_id])
    return changed
