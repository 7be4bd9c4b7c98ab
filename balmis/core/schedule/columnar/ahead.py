"""The kernel's second half: what comes next in each series, and which series a person is on.

A twin of `forecasting.py`, `choosing.py` and `grouping.py`, for one antigen in one vaccine
group; read those first. `f` holds one row of results per series.
"""

from balmis.core.schedule.columnar import tables as t
from balmis.core.schedule.columnar.calendar import NONE, add
from balmis.core.schedule.columnar.compiling import njit
from balmis.core.schedule.columnar.walk import (
    BORN,
    FINDINGS,
    ON,
    SATISFIED,
    SKIPPED,
    VALID,
    advance,
    follows_rule,
    held_now,
    interval_start,
    of_age,
    watch,
)
from balmis.core.vocabulary import Finding, SeriesStatus

GROUP_STATUSES = (
    SeriesStatus.NOT_COMPLETE, SeriesStatus.COMPLETE, SeriesStatus.IMMUNE,
    SeriesStatus.CONTRAINDICATED, SeriesStatus.NOT_RECOMMENDED, SeriesStatus.AGED_OUT,
)  # fmt: skip  # the order in which one antigen's series speak for the group
NOT_COMPLETE, COMPLETE, IMMUNE, CONTRAINDICATED, NOT_RECOMMENDED, AGED_OUT = range(6)

F_COMPLETE = FINDINGS[Finding.COMPLETE]
F_PROTECTED = FINDINGS[Finding.PROTECTED]
F_CONTRAINDICATED = FINDINGS[Finding.CONTRAINDICATED]
F_AGED_OUT = FINDINGS[Finding.AGED_OUT]
F_CANNOT_FINISH = FINDINGS[Finding.CANNOT_FINISH]
F_DUE = FINDINGS[Finding.DUE]
F_DUE_LATER = FINDINGS[Finding.DUE_LATER]
F_OVERDUE = FINDINGS[Finding.OVERDUE]
F_DEFERRED = FINDINGS[Finding.DEFERRED]

# results of one series
(STATUS, FOUND, NUMBER, ROLE, EARLIEST, RECOMMENDED, PAST_DUE, LATEST, PRODUCTS, PREFERRED,
 VALID_DOSES, REMAINING, PASSED_OVER, DEFERRED_UNTIL, DEFERRED_BY, CHOSEN, BEST, SCORE,
 RESULTS) = range(19)  # fmt: skip
# what observations say of a person, prepared beforehand
(O_BARRED, O_CLOSED, O_WATCH, O_WHOLE_UNTIL, O_WHOLE_BY, O_LIMITED, O_LIMITED_UNTIL,
 O_LIMITED_BY, O_DEFERRAL_WATCH, O_WIDTH) = range(10)  # fmt: skip
# dates of a target
EARLY, REC_AGE, REC_INTERVAL, DUE_AGE, DUE_INTERVAL, MAX_AGE = range(6)


@njit()
def forecast(x, p, o, w, f, own, dates, s):
    """`own` (series, products): each product's earliest day, where intervals depend on it."""
    advance(x, p, w, s, p[ON], True)
    while True:
        _forecast_target(x, p, o, w, f[s], own[s], dates, s)
        if f[s, STATUS] != NOT_COMPLETE or not advance(x, p, w, s, f[s, EARLIEST], True):
            break
    first = x.series[s, t.S_FIRST]
    targets = x.series[s, t.S_END] - first
    f[s, REMAINING] = targets - w.at[s]
    f[s, PASSED_OVER] = 0
    for n in range(targets):
        f[s, PASSED_OVER] += w.state[s, n] == SKIPPED


@njit()
def _forecast_target(x, p, o, w, f, own, dates, s):
    first = x.series[s, t.S_FIRST]
    f[:] = NONE
    f[VALID_DOSES] = 0
    for n in range(x.series[s, t.S_END] - first):
        f[VALID_DOSES] += w.state[s, n] == SATISFIED
    f[NUMBER] = f[VALID_DOSES] + 1
    f[PRODUCTS] = 0
    f[PREFERRED] = 0
    watch(p, o[O_WATCH])
    if o[O_CLOSED]:
        _close(f, CONTRAINDICATED, F_CONTRAINDICATED)
        return
    d = first + w.at[s]
    if d == x.series[s, t.S_END]:
        if f[VALID_DOSES]:
            _close(f, COMPLETE, F_COMPLETE)
        else:
            _close(f, NOT_RECOMMENDED, F_PROTECTED)
        return
    if _all_barred(x, o, d):
        _close(f, CONTRAINDICATED, F_CONTRAINDICATED)
        return
    options = _options(x, p, o, w, f, own, dates, s, d)
    watch(p, dates[0, MAX_AGE])
    if dates[0, MAX_AGE] != NONE and p[ON] >= dates[0, MAX_AGE]:
        _close(f, AGED_OUT, F_AGED_OUT)
    elif dates[0, MAX_AGE] != NONE and dates[0, EARLY] >= dates[0, MAX_AGE]:
        _close(f, AGED_OUT, F_CANNOT_FINISH)
    else:
        _date(x, p, o, f, dates[0], options, d)


