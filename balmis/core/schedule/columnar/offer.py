"""The campaign's offer for whole populations: a twin of `offering.py`; read it first."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balmis.core.errors import BadInput
from balmis.core.schedule.campaign_offer import Offer
from balmis.core.schedule.columnar.ahead import (
    AGED_OUT,
    CONTRAINDICATED,
    NOT_COMPLETE,
)
from balmis.core.schedule.columnar.calendar import FAR, NONE
from balmis.core.schedule.columnar.compiler import njit
from balmis.core.schedule.columnar.tables import EPOCH, ROLES
from balmis.core.schedule.columnar.walk import FINDINGS
from balmis.core.schedule.rules import Schedule
from balmis.core.vocabulary.schedule import Eligibility, Finding

STATUSES = tuple(Eligibility)
REASONS = tuple(Finding)
ELIGIBLE, NOT_YET, NO_DATE, NOT_INVITED, DONE, EXCLUDED = range(6)
DUE = REASONS.index(Finding.DUE)
DUE_LATER = REASONS.index(Finding.DUE_LATER)
OVERDUE = REASONS.index(Finding.OVERDUE)
DEFERRED = REASONS.index(Finding.DEFERRED)
PHASE_LATER = REASONS.index(Finding.PHASE_LATER)
PHASE_UNDATED = REASONS.index(Finding.PHASE_UNDATED)
PHASE_OVER = REASONS.index(Finding.PHASE_OVER)
NO_PHASE = REASONS.index(Finding.NO_PHASE)
GROUP_DEFERRED = REASONS.index(Finding.GROUP_DEFERRED)
NO_PRODUCT = REASONS.index(Finding.NO_PRODUCT)
assert tuple(FINDINGS) == REASONS

OF_GROUPS, OF_ROLES, OF_PRODUCTS, OPENS_ON, CLOSES_ON, IS_DEFERRED, OFFER_WIDTH = range(7)
EVERY = (1 << 62) - 1
Days = npt.NDArray[np.int32]


class Ahead(NamedTuple):
    """What the schedule said of everyone, as plain arrays."""

    status: npt.NDArray[np.uint8]
    findings: npt.NDArray[np.int64]
    role: npt.NDArray[np.uint8]
    earliest: Days
    past_due: Days
    products: npt.NDArray[np.int64]
    deferred: npt.NDArray[np.bool_]
    deferred_until: Days
    valid_until: Days
    own: Days  # (people, products) or (0, 0)
    group: npt.NDArray[np.int8]  # number of the group, -1 for none
    area: npt.NDArray[np.int32]  # number of the area


class Decided(NamedTuple):
    status: npt.NDArray[np.uint8]  # index in STATUSES
    reason: npt.NDArray[np.uint8]  # index in REASONS
    from_on: Days
    ready_on: Days
    phase: npt.NDArray[np.int16]  # index of the offer, -1 for none
    products: npt.NDArray[np.int64]
    valid_until: Days


def decide_frame(
    people: pl.DataFrame,
    offers: Sequence[Offer],
    schedule: Schedule,
    on: date,
    *,
    groups: Sequence[str],
    deferred_groups: frozenset[str],
    areas: Sequence[tuple[str, ...]],
) -> pl.DataFrame:
    """The columns of `Decided` for the people frame of `evaluate_frames`.

    The frame also holds `group` (number in `groups`, null for none) and `area` (number in
    `areas`, each the codes of an area and of all it lies in). At most 62 groups.
    """
    if len(groups) > 62:
        raise BadInput(f"The plan has {len(groups)} groups; at most 62 can be evaluated at once.")
    number = {code: n for n, code in enumerate(groups)}
    codes = {code: n for n, code in enumerate(schedule.products)}
    rows = np.array([_row(o, number, codes) for o in offers], np.int64).reshape(-1, OFFER_WIDTH)
    fits = np.array(
        [[not o.areas or not o.areas.isdisjoint(a) for a in areas] for o in offers], np.bool_
    ).reshape(len(offers), len(areas))
    waits = np.array([code in deferred_groups for code in groups] or [False], np.bool_)
    count = len(people)
    made = Decided(
        np.empty(count, np.uint8),
        np.empty(count, np.uint8),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int16),
        np.empty(count, np.int64),
        np.empty(count, np.int32),
    )
    _decide(_arrays(people), rows, fits, waits, on.toordinal() - EPOCH, made)
    days = ("from_on", "ready_on", "valid_until")
    return pl.DataFrame(
        {
            name: pl.Series(name, values).replace(NONE, None).cast(pl.Date)
            if name in days
            else pl.Series(name, values)
            for name, values in made._asdict().items()
        }
    )


def _row(offer: Offer, groups: dict[str, int], products: dict[str, int]) -> list[int]:
    opens = NONE if offer.opens_on is None else offer.opens_on.toordinal() - EPOCH
    closes = FAR if offer.closes_on is None else offer.closes_on.toordinal() - EPOCH
    return [
        sum(1 << groups[g] for g in offer.groups if g in groups) if offer.groups else -1,
        sum(1 << ROLES.index(r) for r in offer.roles) if offer.roles else EVERY,
        sum(1 << products[p] for p in offer.products if p in products) if offer.products else EVERY,
        opens,
        closes,
        offer.deferred,
    ]


def _arrays(people: pl.DataFrame) -> Ahead:
    def days(name: str) -> Days:
        return people[name].cast(pl.Int32).fill_null(NONE).to_numpy()

    own = people["own"].to_numpy() if "own" in people.columns else np.empty((0, 0), np.int32)
    return Ahead(
        people["status"].to_numpy(),
        people["findings"].to_numpy(),
        people["role"].to_numpy(),
        days("earliest"),
        days("past_due"),
        people["products"].to_numpy(),
        people["deferred"].to_numpy(),
        days("deferred_until"),
        days("valid_until"),
        own,
        people["group"].fill_null(-1).cast(pl.Int8).to_numpy(),
        people["area"].cast(pl.Int32).to_numpy(),
    )


@njit(nogil=True)
def _decide(x, offers, fits, waits, on, made):
    for n in range(len(x.status)):
        made.from_on[n] = made.ready_on[n] = NONE
        made.phase[n] = -1
        made.products[n] = 0
        made.valid_until[n] = x.valid_until[n]
        if x.status[n] != NOT_COMPLETE:
            barred = x.status[n] == CONTRAINDICATED or x.status[n] == AGED_OUT
            made.status[n] = EXCLUDED if barred else DONE
            reason = 0
            while not x.findings[n] >> reason & 1:
                reason += 1
            made.reason[n] = reason
        else:
            _decide_open(x, offers, fits, waits, on, made, n)


@njit()
def _ready_on(x, n, product):
    """The product's first day by schedule and deferral; FAR while that is not known."""
    if len(x.own):
        return x.own[n, product]
    if x.deferred[n] and x.deferred_until[n] == NONE:
        return FAR
    return max(x.earliest[n], x.deferred_until[n])


