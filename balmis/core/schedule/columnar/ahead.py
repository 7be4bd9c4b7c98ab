"""The kernel's second half: what comes next in each series, and which series a person is on.

A twin of `forecasting.py` and `choosing.py`, for one antigen in one vaccine group; read
those and `walk.py` first. The results of a series stand in the head of its block.
"""

from balmis.core.schedule.columnar import tables as t
from balmis.core.schedule.columnar import walk as k
from balmis.core.schedule.columnar.calendar import NONE
from balmis.core.schedule.columnar.compiler import njit
from balmis.core.schedule.columnar.walk import FINDINGS
from balmis.core.vocabulary.schedule import Finding, SeriesStatus

GROUP_STATUSES = (
    SeriesStatus.NOT_COMPLETE,
    SeriesStatus.COMPLETE,
    SeriesStatus.IMMUNE,
    SeriesStatus.CONTRAINDICATED,
    SeriesStatus.NOT_RECOMMENDED,
    SeriesStatus.AGED_OUT,
)  # the order in which one antigen's series speak for the group
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

FIRST_DATES = k.DATES
OWN_DATES = k.DATES + k.DATES_WIDTH


@njit(inline="always")
def targets_of(x, w, b):
    series = w[b + k.B_ROW]
    return (x[series + t.S_DOSES_END] - x[series + t.S_DOSES]) // t.DOSE_WIDTH


@njit(inline="always")
def forecast(x, w, b):
    """The forecast of the next target, stepping over those that need not be met."""
    k.advance(x, w, b, w[k.ON], True)
    while True:
        _forecast_target(x, w, b)
        if w[b + k.STATUS] != NOT_COMPLETE:
            break
        if not k.advance(x, w, b, w[b + k.EARLIEST], True):
            break
    targets = targets_of(x, w, b)
    w[b + k.REMAINING] = targets - w[b + k.B_AT]
    passed = 0
    for n in range(targets):
        passed += w[b + w[k.TARGETS_AT] + n * k.TARGET_WIDTH + k.T_STATE] == k.SKIPPED
    w[b + k.PASSED_OVER] = passed


@njit(inline="always")
def _forecast_target(x, w, b):
    satisfied = 0
    for n in range(targets_of(x, w, b)):
        satisfied += w[b + w[k.TARGETS_AT] + n * k.TARGET_WIDTH + k.T_STATE] == k.SATISFIED
    w[b + k.VALID_DOSES] = satisfied
    w[b + k.NUMBER] = satisfied + 1
    for column in range(k.ROLE, k.LATEST + 1):
        w[b + column] = NONE
    w[b + k.DEFERRED_UNTIL] = w[b + k.DEFERRED_BY] = NONE
    w[b + k.PRODUCTS] = w[b + k.PREFERRED] = 0
    k.watch(w, w[k.O_WATCH])
    if w[k.O_CLOSED]:
        _close(w, b, CONTRAINDICATED, F_CONTRAINDICATED)
        return
    d = k.next_dose(x, w, b)
    if d == x[w[b + k.B_ROW] + t.S_DOSES_END]:
        if satisfied:
            _close(w, b, COMPLETE, F_COMPLETE)
        else:
            _close(w, b, NOT_RECOMMENDED, F_PROTECTED)
        return
    if _all_barred(x, w, b):
        _close(w, b, CONTRAINDICATED, F_CONTRAINDICATED)
        return
    options = _options(x, w, b, d)
    limit = w[FIRST_DATES + k.MAX_AGE]
    k.watch(w, limit)
    if limit != NONE and w[k.ON] >= limit:
        _close(w, b, AGED_OUT, F_AGED_OUT)
    elif limit != NONE and w[FIRST_DATES + k.EARLY] >= limit:
        _close(w, b, AGED_OUT, F_CANNOT_FINISH)
    else:
        _date(x, w, b, options, d)