@njit()
def _close(f, status, finding):
    f[STATUS] = status
    f[FOUND] = finding
    f[PRODUCTS] = 0
    f[PREFERRED] = 0


@njit()
def _all_barred(x, o, d):
    first = x.doses[d, t.D_PREFERABLE]
    end = x.doses[d, t.D_PREFERABLE_END]
    if o[O_BARRED] == 0 or first == end:
        return False
    for n in range(first, end):
        if not o[O_BARRED] >> x.products[n, t.P_PRODUCT] & 1:
            return False
    return True


@njit()
def _options(x, p, o, w, f, own, dates, s, d):
    """Products that may be named, as a mask; the chosen one's dates stand in `dates[0]`."""
    by_product = x.doses[d, t.D_BY_PRODUCT]
    _dates(x, p, w, dates[1], s, d, -1)
    dates[0] = dates[1]
    options = 0
    best_preferred = False
    for n in range(x.doses[d, t.D_PREFERABLE], x.doses[d, t.D_PREFERABLE_END]):
        row = x.products[n]
        product = row[t.P_PRODUCT]
        if not row[t.P_FORECAST] or options >> product & 1 or o[O_BARRED] >> product & 1:
            continue
        if by_product:
            _dates(x, p, w, dates[1], s, d, product)
        early = dates[1, EARLY]
        broken = False
        barred = False
        for r in range(x.doses[d, t.D_RULES], x.doses[d, t.D_RULES_END]):
            if not follows_rule(x, w, s, x.rules[r], product, early):
                broken = True
                barred |= x.rules[r, t.R_MUST] != 0
        if barred or not _of_age_then(p, row, dates[1]):
            continue
        better = options == 0 or (not broken and not best_preferred) or (
            broken != best_preferred and early < dates[0, EARLY])  # fmt: skip
        if better:
            dates[0] = dates[1]
            best_preferred = not broken
        options |= 1 << product
        own[product] = early
        if not broken:
            f[PREFERRED] |= 1 << product
    return options


@njit()
def _of_age_then(p, row, dates):
    early = dates[EARLY]
    rec = dates[REC_AGE] if dates[REC_AGE] != NONE else dates[REC_INTERVAL]
    return of_age(p, early, row, t.P_BEGIN, t.P_END) or of_age(
        p, max(early, rec), row, t.P_BEGIN, t.P_END
    )


@njit()
def _date(x, p, o, f, dates, options, d):
    early = dates[EARLY]
    rec = dates[REC_AGE] if dates[REC_AGE] != NONE else dates[REC_INTERVAL]
    due = dates[DUE_AGE] if dates[DUE_AGE] != NONE else dates[DUE_INTERVAL]
    f[STATUS] = NOT_COMPLETE
    f[ROLE] = x.doses[d, t.D_ROLE]
    f[EARLIEST] = early
    f[RECOMMENDED] = max(early, rec)
    watch(p, early)
    f[FOUND] = F_DUE if early <= p[ON] else F_DUE_LATER
    if due != NONE:
        f[PAST_DUE] = max(due - 1, early)
        watch(p, f[PAST_DUE] + 1)
        if p[ON] > f[PAST_DUE]:
            f[FOUND] = F_OVERDUE
    if dates[MAX_AGE] != NONE:
        f[LATEST] = dates[MAX_AGE] - 1
    watch(p, o[O_DEFERRAL_WATCH])
    if o[O_WHOLE_UNTIL] != NONE:
        f[DEFERRED_UNTIL] = o[O_WHOLE_UNTIL]
        f[DEFERRED_BY] = o[O_WHOLE_BY]
    elif options and o[O_LIMITED] and options & ~o[O_LIMITED] == 0:
        f[DEFERRED_UNTIL] = o[O_LIMITED_UNTIL]
        f[DEFERRED_BY] = o[O_LIMITED_BY]
    if f[DEFERRED_UNTIL] != NONE:
        f[FOUND] = F_DEFERRED
    elif o[O_LIMITED]:
        options &= ~o[O_LIMITED]
    f[PRODUCTS] = options
    f[PREFERRED] &= options


