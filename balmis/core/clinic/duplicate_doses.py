"""Several records of a dose for one person on one day: which are doses of the register?

Two tablets may write down the same needle, or two needles were given. Until someone who was there
has ruled, they are taken to be one dose: the record with the earliest time is the register's, the
others wait beside it. The answer depends on the records and the rulings alone, never on the order
in which they arrive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from balmis.core.vocabulary.clinic import ConflictEnd

ELSEWHERE = ""  # the key of a dose that no desk recorded


@dataclass(frozen=True, slots=True)
class Record:
    """A desk's record of a dose. `ruling` is about it and the record `against`."""

    key: str
    at: datetime
    gone: bool = False  # undone, or its dose was taken back: it was not given as recorded
    ruling: ConflictEnd | None = None
    against: str | None = None  # the key of another record, or ELSEWHERE


@dataclass(frozen=True, slots=True)
class Register:
    doses: tuple[str, ...]  # the records that are doses; the first by time comes first
    waiting: tuple[str, ...]  # those that somebody has to rule on
    kept: str | None  # what they wait behind: a key, or ELSEWHERE
    twice: frozenset[str] = frozenset()  # doses that were ruled to be a second one


def register_of(records: Iterable[Record], *, elsewhere: bool) -> Register:
    """`elsewhere`: the person has a dose of that day that no desk recorded.

    A ruling about two records means nothing once one of them is gone.
    """
    here = sorted((r for r in records if not r.gone), key=lambda r: (r.at, r.key))
    keys = {r.key for r in here} | ({ELSEWHERE} if elsewhere else set())
    ruled = {r.key: r.ruling for r in here if r.against in keys}
    second = {key for key, ruling in ruled.items() if ruling is ConflictEnd.TWO_DOSES}
    same = {key for key, ruling in ruled.items() if ruling is ConflictEnd.SAME_DOSE}
    open_ = [r.key for r in here if r.key not in same]
    if elsewhere:
        kept: str | None = ELSEWHERE
    else:
        kept = open_[0] if open_ else None
    doses = tuple(key for key in open_ if key == kept or key in second)
    waiting = tuple(key for key in open_ if key not in doses)
    return Register(doses, waiting, kept if waiting else None, frozenset(second))
