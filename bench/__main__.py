"""Run benchmarks: `python -m bench [PREFIX]` prints one JSON object a line."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from bench.databases import own_server

Bench = Callable[[], Iterator[dict[str, Any]]]


def benches() -> dict[str, Bench]:
    from bench import doses, people, replay

    return {
        "people.synthesise": people.synthesise,
        "people.import": people.import_,
        "doses.import": doses.import_,
        "doses.record.1": lambda: doses.record(threads=1),
        "doses.record.8": lambda: doses.record(threads=8),
        "replay.basilicata": replay.basilicata,
    }


def main() -> None:
    prefix = sys.argv[1] if len(sys.argv) > 1 else ""
    with own_server():
        chosen = {name: bench for name, bench in benches().items() if name.startswith(prefix)}
        if not chosen:
            sys.exit(f"No benchmark begins with {prefix!r}; there are: {', '.join(benches())}")
        for name, bench in chosen.items():
            for result in bench():
                print(json.dumps({"bench": name} | result), flush=True)


if __name__ == "__main__":
    main()