@njit()
def _dates(x, p, w, found, s, d, product):
    found[:] = NONE
    if w.done[s]:
        found[EARLY] = w.on[w.done[s] - 1]
    for n in range(x.doses[d, t.D_AGES], x.doses[d, t.D_AGES_END]):
        row = x.ages[n]
        if not held_now(p, row[t.HELD_FROM], row[t.HELD_TO]):
            continue
        if row[t.MIN] != NONE:
            found[EARLY] = max(found[EARLY], add(p[BORN], row[t.MIN], row[t.MIN + 1]))
        found[REC_AGE] = _age_day(p, row, t.REC_FROM)
        found[DUE_AGE] = _age_day(p, row, t.REC_TO)
        found[MAX_AGE] = _age_day(p, row, t.MAX)
    for n in range(x.doses[d, t.D_INTERVALS], x.doses[d, t.D_INTERVALS_END]):
        row = x.intervals[n]
        if not held_now(p, row[t.HELD_FROM], row[t.HELD_TO]):
            continue
        since = interval_start(x, w, s, row, product)
        if since == NONE:
            continue
        if row[t.MIN] != NONE:
            found[EARLY] = max(found[EARLY], add(since, row[t.MIN], row[t.MIN + 1]))
        if row[t.REC_FROM] != NONE:
            day = add(since, row[t.REC_FROM], row[t.REC_FROM + 1])
            found[REC_INTERVAL] = max(found[REC_INTERVAL], day)
        if row[t.REC_TO] != NONE:
            day = add(since, row[t.REC_TO], row[t.REC_TO + 1])
            found[DUE_INTERVAL] = max(found[DUE_INTERVAL], day)
    if found[EARLY] == NONE:
        found[EARLY] = p[BORN]


@njit()
def _age_day(p, row, column):
    return NONE if row[column] == NONE else add(p[BORN], row[column], row[column + 1])


# ---- which series ---------------------------------------------------------------------------


@njit()
def choose(x, p, w, f, relevant):
    """Mark each series group's prioritised series (CHOSEN) and the best ones (BEST)."""
    n_series = len(x.series)
    for s in range(n_series):
        f[s, CHOSEN] = 0
        f[s, BEST] = 0
    done = 0
    for s in range(n_series):
        group = x.series[s, t.S_GROUP]
        if relevant >> s & 1 and not done >> group & 1:
            done |= 1 << group
            chosen = _prioritised(x, p, w, f, relevant, group)
            if chosen >= 0:
                f[chosen, CHOSEN] = 1
    speaking = False
    for s in range(n_series):
        f[s, BEST] = f[s, CHOSEN] and _is_best(x, f, s)
        if f[s, BEST] and not _waits(x, p, f, s) and f[s, STATUS] <= CONTRAINDICATED:
            speaking = True
    if speaking:
        for s in range(n_series):
            if f[s, BEST] and _waits(x, p, f, s):
                f[s, BEST] = 0


@njit()
def _waits(x, p, f, s):
    if f[s, VALID_DOSES] or x.series[s, t.S_MIN_START] == NONE:
        return False
    start = _age_day(p, x.series[s], t.S_MIN_START)
    watch(p, start)
    return p[ON] < start


@njit()
def _is_best(x, f, s):
    if f[s, STATUS] == COMPLETE:
        return True
    for other in range(len(x.series)):
        equivalent = x.series[s, t.S_EQUIVALENT] >> x.series[other, t.S_GROUP] & 1
        if equivalent and f[other, CHOSEN] and f[other, STATUS] == COMPLETE:
            return False
    return x.series[s, t.S_EVALUATION_ONLY] == 0


@njit()
def _prioritised(x, p, w, f, relevant, group):
    """The one series of a group; -1 for none. SCORE first holds 1 for the scorable ones."""
    n_series = len(x.series)
    default = -1
    open_ = untouched = 0
    for s in range(n_series):
        if relevant >> s & 1 and x.series[s, t.S_GROUP] == group:
            if x.series[s, t.S_DEFAULT] and default < 0:
                default = s
            open_ += f[s, STATUS] != CONTRAINDICATED
            untouched |= f[s, VALID_DOSES] > 0
    scorable = complete = started = begun = 0
    how_many = 0
    only = -1
    for s in range(n_series):
        if relevant >> s & 1 and x.series[s, t.S_GROUP] == group:
            if _scorable(x, p, w, f, s, open_, untouched, default):
                scorable |= 1 << s
                how_many += 1
                only = s
                if f[s, STATUS] == COMPLETE:
                    complete |= 1 << s
                if f[s, VALID_DOSES] and f[s, STATUS] == NOT_COMPLETE:
                    started |= 1 << s
                begun |= f[s, VALID_DOSES] > 0
    if scorable == 0:
        return default
    if how_many == 1:
        return only
    if complete:
        return _highest(x, p, w, f, complete, 0)
    if started:
        return _highest(x, p, w, f, started, 1)
    if default >= 0:
        return default
    return _highest(x, p, w, f, scorable, 3 if begun else 2)


