"""The plan as a flow through time: first doses, people waiting for the second, second doses, stock.

Nothing is summed up from the beginning again and again: who waits is carried from week to week, so the
programme stays sparse. Two forms of one meaning: pooled by area, and site by site (the oracle).
"""

from dataclasses import dataclass

import numpy as np

from balmis.core.planning.allocation.aggregation import Limits, by_area, by_site
from balmis.core.planning.allocation.lp import INF, Model
from balmis.core.planning.allocation.problem import Aim, Bools, Floats, Ints, Problem

NONE = np.int64(-1)


@dataclass(slots=True)
class Built:
    """The model with the indices of its blocks; -1 where there is no such variable. Places are areas,
    or sites."""

    problem: Problem
    model: Model
    place_area: Ints  # (places,)
    first: Ints  # (W, places, G, P)
    second: Ints  # (W, places, G, P)
    waiting: Ints  # (W, A, G, P) at the end of the week
    late: Ints  # (W, A, G, P) of those, longer than they should
    central: Ints  # (W, P) doses in the store at the end of the week
    thrown: Ints  # (W, P) doses that expired
    short: Ints  # (aims,) people missing
    hoped: Ints  # (hopes,) likewise
    limits: Ints  # (W, places, K) rows
    supplied: Ints  # (W, P) rows
    room: Ints  # (A, G) rows


def build(problem: Problem, *, pooled: bool = True) -> Built:
    w, s, a, g, p = problem.shape
    limits = by_area(problem) if pooled else by_site(problem)
    places = a if pooled else s
    model = Model()
    may, two = _may(problem)
    first = _some(model, np.broadcast_to(may[:, None], (w, places, g, p)))
    again = _seconds(problem, may, two)
    second = _some(model, np.broadcast_to(again[:, None], (w, places, g, p)))
    waiting = _some(model, np.broadcast_to(again[:, None], (w, a, g, p)))
    past = problem.past is not None and problem.past.due.any()
    late = _some(model, np.broadcast_to(again[:, None] & past, (w, a, g, p)))
    nothing = np.full((0,), NONE)
    built = Built(
        problem,
        model,
        np.arange(a) if pooled else problem.area_of,
        first,
        second,
        waiting,
        late,
        model.variables((w, p)),
        model.variables((w, p)),
        model.variables((len(problem.aims),)),
        model.variables((len(problem.hopes),)),
        nothing,
        nothing,
        nothing,
    )
    _flow(built)
    _stock(built)
    _limits(built, limits)
    _people(built)
    _aims(built)
    return built


def _may(problem: Problem) -> tuple[Bools, Bools]:
    """(W, G, P) whether a first dose may be given; (P,) whether a second follows."""
    weeks = np.arange(problem.shape[0])
    open_ = weeks[:, None] >= problem.opens[None, :]
    two = np.array([x.doses == 2 for x in problem.products])
    return open_[:, :, None] & problem.eligible[None], two


def _seconds(problem: Problem, may: Bools, two: Bools) -> Bools:
    """(W, G, P): somebody can be due for a second dose."""
    found = np.zeros_like(may)
    for k, product in enumerate(problem.products):
        if two[k] and product.lag < len(may):
            found[product.lag :, :, k] = np.logical_or.accumulate(
                may[: len(may) - product.lag, :, k]
            )
    if problem.past is not None:
        ever = np.logical_or.accumulate((problem.past.due > 0).any(axis=1), axis=0)
        found |= ever & two
    return found


def _some(model: Model, which: Bools) -> Ints:
    """Variables where `which`, -1 elsewhere."""
    found = np.full(which.shape, NONE)
    found[which] = model.variables((int(which.sum()),))
    return found


def _flow(b: Built) -> None:
    """Who waits: those of the week before, and those who become due, less second doses. Nobody waits
    longer than the longest interval, but for those who were late already."""
    problem, model = b.problem, b.model
    w, _, a, g, p = problem.shape
    due = problem.past.due if problem.past else np.zeros((w, a, g, p))
    there = b.waiting >= 0
    rows = np.full(there.shape, NONE)
    rows[there] = model.constraints((int(there.sum()),), due[there], due[there])
    _where(model, rows, b.waiting, 1.0)
    _where(model, rows[1:], b.waiting[:-1], -1.0)
    ahead = np.full(there.shape, NONE)
    ahead[there] = model.constraints((int(there.sum()),), -INF, _recent(problem, due)[there])
    _where(model, ahead, b.waiting, 1.0)
    _where(model, ahead, b.late, -1.0)
    by_place_rows, by_place_ahead = rows[:, b.place_area], ahead[:, b.place_area]
    _where(model, by_place_rows, b.second, 1.0)
    for k, product in enumerate(problem.products):
        lag = product.lag
        if product.doses != 2 or lag >= w:
            continue
        _where(model, by_place_rows[lag:, :, :, k], b.first[: w - lag, :, :, k], -1.0)
        for back in range(lag, product.longest):  # later ones must have had it by then
            if back < w:
                _where(model, by_place_ahead[back:, :, :, k], b.first[: w - back, :, :, k], -1.0)


