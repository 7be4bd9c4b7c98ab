"""A server of the benchmark's own, with the settings users run, and fresh databases in it."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

_number = itertools.count(1)


@contextmanager
def own_server() -> Iterator[None]:
    """The embedded PostgreSQL in a temporary folder, or the server of DATABASE_URL."""
    os.environ.setdefault("BALMIS_LOG", "ERROR")
    os.environ.setdefault("BALMIS_SECRET_KEY", "only-for-benchmarks")
    os.environ["DJANGO_SETTINGS_MODULE"] = "balmis.config.settings"
    home = None
    if not os.environ.get("DATABASE_URL"):
        home = Path(tempfile.mkdtemp(prefix="balmis-bench-"))
        home.chmod(0o755)
        os.environ["BALMIS_HOME"] = str(home)
        from balmis.config import embedded

        embedded.start()
        os.environ["DATABASE_URL"] = embedded.owner_url() or ""
    import django

    django.setup()
    try:
        yield
    finally:
        from django.db import connections

        connections.close_all()
        if home is not None:
            embedded.stop()
            shutil.rmtree(home, ignore_errors=True)


def url_of(name: str) -> str:
    return make_conninfo(os.environ["DATABASE_URL"], dbname=name)


def _admin(statement: sql.Composed) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(statement)


@contextmanager
def database(template: str = "template0") -> Iterator[str]:
    """A new database, a copy of the template; Django uses it until it is dropped."""
    from django.core.management import call_command
    from django.db import connection

    name = f"balmis_bench_{os.getpid()}_{next(_number)}"
    before = connection.settings_dict["NAME"]
    connection.close()
    _admin(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )
    connection.settings_dict["NAME"] = name
    try:
        if template == "template0":
            call_command("migrate", verbosity=0)
        yield name
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        _admin(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
