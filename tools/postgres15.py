"""Run the invariants and concurrency tests on PostgreSQL 15 as well, since users run both.

Uses initdb, pg_ctl and postgres from the PATH (Debian's postgresql-15). They refuse to run
as root: then the server runs as the system user 'postgres' or 'nobody'.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PORT = 54315


def programs() -> Path | None:
    """The folder of PostgreSQL 15's programs; None when it is not installed."""
    for folder in (Path("/usr/lib/postgresql/15/bin"), Path(shutil.which("initdb") or "/-").parent):
        if (folder / "initdb").exists():
            told = subprocess.run(
                [folder / "postgres", "--version"], capture_output=True, text=True, check=False
            )
            if " 15." in told.stdout:
                return folder
    return None


def server_user() -> str | None:
    """The user to run the server as, when we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def as_user(user: str | None, *command: str | Path) -> None:
    prefix = (
        []
        if user is None
        else [
            "setpriv",
            f"--reuid={user}",
            f"--regid={pwd.getpwnam(user).pw_gid}",
            "--clear-groups",
        ]
    )
    subprocess.run([*prefix, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")


def run() -> int:
    bin_ = programs()
    if bin_ is None:
        if os.environ.get("CI") == "true":
            print("PostgreSQL 15 is needed: apt-get install postgresql-15")
            return 1
        print("PostgreSQL 15 is not installed; its tests are skipped here and run in CI.")
        return 0
    user = server_user()
    with tempfile.TemporaryDirectory(prefix="balmis-pg15-", ignore_cleanup_errors=True) as folder:
        if user is not None:
            shutil.chown(folder, user)
        data = Path(folder) / "data"
        as_user(
            user,
            bin_ / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        options = f"-p {PORT} -k {folder} -c listen_addresses= -c fsync=off"
        as_user(
            user, bin_ / "pg_ctl", "-w", "-D", data, "-l", f"{folder}/log", "-o", options, "start"
        )
        try:
            url = f"postgresql://postgres@/postgres?host={folder}&port={PORT}"
            command = [sys.executable, "-m", "pytest", "-q", "-m", "invariants", *sys.argv[1:]]
            return subprocess.run(
                command, env=os.environ | {"DATABASE_URL": url}, check=False
            ).returncode
        finally:
            as_user(user, bin_ / "pg_ctl", "-w", "-D", data, "-m", "fast", "stop")


if __name__ == "__main__":
    sys.exit(run())
