"""No constraint of the database is ever answered with a fault of ours: one reviewed file says of each what
it holds and whether a person's input can meet it; those that can are driven through their door.

`docs/reference/constraints.csv`: `door` is a name of `docs/reference/access-matrix.csv`, or `inside`, where
only our own code could break it; `how` says by what input, or why by none.
"""

import csv
from pathlib import Path

import pytest
from django.db import connection

from tests.web.test_access_matrix import lines as doors

FILE = Path(__file__).parents[2] / "docs" / "reference" / "constraints.csv"
FOUND = """
SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
WHERE t.relnamespace = 'public'::regnamespace AND (c.contype IN ('c', 'u', 'x') OR c.contype = 'p' AND
  EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = c.conkey[1]
    AND a.attidentity = '' AND NOT a.atthasdef))
UNION
SELECT t.relname, i.relname FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = 'public'::regnamespace AND x.indisunique
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u', 'x'))
"""

Line = dict[str, str]


def lines() -> dict[tuple[str, str], Line]:
    with FILE.open(newline="") as file:
        return {(r["table"], r["constraint"]): r for r in csv.DictReader(file)}


def differences(found: set[tuple[str, str]], said: dict[tuple[str, str], Line]) -> list[str]:
    """What the file and the database do not say alike."""
    known = {name for _, _, name in doors()} | {"inside"}
    told = [f"no line for {' '.join(c)}" for c in sorted(found - said.keys())]
    told += [f"a line for nothing: {' '.join(c)}" for c in sorted(said.keys() - found)]
    for constraint, line in said.items():
        if line["door"] not in known:
            told.append(f"{constraint}: {line['door']} is no door")
        if not line["holds"] or not line["how"]:
            told.append(f"{constraint}: the line is not whole")
    return told


@pytest.mark.invariants
def test_the_file_has_a_line_for_each_constraint_of_the_database(committed):
    with connection.cursor() as cursor:
        cursor.execute(FOUND)
        found = {(table, name) for table, name in cursor.fetchall()}
    assert differences(found, lines()) == []


def test_a_constraint_without_a_line_a_line_of_nothing_and_no_door_are_found():
    said = lines()
    real = set(said)
    missing, *_ = real
    assert differences(real | {("t", "new_one")}, said) == ["no line for t new_one"]
    assert differences(real - {missing}, said) == [f"a line for nothing: {' '.join(missing)}"]
    wrong = said | {missing: said[missing] | {"door": "cellar", "how": ""}}
    assert len(differences(real, wrong)) == 2