@njit(inline="always")
def _close(w, b, status, finding):
    w[b + k.STATUS] = status
    w[b + k.FOUND] = finding
    w[b + k.PREFERRED] = 0


@njit()
def _all_barred(x, w, b):
    """Every product meant for any dose of the series."""
    if w[k.O_BARRED] == 0:
        return False
    meant = False
    series = w[b + k.B_ROW]
    for d in range(x[series + t.S_DOSES], x[series + t.S_DOSES_END], t.DOSE_WIDTH):
        for row in range(x[d + t.D_PREFERABLE], x[d + t.D_PREFERABLE_END], t.PRODUCT_WIDTH):
            meant = True
            if not w[k.O_BARRED] >> x[row + t.P_PRODUCT] & 1:
                return False
    return meant


@njit()
def _options(x, w, b, d):
    """Products that may be named, as a mask; the chosen one's dates become the first ones."""
    by_product = x[d + t.D_BY_PRODUCT]
    for rule in range(x[d + t.D_RULES], x[d + t.D_RULES_END], t.RULE_WIDTH):
        first, end = x[rule + t.R_EXCEPTIONS], x[rule + t.R_EXCEPTIONS_END]
        for row in range(first, end, t.EXCEPTION_WIDTH):
            k.watch(w, x[row + t.E_FROM])
    _dates(x, w, b, d, -1)
    _take_dates(w)
    options = preferred = 0
    best_preferred = False
    for row in range(x[d + t.D_PREFERABLE], x[d + t.D_PREFERABLE_END], t.PRODUCT_WIDTH):
        product = x[row + t.P_PRODUCT]
        if not x[row + t.P_FORECAST] or (options | w[k.O_BARRED]) >> product & 1:
            continue
        if by_product:
            _dates(x, w, b, d, product)
        early = w[OWN_DATES + k.EARLY]
        rules = _rules(x, w, b, d, product, max(early, w[k.ON]))
        if rules == 2 or not _of_age_then(x, w, row):
            continue
        kept = rules == 0
        if (
            options == 0
            or (kept and not best_preferred)
            or (kept == best_preferred and early < w[FIRST_DATES + k.EARLY])
        ):
            _take_dates(w)
            best_preferred = kept
        options |= 1 << product
        w[b + w[k.OWN_AT] + product] = early
        if kept:
            preferred |= 1 << product
    w[b + k.PREFERRED] = preferred
    return options


@njit(inline="always")
def _take_dates(w):
    for n in range(k.DATES_WIDTH):
        w[FIRST_DATES + n] = w[OWN_DATES + n]


@njit(inline="always")
def _rules(x, w, b, d, product, on):
    """0: all product rules are kept; 1: a *should* is broken; 2: a *must*."""
    broken = 0
    for rule in range(x[d + t.D_RULES], x[d + t.D_RULES_END], t.RULE_WIDTH):
        if not k.follows_rule(x, w, b, rule, product, on):
            broken = max(broken, 2 if x[rule + t.R_MUST] else 1)
    return broken


@njit(inline="always")
def _of_age_then(x, w, row):
    early = w[OWN_DATES + k.EARLY]
    begin, end = x[row + t.P_BEGIN], x[row + t.P_END]
    if early <= w[k.ON] and k.of_age_now(x, w, begin, end):
        return True
    if k.of_age(x, w, early, begin, end):
        return True
    rec = _either(w, OWN_DATES + k.REC_AGE)
    return rec > early and k.of_age(x, w, rec, begin, end)


@njit(inline="always")
def _either(w, column):
    """The date by age, or else the one by interval, which stands beside it."""
    return w[column] if w[column] != NONE else w[column + 1]


