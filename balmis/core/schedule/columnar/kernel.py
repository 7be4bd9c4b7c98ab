"""The kernel: every person of a stretch of the population, one after another.

Compiled once and kept on disk; it releases the interpreter's lock, so that stretches run on
as many threads as there are cores. Doses of one person lie together (`first[n]` to
`first[n + 1]`), in any order; they are put in order of day and product here. The last part
is a twin of `grouping.py`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balmis.core.schedule.columnar import ahead as a
from balmis.core.schedule.columnar import tables as t
from balmis.core.schedule.columnar import walk as k
from balmis.core.schedule.columnar.calendar import FAR, NONE
from balmis.core.schedule.columnar.choose import block, choose, series_count, series_row
from balmis.core.schedule.columnar.compiler import njit, pointer
from balmis.core.schedule.columnar.walk import FINDINGS
from balmis.core.vocabulary.schedule import Finding

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


class JudgedColumns(NamedTuple):
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
    own: Days  # (people, products) or (0, 0): each product's first day, FAR if not known


@njit(nogil=True)
def align(people, doses, first):
    """Fill `first` (people + 1,) from two columns of keys; how many doses found their person."""
    at = 0
    for n in range(len(people)):
        first[n] = at
        while at < len(doses) and doses[at] == people[n]:
            at += 1
    first[len(people)] = at
    return at


@njit(nogil=True)
def run(table, people, doses, standing, on, judged, ahead, lo, hi):
    """Fill `judged` and `ahead` for people `lo` to `hi` as of day `on`."""
    x = pointer(table)
    most = 1
    for n in range(lo, hi):
        most = max(most, people.first[n + 1] - people.first[n])
    work = _work(x, most)
    w = pointer(work)
    count = series_count(x)
    for n in range(lo, hi):
        _begin(x, w, people.born[n], people.sex[n], on, standing, people.observed[n])
        _gather(w, doses, judged, people.first[n], people.first[n + 1])
        relevant = 0
        for s in range(count):
            if x[series_row(x, s) + t.S_SEXES] >> w[k.SEX] & 1:
                relevant |= 1 << s
                k.walk(x, w, block(w, s))
                a.forecast(x, w, block(w, s))
        if relevant:
            choose(x, w, relevant)
        _blend(x, w, ahead, n, relevant)
        _tell(x, w, judged, relevant)
        ahead.valid_until[n] = w[k.UNTIL]
    work[0] = 0  # it lives until here


@njit()
def _work(x, most):
    """Room for one person with at most so many doses (layout: `walk.py`)."""
    count = series_count(x)
    waits_at = k.WORK_HEAD + x[t.X_AGE_COUNT]
    given_at = waits_at + 2 * (x[t.X_PRODUCTS] + 1)
    series_at = given_at + most * k.GIVEN_WIDTH
    doses_at = k.BLOCK_HEAD + x[t.X_TARGETS] * k.TARGET_WIDTH
    own_at = doses_at + most * k.JUDGED_WIDTH
    size = own_at + x[t.X_PRODUCTS]
    work = np.empty(series_at + count * size, np.int64)
    w = pointer(work)
    w[k.AGES_AT], w[k.GIVEN_AT], w[k.SERIES_AT] = k.WORK_HEAD, given_at, series_at
    w[k.TARGETS_AT], w[k.DOSES_AT], w[k.OWN_AT] = k.BLOCK_HEAD, doses_at, own_at
    w[k.BLOCK] = size
    w[k.WAITS_AT] = waits_at
    for s in range(count):
        w[block(w, s) + k.B_ROW] = series_row(x, s)
    return work


@njit(inline="always")
def _begin(x, w, born, sex, on, standing, row):
    w[k.BORN], w[k.ON], w[k.UNTIL], w[k.SEX] = born, on, NONE, sex
    head = k.O_END - k.O_BARRED
    for n in range(head):
        w[k.O_BARRED + n] = standing[row, n]
    for n in range(2 * (x[t.X_PRODUCTS] + 1)):
        w[w[k.WAITS_AT] + n] = standing[row, head + n]
    for n in range(x[t.X_AGE_COUNT]):
        w[k.WORK_HEAD + n] = k.UNASKED


@njit(inline="always")
def _gather(w, doses, judged, first, end):
    """The person's doses until the day asked about, by day and then by product."""
    m = 0
    for i in range(first, end):
        judged.status[i] = NOT_JUDGED
        judged.findings[i] = 0
        judged.target[i] = 0
        judged.series[i] = NOT_JUDGED
        day, product = doses.on[i], doses.product[i]
        k.watch(w, day)
        if day > w[k.ON]:
            continue
        if day < w[k.BORN] or product < 0:
            judged.findings[i] = BEFORE_BIRTH if day < w[k.BORN] else PRODUCT_UNKNOWN
            continue
        g = k.given_at(w, m)
        while m and g > w[k.GIVEN_AT]:
            before = g - k.GIVEN_WIDTH
            if w[before + k.G_ON] < day:
                break
            if w[before + k.G_ON] == day and w[before + k.G_PRODUCT] <= product:
                break
            for n in range(k.GIVEN_WIDTH):
                w[g + n] = w[before + n]
            g = before
        w[g + k.G_ON], w[g + k.G_PRODUCT], w[g + k.G_PLACE] = day, product, i
        w[g + k.G_EXPIRES], w[g + k.G_SPOILT] = doses.expires[i], doses.spoilt[i]
        m += 1
    w[k.COUNT] = m


