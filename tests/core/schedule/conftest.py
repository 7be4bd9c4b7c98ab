"""CDSi's supporting data, read once for all tests that need it."""

from functools import lru_cache
from pathlib import Path

import pytest

from balmis.core.schedule.cdsi.importer import import_cdsi
from balmis.core.schedule.format import ScheduleFile
from balmis.core.schedule.rules import Schedule, ready


@lru_cache
def imported(folder: Path) -> ScheduleFile:
    files = {p.name: p.read_bytes() for p in sorted(folder.glob("*.xml"))}
    return import_cdsi(files, id="cdsi-4.64", version="4.64-508")


@lru_cache
def _ready(folder: Path) -> Schedule:
    return ready(imported(folder))


@pytest.fixture
def cdsi_file(shared_data: Path) -> ScheduleFile:
    return imported(shared_data / "cdsi" / "supporting-4.64")


@pytest.fixture
def cdsi(shared_data: Path) -> Schedule:
    return _ready(shared_data / "cdsi" / "supporting-4.64")
