"""Run `balmis` as its users do: a process of its own, on a database of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import make_conninfo

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[bytes]]


def url_of(database: str) -> str:
    return make_conninfo(os.environ["DATABASE_URL"], dbname=database)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "balmis.cli", *map(str, arguments)]


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


def until(told: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def answers(port: int, path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return str(response.read().decode())
    except OSError:
        return None
