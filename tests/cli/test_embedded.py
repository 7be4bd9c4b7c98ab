"""The embedded database: several processes share it, and the last one leaves it stopped."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from balmis.config import embedded
from tests.programs import ADDRESSES, command


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="balmis-home-"))
    folder.chmod(0o755)
    yield folder
    run(folder, "db", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def environment(home: Path) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ADDRESSES} | {"BALMIS_HOME": str(home)}


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment(home), capture_output=True, text=True, check=False
    )


def test_start_status_and_stop(home):
    assert "stopped" in run(home, "db", "status").stdout
    assert run(home, "db", "start").returncode == 0
    assert "running" in run(home, "db", "status").stdout
    assert run(home, "campaign", "list").returncode == 0
    assert "running" in run(home, "db", "status").stdout, "start leaves it running"
    stopped = run(home, "db", "stop")
    assert "Stopped" in stopped.stdout and stopped.stderr == ""
    assert "stopped" in run(home, "db", "status").stdout


@pytest.mark.deep
def test_several_first_commands_at_once_share_one_server_and_leave_it_stopped(home):
    processes = [
        subprocess.Popen(
            command("campaign", "load", "jeju-2021"),
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    told = [(p.communicate(timeout=120), p.returncode) for p in processes]
    assert [code for _, code in told] == [0, 0, 0, 0], told
    said = [out for (out, _), _ in told]
    assert sum("nothing has changed" in out for out in said) == 3
    assert "stopped" in run(home, "db", "status").stdout
    assert run(home, "campaign", "list").stdout.count("jeju-2021") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as another user")
def test_another_user_of_the_machine_does_not_come_in(home):
    """Though the socket lies where everybody can walk: the server asks the system who it is."""
    assert run(home, "db", "start").returncode == 0
    assert "trust" not in (home / "postgres" / "pg_hba.conf").read_text()
    ask = [
        embedded.program("psql"),
        "-h",
        str(home / "postgres"),
        "-U",
        "postgres",
        "-c",
        "SELECT 1",
    ]
    for user, comes_in in (("root", True), ("nobody", False)):
        done = subprocess.run(
            [*ask, "balmis"], capture_output=True, text=True, check=False, user=user, cwd="/"
        )
        assert (done.returncode == 0) is comes_in, (user, done.stderr)
    assert "Peer authentication failed" in done.stderr or "Permission denied" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for the server")
def test_a_closed_folder_stays_closed_and_is_told(home):
    inner = home / "inside"
    inner.mkdir(mode=0o755)
    home.chmod(0o700)
    done = run(inner, "db", "start")
    assert done.returncode != 0 and f"chmod o+x {home}" in done.stderr.replace("\n", " ")
    assert home.stat().st_mode & 0o777 == 0o700
    long = home / ("x" * 100)
    home.chmod(0o755)
    assert "too long a name" in run(long, "db", "start").stderr.replace("\n", " ")
