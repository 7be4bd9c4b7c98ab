"""The replay of Basilicata: 1.3 million doses, 1,000 closed days."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measuring import raw_copy, result

LIMIT = 300.0  # seconds on two cores


def basilicata() -> Iterator[dict[str, Any]]:
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = Path(os.environ.get("BALMIS_DATA", default)) / "italy"
    if not data.exists():
        yield {"skipped": f"the real data are not here: {data} (name their folder in BALMIS_DATA)"}
        return
    ours, peer, memory, doses = [], [], 0, 0
    for _ in range(int(os.environ.get("BENCH_ROUNDS", "2"))):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "balmis.cli",
                "replay",
                "italy",
                "--area",
                "BAS",
                "--data",
                str(data),
                "--json",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        told = json.loads(done.stdout)
        ours.append(float(told["seconds"]))
        memory, doses = max(memory, told["peak_memory_mb"]), told["doses"]
        peer.append(raw_copy(told["database"], "clinic_dose"))
    yield result(
        ours,
        peer,
        doses,
        "doses/s",
        "raw COPY of the same dose rows, no index",
        seconds=sorted(ours)[len(ours) // 2],
        limit_seconds=LIMIT,
        peak_memory_mb=memory,
    )
