"""What does a session need from the store: vials rounded up, diluent and syringes with them?

Lots are proposed first-expired-first-out: of what may be given on the day, the lot that expires
first; one without a date comes last.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import ceil

SPARE = (
    0.05  # auto-disable syringes that fail; WHO's planning figure of 5 % (JICA/WHO EPI logistics)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A lot on the shelf."""

    lot: str
    doses: float
    expires_on: date | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """Vials of a lot to take along, and why this one."""

    lot: str
    vials: int
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a session needs of one vaccine."""

    people: int
    vials: int
    diluent: int  # vials of diluent, one for each
    syringes: int  # to inject with, spares included
    mixing: int  # syringes to dilute with
    picks: tuple[Pick, ...]
    short: int  # vials that the shelf cannot give


def prepare(
    people: int, shelf: Iterable[Stock], *, per_vial: int, diluted: bool, on: date
) -> Bundle:
    """`shelf` is what the site has of the vaccine, after what earlier sessions take."""
    vials = ceil(people / per_vial)
    usable = [s for s in shelf if not s.held and (s.expires_on is None or s.expires_on >= on)]
    usable.sort(key=lambda s: (s.expires_on or date.max, s.lot))
    picks, left = [], vials
    for s in usable:
        taken = min(left, int(s.doses // per_vial))
        if taken > 0:
            picks.append(Pick(s.lot, taken, s.expires_on))
            left -= taken
    return Bundle(
        people,
        vials,
        vials if diluted else 0,
        ceil(people * (1 + SPARE)),
        vials if diluted else 0,
        tuple(picks),
        left,
    )
