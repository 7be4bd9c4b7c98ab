"""The kernel: every person of a stretch of the population, one after another.

Compiled once and kept on disk; it releases the interpreter's lock, so that stretches run on
as many threads as there are cores. Doses of one person lie together (`first[n]` to
`first[n + 1]`), in any order; they are put in order of day and product here.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balmis.core.schedule.columnar import ahead as a
from balmis.core.schedule.columnar import tables as t
from balmis.core.schedule.columnar.calendar import FAR, NONE
from balmis.core.schedule.columnar.compiling import njit
from balmis.core.schedule.columnar.walk import (
    BORN,
    DOSES,
    FINDINGS,
    ON,
    SEX,
    SUBSTANDARD,
    UNTIL,
    Work,
    walk,
    watch,
)
from balmis.core.vocabulary import Finding

BEFORE_BIRTH = FINDINGS[Finding.BEFORE_BIRTH]
PRODUCT_UNKNOWN = FINDINGS[Finding.PRODUCT_UNKNOWN]
NO_SERIES = FINDINGS[Finding.NO_SERIES]
NOT_JUDGED = 255

Days = npt.NDArray[np.int32]


class People(NamedTuple):
    born: Days
    sex: npt.NDArray[np.int8]  # index in tables.SEXES
    first: npt.NDArray[np.int64]  # (people + 1,) where each person's doses begin
    observed: npt.NDArray[np.int32]  # row of `standing`, 0 for nothing observed


class Doses(NamedTuple):
    on: Days
    product: npt.NDArray[np.int8]  # -1: not of this schedule
    expires: Days
    spoilt: npt.NDArray[np.bool_]


class Judged(NamedTuple):
    status: npt.NDArray[np.uint8]  # index in walk.STATUSES; 255: not judged
    findings: npt.NDArray[np.uint32]
    target: npt.NDArray[np.uint8]
    series: npt.NDArray[np.uint8]


class Next(NamedTuple):
    status: npt.NDArray[np.uint8]  # index in ahead.GROUP_STATUSES
    findings: npt.NDArray[np.int64]
    series: npt.NDArray[np.uint16]  # mask
    number: npt.NDArray[np.uint8]
    role: npt.NDArray[np.uint8]
    earliest: Days
    recommended: Days
    past_due: Days
    latest: Days
    products: npt.NDArray[np.int64]
    preferred: npt.NDArray[np.int64]
    deferred_until: Days
    deferred_by: npt.NDArray[np.int16]
    valid_until: Days
    own: Days  # (people, products) or (0, 0): each product's own earliest day


@njit(nogil=True)
def run(x, people, doses, standing, on, judged, ahead, lo, hi):
    """Fill `judged` and `ahead` for people `lo` to `hi` as of day `on`."""
    n_series = len(x.series)
    most = 1
    for n in range(lo, hi):
        most = max(most, people.first[n + 1] - people.first[n])
    targets = 1
    for s in range(n_series):
        targets = max(targets, x.series[s, t.S_END] - x.series[s, t.S_FIRST])
    w = Work(
        np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64),
        np.empty(most, np.int64), np.empty((n_series, most), np.int64),
        np.empty((n_series, most), np.int64), np.empty((n_series, most), np.int64),
        np.empty((n_series, targets), np.int64), np.empty((n_series, targets), np.int64),
        np.empty(n_series, np.int64), np.empty(n_series, np.int64),
    )  # fmt: skip
    p = np.empty(5, np.int64)
    f = np.empty((n_series, a.RESULTS), np.int64)
    own = np.empty((n_series, x.kinds.shape[1]), np.int64)
    dates = np.empty((2, 6), np.int64)
    place = np.empty(most, np.int64)
    for n in range(lo, hi):
        p[BORN], p[ON], p[UNTIL], p[SEX] = people.born[n], on, NONE, people.sex[n]
        _gather(p, w, doses, place, judged, people.first[n], people.first[n + 1])
        relevant = 0
        for s in range(n_series):
            if x.series[s, t.S_SEXES] >> p[SEX] & 1:
                relevant |= 1 << s
                walk(x, p, w, s)
                a.forecast(x, p, standing[people.observed[n]], w, f, own, dates, s)
        if relevant:
            a.choose(x, p, w, f, relevant)
        _blend(x, p, f, own, ahead, n, relevant)
        _tell(x, p, w, f, place, judged, relevant)
        ahead.valid_until[n] = p[UNTIL]


@njit()
def _gather(p, w, doses, place, judged, first, end):
    """The person's doses until the day asked about, by day and then by product."""
    m = 0
    for i in range(first, end):
        judged.status[i] = NOT_JUDGED
        judged.findings[i] = 0
        judged.target[i] = 0
        judged.series[i] = NOT_JUDGED
        day, product = doses.on[i], doses.product[i]
        watch(p, day)
        if day > p[ON]:
            continue
        if day < p[BORN] or product < 0:
            judged.findings[i] = BEFORE_BIRTH if day < p[BORN] else PRODUCT_UNKNOWN
            continue
        j = m
        while j > 0 and (w.on[j - 1] > day or (w.on[j - 1] == day and w.product[j - 1] > product)):
            w.on[j], w.product[j], w.expires[j] = w.on[j - 1], w.product[j - 1], w.expires[j - 1]
            w.spoilt[j], place[j] = w.spoilt[j - 1], place[j - 1]
            j -= 1
        w.on[j], w.product[j], w.expires[j] = day, product, doses.expires[i]
        w.spoilt[j], place[j] = doses.spoilt[i], i
        m += 1
    p[DOSES] = m


