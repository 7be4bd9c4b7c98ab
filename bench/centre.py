"""A centre's day: our kernels against SimPy, on the same people."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from balmis.core.centre import events, tandem
from balmis.core.centre.drawing import Arrivals, Centre, Duration, draw
from balmis.core.centre.line import NEVER, Draws, Line, Station
from bench.measuring import ROUNDS, result, seconds
from tests.core.simpy_line import run as simpy_run

DAYS, LOOPED, THEIRS = 200, 20, 2  # of the recursion, of the event loop, of SimPy
LINE = Line((Station("registration", 14), Station("screening", 19), Station("vaccination", 13),
             Station("exit", 4)), 3)  # fmt: skip
CENTRE = Centre(
    line=LINE, arrivals=Arrivals(a_slot=25, every=5, hours=10, walk_ins=15),
    service=(Duration("lognormal", 3.0, 0.4), Duration("gamma", 3.5, 0.8),
             Duration("triangular", 1.5, 2.0, 4.0), Duration("fixed", 0.5)),
)  # fmt: skip


def roomy() -> Iterator[dict[str, Any]]:
    """3,000 people a day, seats and parking for all."""
    drawn = seconds(lambda: draw(CENTRE, DAYS, 1))
    draws = draw(CENTRE, DAYS, 1)
    yield _against(draws, DAYS, lambda d: tandem.run(LINE, d), LINE, floor_s=round(drawn, 3))


def tight() -> Iterator[dict[str, Any]]:
    """104 seats and 170 places to park: both bind."""
    line = replace(LINE, seats=104, parking=170)
    draws = draw(CENTRE, LOOPED, 1)
    exact = int(tandem.fits(line, tandem.run(LINE, draws), draws).sum())
    yield _against(draws, LOOPED, lambda d: events.run(line, d), line, certified=exact)


def _against(draws: Draws, days: int, ours: Any, line: Line, **more: Any) -> dict[str, Any]:
    few = Draws(draws.arrive[:THEIRS], draws.service[:, :THEIRS], draws.observe[:THEIRS])
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(seconds(lambda: ours(draws)))
        theirs.append(seconds(lambda: simpy_run(line, few)) * days / THEIRS)
    people = int((draws.arrive < NEVER / 2).sum())
    return result(mine, theirs, people, "people/s", "SimPy on the same draws", days=days, **more)
