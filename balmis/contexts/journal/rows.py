"""Plain INSERT and SELECT of model rows, for the few flows that hundreds wait for.

`row.save()` and a query set build their statement anew each time, which at a desk's dose costs more
than the database does. These build it once for each model. Same rows, same conversions.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, JSONField, Model

M = TypeVar("M", bound=Model)


@functools.cache
def _columns(model: type[Model]) -> tuple[list[Field[Any, Any]], str]:
    fields = list(model._meta.concrete_fields)
    table = model._meta.db_table
    return fields, ", ".join(f'"{table}"."{f.column}"' for f in fields)


@functools.cache
def _insert(model: type[Model]) -> tuple[list[Field[Any, Any]], str]:
    fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    names = ", ".join(f'"{f.column}"' for f in fields)
    marks = ", ".join(["%s"] * len(fields))
    return fields, (
        f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks}) '  # noqa: S608
        f'RETURNING "{model._meta.pk.column}"'
    )


def insert(row: M) -> M:
    """A new row with a key that the database makes."""
    fields, statement = _insert(type(row))
    values = [f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, "default"
    return row


def _read(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def rows_of(model: type[M], rest: str, values: Sequence[Any], *, view: str = "") -> list[M]:
    """The rows of `SELECT columns FROM table` with this rest of the statement; or of a `view` with the
    same columns, under the name of the table."""
    fields, columns = _columns(model)
    table = model._meta.db_table
    source = f'"{view}" AS "{table}"' if view else f'"{table}"'
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {source} {rest}", values)  # noqa: S608
        found = cursor.fetchall()
    for n, f in enumerate(fields):
        if isinstance(f, JSONField):
            found = [(*r[:n], _read(r[n]), *r[n + 1 :]) for r in found]
    names = [f.attname for f in fields]
    return [model.from_db("default", names, r) for r in found]