@njit()
def _blend(x, p, f, own, ahead, n, relevant):
    """The group's answer from the best series: the first status in the order that speaks."""
    ahead.status[n] = a.NOT_RECOMMENDED
    ahead.findings[n] = NO_SERIES
    ahead.series[n], ahead.number[n], ahead.role[n] = 0, 0, NOT_JUDGED
    ahead.earliest[n] = ahead.recommended[n] = ahead.past_due[n] = ahead.latest[n] = NONE
    ahead.products[n] = ahead.preferred[n] = 0
    ahead.deferred_until[n] = NONE
    ahead.deferred_by[n] = -1
    best = FAR
    for s in range(len(f)):
        if relevant >> s & 1 and f[s, a.BEST]:
            ahead.series[n] |= 1 << s
            best = min(best, f[s, a.STATUS])
    if best == FAR:
        return
    ahead.status[n] = best
    ahead.findings[n] = 0
    first = True
    done = 0
    for g in range(len(f)):
        group = x.series[g, t.S_GROUP]
        if not relevant >> g & 1 or done >> group & 1:
            continue
        done |= 1 << group
        for s in range(len(f)):
            if relevant >> s & 1 and x.series[s, t.S_GROUP] == group and f[s, a.BEST]:
                if f[s, a.STATUS] == best:
                    ahead.findings[n] |= f[s, a.FOUND]
                    if best == a.NOT_COMPLETE:
                        _join(f[s], own[s], ahead, n, first)
                        first = False
    if best == a.NOT_COMPLETE:
        early = ahead.earliest[n]
        ahead.recommended[n] = max(ahead.recommended[n], early)
        if ahead.past_due[n] != NONE:
            ahead.past_due[n] = max(ahead.past_due[n], early)


@njit()
def _join(f, own, ahead, n, first):
    """Take in one more open series: the earliest of each date, the products of all."""
    if first:
        ahead.role[n] = f[a.ROLE]
    ahead.number[n] = max(ahead.number[n], f[a.NUMBER])
    ahead.earliest[n] = _sooner(ahead.earliest[n], f[a.EARLIEST])
    ahead.recommended[n] = _sooner(ahead.recommended[n], f[a.RECOMMENDED])
    ahead.past_due[n] = _sooner(ahead.past_due[n], f[a.PAST_DUE])
    ahead.latest[n] = _sooner(ahead.latest[n], f[a.LATEST])
    for product in range(ahead.own.shape[1]):
        if f[a.PRODUCTS] >> product & 1:
            ahead.own[n, product] = own[product]
    ahead.preferred[n] = (ahead.preferred[n] & ~f[a.PRODUCTS]) | f[a.PREFERRED]
    ahead.products[n] |= f[a.PRODUCTS]
    if ahead.deferred_by[n] < 0 and f[a.DEFERRED_UNTIL] != NONE:
        ahead.deferred_until[n] = f[a.DEFERRED_UNTIL]
        ahead.deferred_by[n] = f[a.DEFERRED_BY]


@njit()
def _sooner(day, other):
    if day == NONE or other == NONE:
        return max(day, other)
    return min(day, other)


@njit()
def _tell(x, p, w, f, place, judged, relevant):
    """Each dose as the best of the chosen series judged it."""
    for i in range(p[DOSES]):
        best = SUBSTANDARD + 1
        done = 0
        for g in range(len(f)):
            group = x.series[g, t.S_GROUP]
            if not relevant >> g & 1 or done >> group & 1:
                continue
            done |= 1 << group
            for s in range(len(f)):
                chosen = relevant >> s & 1 and f[s, a.BEST] and x.series[s, t.S_GROUP] == group
                if chosen and w.status[s, i] < best:
                    best = w.status[s, i]
                    at = place[i]
                    judged.status[at] = best
                    judged.findings[at] = w.findings[s, i]
                    judged.target[at] = w.target[s, i]
                    judged.series[at] = s
