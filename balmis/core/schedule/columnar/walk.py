"""The kernel's first half: walk a person's doses along a series.

A twin of `walking.py` and `judging.py`, name by name; read those first. `p` holds one
person's numbers, `w` what one series made of the doses.
"""

from typing import Any, NamedTuple

from balmis.core.schedule.columnar import tables as t
from balmis.core.schedule.columnar.calendar import FAR, NONE, add
from balmis.core.schedule.columnar.compiling import njit
from balmis.core.vocabulary import DoseStatus, Finding

FINDINGS = {finding: 1 << n for n, finding in enumerate(Finding)}
STATUSES = (
    DoseStatus.VALID, DoseStatus.EXTRANEOUS, DoseStatus.NOT_VALID, DoseStatus.SUBSTANDARD,
)  # fmt: skip
VALID, EXTRANEOUS, NOT_VALID, SUBSTANDARD = range(4)
OPEN, SATISFIED, SKIPPED = range(3)

TOO_YOUNG = FINDINGS[Finding.TOO_YOUNG]
AGE_GRACE = FINDINGS[Finding.AGE_GRACE]
TOO_OLD = FINDINGS[Finding.TOO_OLD]
TOO_SOON = FINDINGS[Finding.TOO_SOON]
INTERVAL_GRACE = FINDINGS[Finding.INTERVAL_GRACE]
SHORT_INTERVAL_ALLOWED = FINDINGS[Finding.SHORT_INTERVAL_ALLOWED]
INADVERTENT = FINDINGS[Finding.INADVERTENT]
PRODUCT_NOT_ALLOWED = FINDINGS[Finding.PRODUCT_NOT_ALLOWED]
PRODUCT_WRONG_AGE = FINDINGS[Finding.PRODUCT_WRONG_AGE]
OTHER_THAN_SHOULD = FINDINGS[Finding.OTHER_THAN_SHOULD]
OTHER_THAN_MUST = FINDINGS[Finding.OTHER_THAN_MUST]
SERIES_DONE = FINDINGS[Finding.SERIES_DONE]
LOT_EXPIRED = FINDINGS[Finding.LOT_EXPIRED]
DOSE_SPOILT = FINDINGS[Finding.DOSE_SPOILT]

# a person's numbers
BORN, ON, UNTIL, DOSES, SEX = range(5)


class Work(NamedTuple):
    """Scratch of one person: doses in order, and per series what became of them."""

    on: Any  # (doses,) day
    product: Any  # (doses,) product number
    expires: Any  # (doses,) day
    spoilt: Any  # (doses,)
    status: Any  # (series, doses)
    findings: Any  # (series, doses)
    target: Any  # (series, doses) number of the target dose, 0 for none
    state: Any  # (series, targets) OPEN, SATISFIED or SKIPPED
    by: Any  # (series, targets) index of the dose that satisfied it
    at: Any  # (series,) index of the target that is next
    done: Any  # (series,) doses judged so far


@njit(inline="always")
def watch(p, day):
    """The answer may change on this day."""
    if day != NONE and day > p[ON] and (p[UNTIL] == NONE or day < p[UNTIL]):
        p[UNTIL] = day


@njit()
def of_age(p, day, row, begin, end):
    """Half-open age window; `begin` and `end` are columns of `row`."""
    if row[begin] != NONE and add(p[BORN], row[begin], row[begin + 1]) > day:
        return False
    return row[end] == NONE or day < add(p[BORN], row[end], row[end + 1])


@njit()
def of_age_now(p, row, begin, end):
    if row[begin] != NONE:
        watch(p, add(p[BORN], row[begin], row[begin + 1]))
    if row[end] != NONE:
        watch(p, add(p[BORN], row[end], row[end + 1]))
    return of_age(p, p[ON], row, begin, end)


@njit()
def held_now(p, first, last):
    watch(p, first)
    if last != FAR:
        watch(p, last + 1)
    return first <= p[ON] <= last


@njit()
def walk(x, p, w, s):
    """Judge every dose along series `s`."""
    w.at[s] = 0
    w.done[s] = 0
    for n in range(x.series[s, t.S_END] - x.series[s, t.S_FIRST]):
        w.state[s, n] = OPEN
        w.by[s, n] = -1
    for i in range(p[DOSES]):
        _meet(x, p, w, s, i)
        w.done[s] = i + 1


@njit()
def _meet(x, p, w, s, i):
    w.target[s, i] = 0
    if w.on[i] > w.expires[i]:
        w.status[s, i] = SUBSTANDARD
        w.findings[s, i] = LOT_EXPIRED
        return
    if w.spoilt[i]:
        w.status[s, i] = SUBSTANDARD
        w.findings[s, i] = DOSE_SPOILT
        return
    advance(x, p, w, s, w.on[i], False)
    d = x.series[s, t.S_FIRST] + w.at[s]
    if d == x.series[s, t.S_END]:
        w.status[s, i] = EXTRANEOUS
        w.findings[s, i] = SERIES_DONE
        return
    w.target[s, i] = x.doses[d, t.D_NUMBER]
    _judge(x, p, w, s, i, d)
    if w.status[s, i] == VALID:
        w.state[s, w.at[s]] = SATISFIED
        w.by[s, w.at[s]] = i
        w.at[s] += 1


