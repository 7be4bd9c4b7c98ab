"""The short form of `make stress`: every scenario for some seconds, kills included."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stress.scenarios import SCENARIOS, play, world
from tests.stress.world import World

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def stressed() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="balmis-stress-") as folder:
        Path(folder).chmod(0o755)
        with world(Path(folder) / "home") as made:
            yield made


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_lost_oversold_or_doubled(stressed, name):
    killing = "killed" in name
    outcome = play(stressed, name, seconds=9 if killing else 4, people=3000)

    assert outcome.verdict.clean, outcome.verdict
    assert outcome.acknowledged > 0 and outcome.unanswered == 0
    assert (outcome.kills > 0) == killing
