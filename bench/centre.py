"""A centre's day: our kernels against SimPy on the same people, and against Ciw and salabim."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from balmis.core.planning.centre import event_loop, sizing, tandem
from balmis.core.planning.centre.layout import NEVER, Draws, Line, Station
from balmis.core.planning.centre.sampling import Arrivals, Centre, Duration, draw
from bench.centre_peers import ciw_day, salabim_day
from bench.measuring import ROUNDS, result, seconds
from tests.core.simpy_line import run as simpy_run

DAYS, LOOPED, THEIRS = 200, 20, 2  # of the recursion, of the event loop, of SimPy
LINE = Line(
    (
        Station("registration", 14),
        Station("screening", 19),
        Station("vaccination", 13),
        Station("exit", 4),
    ),
    3,
)
CENTRE = Centre(
    line=LINE,
    arrivals=Arrivals(a_slot=25, every=5, hours=10, walk_ins=15),
    service=(
        Duration("lognormal", 3.0, 0.4),
        Duration("gamma", 3.5, 0.8),
        Duration("triangular", 1.5, 2.0, 4.0),
        Duration("fixed", 0.5),
    ),
)


def roomy() -> Iterator[dict[str, Any]]:
    """3,000 people a day, seats and parking for all; `floor_share` is drawing alone, of drawing and
    walking."""
    drawn = min(seconds(lambda: draw(CENTRE, DAYS, 1)) for _ in range(ROUNDS))
    draws = draw(CENTRE, DAYS, 1)
    walked = min(seconds(lambda: tandem.run(LINE, draws)) for _ in range(ROUNDS))
    floor = {"floor_s": round(drawn, 3), "floor_share": round(drawn / (drawn + walked), 3)}
    yield _against(draws, DAYS, lambda d: tandem.run(LINE, d), LINE, **floor)
    yield _peer(
        draws, DAYS, lambda: tandem.run(LINE, draws), lambda: ciw_day(LINE, draws, 0), "Ciw"
    )
    yield _peer(
        draws, DAYS, lambda: tandem.run(LINE, draws), lambda: salabim_day(LINE, draws, 0), "salabim"
    )


def tight() -> Iterator[dict[str, Any]]:
    """104 seats and 170 places to park: both bind."""
    line = replace(LINE, seats=104, parking=170)
    draws = draw(CENTRE, LOOPED, 1)
    exact = int(tandem.fits(line, tandem.run(LINE, draws), draws).sum())
    yield _against(draws, LOOPED, lambda d: event_loop.run(line, d), line, certified=exact)
    yield _peer(
        draws,
        LOOPED,
        lambda: event_loop.run(line, draws),
        lambda: salabim_day(line, draws, 0),
        "salabim",
    )


def size() -> Iterator[dict[str, Any]]:
    """The most appointments an hour with a P95 wait of at most 10 minutes, over 100 days a probe; against
    the seconds that it may take."""
    took, found = [], None
    for _ in range(ROUNDS):
        took.append(seconds(lambda: sizing.most_slots(CENTRE, 10.0, days=100)))
        found = sizing.most_slots(CENTRE, 10.0, days=100)
    if found is None:
        raise RuntimeError("nothing was sized")
    yield result(
        took,
        [3.0] * ROUNDS,
        1,
        "answers/s",
        "3 seconds",
        seconds=round(min(took), 2),
        an_hour=found.an_hour,
        probes=found.tried,
        wait_p95=round(found.wait.mean, 2),
    )


def _against(draws: Draws, days: int, ours: Any, line: Line, **more: Any) -> dict[str, Any]:
    few = draws.of(slice(0, THEIRS))
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(seconds(lambda: ours(draws)))
        theirs.append(seconds(lambda: simpy_run(line, few)) * days / THEIRS)
    people = int((draws.arrive < NEVER / 2).sum())
    return result(mine, theirs, people, "people/s", "SimPy on the same draws", days=days, **more)


def _peer(
    draws: Draws, days: int, ours: Callable[[], Any], theirs: Callable[[], int], name: str
) -> dict[str, Any]:
    """One day of theirs, once: they are slow. Everybody must have left there too."""
    came = int((draws.arrive[0] < NEVER / 2).sum())
    left: list[int] = []
    slow = seconds(lambda: left.append(theirs()))
    if left != [came]:
        raise RuntimeError(f"{name}: {left} of {came} people left")
    people = int((draws.arrive < NEVER / 2).sum())
    return result(
        [seconds(ours)], [slow * days], people, "people/s", f"{name} on the same model", days=days
    )
