"""`make stress`: every scenario for its share of ten minutes (STRESS_SECONDS), with figures."""

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.stress.scenarios import SCENARIOS, play, world

SECONDS = float(os.environ.get("STRESS_SECONDS", "600"))


def main() -> None:
    each = SECONDS / len(SCENARIOS)
    clean = True
    with tempfile.TemporaryDirectory(prefix="balmis-stress-") as folder:
        Path(folder).chmod(0o755)
        with world(Path(folder) / "home") as made:
            for name in SCENARIOS:
                outcome = play(made, name, each, people=12_000)
                clean = clean and outcome.verdict.clean
                sys.stdout.write(json.dumps(outcome.line()) + "\n")
                sys.stdout.flush()
    sys.exit(0 if clean else "Something was lost, oversold, doubled or drifted.")


if __name__ == "__main__":
    main()