@njit()
def _decide_open(x, offers, fits, waits, on, made, n):
    products = x.products[n]
    waiting = x.group[n] >= 0 and waits[x.group[n]]
    until = made.valid_until[n]
    for p in range(62):
        if products >> p == 0:
            break
        if products >> p & 1:
            day = _ready_on(x, n, p)
            if day != FAR:
                until = _sooner(until, day, on)
                if made.ready_on[n] == NONE or day < made.ready_on[n]:
                    made.ready_on[n] = day
    meant = fitting = last = undated = -1
    first, chosen = FAR, -1
    endless = False
    for o in range(len(offers)):
        if waiting or not _is_meant(x, offers, fits, n, o):
            continue
        if meant < 0:
            meant = o
        offered = products & offers[o, OF_PRODUCTS]
        if offered == 0:
            continue
        fitting = fitting if fitting >= 0 else o
        last = o
        if offers[o, OPENS_ON] != NONE:
            until = _sooner(until, offers[o, OPENS_ON], on)
        if offers[o, CLOSES_ON] != FAR:
            until = _sooner(until, offers[o, CLOSES_ON] + 1, on)
        if offers[o, IS_DEFERRED] or offers[o, OPENS_ON] == NONE:
            undated = undated if undated >= 0 else o
            continue
        if max(offers[o, OPENS_ON], on) <= offers[o, CLOSES_ON]:
            endless |= _any_endless(x, n, offered)
        day = _first_day(x, offers, n, o, offered, on)
        if day < first:
            first, chosen = day, o
    made.valid_until[n] = until
    made.status[n] = NO_DATE
    if waiting:
        made.reason[n] = GROUP_DEFERRED
    elif meant < 0:
        made.status[n], made.reason[n] = NOT_INVITED, NO_PHASE
    elif products and made.ready_on[n] == NONE:
        made.reason[n] = DEFERRED
    elif fitting < 0:
        made.status[n], made.reason[n], made.phase[n] = NOT_INVITED, NO_PRODUCT, meant
    elif chosen >= 0:
        _open(x, offers, fits, on, made, n, first, chosen)
    elif endless:
        made.reason[n] = DEFERRED
    elif undated >= 0:
        made.reason[n], made.phase[n] = PHASE_UNDATED, undated
    else:
        made.status[n], made.reason[n], made.phase[n] = NOT_INVITED, PHASE_OVER, last


