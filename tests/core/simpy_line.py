"""The same line in SimPy: the oracle of our kernels, in its own words. Servers are there all day."""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from balmis.core.planning.centre.layout import NEVER, Draws, Line, Path

Steps = Generator[Any, Any, None]
ONE, MANY = ("entered", "seated", "rose", "treated", "left"), ("reached", "began", "ended")


def run(line: Line, draws: Draws) -> Path:
    days, people = draws.arrive.shape
    count = len(line.stations)
    found = {name: np.full((days, people), NEVER) for name in ONE}
    found |= {name: np.full((count, days, people), NEVER) for name in MANY}
    for day in range(days):
        _Day(line, draws, day, found).run()
    return Path(**found)


class _Day:
    def __init__(self, line: Line, draws: Draws, day: int, found: dict[str, Any]) -> None:
        self.line, self.draws, self.day = line, draws, day
        self.one = {name: found[name][day] for name in ONE}
        self.many = {name: found[name][:, day] for name in MANY}
        starts = draws.arrive[day] if draws.order is None else draws.order[day]
        self.first = min(0.0, float(draws.arrive[day].min()), float(starts.min()))
        self.env = simpy.Environment(initial_time=self.first)  # some come before the doors open
        self.people = draws.arrive.shape[1]
        self.parking = self._resource(line.parking)
        self.seats, self.bays = self._resource(line.seats), self._resource(line.bays)
        self.preparers = self._resource(line.preparers)
        self.desks = [self._resource(s.servers) for s in line.stations]
        self.doses = [self.env.event() for _ in range(self.people)]

    def _resource(self, limit: int | None) -> simpy.Resource:
        return simpy.Resource(self.env, limit or self.people)

    def run(self) -> None:
        for who in range(self.people):
            if self.draws.arrive[self.day, who] < NEVER / 2:
                self.env.process(self._person(who))
                if self.draws.order is not None:
                    self.env.process(self._dose(who))
        self.env.run()

    def _dose(self, who: int) -> Steps:
        yield self.env.timeout(self.draws.order[self.day, who] - self.first)
        with self.preparers.request() as hands:
            yield hands
            yield self.env.timeout(self.draws.prepare[self.day, who])
        self.doses[who].succeed()

    def _person(self, who: int) -> Steps:
        env, draws = self.env, self.draws
        yield env.timeout(draws.arrive[self.day, who] - self.first)
        drives = draws.drives is None or draws.drives[self.day, who]
        if drives:
            place = self.parking.request()
            yield place
        self.one["entered"][who] = env.now
        for k in range(len(self.line.stations)):
            yield from self._station(who, k)
        self.one["left"][who] = env.now
        if drives:
            self.parking.release(place)

    def _station(self, who: int, k: int) -> Steps:
        env, draws = self.env, self.draws
        walk = self.line.stations[k].walk if draws.walk is None else draws.walk[k, self.day, who]
        if walk:
            yield env.timeout(walk)
        if (
            self.line.preparers
            and k + 1 == self.line.before_seats
            and not self.doses[who].processed
        ):
            yield self.doses[who]
        self.many["reached"][k, who] = env.now
        desk = self.desks[k].request()
        yield desk
        self.many["began"][k, who] = env.now
        yield env.timeout(draws.service[k, self.day, who])
        self.many["ended"][k, who] = env.now
        if k + 1 == self.line.before_seats:
            yield from self._seat(who, self.desks[k], desk)
        else:
            self.desks[k].release(desk)

    def _seat(self, who: int, desks: simpy.Resource, desk: Any) -> Steps:
        env, draws, dosed = self.env, self.draws, self.env.now
        seat = self.seats.request()
        yield seat
        desks.release(desk)
        self.one["seated"][who] = env.now
        onset = NEVER if draws.onset is None else draws.onset[self.day, who]
        reacts = max(dosed + onset, env.now)
        if reacts >= env.now + draws.observe[self.day, who]:
            yield env.timeout(draws.observe[self.day, who])
            self.one["rose"][who] = env.now
            self.seats.release(seat)
            return
        yield env.timeout(reacts - env.now)
        bay = self.bays.request()
        yield bay
        self.one["treated"][who] = self.one["rose"][who] = env.now
        self.seats.release(seat)
        yield env.timeout(draws.treat[self.day, who])
        self.bays.release(bay)
