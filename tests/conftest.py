"""What every test can count on: no network, real data if they are there, real commits on request."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


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
