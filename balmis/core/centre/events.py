"""One day, event by event, with every limit: what the recursion cannot do."""

from collections import deque
from heapq import heappop, heappush

import numpy as np

from balmis.core.centre.line import NEVER, Draws, Line, Path

COMES, REACHES, ENDS, RISES = range(4)


def run(line: Line, draws: Draws) -> Path:
    """Each day on its own."""
    days = [_Day(line, draws, d).run() for d in range(draws.arrive.shape[0])]
    entered, reached, began, ended, seated, rose, left = zip(*days, strict=True)

    def stations(
        rows: tuple[list[list[float]], ...],
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.array(rows).transpose(1, 0, 2)

    return Path(np.array(entered), stations(reached), stations(began), stations(ended),
                np.array(seated), np.array(rose), np.array(left))  # fmt: skip


class _Day:
    """The state of a day. People are their indices, stations theirs."""

    def __init__(self, line: Line, draws: Draws, day: int) -> None:
        self.line, count = line, len(line.stations)
        self.service = [draws.service[k, day].tolist() for k in range(count)]
        self.observe = draws.observe[day].tolist()
        self.arrive = draws.arrive[day].tolist()
        people = len(self.arrive)
        self.entered, self.seated, self.rose, self.left = ([NEVER] * people for _ in range(4))
        self.reached, self.began, self.ended = (
            [[NEVER] * people for _ in range(count)] for _ in range(3)
        )
        self.free = [s.servers for s in line.stations]
        self.waiting: list[deque[int]] = [deque() for _ in line.stations]
        self.outside: deque[int] = deque()  # wait for a place in the parking
        self.blocked: deque[int] = deque()  # are done, and wait for a seat where they are
        self.places = people if line.parking is None else line.parking
        self.seats = people if line.seats is None else line.seats
        self.heap: list[tuple[float, int, int, int, int]] = []  # at, order, what, who, where
        self.order = 0

    def run(self) -> tuple[list[float] | list[list[float]], ...]:
        for who, at in sorted(enumerate(self.arrive), key=lambda p: p[1]):
            if at < NEVER / 2:
                self._later(at, COMES, who, 0)
        acts = (self._comes, self._reaches, self._ends, self._rises)
        while self.heap:
            at, _, what, who, where = heappop(self.heap)
            acts[what](at, who, where)
        return (self.entered, self.reached, self.began, self.ended, self.seated, self.rose,
                self.left)  # fmt: skip

    def _later(self, at: float, what: int, who: int, where: int) -> None:
        self.order += 1
        heappush(self.heap, (at, self.order, what, who, where))

    def _comes(self, at: float, who: int, _: int) -> None:
        if self.places:
            self.places -= 1
            self._enter(at, who)
        else:
            self.outside.append(who)

    def _enter(self, at: float, who: int) -> None:
        self.entered[who] = at
        self._go(at, who, 0)

    def _go(self, at: float, who: int, where: int) -> None:
        """To a station, or out."""
        if where == len(self.line.stations):
            self._leave(at, who)
        elif walk := self.line.stations[where].walk:
            self._later(at + walk, REACHES, who, where)
        else:
            self._reaches(at, who, where)

    def _reaches(self, at: float, who: int, where: int) -> None:
        if where == len(self.line.stations):  # the seats, after a walk
            self._sit(at, who)
            return
        self.reached[where][who] = at
        if self.free[where]:
            self.free[where] -= 1
            self._begin(at, who, where)
        else:
            self.waiting[where].append(who)

    def _begin(self, at: float, who: int, where: int) -> None:
        self.began[where][who] = at
        self._later(at + self.service[where][who], ENDS, who, where)

    def _ends(self, at: float, who: int, where: int) -> None:
        self.ended[where][who] = at
        if where + 1 != self.line.before_seats:
            self._free(at, where)
            self._go(at, who, where + 1)
        elif self.line.walk_to_seats:  # seats without limit
            self._free(at, where)
            self._later(at + self.line.walk_to_seats, REACHES, who, len(self.line.stations))
        elif self.seats:
            self.seats -= 1
            self._free(at, where)
            self._sit(at, who)
        else:
            self.blocked.append(who)

    def _free(self, at: float, where: int) -> None:
        if self.waiting[where]:
            self._begin(at, self.waiting[where].popleft(), where)
        else:
            self.free[where] += 1

    def _sit(self, at: float, who: int) -> None:
        self.seated[who] = at
        self._later(at + self.observe[who], RISES, who, 0)

    def _rises(self, at: float, who: int, _: int) -> None:
        self.rose[who] = at
        if self.blocked:
            self._sit(at, self.blocked.popleft())
            self._free(at, self.line.before_seats - 1)
        elif not self.line.walk_to_seats:
            self.seats += 1
        self._go(at, who, self.line.before_seats)

    def _leave(self, at: float, who: int) -> None:
        self.left[who] = at
        if self.outside:
            self._enter(at, self.outside.popleft())
        else:
            self.places += 1
