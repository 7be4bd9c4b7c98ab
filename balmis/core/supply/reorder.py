"""For how long do the goods last, and what should go where?

Doses kept for second doses are not counted as stock for first ones. A site is short when it lasts
fewer than `least` days; it is filled up to `wanted` days, first from stores and sites that have more
than they need, the rest is ordered, less what is on order. Whole vials move. What is on order makes
nobody's shelf last longer, and nobody gives away for it what is on the shelf.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil, floor

from balmis.core.policy import DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What a site has of one vaccine, in doses, and what it needs a day for first doses."""

    site: str
    product: str
    usable: float  # on the shelf, neither held, nor expired, nor promised
    coming: float = 0  # on the way from other sites
    ordered: float = 0  # from outside, for days to come: on no shelf yet
    reserve: float = 0  # booked second doses
    a_day: float = 0
    per_vial: int = 1
    is_store: bool = False
    least: int = DEFAULT.supply.least_days
    wanted: int = DEFAULT.supply.wanted_days

    @property
    def free(self) -> float:
        """For first doses; below zero: not even the second doses are covered."""
        return self.usable + self.coming - self.reserve

    @property
    def days(self) -> float | None:
        """How long it lasts; None: nothing is used."""
        return self.free / self.a_day if self.a_day > 0 else None

    @property
    def lacks(self) -> float:
        """Doses up to `wanted` days; 0 unless it is short."""
        short = self.free < 0 or (self.days is not None and self.days < self.least)
        return max(0.0, self.a_day * self.wanted - self.free) if short else 0.0

    @property
    def spare(self) -> float:
        """Doses on the shelf that it does not need."""
        return max(0.0, min(self.usable, self.free - self.a_day * self.wanted))


@dataclass(frozen=True, slots=True)
class Proposal:
    product: str
    source: str | None  # None: order
    target: str
    doses: int


def propose(goods: Iterable[Goods]) -> list[Proposal]:
    """The shortest first; whoever gives most to one site comes first, stores before sites."""
    found: list[Proposal] = []
    rows = list(goods)
    for product in sorted({g.product for g in rows}):
        mine = [g for g in rows if g.product == product]
        left = {g.site: g.spare for g in mine}
        short = [g for g in mine if g.lacks > 0]
        short.sort(key=lambda g: (g.days if g.days is not None else 0.0, g.site))
        for g in short:
            found += _fill(g, mine, left)
    return found


def _fill(g: Goods, mine: list[Goods], left: dict[str, float]) -> list[Proposal]:
    lacks = ceil(g.lacks / g.per_vial) * g.per_vial
    found = []
    givers = sorted(mine, key=lambda s: (not s.is_store, -left[s.site], s.site))
    for giver in givers:
        part = min(lacks, floor(left[giver.site] / g.per_vial) * g.per_vial)
        if giver.site == g.site or part <= 0:
            continue
        left[giver.site] -= part
        lacks -= part
        found.append(Proposal(g.product, giver.site, g.site, part))
    lacks = ceil(max(0.0, lacks - g.ordered) / g.per_vial) * g.per_vial
    if lacks > 0:
        found.append(Proposal(g.product, None, g.site, lacks))
    return found


def after(goods: Iterable[Goods], proposals: Iterable[Proposal]) -> list[Goods]:
    """What everyone would have then, with what was ordered on its way."""
    rows = {(g.site, g.product): g for g in goods}
    for p in proposals:
        if p.source is not None:
            giver = rows[p.source, p.product]
            rows[p.source, p.product] = replace(giver, usable=giver.usable - p.doses)
        taker = rows[p.target, p.product]
        rows[p.target, p.product] = replace(taker, coming=taker.coming + p.doses)
    return list(rows.values())
