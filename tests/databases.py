"""Fresh copies of a migrated database, for tests that commit."""

import copy
import functools
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from balmis.cli.runtime_start import loading
from balmis.config import embedded, settings
from balmis.contexts.journal.grants import give_rights

Made = TypeVar("Made")
_number = itertools.count(1)
_worlds: dict[tuple[object, ...], tuple[str, object]] = {}
# Tests may lose their database with the machine: no waiting for the disk.
FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_compression = off
max_wal_size = 256MB
max_connections = 200
"""


@functools.cache
def _named() -> str:
    """The database that DATABASE_URL names; without one, of the embedded server, started now."""
    if os.environ.get("BALMIS_TESTS") == "without database":
        raise RuntimeError("This test needs a database; it does not belong to `make test-core`.")
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = embedded.start(settings=embedded.SETTINGS + FAST)
        os.environ["BALMIS_OWNER_URL"] = embedded.owner_url() or ""
        connection.settings_dict.update(settings.database_of(os.environ["DATABASE_URL"]))
    return str(connection.settings_dict["NAME"])


def owner_url(database: str) -> str:
    """The address of a database as its owner."""
    url = os.environ.get("BALMIS_OWNER_URL") or os.environ["DATABASE_URL"]
    return make_conninfo(url, dbname=database)


def _admin() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(owner_url(_named()), autocommit=True)


@contextmanager
def as_owner() -> Iterator[None]:
    """Django acts as the owner, who may turn guards off; tests otherwise act as the program."""
    program = connection.settings_dict.copy()
    connection.close()
    try:
        connection.settings_dict.update(settings.database_of(owner_url(str(program["NAME"]))))
        yield
    finally:
        connection.close()
        connection.settings_dict.update(program)


def _create(name: str, template: str) -> None:
    with _admin() as admin:
        admin.execute(
            # files are copied: a quarter of the time of writing it all through the log
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
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


def _make_template(name: str) -> None:
    _create(name, "template0")
    try:
        _use(name)
        program = str(connection.settings_dict["USER"])
        with as_owner(), loading():
            call_command("migrate", verbosity=0)
            if os.environ.get("BALMIS_OWNER_URL"):
                give_rights(program)
    except BaseException:
        _use(_named())
        _drop(name)
        raise
    _use(_named())


@contextmanager
def migrated_template() -> Iterator[str]:
    """A migrated, empty database to copy from: the first worker of a run makes it for all of them, the
    last one to leave drops it."""
    name = f"balmis_template_{os.environ.get('PYTEST_XDIST_TESTRUNUID') or os.getpid()}"
    with _admin() as user:
        user.execute("SELECT pg_advisory_lock(hashtext(%s), 1)", [name])  # one makes it
        if not user.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
            _make_template(name)
        user.execute("SELECT pg_advisory_lock_shared(hashtext(%s), 2)", [name])  # and uses it
        user.execute("SELECT pg_advisory_unlock(hashtext(%s), 1)", [name])
        try:
            yield name
        finally:
            while _worlds:
                _drop(_worlds.popitem()[1][0])
            user.execute("SELECT pg_advisory_unlock_shared(hashtext(%s), 2)", [name])
            last = user.execute("SELECT pg_try_advisory_lock(hashtext(%s), 2)", [name]).fetchone()
            if last and last[0]:
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
        _use(_named())
        _drop(name)


def world(build: Callable[[], Made]) -> Made:
    """What `build` puts into the test's database and returns: made by the first test of a worker that asks,
    copied for the others. A world knows of days around the present, so it lasts for the day."""
    here, key = str(connection.settings_dict["NAME"]), (build, datetime.now(UTC).date())
    connection.close()
    if key in _worlds:
        kept, made = _worlds[key]
        _drop(here)
        _create(here, kept)
        return copy.deepcopy(made)  # type: ignore[return-value]
    built = build()
    connection.close()
    kept = f"balmis_world_{os.getpid()}_{next(_number)}"
    _create(kept, here)
    _worlds[key] = kept, copy.deepcopy(built)
    return built