def _recent(problem: Problem, due: Floats) -> Floats:
    """(W, A, G, P): of those who were due from the past, who may still wait at the end of a week."""
    if problem.past is not None and problem.past.wait is not None:
        return problem.past.wait
    found = np.zeros_like(due)
    for k, product in enumerate(problem.products):
        for back in range(product.longest - product.lag):
            if back < len(due):
                found[back:, :, :, k] += due[: len(due) - back, :, :, k]
    return found


def _where(model: Model, rows: Ints, columns: Ints, value: float) -> None:
    kept = (rows >= 0) & (columns >= 0)
    model.put(rows[kept], columns[kept], value)


def _stock(b: Built) -> None:
    """Doses that come are given, kept, or thrown away when they expire."""
    problem, model = b.problem, b.model
    w, _, _, _, p = problem.shape
    begin = problem.past.stock if problem.past else np.zeros(p)
    supply = problem.supply.copy()
    supply[0] += begin
    b.supplied = model.constraints((w, p), supply, supply)
    model.put(b.supplied, b.central, 1.0)
    model.put(b.supplied[1:], b.central[:-1], -1.0)
    model.put(b.supplied, b.thrown, 1.0)
    drawn = np.array([1 / (1 - x.wastage) for x in problem.products])
    rows = np.broadcast_to(b.supplied[:, None, None, :], b.first.shape)
    for block in (b.first, b.second):
        kept = block >= 0
        model.put(rows[kept], block[kept], np.broadcast_to(drawn, block.shape)[kept])
    for k, product in enumerate(problem.products):
        if product.shelf is not None and product.shelf < w:
            total = np.cumsum(supply[:, k])
            older = np.concatenate([np.zeros(product.shelf), total[: w - product.shelf]])
            model.put(model.constraints((w,), -INF, total - older), b.central[:, k], 1.0)


def _limits(b: Built, limits: Limits) -> None:
    """Capacity and cold room of each place."""
    model, finite = b.model, np.minimum(limits.most, 1e12)
    b.limits = model.constraints(finite.shape, -INF, finite)
    for k, weights in enumerate(limits.weights):
        rows = np.broadcast_to(b.limits[:, :, k][:, :, None, None], b.first.shape)
        for block in (b.first, b.second):
            kept = block >= 0
            model.put(rows[kept], block[kept], np.broadcast_to(weights, block.shape)[kept])


def _people(b: Built) -> None:
    """Nobody has two first doses; no area falls behind."""
    problem, model = b.problem, b.model
    room = problem.room
    b.room = model.constraints(room.shape, -INF, room)
    rows = np.broadcast_to(b.room[b.place_area][None, :, :, None], b.first.shape)
    _where(model, rows, b.first, 1.0)
    if problem.equity is None:
        return
    before = problem.past.first.sum(axis=1) if problem.past else np.zeros(len(room))
    people = np.maximum(problem.people.sum(axis=1), 1e-9)
    covered = model.variables((len(room),))  # first doses so far, of each area
    total = model.constraints((len(room),), before, before)
    model.put(total, covered, 1.0)
    rows = np.broadcast_to(total[b.place_area][None, :, None, None], b.first.shape)
    _where(model, rows, b.first, -1.0)
    fair = model.constraints((len(room),), -problem.equity, INF)
    model.put(fair[:, None], covered[None, :], np.diag(1 / people) - 1 / people.sum())


def counts(problem: Problem, aim: Aim) -> tuple[Bools, Floats]:
    """(G,) the aim's groups, and who counts already, by group."""
    g = problem.shape[3]
    groups = np.isin(np.arange(g), aim.groups) if aim.groups else np.ones(g, dtype=np.bool_)
    if problem.past is None:
        return groups, np.zeros(g)
    done = problem.past.completed if aim.completed else problem.past.first
    return groups, done.sum(axis=0)


def towards(b: Built, aim: Aim) -> tuple[Ints, Floats]:
    """The variables that count towards an aim, and how much of each does: of its last week the part that
    has passed by the day."""
    groups, _ = counts(b.problem, aim)
    weeks = slice(0, aim.week + 1)
    weight = np.ones(aim.week + 1)
    weight[-1] = aim.part
    one = np.array([x.doses == 1 for x in b.problem.products])
    blocks = [b.first[weeks][:, :, groups]]
    if aim.completed:
        blocks = [blocks[0][..., one], b.second[weeks][:, :, groups][..., ~one]]
    found, parts = [], []
    for block in blocks:
        kept = block >= 0
        found.append(block[kept])
        parts.append(np.broadcast_to(weight[:, None, None, None], block.shape)[kept])
    columns, share = np.concatenate(found), np.concatenate(parts)
    return columns[share > 0], share[share > 0]


def _aims(b: Built) -> None:
    """People of each aim and hope, and how many are missing."""
    for aims, missing in ((b.problem.aims, b.short), (b.problem.hopes, b.hoped)):
        for aim, short in zip(aims, missing, strict=True):
            groups, done = counts(b.problem, aim)
            row = b.model.constraints((1,), max(0.0, aim.people - done[groups].sum()), INF)
            columns, share = towards(b, aim)
            b.model.put(np.broadcast_to(row, columns.shape), columns, share)
            b.model.put(row, np.array([short]), 1.0)