@njit()
def _scorable(x, p, w, f, s, open_, touched, default):
    if x.series[s, t.S_EVALUATION_ONLY]:
        return f[s, STATUS] == COMPLETE
    if open_ and f[s, STATUS] == CONTRAINDICATED:
        return False
    if f[s, VALID_DOSES] == 0:
        return not touched and default < 0
    if x.series[s, t.S_MAX_START] == NONE:
        return True
    first = x.series[s, t.S_FIRST]
    for n in range(x.series[s, t.S_END] - first):
        if w.by[s, n] >= 0:
            return w.on[w.by[s, n]] < _age_day(p, x.series[s], t.S_MAX_START)
    return True


@njit()
def _highest(x, p, w, f, members, how):
    best = -1
    for s in range(len(x.series)):
        if not members >> s & 1:
            continue
        if how == 0:
            f[s, SCORE] = _points(f, members, VALID_DOSES, s, True, 1, 0, -1)
        elif how == 1:
            f[s, SCORE] = _score_started(x, p, w, f, members, s)
        elif how == 2:
            f[s, SCORE] = _score_unstarted(x, p, w, f, members, s)
        else:
            f[s, SCORE] = f[s, VALID_DOSES]
        if best < 0 or _goes_before(x, f, s, best):
            best = s
    return best


@njit()
def _goes_before(x, f, s, other):
    if f[s, SCORE] != f[other, SCORE]:
        return f[s, SCORE] > f[other, SCORE]
    if x.series[s, t.S_PREFERENCE] != x.series[other, t.S_PREFERENCE]:
        return x.series[s, t.S_PREFERENCE] < x.series[other, t.S_PREFERENCE]
    return f[s, PASSED_OVER] < f[other, PASSED_OVER]


@njit()
def _points(f, members, column, s, most, gain, tie, loss):
    """Points for having the most, or the least, of a column among the members."""
    best = 0
    for other in range(len(f)):
        if members >> other & 1:
            more = f[other, column] > f[s, column] if most else f[other, column] < f[s, column]
            if more:
                return loss
            best += f[other, column] == f[s, column]
    return gain if best == 1 else tie


@njit()
def _finish(x, p, w, f, s):
    """The finish day if the series is completable, else NONE."""
    day = f[s, EARLIEST]
    if day == NONE:
        return NONE
    for d in range(x.series[s, t.S_FIRST] + w.at[s] + 1, x.series[s, t.S_END]):
        longest = NONE
        for n in range(x.doses[d, t.D_INTERVALS], x.doses[d, t.D_INTERVALS_END]):
            row = x.intervals[n]
            if row[t.MIN] != NONE:
                longest = max(longest, add(day, row[t.MIN], row[t.MIN + 1]))
        day = day if longest == NONE else longest
    last = x.series[s, t.S_END] - 1
    limit = NONE
    for n in range(x.doses[last, t.D_AGES], x.doses[last, t.D_AGES_END]):
        if x.ages[n, t.MAX] != NONE:
            limit = _age_day(p, x.ages[n], t.MAX)
    return day if limit == NONE or day < limit else NONE


@njit()
def _score_started(x, p, w, f, members, s):
    all_valid = True
    for i in range(w.done[s]):
        all_valid &= w.status[s, i] == VALID
    finish = _finish(x, p, w, f, s)
    score = 2 if x.series[s, t.S_PRODUCT_PATH] and all_valid else -2
    score += 3 if finish != NONE else -3
    score += _points(f, members, VALID_DOSES, s, True, 2, 0, -2)
    score += _points(f, members, REMAINING, s, False, 2, 0, -2)
    if finish == NONE:
        return score - 1
    same = 0
    for other in range(len(x.series)):
        if members >> other & 1:
            theirs = _finish(x, p, w, f, other)
            if theirs != NONE and theirs < finish:
                return score - 1
            same += theirs == finish
    return score + 1 if same == 1 else score


@njit()
def _score_unstarted(x, p, w, f, members, s):
    for other in range(len(x.series)):
        if members >> other & 1:
            watch(p, f[other, EARLIEST])
    score = 1 if _finish(x, p, w, f, s) != NONE else -1
    score += -1 if x.series[s, t.S_PRODUCT_PATH] else 1
    if f[s, EARLIEST] == NONE:
        return score - 1
    start = max(f[s, EARLIEST], p[ON])
    same = 0
    for other in range(len(x.series)):
        if members >> other & 1 and f[other, EARLIEST] != NONE:
            theirs = max(f[other, EARLIEST], p[ON])
            if theirs < start:
                return score - 1
            same += theirs == start
    return score + 1 if same == 1 else score
