"""Run `balmis` as its users do: a process of its own, on a database of its own."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from psycopg.conninfo import make_conninfo

from tests.databases import owner_url

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[bytes]]


ADDRESSES = ("DATABASE_URL", "BALMIS_OWNER_URL")  # a program without them starts its own database


def url_of(database: str) -> str:
    return make_conninfo(os.environ["DATABASE_URL"], dbname=database)


def addresses_of(database: str) -> dict[str, str]:
    """How a program comes to the database, and how its owner does."""
    return {"DATABASE_URL": url_of(database), "BALMIS_OWNER_URL": owner_url(database)}


def environment_for(database: str, home: Path) -> dict[str, str]:
    """What a program beside the test is given: the test's database, a folder of its own."""
    named = {"BALMIS_HOME": str(home), "BALMIS_LOG": "INFO"}
    return os.environ | addresses_of(database) | named


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "balmis.cli", *map(str, arguments)]


def told_here(arguments: Iterable[object]) -> subprocess.CompletedProcess[str]:
    """Run a command in this process: what most of them cost is its start."""
    from balmis.cli.main import main

    words, out, err, status = [str(word) for word in arguments], io.StringIO(), io.StringIO(), 0
    before = signal.getsignal(signal.SIGTERM)
    with (
        mock.patch.object(sys, "argv", ["balmis", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            signal.signal(signal.SIGTERM, before)
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


def run_here(environment: dict[str, str], folder: Path) -> Run:
    """Commands on the test's database, one after the other in this process; none may print a traceback."""

    def run(
        *arguments: object, check: bool = True, **more: str
    ) -> subprocess.CompletedProcess[str]:
        with (
            mock.patch.dict(os.environ, environment | more),
            mock.patch("django.setup"),  # done, and the log is the tests' own
            chdir(folder),
        ):
            return passed(told_here(arguments), check)

    return run


def run_apart(environment: dict[str, str], folder: Path) -> Run:
    """Commands as their users start them; none may print a traceback."""

    def run(
        *arguments: object, check: bool = True, **more: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command(*arguments),
            env=environment | more,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return passed(done, check)

    return run


def passed(done: subprocess.CompletedProcess[str], check: bool) -> subprocess.CompletedProcess[str]:
    assert "Traceback" not in done.stderr, done.stderr
    assert not check or done.returncode == 0, done.stderr
    return done


@contextmanager
def starting(environment: dict[str, str], folder: Path) -> Iterator[Start]:
    """Start programs in the background, their output in log-0, log-1, …; ends what still runs."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        with (folder / f"log-{len(processes)}").open("wb") as log:
            process = subprocess.Popen(command(*arguments), env=environment, stderr=log, stdout=log)
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve_pages(start: Start) -> str:
    """The address of pages that answer."""
    port = free_port()
    server = start("web", "--port", port)
    until(lambda: answers(port, "/health/ready") or server.poll() is not None)
    assert server.poll() is None, "the server ended; its log is in the folder of the test"
    return f"http://127.0.0.1:{port}"


def until(told: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def answers(port: int, path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return str(response.read().decode())
    except OSError:
        return None
