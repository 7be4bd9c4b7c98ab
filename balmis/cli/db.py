"""balmis db: the database of this machine, or the one that DATABASE_URL names."""

import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from balmis.cli.runtime import configure, now, open_database, operator, put, say
from balmis.config import embedded
from balmis.core.errors import Unusable

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.command()
def start() -> None:
    """Start the embedded database and leave it running."""
    if os.environ.get("DATABASE_URL"):
        raise Unusable("DATABASE_URL names an external database; Balmis does not start it.")
    embedded.prepare_home()
    embedded.keep_mark().touch()
    put(embedded.start())


@app.command()
def stop() -> None:
    """Stop the embedded database."""
    put("Stopped." if embedded.stop() else "It was not running.")


@app.command()
def status() -> None:
    """Say whether the database runs, and where."""
    if url := os.environ.get("DATABASE_URL"):
        put(f"external: {_without_password(url)}")
    elif running := embedded.url():
        put(f"running: {running}")
    else:
        put(f"stopped: {embedded.home()}")


@app.command()
def migrate() -> None:
    """Bring the database up to date with this version of Balmis."""
    open_database()
    put("Up to date.")


@app.command()
def shell(
    why: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
    owner: Annotated[
        bool, typer.Option(help="As the owner, who may change everything, guards too.")
    ] = False,
) -> None:
    """Open psql on the database, with the program's rights. That it was opened is a line of the trail, and
    says by whom."""
    configure()
    _note("SHELL", why=why, **({"role": "owner"} if owner else {}))
    url, environment = _named(owner=owner)
    subprocess.run([embedded.program("psql"), url], env=environment, check=False)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write a backup of everything to a file, which must not exist. The trail says so."""
    configure()
    if file.exists():
        raise Unusable(f"{file} exists; name a new file.")
    _note("BACKUP", file=file.name)
    partial = file.with_name(file.name + ".part")
    partial.touch(mode=0o600)  # it holds everything: for its owner only
    try:
        _run("pg_dump", "--format=custom", "--file", str(partial), _named(owner=True)[0])
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)
    put(f"Backup written to {file} ({file.stat().st_size:,} bytes).")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup made by 'balmis db backup'.")],
    overwrite: Annotated[bool, typer.Option(help="Replace what the database holds.")] = False,
) -> None:
    """Restore a backup into an empty database, or over the present one with --overwrite."""
    configure()
    if not file.exists():
        raise Unusable(f"There is no file {file}.")
    if not overwrite and _holds_anything():
        raise Unusable("The database is not empty; restore with --overwrite, or into another one.")
    url = _named(owner=True)[0]
    script = file.with_name(file.name + ".sql.part")
    script.touch(mode=0o600)
    try:
        # as one script in one transaction: if anything fails, what was there stays
        _run("pg_restore", "--no-owner", "--schema", "public", "--file", str(script), str(file))
        _run(
            "psql",
            url,
            "--quiet",
            "--no-psqlrc",
            "--single-transaction",
            "--command",
            "SET client_min_messages = warning",
            "--set",
            "ON_ERROR_STOP=1",
            "--output",
            os.devnull,
            "--command",
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
            "--file",
            str(script),
        )
    finally:
        script.unlink(missing_ok=True)
    open_database()  # an older version's is brought up to date; the program gets its rights again
    _note("RESTORE", file=file.name)
    put(f"Restored from {file}.")


def _note(action: str, **facts: str) -> None:
    """A line of the trail, where the database has one yet."""
    from balmis.flows.access.trail import Database, note_act_on_database

    if _holds_anything():
        note_act_on_database(Database[action], actor=operator(), now=now(), **facts)


def _holds_anything() -> bool:
    from django.db import connection

    return bool(connection.introspection.table_names())


def _run(program: str, *arguments: str, quiet: bool = False) -> None:
    done = subprocess.run(
        [embedded.program(program), *arguments],
        env=_named(owner=True)[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unusable(f"{program} failed: {done.stderr.strip()[-800:]}")
    if done.stderr and not quiet:
        say(done.stderr.strip().replace("[", r"\["))


def _named(*, owner: bool) -> tuple[str, dict[str, str]]:
    """The database for a PostgreSQL program: its address, and an environment with the password,
    which must not stand in the list of processes."""
    url = (owner and os.environ.get("BALMIS_OWNER_URL")) or os.environ["DATABASE_URL"]
    password = conninfo_to_dict(url).get("password")
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    return _without_password(url), environment


def _without_password(url: str) -> str:
    parts = {k: v for k, v in conninfo_to_dict(url).items() if k != "password"}
    return make_conninfo("", **parts)
