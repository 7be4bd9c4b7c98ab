"""What every command needs: the database, the clock, the screen and honest errors."""

import json
import os
import pwd
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from balmis.cli.runtime_start import loading
from balmis.config import embedded
from balmis.core.actor import Actor
from balmis.core.errors import Unusable

screen = Console(stderr=True)


def now() -> datetime:
    return datetime.now(UTC)


def operator() -> Actor:
    """Whoever runs a command: the program's own word, with the user of the machine who stands behind it.

    `BALMIS_OPERATOR` names a person where a service's account runs the commands.
    """
    account = pwd.getpwuid(os.getuid()).pw_name
    person = os.environ.get("BALMIS_OPERATOR") or os.environ.get("SUDO_USER")
    words = takewhile(lambda word: not word.startswith("-"), sys.argv[1:3])
    return replace(
        Actor.system("cli"),
        door=" ".join(["balmis", *words]),
        behind=f"{person} as {account}" if person and person != account else account,
    )


def say(text: str) -> None:
    """A line for people, beside the data on standard output."""
    screen.print(text, highlight=False)


def counted(number: int, one: str, many: str) -> str:
    """'1 row', '1,200 rows'."""
    return f"{number:,} {one if number == 1 else many}"


def put(text: str) -> None:
    """Data on standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def put_json(value: Any) -> None:
    put(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def secret_key() -> str:
    """The installation's secret: from the environment, or kept in the data folder."""
    if given := os.environ.get("BALMIS_SECRET_KEY"):
        return given
    return kept_secret("secret-key", lambda: secrets.token_urlsafe(50))


def kept_secret(name: str, make: Callable[[], str]) -> str:
    """A secret of this installation, made once; of several processes the first one wins."""
    path = embedded.prepare_home() / name
    if not path.exists():
        fresh = path.with_name(f"{name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(make())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def configure() -> None:
    """Point Django at the database; start the embedded one if no other is named."""
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = embedded.start()
        os.environ["BALMIS_OWNER_URL"] = embedded.owner_url() or ""
        os.environ["BALMIS_DATABASE_FOLDER"] = str(embedded.home())
    _check_addresses()
    os.environ.setdefault("BALMIS_SECRET_KEY", secret_key())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "balmis.config.settings")
    import django

    django.setup()


def _check_addresses() -> None:
    """Raises Unusable unless both are addresses, of one database: a backup is of the one that is served."""
    program = _address("DATABASE_URL", os.environ["DATABASE_URL"])
    owner = _address("BALMIS_OWNER_URL", os.environ.get("BALMIS_OWNER_URL", ""))
    if owner and any(program.get(part) != owner.get(part) for part in ("host", "port", "dbname")):
        raise Unusable(
            "DATABASE_URL and BALMIS_OWNER_URL name two databases, not two roles of one."
        )


def _address(name: str, url: str) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError as error:
        raise Unusable(f"{name} is not a PostgreSQL address: {str(error).strip()}") from None


@loading()
def open_database(*, migrate: bool = True) -> None:
    """Make the database ready. Raises Unusable, saying what to do, when it is not."""
    configure()
    from django.core.management import call_command
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
        if _is_current():
            return
        if not migrate:
            raise Unusable("The database is not up to date; run 'balmis db migrate' first.")
        from balmis.contexts.journal import grants, locks

        program = str(connection.settings_dict["USER"])
        with (
            as_owner() as apart,
            locks.held(locks.Lock.MIGRATING),
        ):  # of several processes, one migrates
            call_command("migrate", verbosity=0, interactive=False)
            if apart:
                grants.give_rights(program)
    except OperationalError as error:
        raise Unusable(f"The database cannot be reached: {str(error).strip()}") from error


def _is_current() -> bool:
    """Is every migration of this program in the database, and may the program use it?"""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from balmis.contexts.journal import grants

    if not grants.has_rights():
        return False
    executor = MigrationExecutor(connection)
    _check_not_newer(executor.loader)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@contextmanager
def as_owner() -> Iterator[bool]:
    """Act as the database's owner, of whom BALMIS_OWNER_URL says how to come in. False where the program's
    own role is the owner: none is named."""
    from django.db import connection

    from balmis.config.settings import database_of

    url = os.environ.get("BALMIS_OWNER_URL")
    if not url:
        yield False
        return
    program = connection.settings_dict.copy()
    connection.close()
    try:
        connection.settings_dict.update(database_of(url))
        yield True
    finally:
        connection.close()
        connection.settings_dict.update(program)


def _check_not_newer(loader: Any) -> None:
    """Raises Unusable when a newer version of the program has changed this database: what it added, this
    one would neither fill nor heed."""
    from django.apps import apps

    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("balmis.")}
    newer = sorted(
        f"{label}.{name}"
        for label, name in set(loader.applied_migrations) - set(loader.disk_migrations)
        if label in ours
    )
    if newer:
        raise Unusable(
            f"A newer version of Balmis has changed this database ({newer[0]}). Start that version, or "
            "restore a backup from before it."
        )


@contextmanager
def progress(
    title: str, total: int | None, *, quiet: bool = False
) -> Iterator[Callable[[int], None]]:
    """A bar with an estimate of the time left, on the screen only."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        console=screen,
        transient=True,
        disable=quiet or not screen.is_terminal,
    )
    with bar:
        task = bar.add_task(title, total=total)
        yield lambda n: bar.advance(task, n)


def read_text(path: Path) -> str:
    """The text of a file. Raises Unusable when there is none or it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Unusable(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} cannot be read as UTF-8 text: {error}") from None
