"""Clients that book, hold, confirm, ask twice and never give up before they have an answer."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from balmis.core.booking.passes import Pass, sign
from balmis.core.booking.signed_text import key_of
from tests.stress.checker import Said
from tests.stress.world import SECRET, World

CLIENTS = 48
KEY = key_of(SECRET, "booking pass")


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Lines:
    """HTTP/1.1 over kept connections: so little of it that the load is the gate's."""

    def __init__(self) -> None:
        self._free: dict[int, list[Line]] = {}

    async def post(
        self, port: int, path: str, held: str, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer. Raises OSError, EOFError or TimeoutError when there is none."""
        kept = self._free.setdefault(port, [])
        line = kept.pop() if kept else await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.timeout(15):
                answered = await self._exchange(line, path, held, json.dumps(body).encode())
        except BaseException:
            line[1].close()
            raise
        kept.append(line)
        return answered

    async def _exchange(
        self, line: Line, path: str, held: str, body: bytes
    ) -> tuple[int, dict[str, Any]]:
        reader, writer = line
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {held}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-l")
        )
        return int(head[9:12]), json.loads(await reader.readexactly(length))

    def close(self) -> None:
        for lines in self._free.values():
            for _, writer in lines:
                writer.close()


@dataclass
class Load:
    """One run of clients on some pools for one dose number."""

    world: World
    pools: list[int]
    number: int
    holds: bool = False
    seed: int = 1
    said: list[Said] = field(default_factory=list)
    requests: int = 0
    unanswered: int = 0
    away: int = 0  # tries that met a gate or a database that was down

    async def run(self, seconds: float, people: int) -> None:
        """Until the time is over or everyone has asked."""
        draw = random.Random(self.seed)
        chosen = draw.sample(self.world.people, people)
        queue: asyncio.Queue[int] = asyncio.Queue()
        for person in chosen:
            queue.put_nowait(person)
        end = time.monotonic() + seconds
        http = Lines()
        try:
            work = [
                self._client(http, queue, end, random.Random(draw.random())) for _ in range(CLIENTS)
            ]
            await asyncio.gather(*work)
        finally:
            http.close()

    async def _client(
        self, http: Lines, queue: asyncio.Queue[int], end: float, draw: random.Random
    ) -> None:
        while time.monotonic() < end and not queue.empty():
            person = queue.get_nowait()
            await self._visit(http, person, draw)

    async def _visit(self, http: Lines, person: int, draw: random.Random) -> None:
        """One person: a place, or several tries for one; now and then the same request twice."""
        held = sign(
            Pass(
                person,
                f"Synthetic {person}",
                self.world.campaign,
                self.number,
                (),
                datetime.now(UTC).date(),
                date(2100, 1, 1),
                int(time.time()) + 3600,
            ),
            KEY,
        )
        for _ in range(3):
            pool, request = draw.choice(self.pools), UUID(int=draw.getrandbits(128), version=4)
            hold = self.holds and draw.random() < 0.5
            act = "hold" if hold else "book"
            body = {"request_id": str(request), "pool": pool, "hold": hold}
            times = 2 if draw.random() < 0.2 else 1
            answers = await asyncio.gather(
                *(self._ask(http, "bookings", held, body, draw) for _ in range(times))
            )
            got = [self._note(act, request, person, pool, answer) for answer in answers]
            if hold and any(got) and draw.random() < 0.6:
                confirm = {"request_ids": [str(request)]}
                answer = await self._ask(http, "confirm", held, confirm, draw)
                self._note("confirm", request, person, pool, answer)
            if any(got):
                return

    def _note(
        self, act: str, request: UUID, person: int, pool: int, answer: dict[str, Any] | None
    ) -> bool:
        if answer is None:
            self.unanswered += 1
            return False
        booking = answer["bookings"][0]["booking"] if "bookings" in answer else None
        self.said.append(
            Said(
                act,
                request,
                person,
                self.number,
                pool,
                booking,
                answer.get("reason", ""),
                time.monotonic(),
            )
        )
        return booking is not None

    async def _ask(
        self,
        http: Lines,
        path: str,
        held: str,
        body: dict[str, Any],
        draw: random.Random,
    ) -> dict[str, Any] | None:
        """The same request to any gate until one answers."""
        end = time.monotonic() + 40
        while time.monotonic() < end:
            port = draw.choice(self.world.ports)
            self.requests += 1
            try:
                status, found = await http.post(port, f"/gate/v1/{path}", held, body)
            except (OSError, EOFError, TimeoutError):
                self.away += 1
            else:
                if status < 500 and found.get("reason") != "not_known":
                    return found
                self.away += 1
            await asyncio.sleep(0.05)
        return None
