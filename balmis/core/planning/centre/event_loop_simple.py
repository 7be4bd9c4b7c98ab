"""One day, event by event, where the only limits are servers, seats and parking: all in one loop.

A station that nothing holds back is no event: as events come in the order of time, who comes to its
line knows at once when it begins. Twin of `events.walk_day`, compared with it by `tests/core`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace

import numpy as np

from balmis.core.planning.centre.layout import NEVER, Draws, Line, Times

Row = list[float]
Found = tuple[Times, Times, Times, Times, Times, dict[int, Times]]
Act = Callable[[float, int], None]  # minute, who


def can(line: Line, draws: Draws) -> bool:
    """Is it of that kind, with one walk to each station for all?"""
    return (
        all(s.is_plain for s in line.stations)
        and draws.walk is None
        and draws.onset is None
        and draws.drives is None
        and line.walk_to_seats == 0
        and line.before_seats > 1
    )


@dataclass(slots=True)
class _SimpleDay:
    order: list[int]  # of arrival
    times: Row  # likewise
    came: int
    observe: Row
    service: list[Row]
    ready: Row | None
    entered: Row
    seated: Row
    began: list[Row]


def walk(line: Line, draws: Draws, day: int, doses: Times | None) -> Found:
    """Entered, seated, rose, nobody in a bay; began, by station; no rooms."""
    people, arrive = draws.arrive.shape[1], draws.arrive[day]
    order = arrive.argsort(kind="stable")
    entered, seated = [NEVER] * people, [NEVER] * people
    began = [[NEVER] * people for _ in line.stations]
    _loop(
        line,
        _SimpleDay(
            order.tolist(),
            arrive[order].tolist(),
            int((arrive < NEVER / 2).sum()),
            draws.observe[day].tolist(),
            draws.service[:, day].tolist(),
            None if doses is None else doses[day].tolist(),
            entered,
            seated,
            began,
        ),
    )
    sat = np.array(seated)
    return (
        np.array(entered),
        sat,
        sat + draws.observe[day],
        np.full(people, NEVER),
        np.array(began),
        {},
    )


def _seats(line: Line, d: _SimpleDay, heap: list[tuple[float, int]]) -> tuple[Act, Act, Act]:
    """What happens at the station before the seats and on them: somebody comes to its line, is done
    there, rises. Each is called with its own event on top of the heap, and replaces or removes it."""
    people, block = len(d.order), line.before_seats - 1
    given, lasts, seated, observe = d.began[block], d.service[block], d.seated, d.observe
    ends, rises = (n * people for n in (len(line.stations), len(line.stations) + 1))
    free = line.stations[block].servers
    seats = people if line.seats is None else line.seats
    waiting, blocked = deque[int](), deque[int]()

    def comes(at: float, who: int) -> None:
        nonlocal free
        if free:
            free -= 1
            given[who] = at
            heapreplace(heap, (at + lasts[who], ends + who))
        else:
            waiting.append(who)
            heappop(heap)

    def sits(at: float, who: int) -> None:
        nonlocal free
        seated[who] = at
        heapreplace(heap, (at + observe[who], rises + who))
        if waiting:
            following = waiting.popleft()
            given[following] = at
            heappush(heap, (at + lasts[following], ends + following))
        else:
            free += 1

    def is_done(at: float, who: int) -> None:
        nonlocal seats
        if seats:
            seats -= 1
            sits(at, who)
        else:
            blocked.append(who)
            heappop(heap)

    def stands(at: float, _: int) -> None:
        nonlocal seats
        if blocked:
            sits(at, blocked.popleft())
        else:
            seats += 1
            heappop(heap)

    return comes, is_done, stands


def _loop(line: Line, d: _SimpleDay) -> None:
    """Events are (minute, what * people + who): whoever reaches a station that is no event to others,
    then who is done at the station before the seats, who rises, who leaves."""
    count, people, came = len(line.stations), len(d.order), d.came
    order, times, service = d.order, d.times, d.service
    ready, entered, began = d.ready, d.entered, d.began
    walks, frees = [s.walk for s in line.stations], [[-NEVER] * s.servers for s in line.stations]
    block, after, done, risen = line.before_seats - 1, line.before_seats, count, count + 1
    leaves, limited = (count + 2) * people, line.parking is not None
    places = people if line.parking is None else line.parking
    outside = deque[int]()
    heap: list[tuple[float, int]] = []
    comes, is_done, stands = _seats(line, d, heap)
    coming = 0
    while heap or coming < came:
        if coming < came and (not heap or times[coming] <= heap[0][0]):
            at, who, stage = times[coming], order[coming], 0
            coming += 1
            if not places:
                outside.append(who)
                continue
            places -= 1
            entered[who] = at
        else:
            at, code = heap[0]
            stage = code // people
            who = code - stage * people
            if stage == block:
                comes(at, who)
                continue
            if stage == done:
                is_done(at, who)
                continue
            if stage == risen:
                stands(at, who)
                stage = after
            else:
                heappop(heap)
                if stage > risen:  # has left
                    if not outside:
                        places += 1
                        continue
                    who, stage = outside.popleft(), 0
                    entered[who] = at
        if stage < count:
            if stage == 0 or stage == after:
                at += walks[stage]
            line_of = frees[stage]
            begin = at if at > line_of[0] else line_of[0]
            began[stage][who] = begin
            at = begin + service[stage][who]
            heapreplace(line_of, at)
            stage += 1
        if stage < count:
            at += walks[stage]
            if stage == block and ready is not None and ready[who] > at:
                at = ready[who]
            heappush(heap, (at, stage * people + who))
        elif limited:
            heappush(heap, (at, leaves + who))