@njit(inline="always")
def _date(x, w, b, options, d):
    early = w[FIRST_DATES + k.EARLY]
    due = _either(w, FIRST_DATES + k.DUE_AGE)
    w[b + k.STATUS] = NOT_COMPLETE
    w[b + k.ROLE] = x[d + t.D_ROLE]
    w[b + k.EARLIEST] = early
    w[b + k.RECOMMENDED] = max(early, _either(w, FIRST_DATES + k.REC_AGE))
    k.watch(w, early)
    found = F_DUE if early <= w[k.ON] else F_DUE_LATER
    if due != NONE:
        due = max(due - 1, early)
        w[b + k.PAST_DUE] = due
        k.watch(w, due + 1)
        if w[k.ON] > due:
            found = F_OVERDUE
    if w[FIRST_DATES + k.MAX_AGE] != NONE:
        w[b + k.LATEST] = w[FIRST_DATES + k.MAX_AGE] - 1
    w[b + k.PRODUCTS] = options
    k.watch(w, w[k.O_DEFERRAL_WATCH])
    _defer(x, w, b, options)
    w[b + k.FOUND] = found if w[b + k.DEFERRED_UNTIL] == NONE else F_DEFERRED


@njit()
def _defer(x, w, b, options):
    """The dose waits only if every product does, and then for the one that is free first."""
    waits = w[k.WAITS_AT]
    none = waits + x[t.X_PRODUCTS]
    if options == 0:
        w[b + k.DEFERRED_UNTIL] = w[none]
        w[b + k.DEFERRED_BY] = w[none + x[t.X_PRODUCTS] + 1]
        return
    for p in range(x[t.X_PRODUCTS]):
        if options >> p & 1 and w[waits + p] == NONE:
            return
    for preferred in range(1, -1, -1):
        for p in range(x[t.X_PRODUCTS]):
            first = w[b + k.DEFERRED_UNTIL]
            named = options >> p & 1 and w[b + k.PREFERRED] >> p & 1 == preferred
            if named and (first == NONE or w[waits + p] < first):
                w[b + k.DEFERRED_UNTIL] = w[waits + p]
                w[b + k.DEFERRED_BY] = w[waits + p + x[t.X_PRODUCTS] + 1]


@njit()
def _dates(x, w, b, d, product):
    early = NONE
    if w[b + k.B_DONE]:
        early = w[k.given_at(w, w[b + k.B_DONE] - 1) + k.G_ON]
    rec_age = due_age = max_age = NONE
    for row in range(x[d + t.D_AGES], x[d + t.D_AGES_END], t.AGE_WIDTH):
        if k.held_now(w, x[row + t.A_HELD_FROM], x[row + t.A_HELD_TO]):
            early = max(early, _age_or_none(x, w, x[row + t.A_MIN]))
            rec_age = _age_or_none(x, w, x[row + t.A_REC_FROM])
            due_age = _age_or_none(x, w, x[row + t.A_REC_TO])
            max_age = _age_or_none(x, w, x[row + t.A_MAX])
    rec = due = NONE
    for row in range(x[d + t.D_INTERVALS], x[d + t.D_INTERVALS_END], t.INTERVAL_WIDTH):
        if k.held_now(w, x[row + t.I_HELD_FROM], x[row + t.I_HELD_TO]):
            since = k.interval_start(x, w, b, row, product)
            if since != NONE:
                early = max(early, k.length_after(x, since, row + t.I_MIN))
                rec = max(rec, k.length_after(x, since, row + t.I_REC_FROM))
                due = max(due, k.length_after(x, since, row + t.I_REC_TO))
    w[OWN_DATES + k.EARLY] = w[k.BORN] if early == NONE else early
    w[OWN_DATES + k.REC_AGE] = rec_age
    w[OWN_DATES + k.REC_INTERVAL] = rec
    w[OWN_DATES + k.DUE_AGE] = due_age
    w[OWN_DATES + k.DUE_INTERVAL] = due
    w[OWN_DATES + k.MAX_AGE] = max_age


@njit(inline="always")
def _age_or_none(x, w, age):
    return NONE if age < 0 else k.age_day(x, w, age)