@njit()
def _any_endless(x, n, offered):
    """Does any of these products wait for a day that is not known?"""
    for p in range(62):  # noqa: SIM110 compiled, not interpreted
        if offered >> p & 1 and _ready_on(x, n, p) == FAR:
            return True
    return False


@njit()
def _is_meant(x, offers, fits, n, o):
    groups = offers[o, OF_GROUPS]
    if groups != -1 and (x.group[n] < 0 or not groups >> x.group[n] & 1):
        return False
    return fits[o, x.area[n]] and offers[o, OF_ROLES] >> x.role[n] & 1 != 0


@njit()
def _first_day(x, offers, n, o, offered, on):
    """The first day of any offered product under a dated offer; FAR if it closes before."""
    first = FAR
    for p in range(62):
        if offered >> p == 0:
            break
        if offered >> p & 1:
            day = max(_ready_on(x, n, p), offers[o, OPENS_ON])
            if day != FAR and max(day, on) <= offers[o, CLOSES_ON]:
                first = min(first, day)
    return first


@njit()
def _open(x, offers, fits, on, made, n, first, chosen):
    made.from_on[n] = first
    made.phase[n] = chosen
    if first <= on:
        overdue = x.past_due[n] != NONE and on > x.past_due[n]
        made.status[n] = ELIGIBLE
        made.reason[n] = OVERDUE if overdue else DUE
    else:
        made.status[n] = NOT_YET
        made.valid_until[n] = _sooner(made.valid_until[n], first, on)
        if offers[chosen, OPENS_ON] == first:
            made.reason[n] = PHASE_LATER
        else:
            made.reason[n] = DEFERRED if x.deferred_until[n] == first else DUE_LATER
    limit = max(first, on)
    for o in range(len(offers)):
        offered = x.products[n] & offers[o, OF_PRODUCTS]
        dated = not offers[o, IS_DEFERRED] and offers[o, OPENS_ON] != NONE
        if not dated or not offered or not _is_meant(x, offers, fits, n, o):
            continue
        for p in range(62):
            if offered >> p & 1:
                day = max(_ready_on(x, n, p), offers[o, OPENS_ON])
                if day <= limit and day != FAR and max(day, on) <= offers[o, CLOSES_ON]:
                    made.products[n] |= 1 << p


@njit(inline="always")
def _sooner(until, day, on):
    if day == NONE or day <= on or (until != NONE and until < day):
        return until
    return day
