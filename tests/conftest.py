"""What every test can count on: no network, real data if they are there, real commits on request."""

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test, settings

from tests.budgets import DEEP, examples

gc.disable()  # until everything is loaded

settings.register_profile("deep", max_examples=100)
settings.register_profile("each time", max_examples=examples(100))
settings.load_profile("deep" if DEEP else "each time")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever tries cases of chance is tried longer in a deep run."""
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("random")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no look for garbage goes through it."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for another machine fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("", "127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data beside the project; the test is skipped where it is absent."""
    folder = Path(os.environ.get("BALMIS_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.exists():
        pytest.skip(f"the real data are not here: {folder} (name their folder in BALMIS_DATA)")
    return folder


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    from tests.databases import migrated_template

    with migrated_template() as name:
        yield name


@pytest.fixture
def committed(template: str) -> Iterator[str]:
    """A real database with real commits: a fresh copy, dropped afterwards.

    Flows are the outermost transactions, so no test wraps them in one of its own.
    """
    from tests.databases import fresh_copy

    with fresh_copy(template) as name:
        yield name


@pytest.fixture
def environment(committed: str, tmp_path: Path) -> dict[str, str]:
    """For programs started beside the test, on the test's database."""
    from django.db import connection

    from tests.programs import environment_for

    connection.close()
    return environment_for(committed, tmp_path / "home")


@pytest.fixture
def balmis(environment: dict[str, str], tmp_path: Path) -> Any:
    """Run a command to its end, in this process: cheap."""
    from tests.programs import run_here

    return run_here(environment, tmp_path)


@pytest.fixture
def balmis_apart(environment: dict[str, str], tmp_path: Path) -> Any:
    """Run a command to its end in a process of its own, as its users do."""
    from tests.programs import run_apart

    return run_apart(environment, tmp_path)


@pytest.fixture
def started(environment: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    from tests.programs import starting

    with starting(environment, tmp_path) as start:
        yield start
