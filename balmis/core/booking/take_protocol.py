"""How places are asked for and answered: the arguments and rows of the database's functions.

The program and the gate speak to them alike; the functions stand in `contexts/booking/sql`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from balmis.core.booking.take_codes import Answer
from balmis.core.vocabulary.booking import BookingStatus


class Wish(NamedTuple):
    """A place that one person asks for; without `hold_until` it is confirmed at once. The order is
    that of the function's arguments."""

    request_id: UUID
    pool: int
    person: int
    campaign: int
    number: int
    hold_until: datetime | None = None
    product: str = ""
    party: UUID | None = None


class Answered(NamedTuple):
    """What the database said to one wish."""

    code: int
    booking: int | None
    state: str | None
    until: datetime | None
    pool: int | None

    @property
    def answer(self) -> Answer:
        return Answer(self.code)

    @property
    def ok(self) -> bool:
        """Is the place the asker's: taken now, or by the same request before and still live?"""
        live = self.state is not None and BookingStatus(self.state).live
        return self.code <= Answer.AS_BEFORE and live


COLUMNS = "place, code, booking, state, until, pool"
TAKE = f"""SELECT {COLUMNS} FROM {{function}}(
  %s, %s, %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[],
  %s::timestamptz[], %s::text[], %s::uuid[])"""  # noqa: S608
ALONE = TAKE.format(function="booking_take")  # each wish on its own
TOGETHER = TAKE.format(function="booking_take_together")  # all wishes or none
PARTIES = TAKE.format(function="booking_take_parties")  # each party whole or not at all
CONFIRM = f"SELECT {COLUMNS} FROM booking_confirm(%s, %s::uuid[], %s::bigint[])"  # noqa: S608


def columns_of(wishes: Sequence[Wish]) -> list[list[Any]]:
    """The arrays of TAKE."""
    return [list(column) for column in zip(*wishes, strict=True)] or [[] for _ in Wish._fields]


def answers_of(rows: Sequence[Sequence[Any]]) -> list[Answered]:
    """The answers to the wishes, in their order."""
    return [Answered(*row[1:]) for row in sorted(rows, key=lambda row: int(row[0]))]
