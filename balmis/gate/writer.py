"""Requests that come together go to the database together.

Whatever waits while one batch commits becomes the next: there is no timer, and nobody waits
longer than a commit. Each caller gets the answer of its own row. A batch that fails is tried
again row by row, so that one bad row spoils no other. When the database goes away, batches
wait for it and are sent again: the requests carry their own ids, so a batch that had been
committed unheard is answered as it was, and nothing is taken twice.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from balmis.core.booking.take_codes import Answer
from balmis.core.booking.take_protocol import (
    ALONE,
    CONFIRM,
    PARTIES,
    Answered,
    Wish,
    answers_of,
    columns_of,
)
from balmis.core.vocabulary.booking import Channel

log = logging.getLogger("balmis.gate")

MOST = 128  # rows in a batch
PATIENCE = 10.0  # seconds to wait for a database that went away
PAUSE = 0.05  # seconds between tries to reach it


class DatabaseAway(Exception):
    """The database did not come back in time; ask again with the same request id."""


class Line:
    """One connection to the database, made anew whenever it breaks."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._connection: AsyncConnection[Any] | None = None

    async def rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        """One statement in a transaction of its own, sent again if the database went away.

        Raises DatabaseAway; psycopg.Error when the statement itself fails.
        """
        end = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                connection = await self._connected()
                cursor = await connection.execute(query, values, prepare=True)
                return await cursor.fetchall()
            except psycopg.OperationalError as error:
                if self._connection is not None and not self._connection.broken:
                    raise  # a deadlock or the like: the database is there
                await self.close()
                if asyncio.get_running_loop().time() > end:
                    raise DatabaseAway from error
                await asyncio.sleep(PAUSE)

    async def _connected(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await AsyncConnection.connect(
                self.dsn, autocommit=True, connect_timeout=2
            )
        return self._connection

    async def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()


Row = tuple[Any, "asyncio.Future[Any]"]


class Writer(ABC):
    """Gathers rows and sends them, one batch at a time."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._waiting: list[Row] = []
        self._came = asyncio.Event()
        self.batches = self.rows = 0

    async def send(self, row: Any) -> Any:
        """The answer to one row. Raises DatabaseAway."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        self._came.set()
        return await future

    async def work(self) -> None:
        """Send batches for ever."""
        while True:
            await self._came.wait()
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            if not self._waiting:
                self._came.clear()
            await self._answer(batch)

    async def _answer(self, batch: list[Row]) -> None:
        rows = [row for row, _ in batch]
        self.batches += 1
        self.rows += len(rows)
        try:
            answers = await self.ask(rows)
        except DatabaseAway as away:
            for _, future in batch:
                _fail(future, away)
        except psycopg.Error:
            log.exception("a batch failed; its rows go one by one")
            for row, future in batch:
                await self._answer_one(row, future)
        else:
            for (row, future), answered in zip(batch, answers, strict=True):
                if self.lost_race(answered):
                    await self._answer_one(row, future)
                elif not future.done():
                    future.set_result(answered)

    async def _answer_one(self, row: Any, future: "asyncio.Future[Any]") -> None:
        try:
            (answered,) = await self.ask([row])
        except (DatabaseAway, psycopg.Error) as error:
            _fail(future, error)
        else:
            if not future.done():
                future.set_result(answered)

    @abstractmethod
    async def ask(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The answers to the rows, in their order."""

    def lost_race(self, answered: Any) -> bool:
        """Must the row be asked again, alone?"""
        return bool(answered.code == Answer.AGAIN)


def _fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


class Taker(Writer):
    async def ask(self, rows: Sequence[Wish]) -> list[Answered]:
        return await take(self.line, ALONE, rows)


class Confirmer(Writer):
    """Rows are (request, person)."""

    async def ask(self, rows: Sequence[tuple[UUID, int]]) -> list[Answered]:
        requests, people = zip(*rows, strict=True)
        values = [datetime.now(UTC), list(requests), list(people)]
        return answers_of(await self.line.rows(CONFIRM, values))


class PartyTaker(Writer):
    """A row is a party: several wishes, which are met together or not at all."""

    async def ask(self, rows: Sequence[Sequence[Wish]]) -> list[list[Answered]]:
        answers = iter(await take(self.line, PARTIES, [wish for party in rows for wish in party]))
        return [[next(answers) for _ in party] for party in rows]

    def lost_race(self, answered: Sequence[Answered]) -> bool:
        return any(one.code == Answer.AGAIN for one in answered)


async def take(line: Line, statement: str, wishes: Sequence[Wish]) -> list[Answered]:
    values = [datetime.now(UTC), Channel.RESIDENT.value, *columns_of(wishes)]
    return answers_of(await line.rows(statement, values))
