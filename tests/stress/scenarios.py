"""What is tried, and for how long."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.programs import answers, free_port, until
from tests.stress.checker import Verdict, judge
from tests.stress.load import Load
from tests.stress.world import CODE, World

_number = itertools.count(1)
Disturb = Callable[[World, "Outcome"], Awaitable[None]]


@dataclass
class Outcome:
    """One scenario's figures."""

    name: str
    verdict: Verdict
    requests: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    kills: int = 0
    recovery: float | None = None  # the longest from the database's return to a confirmed booking
    backs: tuple[float, ...] = ()

    def line(self) -> dict[str, Any]:
        return {
            "scenario": self.name,
            "requests": self.requests,
            "acknowledged": self.acknowledged,
            "unanswered": self.unanswered,
            "kills": self.kills,
            **self.verdict.counts(),
            "recovery_seconds": self.recovery and round(self.recovery, 2),
        }


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """Two gates on a database of their own."""
    ports = [free_port(), free_port()]
    made = World(folder, ports)
    try:
        for port in ports:
            made.start_gate(port)
        for port in ports:
            path = f"/gate/v1/availability?campaign={CODE}"
            until(lambda p=port, q=path: answers(p, q) is not None)
        yield made
    finally:
        made.close()


async def undisturbed(_world: World, _outcome: Outcome) -> None:
    return None


async def holds_pass(world: World, _outcome: Outcome) -> None:
    while True:
        await asyncio.sleep(0.7)
        await asyncio.to_thread(world.pass_holds)


async def gates_die(world: World, _outcome: Outcome) -> None:
    for port in itertools.cycle(world.ports):
        await asyncio.sleep(2.5)
        await asyncio.to_thread(world.kill_gate, port)


async def database_dies(world: World, outcome: Outcome) -> None:
    while True:
        await asyncio.sleep(3)
        back = await asyncio.to_thread(world.kill_database)
        outcome.backs += (back,)


async def everything_dies(world: World, outcome: Outcome) -> None:
    await asyncio.gather(
        gates_die(world, outcome), database_dies(world, outcome), holds_pass(world, outcome)
    )


# name: pools, places in each, holds too, disturbance
SCENARIOS: dict[str, tuple[int, int, bool, Disturb]] = {
    "hot": (20, 100, False, undisturbed),
    "uniform": (1000, 12, False, undisturbed),
    "sold out": (10, 5, False, undisturbed),
    "holds": (20, 30, True, holds_pass),
    "gates killed": (50, 60, True, gates_die),
    "database killed": (50, 200, False, database_dies),
    "everything killed": (50, 100, True, everything_dies),
}


def play(world: World, name: str, seconds: float, people: int) -> Outcome:
    """One scenario; what was said is compared with what is stored at its end."""
    pools, capacity, holds, disturb = SCENARIOS[name]
    ids = world.add_pools(pools, capacity)
    load = Load(world, ids, next(_number), holds=holds)
    outcome, before = Outcome(name, Verdict()), world.kills
    asyncio.run(_play(load, disturb, outcome, seconds, people))
    outcome.verdict = judge(load.said, world.rows(load.number), world.pools(ids))
    told = {s.request for s in load.said if s.booking is not None}
    outcome.requests, outcome.acknowledged = load.requests, len(told)
    outcome.unanswered, outcome.kills = load.unanswered, world.kills - before
    got = sorted(s.at for s in load.said if s.booking is not None and s.act != "hold")
    gaps = [next((t - back for t in got if t > back), None) for back in outcome.backs]
    outcome.recovery = max((g for g in gaps if g is not None), default=None)
    return outcome


async def _play(
    load: Load, disturb: Disturb, outcome: Outcome, seconds: float, people: int
) -> None:
    disturbance = asyncio.create_task(disturb(load.world, outcome))
    began = time.monotonic()
    try:
        while (left := seconds - (time.monotonic() - began)) > 0:
            await load.run(left, people)
            if disturb is undisturbed:
                break
            load.seed += 1
    finally:
        disturbance.cancel()
        await asyncio.gather(disturbance, return_exceptions=True)
    await asyncio.to_thread(_settle, load.world)


def _settle(world: World) -> None:
    """A disturbance may have been cut off half-way: everything runs again before the count."""
    world.start_database()
    for port in world.ports:
        if world.gates[port].poll() is not None:
            world.start_gate(port)
