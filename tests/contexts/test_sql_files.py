"""The SQL files are what the database runs: each equals the function or view of its name."""

import re
from pathlib import Path

import pytest
from django.db import connection, transaction

from balmis.contexts.journal.sql_files import sql_files
from balmis.core.booking.take_codes import Answer
from tests.databases import as_owner

OURS = r"""
SELECT proname, pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname NOT LIKE '%pgtrigger\_%'
  AND NOT starts_with(proname, 'procrastinate_') AND prokind = 'f'
UNION ALL
SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'
"""
MADE = re.compile(r"^CREATE OR REPLACE (?:FUNCTION|VIEW) (\w+)", re.MULTILINE)
SAID = re.compile(r"\b(\d+) ([A-Z_]+)\b")


def head_of(path: Path) -> str:
    return path.read_text("utf-8").split("CREATE")[0]


WITH_CODES = [p for p in sql_files() if SAID.search(head_of(p))]


def definitions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(OURS)
        return dict(cursor.fetchall())


def name_of(path: Path) -> str:
    found = MADE.findall(path.read_text("utf-8"))
    assert len(found) == 1, f"{path} holds one function or view"
    return str(found[0])


@pytest.mark.invariants
def test_every_function_and_view_of_the_database_has_its_file(committed):
    assert set(definitions()) == {name_of(path) for path in sql_files()}


@pytest.mark.invariants
@pytest.mark.parametrize("path", sql_files(), ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_a_file_changes_nothing_in_a_migrated_database(committed, path):
    before = definitions()
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(path.read_text("utf-8"))
        after = definitions()
        transaction.set_rollback(True)
    assert after == before, f"{path.name} was changed: add a migration that loads it again"


def test_a_changed_file_is_seen(committed):
    path = next(p for p in sql_files() if p.stem == "keep")
    text = path.read_text("utf-8").replace("news = FALSE", "news = TRUE")
    assert text != path.read_text("utf-8")
    before = definitions()
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text)
        assert definitions() != before
        transaction.set_rollback(True)


@pytest.mark.parametrize("path", WITH_CODES)
def test_the_codes_that_a_file_names_are_those_of_the_program(path):
    said = {int(number): name for number, name in SAID.findall(head_of(path))}
    assert said == {n: Answer(n).name for n in said}


def test_every_code_is_named_in_a_file():
    heads = " ".join(head_of(p) for p in WITH_CODES)
    assert {int(number) for number, _ in SAID.findall(heads)} >= set(Answer)
