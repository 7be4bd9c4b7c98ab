"""Fresh copies of a migrated database, for tests that commit."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

_number = itertools.count(1)
_named = connection.settings_dict["NAME"]  # the database that DATABASE_URL names


def _admin() -> psycopg.Connection[tuple[object, ...]]:
    database = connection.settings_dict
    return psycopg.connect(
        dbname=_named,
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        autocommit=True,
    )


def _create(name: str, template: str) -> None:
    with _admin() as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def _drop(name: str) -> None:
    with _admin() as admin:
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


@contextmanager
def migrated_template() -> Iterator[str]:
    """A migrated, empty database of this worker, to copy from."""
    name = f"balmis_template_{os.getpid()}"
    _drop(name)
    _create(name, "template0")
    _use(name)
    call_command("migrate", verbosity=0)
    _use(_named)
    try:
        yield name
    finally:
        _drop(name)


@contextmanager
def fresh_copy(template: str) -> Iterator[str]:
    """Point Django at a new copy of the template; drop it at the end."""
    name = f"balmis_test_{os.getpid()}_{next(_number)}"
    from django.core.cache import cache

    from balmis.contexts.campaigns.queries import plan_of

    _create(name, template)
    _use(name)
    plan_of.cache_clear()  # kept by the number of a revision, which this database has anew
    cache.clear()
    try:
        yield name
    finally:
        _use(_named)
        _drop(name)