@njit()
def advance(x, p, w, s, on, forecasting):
    moved = False
    targets = x.series[s, t.S_END] - x.series[s, t.S_FIRST]
    while w.at[s] < targets and _skippable(x, p, w, s, on, forecasting):
        w.state[s, w.at[s]] = SKIPPED
        w.at[s] += 1
        moved = True
    return moved


@njit()
def _skippable(x, p, w, s, on, forecasting):
    d = x.series[s, t.S_FIRST] + w.at[s]
    for k in range(x.doses[d, t.D_SKIPS], x.doses[d, t.D_SKIPS_END]):
        wanted = x.skips[k, t.K_FORECAST] if forecasting else x.skips[k, t.K_EVALUATION]
        if wanted and _skip_met(x, p, w, s, k, on, forecasting):
            return True
    return False


@njit()
def _skip_met(x, p, w, s, k, on, forecasting):
    sets = 0
    if forecasting:
        for g in range(x.skips[k, t.K_SETS], x.skips[k, t.K_SETS_END]):
            held_now(p, x.sets[g, t.T_HELD_FROM], x.sets[g, t.T_HELD_TO])
    anchor = p[ON] if forecasting else on
    for g in range(x.skips[k, t.K_SETS], x.skips[k, t.K_SETS_END]):
        if not x.sets[g, t.T_HELD_FROM] <= anchor <= x.sets[g, t.T_HELD_TO]:
            continue
        sets += 1
        met = _set_met(x, p, w, s, g, on)
        if met and not x.skips[k, t.K_EVERY]:
            return True
        if not met and x.skips[k, t.K_EVERY]:
            return False
    return sets > 0 and x.skips[k, t.K_EVERY] != 0


@njit()
def _set_met(x, p, w, s, g, on):
    every = x.sets[g, t.T_EVERY]
    for c in range(x.sets[g, t.T_CONDITIONS], x.sets[g, t.T_CONDITIONS_END]):
        met = _condition_met(x, p, w, s, x.conditions[c], on)
        if met and not every:
            return True
        if not met and every:
            return False
    return every != 0


@njit()
def _condition_met(x, p, w, s, ask, on):
    if ask[t.C_TYPE] == t.AGE:
        if on == p[ON]:
            return of_age_now(p, ask, t.C_BEGIN, t.C_END)
        return of_age(p, on, ask, t.C_BEGIN, t.C_END)
    if ask[t.C_TYPE] == t.INTERVAL:
        if w.done[s] == 0 or ask[t.C_INTERVAL] == NONE:
            return False
        day = add(w.on[w.done[s] - 1], ask[t.C_INTERVAL], ask[t.C_INTERVAL + 1])
        watch(p, day)
        return on >= day
    count = 0
    for i in range(w.done[s]):
        if (
            (ask[t.C_PRODUCTS] == 0 or ask[t.C_PRODUCTS] >> w.product[i] & 1)
            and ask[t.C_FROM] <= w.on[i] < ask[t.C_TO]
            and of_age(p, w.on[i], ask, t.C_BEGIN, t.C_END)
            and (not ask[t.C_VALID] or w.status[s, i] == VALID)
        ):
            count += 1
    if ask[t.C_OP] == 0:
        return count > ask[t.C_COUNT]
    return count == ask[t.C_COUNT] if ask[t.C_OP] == 1 else count < ask[t.C_COUNT]


@njit()
def _judge(x, p, w, s, i, d):
    """Dose `i` against target dose `d`."""
    w.findings[s, i] = 0
    if x.doses[d, t.D_INADVERTENT] >> w.product[i] & 1:
        w.status[s, i] = NOT_VALID
        w.findings[s, i] = INADVERTENT
        return
    age = _judge_age(x, p, w, s, i, d)
    if age < 0:
        w.status[s, i] = EXTRANEOUS
        w.findings[s, i] = TOO_OLD
        return
    counts = age == 1
    counts &= _judge_intervals(x, p, w, s, i, d)
    counts &= _judge_product(x, p, w, s, i, d)
    counts &= _judge_rules(x, p, w, s, i, d)
    w.status[s, i] = VALID if counts else NOT_VALID


@njit()
def _judge_age(x, p, w, s, i, d):
    """1: of age; 0: too young; -1: too old."""
    on = w.on[i]
    for n in range(x.doses[d, t.D_AGES], x.doses[d, t.D_AGES_END]):
        row = x.ages[n]
        if not row[t.HELD_FROM] <= on <= row[t.HELD_TO]:
            continue
        if row[t.MAX] != NONE and on >= add(p[BORN], row[t.MAX], row[t.MAX + 1]):
            return -1
        if row[t.ABS_MIN] != NONE and on < add(p[BORN], row[t.ABS_MIN], row[t.ABS_MIN + 1]):
            w.findings[s, i] |= TOO_YOUNG
            return 0
        if row[t.MIN] != NONE and on < add(p[BORN], row[t.MIN], row[t.MIN + 1]):
            w.findings[s, i] |= AGE_GRACE
    return 1