@njit(inline="always")
def _blend(x, w, ahead, n, relevant):
    """The group's answer from the best series: the first status in the order that speaks."""
    ahead.status[n] = a.NOT_RECOMMENDED
    ahead.findings[n] = NO_SERIES
    ahead.series[n], ahead.number[n], ahead.role[n] = 0, 0, NOT_JUDGED
    ahead.earliest[n] = ahead.recommended[n] = ahead.past_due[n] = ahead.latest[n] = NONE
    ahead.products[n] = ahead.preferred[n] = 0
    ahead.deferred_until[n] = NONE
    ahead.deferred_by[n] = -1
    status = FAR
    bests = 0
    for s in range(series_count(x)):
        if relevant >> s & 1 and w[block(w, s) + k.BEST]:
            bests |= 1 << s
            status = min(status, w[block(w, s) + k.STATUS])
    if not bests:
        return
    ahead.series[n] = bests
    ahead.status[n] = status
    found = 0
    s = _next_best(x, relevant, bests, -1)
    first = True
    while s >= 0:
        b = block(w, s)
        if w[b + k.STATUS] == status:
            found |= w[b + k.FOUND]
            if status == a.NOT_COMPLETE:
                _join(w, b, ahead, n, first)
                first = False
        s = _next_best(x, relevant, bests, s)
    ahead.findings[n] = found
    if status == a.NOT_COMPLETE:
        early = ahead.earliest[n]
        ahead.recommended[n] = max(ahead.recommended[n], early)
        if ahead.past_due[n] != NONE:
            ahead.past_due[n] = max(ahead.past_due[n], early)


@njit()
def _next_best(x, relevant, bests, after):
    """The best series after `after` (-1: the first), in the order of their series groups."""
    done = 0
    found = after < 0
    for s in range(series_count(x)):
        group = x[series_row(x, s) + t.S_GROUP]
        if not relevant >> s & 1 or done >> group & 1:
            continue
        done |= 1 << group
        for best in range(series_count(x)):
            if bests >> best & 1 and x[series_row(x, best) + t.S_GROUP] == group:
                if found:
                    return best
                found = best == after
    return -1


@njit(inline="always")
def _join(w, b, ahead, n, first):
    """Take in one more open series: the earliest of each date, the products of all."""
    if first:
        ahead.role[n] = w[b + k.ROLE]
    products = w[b + k.PRODUCTS]
    ahead.number[n] = max(ahead.number[n], w[b + k.NUMBER])
    ahead.earliest[n] = _sooner(ahead.earliest[n], w[b + k.EARLIEST])
    ahead.recommended[n] = _sooner(ahead.recommended[n], w[b + k.RECOMMENDED])
    ahead.past_due[n] = _sooner(ahead.past_due[n], w[b + k.PAST_DUE])
    ahead.latest[n] = _sooner(ahead.latest[n], w[b + k.LATEST])
    for product in range(ahead.own.shape[1]):
        if products >> product & 1:
            ready = max(w[b + w[k.OWN_AT] + product], w[w[k.WAITS_AT] + product])
            known = ahead.products[n] >> product & 1
            ahead.own[n, product] = min(ahead.own[n, product], ready) if known else ready
    ahead.preferred[n] |= w[b + k.PREFERRED]
    ahead.products[n] |= products
    if ahead.deferred_by[n] < 0 and w[b + k.DEFERRED_UNTIL] != NONE:
        ahead.deferred_until[n] = w[b + k.DEFERRED_UNTIL]
        ahead.deferred_by[n] = w[b + k.DEFERRED_BY]


@njit(inline="always")
def _sooner(day, other):
    if day == NONE or other == NONE:
        return max(day, other)
    return min(day, other)


@njit(inline="always")
def _tell(x, w, judged, relevant):
    """Each dose as the best of the chosen series judged it."""
    if w[k.COUNT] == 0:
        return
    bests = 0
    for s in range(series_count(x)):
        if relevant >> s & 1 and w[block(w, s) + k.BEST]:
            bests |= 1 << s
    s = _next_best(x, relevant, bests, -1)
    while s >= 0:
        for i in range(w[k.COUNT]):
            j = k.judged_at(w, block(w, s), i)
            at = w[k.given_at(w, i) + k.G_PLACE]
            if w[j + k.J_STATUS] < judged.status[at]:
                judged.status[at] = w[j + k.J_STATUS]
                judged.findings[at] = w[j + k.J_FINDINGS]
                judged.target[at] = w[j + k.J_TARGET]
                judged.series[at] = s
        s = _next_best(x, relevant, bests, s)
