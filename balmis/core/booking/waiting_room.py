"""The waiting room of an opening: who is let in when.

Everyone who joined before the opening is drawn at random; those who join later get the next
free moment, so many a minute. A planner may let people in by the last digit of their birthday
first: a wave for each digit, and within a wave the draw. A ticket is signed and carries all
that its turn depends on, so that any gate can tell it without asking the database.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil

from msgspec import Struct

from balmis.core.booking.signed_text import Seal
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused

DIGITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOpening:
    """An opening: when people are let in, and how many a minute."""

    key: int
    campaign: int
    doors_at: datetime  # from here on one may join
    opens_at: datetime
    closes_at: datetime  # from here on nobody needs a ticket
    per_minute: int
    early: int = 0  # tickets taken before the opening
    wave_minutes: int = 0  # 0: one wave for all; else a wave for each birthday digit
    first_digit: int = 0
    seed: bytes = b""  # of the draw; secret until the opening

    def holds(self, now: datetime) -> bool:
        """Does a booking need a turn?"""
        return self.opens_at <= now < self.closes_at


class WaitingTicket(Struct, frozen=True, array_like=True):
    """A person's place in the waiting room."""

    rush: int
    person: int
    digit: int  # the last of the birthday
    given: float | None  # the moment given to one who came late, seconds since 1970


@dataclass(frozen=True, slots=True)
class Turn:
    """A ticket's turn: when it comes, and about how many come before it still."""

    at: datetime
    before: int


_seal = Seal(WaitingTicket, b"balmis.ticket.1")
sign = _seal.write


def read(text: str, key: bytes) -> WaitingTicket | None:
    """The ticket, if it is genuine."""
    return _seal.read(text, key) if text else None


def turn(rush: TimedOpening, ticket: WaitingTicket, now: datetime) -> Turn:
    """When a ticket's turn comes. Before the opening: the earliest that it can."""
    begins = rush.opens_at + timedelta(minutes=wave(rush, ticket.digit) * rush.wave_minutes)
    if ticket.given is not None:
        at = _late_turn(rush, ticket, datetime.fromtimestamp(ticket.given, UTC))
    elif now < rush.opens_at:  # not drawn yet
        return Turn(begins, 0)
    else:
        place = drawn(rush.seed, ticket.person) * _in_wave(rush)
        at = _wave_begins(rush, ticket.digit) + _lasts(rush, place)
    left = (at - max(now, rush.opens_at)).total_seconds()
    return Turn(at, max(0, ceil(left * rush.per_minute / 60)))


def _wave_begins(rush: TimedOpening, digit: int) -> datetime:
    """A wave begins at its time, or when those before it are in."""
    nth = wave(rush, digit)
    planned = rush.opens_at + timedelta(minutes=nth * rush.wave_minutes)
    return max(planned, rush.opens_at + _lasts(rush, nth * _in_wave(rush)))


def _in_wave(rush: TimedOpening) -> float:
    """How many of those who came early are in one wave, on average."""
    return rush.early / DIGITS if rush.wave_minutes else rush.early


def _late_turn(rush: TimedOpening, ticket: WaitingTicket, given: datetime) -> datetime:
    """The moment given, but never before those of the same wave who came early; as far apart from
    one another as they were given."""
    drawn_in = _wave_begins(rush, ticket.digit) + _lasts(rush, _in_wave(rush))
    if given >= drawn_in:
        return given
    return drawn_in + max(timedelta(), given - (rush.opens_at + _lasts(rush, rush.early)))


def _lasts(rush: TimedOpening, people: float) -> timedelta:
    return timedelta(seconds=60 * people / rush.per_minute)


def wave(rush: TimedOpening, digit: int) -> int:
    """Which wave lets in people whose day of birth ends in this digit, from 0."""
    return (digit - rush.first_digit) % DIGITS if rush.wave_minutes else 0


def drawn(seed: bytes, person: int) -> float:
    """A person's draw, from 0 to below 1: even, and not to be guessed without the seed."""
    digest = hmac.digest(seed, str(person).encode(), sha256)
    return int.from_bytes(digest[:6], "big") / (1 << 48)


SELDOM, OFTEN = 20, 2  # seconds between a waiting page's looks


def pause(rush: TimedOpening, comes: Turn, ticket: WaitingTicket, now: datetime) -> int:
    """Seconds until it is worth looking again; people do not all look at one moment."""
    until = comes.at if now >= rush.opens_at else rush.opens_at
    left = ceil((until - now).total_seconds()) + ticket.person % 3
    return max(OFTEN, min(left, SELDOM + ticket.person % 10))


def check_turn(
    rush: TimedOpening, ticket: WaitingTicket | None, *, person: int, now: datetime
) -> None:
    """May the person book, now that the opening holds? Raises Refusal(NOT_YOUR_TURN) unless the
    ticket is theirs, of this opening, and its turn has come."""
    if ticket is None or ticket.person != person or ticket.rush != rush.key:
        raise Refusal(Refused.NOT_YOUR_TURN)
    if turn(rush, ticket, now).at > now:
        raise Refusal(Refused.NOT_YOUR_TURN)