@njit()
def _judge_intervals(x, p, w, s, i, d):
    grace = False
    on = w.on[i]
    for n in range(x.doses[d, t.D_INTERVALS], x.doses[d, t.D_INTERVALS_END]):
        row = x.intervals[n]
        if not row[t.HELD_FROM] <= on <= row[t.HELD_TO]:
            continue
        since = interval_start(x, w, s, row, w.product[i])
        if since == NONE:
            continue
        if row[t.ABS_MIN] != NONE and on < add(since, row[t.ABS_MIN], row[t.ABS_MIN + 1]):
            allowed = _judge_allowable(x, w, s, i, d)
            w.findings[s, i] |= SHORT_INTERVAL_ALLOWED if allowed else TOO_SOON
            return allowed
        if row[t.MIN] != NONE and on < add(since, row[t.MIN], row[t.MIN + 1]):
            grace = True
    if grace:
        w.findings[s, i] |= INTERVAL_GRACE
    return True


@njit()
def _judge_allowable(x, w, s, i, d):
    rows = 0
    for n in range(x.doses[d, t.D_ALLOWED_INTERVALS], x.doses[d, t.D_ALLOWED_INTERVALS_END]):
        row = x.intervals[n]
        if not row[t.HELD_FROM] <= w.on[i] <= row[t.HELD_TO]:
            continue
        rows += 1
        since = interval_start(x, w, s, row, w.product[i])
        if since != NONE and row[t.ABS_MIN] != NONE:
            if w.on[i] < add(since, row[t.ABS_MIN], row[t.ABS_MIN + 1]):
                return False
    return rows > 0


@njit()
def interval_start(x, w, s, row, product):
    """From which day the interval counts; `product` -1 while forecasting for none."""
    if row[t.I_WHEN_THIS] and (product < 0 or not row[t.I_WHEN_THIS] >> product & 1):
        return NONE
    if row[t.I_KIND] == t.TARGET:
        by = satisfied_by(x, w, s, row[t.I_REF])
        return NONE if by < 0 else w.on[by]
    if row[t.I_KIND] == t.RECENT:
        for i in range(w.done[s] - 1, -1, -1):
            if row[t.I_REF] >> w.product[i] & 1 and not w.findings[s, i] & INADVERTENT:
                return w.on[i]
        return NONE
    i = previous_dose(w, s)
    if i < 0 or (row[t.I_WHEN_PREVIOUS] and not row[t.I_WHEN_PREVIOUS] >> w.product[i] & 1):
        return NONE
    return w.on[i]


@njit()
def satisfied_by(x, w, s, number):
    """The dose that satisfied target `number`; -1 for none."""
    first = x.series[s, t.S_FIRST]
    for n in range(x.series[s, t.S_END] - first):
        if x.doses[first + n, t.D_NUMBER] == number and w.by[s, n] >= 0:
            return w.by[s, n]
    return -1


@njit()
def previous_dose(w, s):
    for i in range(w.done[s] - 1, -1, -1):
        status = w.status[s, i]
        if (status == VALID or status == NOT_VALID) and not w.findings[s, i] & INADVERTENT:
            return i
    return -1


@njit()
def _judge_product(x, p, w, s, i, d):
    reason = PRODUCT_NOT_ALLOWED
    for column in (t.D_PREFERABLE, t.D_ALLOWABLE):
        for n in range(x.doses[d, column], x.doses[d, column + 1]):
            row = x.products[n]
            if row[t.P_PRODUCT] != w.product[i]:
                continue
            if of_age(p, w.on[i], row, t.P_BEGIN, t.P_END):
                return True
            reason = PRODUCT_WRONG_AGE
    w.findings[s, i] |= reason
    return False


@njit()
def _judge_rules(x, p, w, s, i, d):
    for r in range(x.doses[d, t.D_RULES], x.doses[d, t.D_RULES_END]):
        if follows_rule(x, w, s, x.rules[r], w.product[i], w.on[i]):
            continue
        if x.rules[r, t.R_MUST]:
            w.findings[s, i] |= OTHER_THAN_MUST
            return False
        w.findings[s, i] |= OTHER_THAN_SHOULD
    return True


@njit()
def follows_rule(x, w, s, rule, product, on):
    if rule[t.R_SAME_AS] == 0:
        earlier = previous_dose(w, s)
    else:
        earlier = satisfied_by(x, w, s, rule[t.R_SAME_AS])
    if earlier < 0:
        return True
    key = rule[t.R_KEY]
    if x.kinds[key, w.product[earlier]] == x.kinds[key, product]:
        return True
    for e in range(rule[t.R_EXCEPTIONS], rule[t.R_EXCEPTIONS_END]):
        if x.exceptions[e, t.X_PRODUCTS] >> product & 1 and on >= x.exceptions[e, t.X_FROM]:
            return True
    return False
