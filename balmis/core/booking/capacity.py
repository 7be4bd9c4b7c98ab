"""How many people may come to each slot of a session, and which limit says so.

A session lets people through at one even rate, the smallest of five: what its stations and
its staff can vaccinate, what the observation seats and the parking places can hold while
people stay, and what the expected doses last for. The slots take whole people in turn, so
that every stay window holds as many as the limit allows and never one more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from balmis.core.vocabulary.booking import Limit, PoolKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSize:
    """What a session has; None where nothing limits."""

    slots: int
    slot_minutes: int
    stations: int
    minutes_per_dose: Fraction  # one person at one station
    staff: int | None = None  # vaccinators on duty
    seats: int | None = None  # observation seats
    observation_minutes: int = 30
    parking: int | None = None
    stay_minutes: int = 60  # a car's whole stay
    people_per_place: Fraction = Fraction(1)  # who come for one parking place
    doses: int | None = None  # of the session's products, expected at the site


@dataclass(frozen=True, slots=True)
class Sized:
    """People for each slot in order, and the limit that binds; `rates` for all, a slot."""

    people: tuple[int, ...]
    binding: Limit
    rates: Mapping[Limit, Fraction]

    @property
    def total(self) -> int:
        return sum(self.people)


def size_slots(session: SessionSize) -> Sized:
    """The people each slot may take.

    Those who came in a slot sit through the observation, so a seat serves one person in
    ceil(observation / slot) slots, and every such run of slots takes at most as many people as
    there are seats; parking likewise, through the whole stay. Ties go to the limit named first.
    """
    rates = _rates(session)
    binding = min(rates, key=lambda limit: rates[limit])
    rate = rates[binding]
    people = tuple(int(rate * (n + 1)) - int(rate * n) for n in range(session.slots))
    return Sized(people, binding, rates)


def _rates(s: SessionSize) -> dict[Limit, Fraction]:
    """People a slot, by each limit that there is."""
    each = Fraction(s.slot_minutes) / s.minutes_per_dose
    rates = {Limit.STATIONS: s.stations * each}
    if s.staff is not None:
        rates[Limit.STAFF] = s.staff * each
    if s.seats is not None and s.observation_minutes:
        rates[Limit.SEATS] = Fraction(s.seats, slots_in(s.observation_minutes, s.slot_minutes))
    if s.parking is not None and s.stay_minutes:
        stays = slots_in(s.stay_minutes, s.slot_minutes)
        rates[Limit.PARKING] = s.parking * s.people_per_place / stays
    if s.doses is not None:
        rates[Limit.DOSES] = Fraction(s.doses, max(s.slots, 1))
    return rates


def slots_in(minutes: int, slot_minutes: int) -> int:
    """How many slots' people are there at once, when each stays this long."""
    return max(1, -(-minutes // slot_minutes))


def share_out(
    people: Sequence[int], shares: Mapping[PoolKind, Fraction]
) -> list[dict[PoolKind, int]]:
    """Hold back parts of each slot; what is not held back is open to all.

    Parts are whole people, even over the session: after any slot each part has its share of
    all places so far, rounded down, as far as the slots had room.
    """
    had = dict.fromkeys(shares, 0)
    so_far, found = 0, []
    for places in people:
        so_far += places
        left, pools = places, {}
        for kind, share in shares.items():
            pools[kind] = min(left, int(so_far * share) - had[kind])
            had[kind] += pools[kind]
            left -= pools[kind]
        found.append({PoolKind.OPEN: left, **pools})
    return found
