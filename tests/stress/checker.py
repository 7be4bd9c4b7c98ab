"""Does what the database holds agree with what clients were told?

Works on plain values: the history of requests and answers, the rows, the pools. Each finding
is a sentence; the counts are what a run prints.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

LIVE = ("held", "confirmed")


@dataclass(frozen=True, slots=True)
class Said:
    """One answer that a client got; `booking` None for a refusal, with its reason."""

    act: str  # 'book', 'hold', 'confirm'
    request: UUID
    person: int
    number: int
    pool: int
    booking: int | None
    reason: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """A stored booking."""

    booking: int
    request: UUID
    person: int
    number: int
    pool: int
    status: str


@dataclass(slots=True)
class Verdict:
    lost: list[str] = field(default_factory=list)
    oversold: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    drifted: list[str] = field(default_factory=list)
    unsold: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.oversold or self.doubled or self.drifted or self.unsold)

    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in self.__slots__}


def judge(
    history: Iterable[Said], rows: Iterable[Row], pools: Mapping[int, tuple[int, int]]
) -> Verdict:
    """`pools`: id to (capacity, taken). No client of the history cancels."""
    said, stored = list(history), list(rows)
    verdict = Verdict()
    _find_lost(said, {r.request: r for r in stored}, verdict)
    _find_doubled(said, stored, verdict)
    _find_oversold(said, stored, pools, verdict)
    return verdict


def _find_lost(said: list[Said], by_request: dict[UUID, Row], verdict: Verdict) -> None:
    confirmed = {s.request for s in said if s.booking and s.act in ("book", "confirm")}
    for one in said:
        if one.booking is None:
            continue
        row = by_request.get(one.request)
        if row is None or (row.booking, row.person, row.pool) != (
            one.booking,
            one.person,
            one.pool,
        ):
            verdict.lost.append(f"{one.act} {one.request}: told {one.booking}, stored {row}")
        elif one.request in confirmed and row.status != "confirmed":
            verdict.lost.append(f"{one.act} {one.request}: told confirmed, is {row.status}")


def _find_doubled(said: list[Said], stored: list[Row], verdict: Verdict) -> None:
    told = defaultdict(set)
    for one in said:
        if one.booking is not None:
            told[one.request].add(one.booking)
    verdict.doubled += [f"request {r}: told {b}" for r, b in told.items() if len(b) > 1]
    live = Counter((r.person, r.number) for r in stored if r.status in LIVE)
    verdict.doubled += [f"person {p}, dose {n}: {c} live" for (p, n), c in live.items() if c > 1]


def _find_oversold(
    said: list[Said], stored: list[Row], pools: Mapping[int, tuple[int, int]], verdict: Verdict
) -> None:
    live = Counter(r.pool for r in stored if r.status in LIVE)
    told: dict[int, set[UUID]] = defaultdict(set)
    for one in said:
        if one.booking is not None and one.act in ("book", "confirm"):
            told[one.pool].add(one.request)
    gone = {s.pool for s in said if s.reason == "sold_out"}
    freed = {r.pool for r in stored if r.status not in LIVE}
    for pool, (capacity, taken) in pools.items():
        if live[pool] > capacity or len(told[pool]) > capacity:
            verdict.oversold.append(
                f"pool {pool}: {live[pool]} live, {len(told[pool])} told, of {capacity}"
            )
        if live[pool] != taken:
            verdict.drifted.append(f"pool {pool}: {taken} counted, {live[pool]} live")
        if pool in gone and pool not in freed and live[pool] < capacity:
            verdict.unsold.append(f"pool {pool}: said sold out at {live[pool]} of {capacity}")
