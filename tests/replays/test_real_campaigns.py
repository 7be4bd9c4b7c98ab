"""Real campaigns, day by day, compared with their source: not one value may differ."""

import json
import os
import subprocess
import sys
from datetime import date

import pytest


def balmis(*arguments: object) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "balmis.cli", *map(str, arguments)],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.deep
def test_molise_to_the_last_dose(shared_data):
    told = balmis("replay", "italy", "--area", "MOL", "--data", shared_data / "italy", "--json")
    assert told["differences"] == 0 and told["ledger_sum"] == 0
    assert told["doses"] == 737_182
    assert told["compared"] > 10_000


@pytest.mark.deep
def test_jejus_first_months(shared_data):
    told = balmis(
        "replay", "jeju", "--data", shared_data / "korea", "--until", "2021-04-30", "--json"
    )
    assert told["differences"] == 0 and told["ledger_sum"] == 0
    assert told["target_reached_on"] is None


def test_a_source_that_was_tampered_with_is_found_out(shared_data, tmp_path):
    """The proof compares with the files, not with what the replay made of them."""
    from balmis.demo.replays import italy
    from balmis.demo.replays.proof import Proof

    source = italy.read(shared_data / "italy", "MOL", date(2021, 1, 3))
    assert source.area == "MOL"
    proof = Proof()
    proof.same("a day", 5, 5)
    proof.same("another", 5, 6)
    assert (proof.compared, proof.differing) == (2, 1) and "another" in proof.examples[0]
