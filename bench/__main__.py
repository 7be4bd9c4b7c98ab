"""Run benchmarks: `python -m bench [PREFIX]` prints one JSON object a line."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from bench.databases import own_server

Bench = Callable[[], Iterator[dict[str, Any]]]


def benches() -> dict[str, Bench]:
    from bench import (
        allocation,
        attacks,
        centre,
        clinic,
        clinic_faults,
        doses,
        eligibility,
        gate,
        gate_jeju,
        people,
        replay,
        safety,
        schedule,
        search,
    )

    return {
        "people.synthesise": people.synthesise,
        "people.import": people.import_,
        "search": search.search,
        "doses.import": doses.import_,
        "doses.record.1": lambda: doses.record(threads=1),
        "doses.record.8": lambda: doses.record(threads=8),
        "replay.basilicata": replay.basilicata,
        "schedule.columnar.1m": lambda: schedule.columnar(1_000_000),
        "schedule.columnar.5m": lambda: schedule.columnar(5_000_000),
        "schedule.columnar.growth": schedule.growth,
        "schedule.columnar.vs_scalar": schedule.vs_scalar,
        "schedule.columnar.vs_numpy": schedule.by_numpy,
        "schedule.scalar.covid": lambda: schedule.scalar(["COVID-19"], 5.0),
        "schedule.scalar.all": lambda: schedule.scalar(None, 50.0),
        "schedule.agreement": schedule.agreement,
        "eligibility.jeju": eligibility.jeju,
        "eligibility.spark": eligibility.spark,
        "gate.confirm.uniform": gate.uniform,
        "gate.confirm.hot": gate.hot,
        "gate.confirm.soldout": gate.sold_out,
        "gate.availability": gate.availability,
        "gate.jeju": gate_jeju.jeju,
        "centre.simulate.roomy": centre.roomy,
        "centre.simulate.tight": centre.tight,
        "centre.sizing": centre.size,
        "attacks.files": attacks.files,
        "attacks.proxy": attacks.proxy,
        "attacks.breaks": attacks.breaks,
        "allocation.jeju": allocation.jeju,
        "allocation.lexicographic": allocation.lexicographic,
        "allocation.shanxi": allocation.shanxi,
        "risk.10000": allocation.risk,
        "safety.oe": safety.oe,
        "safety.threshold": safety.threshold,
        "safety.ebgm": safety.ebgm,
        "clinic.day": clinic.day,
        "clinic.faults": clinic_faults.day,
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
