"""How surely will the target be reached? The plan is rolled forward over thousands of futures.

In each, deliveries come late or short and people come more or less than hoped. What is decided in a
week uses only what is known in that week. With perfect foresight nobody could do better than the
programme solved for that future: the two make a bracket.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from balmis.core.planning.allocation.aggregation import by_area
from balmis.core.planning.allocation.formulation import counts
from balmis.core.planning.allocation.problem import Problem
from balmis.core.planning.allocation.solve import Plan

Floats = NDArray[np.floating[Any]]
ABREAST = 5_000  # futures that are rolled at once
TINY = np.float32(1e-6)
AHEAD = 2  # weeks to look ahead in the plan for whom doses beyond it are given to


class Policy(StrEnum):
    """Which doses are kept for second doses. `follow` does first what the plan has for the week."""

    FOLLOW = "follow"  # the plan, then as by a set-aside
    SET_ASIDE = "set-aside"  # what the coming deliveries will not cover
    LOCKBOX = "lockbox"  # one for every first dose given


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """How far supply and uptake may differ from what is assumed."""

    late: float = 0.15  # chance that a delivery slips by a week, and again
    spread: float = 0.2  # coefficient of variation of a delivery's size
    common: float = 0.1  # of all deliveries of a product together
    uptake: float = 0.05  # standard deviation of each group's share, in parts of 1
    trust: float = 0.8  # share of a coming delivery on which a set-aside counts


@dataclass(frozen=True, slots=True)
class Scenarios:
    supply: Floats  # (N, W, P)
    uptake: Floats  # (N, G)


def scenarios(problem: Problem, doubt: Doubt, n: int, seed: int) -> Scenarios:
    """Futures drawn around what is assumed. Raises ValueError for none."""
    if n < 1:
        raise ValueError("at least one future")
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    w, _, _, g, p = problem.shape
    supply = np.zeros((n, w, p), dtype=np.float64)
    everyone = np.arange(n)
    factor = _around_one(rng, doubt.common, (n, p))
    for week, k in np.argwhere(problem.supply > 0):
        size = problem.supply[week, k] * factor[:, k] * _around_one(rng, doubt.spread, (n,))
        slips = rng.geometric(1 - doubt.late, n) - 1 if doubt.late else np.zeros(n, dtype=np.int64)
        at = week + slips
        kept = at < w
        supply[everyone[kept], at[kept], k] += size[kept]
    spread = rng.normal(0, doubt.uptake, (n, g)) if doubt.uptake else np.zeros((n, g))
    share: Floats = np.clip(problem.uptake + spread, 0.0, 1.0)
    return Scenarios(supply, share)


def _around_one(rng: np.random.Generator, spread: float, shape: tuple[int, ...]) -> Floats:
    """Lognormal with mean 1."""
    if spread == 0:
        return np.ones(shape)
    sd = sqrt(np.log1p(spread**2))
    drawn: Floats = rng.lognormal(-(sd**2) / 2, sd, shape)
    return drawn


@dataclass(frozen=True, slots=True)
class Rolled:
    """People by the end of each week, of each aim: (aims, N, W); doses of all: (N, W) first, second; and
    in the store (N, W, P)."""

    done: Floats
    first: Floats
    second: Floats
    stock: Floats

    def reached(self, problem: Problem, aim: int) -> NDArray[np.bool_]:
        """(N,) whether an aim is reached by its day, to half a person in ten thousand."""
        asked = problem.aims[aim]
        groups, before = counts(problem, asked)
        done = asked.at(self.done[aim], float(before[groups].sum()))
        return np.asarray(done >= asked.people * (1 - 5e-5) - 0.5)

    def fan(self, aim: int) -> Floats:
        """The 5th, 50th and 95th percentile: (3, W)."""
        return np.asarray(np.quantile(self.done[aim], (0.05, 0.5, 0.95), axis=0))


def roll(
    plan: Plan,
    futures: Scenarios,
    policy: Policy = Policy.FOLLOW,
    *,
    trust: float = Doubt().trust,
    threads: int = 2,
) -> Rolled:
    """Week by week, area by area; as many futures abreast as stay in the processor's cache, on `threads`
    cores (NumPy lets other threads work meanwhile). Single precision: to one person in a million."""

    def part(n: int) -> Rolled:
        some = Scenarios(futures.supply[n : n + ABREAST], futures.uptake[n : n + ABREAST])
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # flags of padding lanes; the result is checked
            found = _Roll(plan, some, policy, trust).run()
        if not (np.isfinite(found.done).all() and np.isfinite(found.stock).all()):
            raise FloatingPointError("a future came out as no number")
        return found

    with ThreadPoolExecutor(max_workers=threads) as pool:
        parts = list(pool.map(part, range(0, len(futures.supply), ABREAST)))
    return Rolled(
        np.concatenate([x.done for x in parts], axis=1),
        *(
            np.concatenate([getattr(x, name) for x in parts])
            for name in ("first", "second", "stock")
        ),
    )


class _Roll:
    """N futures, A areas, G groups, P products, K limits of a week; futures stand last, for speed."""

    def __init__(self, plan: Plan, futures: Scenarios, policy: Policy, trust: float) -> None:
        problem = self.problem = plan.problem
        self.policy, self.trust = policy, trust
        self.w, _, self.a, self.g, self.p = problem.shape
        self.n = len(futures.supply)
        self.supply = futures.supply.transpose(1, 2, 0).astype(np.float32)  # (W, P, N)
        past = problem.past
        before = past.first if past else np.zeros((self.a, self.g))
        there = problem.people[..., None] * futures.uptake.T[None]
        self.room = np.maximum(there - before[..., None], 0.0).astype(np.float32)  # (A, G, N)
        begin = past.stock if past else np.zeros(self.p)
        self.stock = np.tile(begin[:, None], (1, self.n)).astype(np.float32)
        self.came, self.out = np.cumsum(self.supply, axis=0) + self.stock, np.zeros_like(self.stock)
        self.planned = plan.first.cumsum(axis=0).astype(np.float32)  # (W, A, G, P)
        self.again = (
            plan.second.sum(axis=2).cumsum(axis=0).astype(np.float32)
        )  # (W, A, P) second doses
        self.kept = plan.central  # (W, P)
        self.repeated = np.zeros((self.p, self.a, self.n), np.float32)
        # people who become due from first doses of these futures, in a ring of weeks; and from the past
        self.ring = 1 + max((x.lag for x in problem.products), default=0)
        self.due = np.empty((self.ring, self.p, self.a, self.g, self.n), np.float32)
        self.written = np.zeros((self.ring, self.p), np.bool_)  # else what stands there is over
        self.past_due = past.due.astype(np.float32) if past else None  # (W, A, G, P)
        self.owed = np.zeros((self.w, self.p, self.n), np.float32)  # second doses due in a week
        if past:
            self.owed += past.due.sum(axis=(1, 2))[..., None]
        self.waiting = np.zeros((self.p, self.a, self.g, self.n), np.float32)
        self.given = np.zeros((self.p, self.a, self.g, self.n), np.float32)  # first doses
        self.part, self.rest = (np.empty((self.a, self.g, self.n), np.float32) for _ in range(2))
        self.limits = by_area(problem)
        self.keeps = np.array([1 - x.wastage for x in problem.products], np.float32)
        self.left = np.zeros((0, self.a, self.n), np.float32)  # (K, A, N) of the week at hand

    def run(self) -> Rolled:
        n, w = self.n, self.w
        first, second, stock = np.zeros((w, n)), np.zeros((w, n)), np.zeros((w, self.p, n))
        covered, completed = (np.zeros((w, self.g, n), np.float32) for _ in range(2))
        passes = (0, AHEAD) if self.policy is Policy.FOLLOW else (AHEAD,)
        for week in range(w):
            self._come(week)
            for ahead in passes:
                for k, product in enumerate(self.problem.products):
                    again = self._second(week, k, ahead) if product.doses == 2 else None
                    if again is not None:
                        groups = again.sum(axis=0)
                        completed[week] += groups
                        second[week] += groups.sum(axis=0)
                for k, product in enumerate(self.problem.products):
                    if (new := self._first(week, k, ahead)) is None:
                        continue
                    groups = new.sum(axis=0)
                    covered[week] += groups
                    first[week] += groups.sum(axis=0)
                    if product.doses == 1:
                        completed[week] += groups
            stock[week] = self.stock
        return Rolled(self._done(covered, completed), first.T, second.T, stock.transpose(2, 0, 1))

    def _come(self, week: int) -> None:
        """The week's deliveries; what is past its shelf life goes (the oldest is given first)."""
        self.stock += self.supply[week]
        for k, product in enumerate(self.problem.products):
            if product.shelf is not None and week >= product.shelf:
                old = np.maximum(self.came[week - product.shelf, k] - self.out[k], 0.0)
                self.stock[k] -= old
                self.out[k] += old
        most = self.limits.most[week].T  # (K, A)
        self.left = np.tile(np.minimum(most, 1e12)[..., None], (1, 1, self.n)).astype(np.float32)

    def _room_for(self, k: int) -> Floats:
        """(A, N) doses of a product that each area can still take in this week."""
        weights = self.limits.weights[:, k]
        found = [
            self.left[n] if x == 1 else self.left[n] / x for n, x in enumerate(weights) if x > 0
        ]
        return np.asarray(found[0] if len(found) == 1 else np.minimum.reduce(found))

    def _take(self, k: int, doses: Floats) -> None:
        """(A, N) doses."""
        for n, x in enumerate(self.limits.weights[:, k]):
            if x > 0:
                self.left[n] -= np.float32(x) * doses
        np.maximum(self.left, 0.0, out=self.left)
        drawn = doses.sum(axis=0) / self.keeps[k]
        self.stock[k] -= drawn
        self.out[k] += drawn

    def _second(self, week: int, k: int, ahead: int) -> Floats | None:
        """(A, G, N) second doses, good until the next call: everyone who waits, as far as stock and hands go;
        at first, where the plan is followed, those whom it has for this week."""
        waiting, part, follows = self.waiting[k], self.part, self.policy is Policy.FOLLOW
        if not (follows and ahead):
            new = self.due[week % self.ring, k]
            if self.written[week % self.ring, k]:
                waiting += new
                self.written[week % self.ring, k] = False
            if self.past_due is not None:
                waiting += self.past_due[week, :, :, k][..., None]
        there = waiting.sum(axis=1)
        want = np.minimum(there, self._room_for(k))
        if follows and not ahead:
            planned = self.again[week, :, k][:, None]
            np.minimum(want, np.maximum(planned - self.repeated[k], 0.0), out=want)
        kept = np.float32(self.kept[week, k]) if follows and ahead else np.float32(0)
        free = np.maximum(self.stock[k] - kept, 0.0) * self.keeps[k]
        want *= np.minimum(1.0, free / np.maximum(want.sum(axis=0), TINY))
        if want.max() < 0.5:
            return None
        np.multiply(waiting, (want / np.maximum(there, TINY))[:, None], out=part)
        waiting -= part
        if ahead or not follows:
            np.maximum(waiting, 0.0, out=waiting)  # rounding must not leave less than nobody
        self.repeated[k] += want
        self._take(k, want)
        return part

    def _first(self, week: int, k: int, ahead: int) -> Floats | None:
        """(A, G, N) first doses, good until the next call: to the groups as planned up to `ahead` weeks later,
        then to whoever else may come. For this week's, the plan's own stock at its end is set aside."""
        may = self.problem.eligible[:, k] & (self.problem.opens <= week)
        follows, part, rest = self.policy is Policy.FOLLOW, self.part, self.rest
        reserve = (
            np.float32(self.kept[week, k]) if follows and not ahead else self._reserve(week, k)
        )
        free = np.maximum(self.stock[k] - reserve, 0.0) * self.keeps[k]
        hands = self._room_for(k)
        if not may.any() or free.max() < 0.5 or hands.max() < 0.5:
            return None
        seen = np.where(may, self.planned[min(week + ahead, self.w - 1), :, :, k], np.float32(0))
        np.subtract(seen[..., None], self.given[k], out=part)
        np.maximum(part, 0.0, out=part)
        np.minimum(part, self.room, out=part)
        part *= _within(part, hands, free)[:, None]
        if not (follows and not ahead):
            np.subtract(self.room, part, out=rest)
            rest *= may[None, :, None]
            used = part.sum(axis=1)
            rest *= _within(rest, hands - used, free - used.sum(axis=0))[:, None]
            part += rest
        self._book(week, k, part)
        return part

    def _book(self, week: int, k: int, new: Floats) -> None:
        self.room -= new
        np.maximum(self.room, 0.0, out=self.room)  # rounding must not leave less than nobody
        self.given[k] += new
        doses = new.sum(axis=1)
        self._take(k, doses)
        product = self.problem.products[k]
        if product.doses == 2 and week + product.lag < self.w:
            slot = (week + product.lag) % self.ring
            if self.written[slot, k]:
                self.due[slot, k] += new
            else:
                self.due[slot, k] = new
            self.written[slot, k] = True
            self.owed[week + product.lag, k] += doses.sum(axis=0)

    def _reserve(self, week: int, k: int) -> Floats:
        """(N,) doses that are kept for second doses."""
        product = self.problem.products[k]
        need = self.waiting[k].sum(axis=(0, 1))
        if product.doses == 1:
            return np.zeros(self.n, np.float32)
        if self.policy is Policy.LOCKBOX:
            return np.asarray((need + self.owed[week + 1 :, k].sum(axis=0)) / self.keeps[k])
        most: Floats = need.copy()
        coming = np.float32(0)
        for ahead in range(week + 1, min(week + product.lag + 1, self.w)):
            need += self.owed[ahead, k]
            coming += np.float32(self.problem.supply[ahead, k] * self.trust) * self.keeps[k]
            np.maximum(most, need - coming, out=most)
        return np.asarray(most / self.keeps[k])

    def _done(self, covered: Floats, completed: Floats) -> Floats:
        found = []
        for aim in self.problem.aims:
            groups, before = counts(self.problem, aim)
            week = (completed if aim.completed else covered)[:, groups].sum(
                axis=1, dtype=np.float64
            )
            found.append((week.cumsum(axis=0) + before[groups].sum()).T)
        return np.array(found).reshape(len(self.problem.aims), self.n, self.w)


def _within(want: Floats, hands: Floats, free: Floats) -> Floats:
    """(A, N) the share of what each area wants (A, G, N) that its hands (A, N) and the stock for all (N,)
    allow."""
    areas = want.sum(axis=1)
    able = np.minimum(np.maximum(hands, 0.0), areas)
    able *= np.minimum(1.0, np.maximum(free, 0.0) / np.maximum(able.sum(axis=0), TINY))
    return np.asarray(able / np.maximum(areas, TINY))


def by_policy(
    plan: Plan,
    futures: Scenarios,
    policies: Sequence[Policy] = tuple(Policy),
    *,
    trust: float = Doubt().trust,
) -> dict[str, Floats]:
    """(aims,) chance of each aim by its week, for each policy, on the same futures."""
    found = {}
    for policy in policies:
        rolled = roll(plan, futures, policy, trust=trust)
        found[policy.value] = chances(rolled, plan.problem)
    return found


def chances(rolled: Rolled, problem: Problem) -> Floats:
    """(aims,)"""
    return np.array([rolled.reached(problem, n).mean() for n in range(len(problem.aims))])
