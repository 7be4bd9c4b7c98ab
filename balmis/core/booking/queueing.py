"""The waiting room of an opening: who is let in when.

Everyone who joined before the opening is drawn at random; those who join later follow in
order. A planner may let people in by the last digit of their birthday first: each digit's wave
begins `wave_minutes` after the one before, and within a wave the same rule holds. Nothing is
stored for a person but the ticket; the rest follows from the clock.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

DIGITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When people are let in, and how many a minute."""

    opens_at: datetime
    per_minute: int
    early: int = 0  # tickets taken before the opening
    wave_minutes: int = 0  # 0: one wave for all; else a wave for each birthday digit
    first_digit: int = 0
    seed: bytes = b""  # of the draw; kept secret until the opening


@dataclass(frozen=True, slots=True)
class Turn:
    """A ticket's place: how many are before it, and when its turn comes."""

    before: int
    at: datetime


def turn(opening: Opening, *, person: int, born: date, number: int | None) -> Turn:
    """When a person is let in; `number` counts those who joined after the opening from 0.

    `number` None: joined before it, and is drawn.
    """
    draw = drawn(opening.seed, person)
    before = int(draw * opening.early) if number is None else opening.early + number
    begins = opening.opens_at + timedelta(minutes=wave(opening, born) * opening.wave_minutes)
    comes = opening.opens_at + timedelta(seconds=60 * before / opening.per_minute)
    return Turn(before, max(begins, comes))


def wave(opening: Opening, born: date) -> int:
    """Which wave lets in people of this birthday, from 0."""
    return (born.day % DIGITS - opening.first_digit) % DIGITS if opening.wave_minutes else 0


def drawn(seed: bytes, person: int) -> float:
    """A person's draw, from 0 to below 1: even, and not to be guessed without the seed."""
    digest = hmac.digest(seed, str(person).encode(), sha256)
    return int.from_bytes(digest[:6], "big") / (1 << 48)
