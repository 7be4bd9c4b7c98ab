"""One day, event by event, with everything that a line can have: limits, absences, refills, bays.

`quick` is the same for lines of nothing but limits, several times as fast.
"""

from collections import deque
from heapq import heappop, heappush

import numpy as np

from balmis.core.planning.centre import event_loop_simple
from balmis.core.planning.centre.layout import NEVER, Draws, Line, Path, Times, waits_for_dose, ways
from balmis.core.planning.centre.servers import Crew
from balmis.core.planning.centre.tandem import ready


def run(line: Line, draws: Draws) -> Path:
    """Each day on its own, the quick way where it can."""
    doses = ready(line, draws) if line.preparers is not None else None
    walk = event_loop_simple.walk if event_loop_simple.can(line, draws) else walk_day
    entered, seated, rose, treated = (np.empty_like(draws.arrive) for _ in range(4))
    began, moved = np.empty_like(draws.service), dict[int, Times]()
    for day in range(len(draws.arrive)):
        found = walk(line, draws, day, doses)
        entered[day], seated[day], rose[day], treated[day], began[:, day] = found[:5]
        for k, at in found[5].items():
            moved.setdefault(k, np.empty_like(entered))[day] = at
    return _whole(line, draws, doses, (entered, seated, rose, treated, began, moved))


def walk_day(line: Line, draws: Draws, day: int, doses: Times | None) -> event_loop_simple.Found:
    """Entered, seated, rose, came to a bay; began, by station; and reached, of stations with a room."""
    d = _Day(line, draws, day, doses)
    d.run()
    entered, seated, rose, treated, began = map(
        np.array, (d.entered, d.seated, d.rose, d.treated, d.began)
    )
    rooms = {k: np.array(at) for k, at in d.reached.items()}
    return entered, seated, rose, treated, began, rooms


def _whole(line: Line, draws: Draws, doses: Times | None, found: event_loop_simple.Found) -> Path:
    """What follows from when everything began; all days at once."""
    entered, seated, rose, treated, began, moved = found
    ended, reached = began + draws.service, np.empty_like(began)
    cured = (
        rose if draws.treat is None else np.where(treated < NEVER / 2, treated + draws.treat, rose)
    )
    at = entered
    for k in range(len(line.stations)):
        before = cured if k == line.before_seats else at
        reached[k] = before + ways(line, draws, k)
        if doses is not None and waits_for_dose(line, k):
            np.maximum(reached[k], doses, out=reached[k])
        if k in moved:
            reached[k] = moved[k]
        at = ended[k]
    left = cured.copy() if line.before_seats == len(line.stations) else ended[-1].copy()
    return Path(entered, reached, began, ended, seated, rose, treated, left)


