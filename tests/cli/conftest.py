"""Run `balmis` as its users do: a process of its own, on a database of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

Run = Callable[..., subprocess.CompletedProcess[str]]


def url_of(database: str) -> str:
    return make_conninfo(os.environ["DATABASE_URL"], dbname=database)


@pytest.fixture
def environment(committed: str, tmp_path: Path) -> dict[str, str]:
    connection.close()
    return os.environ | {"DATABASE_URL": url_of(committed), "BALMIS_HOME": str(tmp_path / "home"),
                         "BALMIS_LOG": "INFO"}  # fmt: skip


@pytest.fixture
def balmis(environment: dict[str, str], tmp_path: Path) -> Run:
    def run(
        *arguments: object, check: bool = True, **more: str
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "balmis.cli", *map(str, arguments)]
        done = subprocess.run(command, env=environment | more, cwd=tmp_path, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert not check or done.returncode == 0, done.stderr
        return done

    return run
