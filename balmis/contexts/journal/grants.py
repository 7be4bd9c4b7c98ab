"""What the program's role of the database may do: read and write, and of what is append-only no more than
add to it. Tables, functions and guards belong to another role, the owner, which migrates."""

import pgtrigger
from django.db import connection, transaction
from psycopg import sql

READ_ONLY = ("django_migrations",)
CHANGED = {  # the one column that may change of what is append-only, as its guard says
    "clinic_dose": "person_id",  # by a merge
    "units_answer": "reason",  # emptied when its member is forgotten
}
ANALYZED = ("people_person", "people_trait")  # by the imports of whole registers
MAINTAIN = 170_000  # the version of PostgreSQL from which the right to analyze can be given


def append_only_tables() -> list[str]:
    """Tables whose rows stay as they were written."""
    guards = pgtrigger.registered()
    return sorted({m._meta.db_table for m, guard in guards if guard.name == "append_only"})


@transaction.atomic
def give_rights(role: str) -> None:
    """As the owner: give the role what the program needs, and take back whatever it had beyond that."""
    named = sql.Identifier(role)
    own = [
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA public FROM {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]
    statements = [sql.SQL(text).format(role=named) for text in own]
    for table in append_only_tables():
        statements.append(_on("REVOKE UPDATE, DELETE ON {table} FROM {role}", table, named))
    for table, column in CHANGED.items():
        right = sql.SQL("GRANT UPDATE ({column}) ").format(column=sql.Identifier(column))
        statements.append(right + _on("ON {table} TO {role}", table, named))
    for table in READ_ONLY:
        statements.append(_on("REVOKE INSERT, UPDATE, DELETE ON {table} FROM {role}", table, named))
    if connection.pg_version >= MAINTAIN:  # type: ignore[attr-defined]
        for table in ANALYZED:
            statements.append(_on("GRANT MAINTAIN ON {table} TO {role}", table, named))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _on(text: str, table: str, role: sql.Identifier) -> sql.Composed:
    return sql.SQL(text).format(table=sql.Identifier(table), role=role)


READABLE = """
SELECT coalesce(bool_and(has_table_privilege(oid, 'SELECT')), false) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
"""


def has_rights() -> bool:
    """May the role of this connection read every table? False where there is none yet."""
    with connection.cursor() as cursor:
        cursor.execute(READABLE)
        found = cursor.fetchone()
    return bool(found and found[0])


BEYOND = """
SELECT c.relname, c.relowner = me.oid OR me.rolsuper, has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
FROM pg_class c, pg_roles me
WHERE me.rolname = current_user AND c.relnamespace = current_schema()::regnamespace
AND c.relkind = 'r' AND c.relname = ANY(%s)
"""


def rights_beyond() -> list[str]:
    """What the role of this connection may do to append-only tables though it should not, in words."""
    with connection.cursor() as cursor:
        cursor.execute(BEYOND, [append_only_tables()])
        rows = sorted(cursor.fetchall())
    if owned := [table for table, owns, _ in rows if owns]:
        return [f"the program's role owns {len(owned)} append-only tables, {owned[0]} among them"]
    return [f"the program's role may change {table}" for table, _, may in rows if may]
