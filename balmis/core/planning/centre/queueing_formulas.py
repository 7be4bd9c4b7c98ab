"""Queues that have exact answers: an instant check of any plan, and the oracle of the simulation.

Rates are people a minute, times minutes, loads the mean number of servers that are busy (rate times
mean service). Sources: Erlang (1917) for B and C; Crommelin (1932) and Franx (2001) for M/D/c;
Palm (1938) and Khinchin for M/G/infinity, also with time-varying arrivals (Eick, Massey, Whitt 1993).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log

import numpy as np
from numpy.typing import NDArray

LARGEST = 6_000  # states of the chain of M/D/c that are solved for
TAIL = 1e-13  # probability that is left out beyond them


@dataclass(frozen=True, slots=True)
class Queue:
    """In the long run, of customers who come at random and wait in one line."""

    utilisation: float  # share of the time that a server is busy
    p_wait: float  # probability that a customer waits
    waiting: float  # mean number in the line
    wait: float  # mean minutes in the line, of all customers


def erlang_b(servers: int, load: float) -> float:
    """The share of customers who are turned away where nobody can wait (M/G/c/c)."""
    _check(servers, load)
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """The share of customers who have to wait (M/M/c); 1 when there is more load than servers."""
    _check(servers, load)
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc(rate: float, service: float, servers: int) -> Queue:
    """Exponential service. Without enough servers the line grows for ever: waits are infinite."""
    load = rate * service
    _check(servers, load)
    if load >= servers:
        return Queue(1.0, 1.0, inf, inf)
    p_wait = erlang_c(servers, load)
    waiting = p_wait * load / (servers - load)
    return Queue(load / servers, p_wait, waiting, waiting / rate if rate else 0.0)


def mmc_wait_percentile(rate: float, service: float, servers: int, share: float) -> float:
    """Minutes that this share of customers does not wait longer than (M/M/c)."""
    found = mmc(rate, service, servers)
    if found.wait == inf:
        return inf
    if found.p_wait <= 1 - share:
        return 0.0
    return log(found.p_wait / (1 - share)) / (servers / service - rate)


def mdc(rate: float, service: float, servers: int) -> Queue:
    """Service of one fixed length, exactly.

    What is there a service time later is what is there now less those served, and who came meanwhile:
    N(t+D) = max(N(t) - c, 0) + Poisson(rate D). The stationary vector of that chain is solved for, on
    as many states as leave out no probability that matters. Raises ValueError where that is too many.
    """
    load = rate * service
    _check(servers, load)
    if load >= servers:
        return Queue(1.0, 1.0, inf, inf)
    if rate == 0:
        return Queue(0.0, 0.0, 0.0, 0.0)
    chance = _stationary(load, servers)
    states = np.arange(len(chance))
    waiting = float(np.sum(np.maximum(states - servers, 0) * chance))
    return Queue(load / servers, float(chance[servers:].sum()), waiting, waiting / rate)


def _stationary(load: float, servers: int) -> NDArray[np.float64]:
    """Shape (states,): how likely so many are there."""
    size = (
        servers + int(load) + 40 + int(16 / (1 - load / servers))
    )  # its tail falls like exp(-2(1-u)n)
    while True:
        if size > LARGEST:
            raise ValueError(f"a load of {load:.2f} on {servers} servers has too long a line")
        came = _poisson(load, size)
        step = np.zeros((size, size))  # from, to
        for n in range(size):
            left = max(n - servers, 0)
            step[n, left:] = came[: size - left]
        step[:, -1] += 1 - step.sum(axis=1)  # what goes beyond stays at the edge
        system = step.T - np.eye(size)
        system[-1] = 1.0
        chance = np.linalg.solve(system, np.eye(size)[-1])
        if chance[-1] < TAIL:
            return np.asarray(np.clip(chance, 0.0, None))
        size = 2 * size


def _poisson(mean: float, size: int) -> NDArray[np.float64]:
    """Shape (size,): the probabilities of 0 to size - 1."""
    if mean == 0:
        return np.asarray(np.eye(1, size)[0])
    return np.array([exp(n * log(mean) - mean - lgamma(n + 1)) for n in range(size)])


# ---- seats and parking: everyone is served at once, and stays for a time ---------------------------


def seats_for(mean: float, risk: float) -> int:
    """The fewest seats that more people want at once with at most this probability (M/G/infinity: the
    number seated is Poisson, whatever the distribution of the stay).

    Appointments vary less than random arrivals: an upper bound for them.
    """
    if mean < 0 or not 0 < risk < 1:
        raise ValueError(f"no such occupancy or risk: {mean=}, {risk=}")
    left, seats, chance = 1.0, 0, exp(-mean)
    log_chance = -mean
    while True:
        left -= chance
        if left <= risk:
            return seats
        seats += 1
        log_chance += log(mean) - log(seats)
        chance = exp(log_chance)


@dataclass(frozen=True, slots=True)
class Stay:
    """So many stay for so long."""

    minutes: float
    share: float


def mean_occupancy(
    rates: Sequence[tuple[float, float, float]], stays: Sequence[Stay], at: Sequence[float]
) -> NDArray[np.float64]:
    """How many are there on average at each of these minutes, when nobody is turned away.

    `rates` are (from, to, people a minute); the answer has shape (len(at),). With random arrivals the
    number is Poisson at every moment (the integral of the rate over the last stay).
    """
    if abs(sum(s.share for s in stays) - 1) > 1e-9:
        raise ValueError("the shares of the stays do not add up to 1")
    when = np.asarray(at, dtype=float)

    def came(until: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros_like(until)
        for begin, end, rate in rates:
            total += rate * (np.clip(until, begin, end) - begin)
        return total

    found = np.zeros_like(when)
    for stay in stays:
        found += stay.share * (came(when) - came(when - stay.minutes))
    return found


def _check(servers: int, load: float) -> None:
    if servers < 1 or not load >= 0:
        raise ValueError(f"no such queue: {servers=}, {load=}")
