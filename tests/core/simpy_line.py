"""The same line in SimPy: the oracle of our kernels, in its own words."""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from balmis.core.centre.line import NEVER, Draws, Line, Path

Steps = Generator[Any, Any, None]


def run(line: Line, draws: Draws) -> Path:
    days, people = draws.arrive.shape
    count = len(line.stations)
    empty = {name: np.full((days, people), NEVER) for name in ("entered", "seated", "rose", "left")}
    lists = {name: np.full((count, days, people), NEVER) for name in ("reached", "began", "ended")}
    for day in range(days):
        _day(line, draws, day, empty, lists)
    return Path(empty["entered"], lists["reached"], lists["began"], lists["ended"], empty["seated"],
                empty["rose"], empty["left"])  # fmt: skip


def _day(line: Line, draws: Draws, day: int, one: dict[str, Any], many: dict[str, Any]) -> None:
    first = min(0.0, float(draws.arrive[day].min()))  # some come before the doors open
    env = simpy.Environment(initial_time=first)
    people = draws.arrive.shape[1]
    parking = simpy.Resource(env, line.parking or people)
    seats = simpy.Resource(env, line.seats or people)
    desks = [simpy.Resource(env, s.servers) for s in line.stations]

    def person(who: int) -> Steps:
        yield env.timeout(draws.arrive[day, who] - first)
        place = parking.request()
        yield place
        one["entered"][day, who] = env.now
        for k, station in enumerate(line.stations):
            if station.walk:
                yield env.timeout(station.walk)
            many["reached"][k, day, who] = env.now
            desk = desks[k].request()
            yield desk
            many["began"][k, day, who] = env.now
            yield env.timeout(draws.service[k, day, who])
            many["ended"][k, day, who] = env.now
            if k + 1 != line.before_seats:
                desks[k].release(desk)
                continue
            seat = seats.request()
            yield seat
            desks[k].release(desk)
            one["seated"][day, who] = env.now
            yield env.timeout(draws.observe[day, who])
            one["rose"][day, who] = env.now
            seats.release(seat)
        one["left"][day, who] = env.now
        parking.release(place)

    for who in range(people):
        if draws.arrive[day, who] < NEVER / 2:
            env.process(person(who))
    env.run()
