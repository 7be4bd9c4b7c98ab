"""SQL that lives in files: functions and views of the database, one a file, in `contexts/<app>/sql`.

A migration loads a file as it stands. Who changes a file adds a migration that loads it again;
`tests/contexts/test_sql_files.py` finds a database whose functions are not those of the files.
"""

from pathlib import Path

from django.db import migrations

CONTEXTS = Path(__file__).resolve().parents[1]


def sql_files() -> list[Path]:
    return sorted(CONTEXTS.glob("*/sql/*.sql"))


def load_sql(context: str, *names: str) -> list[migrations.RunSQL]:
    """Operations that create or replace these; a body may name what later migrations make."""
    texts = [(CONTEXTS / context / "sql" / f"{name}.sql").read_text("utf-8") for name in names]
    later = "SET LOCAL check_function_bodies = off"
    return [migrations.RunSQL([later, text], migrations.RunSQL.noop) for text in texts]
