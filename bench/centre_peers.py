"""The same day in Ciw and in salabim: one day of drawn people, without (Ciw) or with limits (salabim)."""

import ciw
import numpy as np
import salabim as sim

from balmis.core.planning.centre.layout import NEVER, Draws, Line


def ciw_day(line: Line, draws: Draws, day: int) -> int:
    """Stations and seats without limit: to hold the parking over several stations cannot be said in Ciw.
    Returns how many left."""
    came = draws.arrive[day] < NEVER / 2
    arrive = np.sort(draws.arrive[day][came]) + 60.0  # some come before the doors open
    gaps = np.diff(arrive, prepend=0.0).tolist()
    lasts = [draws.service[k, day][came].tolist() for k in range(len(line.stations))]
    lasts.insert(line.before_seats, draws.observe[day][came].tolist())
    servers: list[float] = [float(s.servers) for s in line.stations]
    servers.insert(line.before_seats, float("inf"))
    nodes = len(lasts)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, 1e9]), *([None] * (nodes - 1))],
        service_distributions=[ciw.dists.Sequential(x) for x in lasts],
        number_of_servers=[int(n) if n < float("inf") else n for n in servers],
        routing=[[1.0 if b == a + 1 else 0.0 for b in range(nodes)] for a in range(nodes)],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(2_000.0)
    return len({r.id_number for r in simulation.get_all_records() if r.node == nodes})


def salabim_day(line: Line, draws: Draws, day: int) -> int:
    """With seats and parking, as SimPy does it. Returns how many left."""
    environment = sim.Environment(trace=False, yieldless=False, time_unit="minutes")
    people = draws.arrive.shape[1]
    parking = sim.Resource("parking", capacity=line.parking or people, monitor=False)
    seats = sim.Resource("seats", capacity=line.seats or people, monitor=False)
    desks = [sim.Resource(s.name, capacity=s.servers, monitor=False) for s in line.stations]
    left = []

    class Person(sim.Component):
        def process(self, who: int):  # type: ignore[no-untyped-def]
            yield self.request(parking)
            for k, station in enumerate(line.stations):
                if station.walk:
                    yield self.hold(station.walk)
                yield self.request(desks[k])
                yield self.hold(draws.service[k, day, who])
                if k + 1 == line.before_seats:
                    yield self.request(seats)
                    self.release(desks[k])
                    yield self.hold(draws.observe[day, who])
                    self.release(seats)
                else:
                    self.release(desks[k])
            self.release(parking)
            left.append(who)

    for who in np.flatnonzero(draws.arrive[day] < NEVER / 2):
        Person(at=float(draws.arrive[day, who]) + 60.0, who=int(who), suppress_trace=True)
    environment.run()
    return len(left)