class _Day:
    """The state of a day. People are their indices, stations and servers theirs."""

    def __init__(self, line: Line, draws: Draws, day: int, doses: Times | None) -> None:
        self.line, count = line, len(line.stations)
        self.service = [draws.service[k, day].tolist() for k in range(count)]
        self.observe, self.arrive = draws.observe[day].tolist(), draws.arrive[day].tolist()
        people = len(self.arrive)
        self.walks = [
            [s.walk] * people if draws.walk is None else draws.walk[k, day].tolist()
            for k, s in enumerate(line.stations)
        ]
        self.doses = None if doses is None else doses[day].tolist()
        self.onset = [NEVER] * people if draws.onset is None else draws.onset[day].tolist()
        self.treat = [0.0] * people if draws.treat is None else draws.treat[day].tolist()
        self.drives = [True] * people if draws.drives is None else draws.drives[day].tolist()
        self.entered, self.seated, self.rose, self.treated = ([NEVER] * people for _ in range(4))
        self.began = [[NEVER] * people for _ in range(count)]
        self.reached = {
            k: [NEVER] * people for k, s in enumerate(line.stations) if s.room is not None
        }
        self.crews = [Crew(s) for s in line.stations]
        self.waiting: list[deque[int]] = [deque() for _ in line.stations]
        self.held: list[deque[tuple[int, int]]] = [
            deque() for _ in line.stations
        ]  # before a full room
        self.outside: deque[int] = deque()  # wait for a place in the parking
        self.blocked: deque[tuple[int, int]] = deque()  # done, wait for a seat; and their server
        self.ill: deque[int] = deque()  # wait on their seat for a bay
        self.places = people if line.parking is None else line.parking
        self.seats = people if line.seats is None else line.seats
        self.bays = people if line.bays is None else line.bays
        self.heap: list[tuple[float, int, int, int, int]] = []  # at, what, where, who, server

    def run(self) -> None:
        acts = (
            self._comes,
            self._reaches,
            self._ends,
            self._sits,
            self._rises,
            self._reacts,
            self._cured,
            self._leaves,
            self._returns,
        )
        self.act = {act.__name__: n for n, act in enumerate(acts)}
        for who, at in enumerate(self.arrive):
            if at < NEVER / 2:
                self._later(at, "_comes", 0, who)
        while self.heap:
            at, what, where, who, server = heappop(self.heap)
            acts[what](at, where, who, server)

    def _later(self, at: float, what: str, where: int, who: int, server: int = 0) -> None:
        heappush(self.heap, (at, self.act[what], where, who, server))

    def _comes(self, at: float, _: int, who: int, __: int) -> None:
        if self.drives[who] and not self.places:
            self.outside.append(who)
            return
        self.places -= self.drives[who]
        self._enter(at, who)

    def _enter(self, at: float, who: int) -> None:
        self.entered[who] = at
        self._go(at, who, 0)

    def _go(self, at: float, who: int, where: int) -> None:
        """To a station, or out."""
        if where == len(self.line.stations):
            self._leaves(at, 0, who, 0)
            return
        there = at + self.walks[where][who]
        if self.doses is not None and waits_for_dose(self.line, where):
            there = max(there, self.doses[who])
        if there > at:
            self._later(there, "_reaches", where, who)
        else:
            self._reaches(there, where, who, 0)

    def _reaches(self, at: float, where: int, who: int, _: int) -> None:
        if where in self.reached:
            self.reached[where][who] = at
        self.waiting[where].append(who)
        self._call(at, where)

    def _call(self, at: float, where: int) -> None:
        """The next of the line to a server who is there; if all who are free are away, when the first
        comes back."""
        crew = self.crews[where]
        while self.waiting[where]:
            server = crew.take(at)
            if server is None:
                if (back := crew.back(at)) is not None:
                    self._later(back, "_returns", where, 0)
                break
            who = self.waiting[where].popleft()
            self.began[where][who] = at
            self._later(at + self.service[where][who], "_ends", where, who, server)
        self._admit(at, where)

    def _has_room(self, at: float, where: int) -> bool:
        room = self.line.stations[where].room
        return (
            room is None
            or len(self.waiting[where]) < room
            or (not self.waiting[where] and self.crews[where].back(at) == at)
        )

    def _admit(self, at: float, where: int) -> None:
        """Who was held before the full room, in turn."""
        while self.held[where] and self._has_room(at, where):
            who, server = self.held[where].popleft()
            self._reaches(at, where, who, 0)
            self._free(at, where - 1, server)

    def _returns(self, at: float, where: int, _: int, __: int) -> None:
        self._call(at, where)

    def _ends(self, at: float, where: int, who: int, server: int) -> None:
        beyond = where + 1
        if beyond < len(self.held) and not self._has_room(at, beyond):
            self.held[beyond].append((who, server))
            if (back := self.crews[beyond].back(at)) is not None:
                self._later(back, "_returns", beyond, 0)
        elif beyond != self.line.before_seats:
            self._free(at, where, server)
            self._go(at, who, beyond)
        elif self.line.walk_to_seats:  # seats without limit
            self._free(at, where, server)
            self._later(at + self.line.walk_to_seats, "_sits", 0, who)
        elif self.seats:
            self.seats -= 1
            self._free(at, where, server)
            self._sits(at, 0, who, 0)
        else:
            self.blocked.append((who, server))

    def _free(self, at: float, where: int, server: int) -> None:
        self.crews[where].give_back(server, at)
        self._call(at, where)

    def _sits(self, at: float, _: int, who: int, __: int) -> None:
        self.seated[who] = at
        k = self.line.before_seats - 1
        dosed = self.began[k][who] + self.service[k][who]
        reacts = max(dosed + self.onset[who], at)
        rises = at + self.observe[who]
        if reacts < rises:
            self._later(reacts, "_reacts", 0, who)
        else:
            self._later(rises, "_rises", 0, who)

    def _reacts(self, at: float, _: int, who: int, __: int) -> None:
        if self.bays:
            self.bays -= 1
            self._treat(at, who)
        else:
            self.ill.append(who)

    def _treat(self, at: float, who: int) -> None:
        self.treated[who] = at
        self._stands(at, who)
        self._later(at + self.treat[who], "_cured", 0, who)

    def _cured(self, at: float, _: int, who: int, __: int) -> None:
        if self.ill:
            self._treat(at, self.ill.popleft())
        else:
            self.bays += 1
        self._go(at, who, self.line.before_seats)

    def _rises(self, at: float, _: int, who: int, __: int) -> None:
        self._stands(at, who)
        self._go(at, who, self.line.before_seats)

    def _stands(self, at: float, who: int) -> None:
        """The seat is free."""
        self.rose[who] = at
        if self.blocked:
            other, server = self.blocked.popleft()
            self._sits(at, 0, other, 0)
            self._free(at, self.line.before_seats - 1, server)
        elif not self.line.walk_to_seats:
            self.seats += 1

    def _leaves(self, at: float, _: int, who: int, __: int) -> None:
        if not self.drives[who]:
            return
        if self.outside:
            self._enter(at, self.outside.popleft())
        else:
            self.places += 1
