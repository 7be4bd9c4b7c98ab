"""The kernel's first half: walk a person's doses along a series.

A twin of `walking.py` and `judging.py`, name by name; read those first. Two flat arrays are
handed around, since the compiler copies every array it hands on: `x` holds the schedule
(see `tables.py`), `w` the work on one person. `b` is the offset of a series' block in `w`,
`g` of a given dose, `d` of a target dose in `x`; `row` is the offset of any other row in `x`.
"""

from balmis.core.schedule.columnar import tables as t
from balmis.core.schedule.columnar.calendar import FAR, NONE, add
from balmis.core.schedule.columnar.compiler import njit
from balmis.core.vocabulary.schedule import DoseStatus, Finding

FINDINGS = {finding: 1 << n for n, finding in enumerate(Finding)}
STATUSES = (
    DoseStatus.VALID,
    DoseStatus.EXTRANEOUS,
    DoseStatus.NOT_VALID,
    DoseStatus.SUBSTANDARD,
)
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

# one person's work: the head, then the days of the distinct ages, the given doses, and a block
# for each series
(
    BORN,
    ON,
    UNTIL,
    COUNT,
    SEX,
    TARGETS_AT,
    DOSES_AT,
    OWN_AT,
    BLOCK,
    SERIES_AT,
    GIVEN_AT,
    AGES_AT,
    WAITS_AT,
    O_BARRED,
    O_CLOSED,
    O_WATCH,
    O_DEFERRAL_WATCH,
    O_END,
) = range(18)
# a row of `standing`: the four O columns; then for each product, and last for none of them, until
# which day it waits (NONE: it does not, FAR: not known); then which deferral says so
DATES = O_END  # two sets of dates of a target
EARLY, REC_AGE, REC_INTERVAL, DUE_AGE, DUE_INTERVAL, MAX_AGE, DATES_WIDTH = range(7)
WORK_HEAD = DATES + 2 * DATES_WIDTH
G_ON, G_PRODUCT, G_EXPIRES, G_SPOILT, G_PLACE, GIVEN_WIDTH = range(6)
# a series' block: where it is, its results, then its targets, its judged doses, and the
# earliest day of each product
(
    B_ROW,
    B_AT,
    B_DONE,
    STATUS,
    FOUND,
    NUMBER,
    ROLE,
    EARLIEST,
    RECOMMENDED,
    PAST_DUE,
    LATEST,
    PRODUCTS,
    PREFERRED,
    VALID_DOSES,
    REMAINING,
    PASSED_OVER,
    DEFERRED_UNTIL,
    DEFERRED_BY,
    CHOSEN,
    BEST,
    SCORE,
    BLOCK_HEAD,
) = range(22)
T_STATE, T_BY, TARGET_WIDTH = range(3)
J_STATUS, J_FINDINGS, J_TARGET, JUDGED_WIDTH = range(4)
UNASKED = NONE + 1  # a day not worked out yet


@njit(inline="always")
def watch(w, day):
    """The answer may change on this day."""
    if day != NONE and day > w[ON] and (w[UNTIL] == NONE or day < w[UNTIL]):
        w[UNTIL] = day


@njit(inline="always")
def age_day(x, w, age):
    """The day on which the person is that old; worked out once."""
    at = w[AGES_AT] + age
    if w[at] == UNASKED:
        length = x[t.X_AGES] + 2 * age
        w[at] = add(w[BORN], x[length], x[length + 1])
    return w[at]


@njit()
def of_age(x, w, day, begin, end):
    """Half-open window between two ages, -1 for none."""
    if begin >= 0 and age_day(x, w, begin) > day:
        return False
    return end < 0 or day < age_day(x, w, end)


@njit()
def of_age_now(x, w, begin, end):
    if begin >= 0:
        watch(w, age_day(x, w, begin))
    if end >= 0:
        watch(w, age_day(x, w, end))
    return of_age(x, w, w[ON], begin, end)


@njit(inline="always")
def held_now(w, first, last):
    watch(w, first)
    if last != FAR:
        watch(w, last + 1)
    return first <= w[ON] <= last


@njit(inline="always")
def judged_at(w, b, i):
    return b + w[DOSES_AT] + i * JUDGED_WIDTH


@njit(inline="always")
def given_at(w, i):
    return w[GIVEN_AT] + i * GIVEN_WIDTH


@njit(inline="always")
def walk(x, w, b):
    """Judge every dose along the series of block `b`."""
    w[b + B_AT] = 0
    w[b + B_DONE] = 0
    series = w[b + B_ROW]
    targets = (x[series + t.S_DOSES_END] - x[series + t.S_DOSES]) // t.DOSE_WIDTH
    for n in range(targets):
        target = b + w[TARGETS_AT] + n * TARGET_WIDTH
        w[target + T_STATE] = OPEN
        w[target + T_BY] = -1
    for i in range(w[COUNT]):
        _meet(x, w, b, i)
        w[b + B_DONE] = i + 1


@njit(inline="always")
def next_dose(x, w, b):
    """The target dose that is next, or the end of the series' doses."""
    return x[w[b + B_ROW] + t.S_DOSES] + w[b + B_AT] * t.DOSE_WIDTH


@njit(inline="always")
def _meet(x, w, b, i):
    g = given_at(w, i)
    j = judged_at(w, b, i)
    w[j + J_TARGET] = 0
    if w[g + G_ON] > w[g + G_EXPIRES]:
        w[j + J_STATUS] = SUBSTANDARD
        w[j + J_FINDINGS] = LOT_EXPIRED
        return
    if w[g + G_SPOILT]:
        w[j + J_STATUS] = SUBSTANDARD
        w[j + J_FINDINGS] = DOSE_SPOILT
        return
    advance(x, w, b, w[g + G_ON], False)
    d = next_dose(x, w, b)
    if d == x[w[b + B_ROW] + t.S_DOSES_END]:
        w[j + J_STATUS] = EXTRANEOUS
        w[j + J_FINDINGS] = SERIES_DONE
        return
    w[j + J_TARGET] = x[d + t.D_NUMBER]
    _judge(x, w, b, i, d)
    if w[j + J_STATUS] == VALID:
        target = b + w[TARGETS_AT] + w[b + B_AT] * TARGET_WIDTH
        w[target + T_STATE] = SATISFIED
        w[target + T_BY] = i
        w[b + B_AT] += 1


@njit()
def advance(x, w, b, on, forecasting):
    moved = False
    end = x[w[b + B_ROW] + t.S_DOSES_END]
    d = next_dose(x, w, b)
    while d < end and x[d + t.D_SKIPS] < x[d + t.D_SKIPS_END]:
        if not _skippable(x, w, b, d, on, forecasting):
            break
        w[b + w[TARGETS_AT] + w[b + B_AT] * TARGET_WIDTH + T_STATE] = SKIPPED
        w[b + B_AT] += 1
        d += t.DOSE_WIDTH
        moved = True
    return moved


@njit()
def _skippable(x, w, b, d, on, forecasting):
    for skip in range(x[d + t.D_SKIPS], x[d + t.D_SKIPS_END], t.SKIP_WIDTH):
        wanted = x[skip + t.K_FORECAST] if forecasting else x[skip + t.K_EVALUATION]
        if wanted and _skip_met(x, w, b, skip, on, forecasting):
            return True
    return False


@njit()
def _skip_met(x, w, b, skip, on, forecasting):
    sets = 0
    every = x[skip + t.K_EVERY]
    if forecasting:
        for one in range(x[skip + t.K_SETS], x[skip + t.K_SETS_END], t.SET_WIDTH):
            held_now(w, x[one + t.T_HELD_FROM], x[one + t.T_HELD_TO])
    anchor = w[ON] if forecasting else on
    for one in range(x[skip + t.K_SETS], x[skip + t.K_SETS_END], t.SET_WIDTH):
        if not x[one + t.T_HELD_FROM] <= anchor <= x[one + t.T_HELD_TO]:
            continue
        sets += 1
        met = _set_met(x, w, b, one, on)
        if met and not every:
            return True
        if not met and every:
            return False
    return sets > 0 and every != 0


@njit()
def _set_met(x, w, b, one, on):
    every = x[one + t.T_EVERY]
    for ask in range(x[one + t.T_CONDITIONS], x[one + t.T_CONDITIONS_END], t.CONDITION_WIDTH):
        met = _condition_met(x, w, b, ask, on)
        if met and not every:
            return True
        if not met and every:
            return False
    return every != 0


@njit()
def _condition_met(x, w, b, ask, on):
    begin, end = x[ask + t.C_BEGIN], x[ask + t.C_END]
    if x[ask + t.C_TYPE] == t.ASKS_AGE:
        if on == w[ON]:
            return of_age_now(x, w, begin, end)
        return of_age(x, w, on, begin, end)
    if x[ask + t.C_TYPE] == t.ASKS_INTERVAL:
        if w[b + B_DONE] == 0 or x[ask + t.C_INTERVAL] == NONE:
            return False
        last = w[given_at(w, w[b + B_DONE] - 1) + G_ON]
        day = add(last, x[ask + t.C_INTERVAL], x[ask + t.C_INTERVAL_DAYS])
        watch(w, day)
        return on >= day
    count = _count(x, w, b, ask)
    if x[ask + t.C_OP] == 0:
        return count > x[ask + t.C_COUNT]
    return count == x[ask + t.C_COUNT] if x[ask + t.C_OP] == 1 else count < x[ask + t.C_COUNT]


@njit()
def _count(x, w, b, ask):
    count = 0
    products = x[ask + t.C_PRODUCTS]
    for i in range(w[b + B_DONE]):
        g = given_at(w, i)
        day = w[g + G_ON]
        if (
            (products == 0 or products >> w[g + G_PRODUCT] & 1)
            and x[ask + t.C_FROM] <= day < x[ask + t.C_TO]
            and of_age(x, w, day, x[ask + t.C_BEGIN], x[ask + t.C_END])
            and (not x[ask + t.C_VALID] or w[judged_at(w, b, i) + J_STATUS] == VALID)
        ):
            count += 1
    return count


@njit()
def _judge(x, w, b, i, d):
    """Dose `i` against target dose `d`."""
    g = given_at(w, i)
    j = judged_at(w, b, i)
    w[j + J_FINDINGS] = 0
    if x[d + t.D_INADVERTENT] >> w[g + G_PRODUCT] & 1:
        w[j + J_STATUS] = NOT_VALID
        w[j + J_FINDINGS] = INADVERTENT
        return
    age = _judge_age(x, w, j, d, w[g + G_ON])
    if age < 0:
        w[j + J_STATUS] = EXTRANEOUS
        w[j + J_FINDINGS] = TOO_OLD
        return
    counts = age == 1
    counts &= _judge_intervals(x, w, b, g, j, d)
    counts &= _judge_product(x, w, g, j, d)
    counts &= _judge_rules(x, w, b, g, j, d)
    w[j + J_STATUS] = VALID if counts else NOT_VALID


@njit()
def _judge_age(x, w, j, d, on):
    """1: of age; 0: too young; -1: too old."""
    for row in range(x[d + t.D_AGES], x[d + t.D_AGES_END], t.AGE_WIDTH):
        if not x[row + t.A_HELD_FROM] <= on <= x[row + t.A_HELD_TO]:
            continue
        if x[row + t.A_MAX] >= 0 and on >= age_day(x, w, x[row + t.A_MAX]):
            return -1
        if x[row + t.A_ABS_MIN] >= 0 and on < age_day(x, w, x[row + t.A_ABS_MIN]):
            w[j + J_FINDINGS] |= TOO_YOUNG
            return 0
        if x[row + t.A_MIN] >= 0 and on < age_day(x, w, x[row + t.A_MIN]):
            w[j + J_FINDINGS] |= AGE_GRACE
    return 1


@njit()
def _judge_intervals(x, w, b, g, j, d):
    grace = False
    on = w[g + G_ON]
    for row in range(x[d + t.D_INTERVALS], x[d + t.D_INTERVALS_END], t.INTERVAL_WIDTH):
        if not x[row + t.I_HELD_FROM] <= on <= x[row + t.I_HELD_TO]:
            continue
        since = interval_start(x, w, b, row, w[g + G_PRODUCT])
        if since == NONE:
            continue
        if on < length_after(x, since, row + t.I_ABS_MIN):
            allowed = _judge_allowable(x, w, b, g, d)
            w[j + J_FINDINGS] |= SHORT_INTERVAL_ALLOWED if allowed else TOO_SOON
            return allowed
        if on < length_after(x, since, row + t.I_MIN):
            grace = True
    if grace:
        w[j + J_FINDINGS] |= INTERVAL_GRACE
    return True


@njit(inline="always")
def length_after(x, since, length):
    """The day a length after `since`; NONE, which is before every day, for no length."""
    return NONE if x[length] == NONE else add(since, x[length], x[length + 1])


@njit()
def _judge_allowable(x, w, b, g, d):
    rows = 0
    on = w[g + G_ON]
    first, end = x[d + t.D_ALLOWED_INTERVALS], x[d + t.D_ALLOWED_INTERVALS_END]
    for row in range(first, end, t.INTERVAL_WIDTH):
        if not x[row + t.I_HELD_FROM] <= on <= x[row + t.I_HELD_TO]:
            continue
        rows += 1
        since = interval_start(x, w, b, row, w[g + G_PRODUCT])
        if since != NONE and on < length_after(x, since, row + t.I_ABS_MIN):
            return False
    return rows > 0


@njit()
def interval_start(x, w, b, row, product):
    """From which day the interval counts; `product` -1 while forecasting for none."""
    this = x[row + t.I_WHEN_THIS]
    if this and (product < 0 or not this >> product & 1):
        return NONE
    if x[row + t.I_KIND] == t.TARGET:
        by = satisfied_by(x, w, b, x[row + t.I_REF])
        return NONE if by < 0 else w[given_at(w, by) + G_ON]
    if x[row + t.I_KIND] == t.RECENT:
        for i in range(w[b + B_DONE] - 1, -1, -1):
            g = given_at(w, i)
            inadvertent = w[judged_at(w, b, i) + J_FINDINGS] & INADVERTENT
            if x[row + t.I_REF] >> w[g + G_PRODUCT] & 1 and not inadvertent:
                return w[g + G_ON]
        return NONE
    g = previous_dose(w, b)
    previous = x[row + t.I_WHEN_PREVIOUS]
    if g < 0 or (previous and not previous >> w[g + G_PRODUCT] & 1):
        return NONE
    return w[g + G_ON]


@njit()
def satisfied_by(x, w, b, number):
    """Which dose satisfied target `number`; -1 for none. Targets are numbered from 1."""
    return w[b + w[TARGETS_AT] + (number - 1) * TARGET_WIDTH + T_BY]


@njit()
def previous_dose(w, b):
    """The offset of the last dose that intervals count from; -1 for none."""
    for i in range(w[b + B_DONE] - 1, -1, -1):
        j = judged_at(w, b, i)
        counted = w[j + J_STATUS] == VALID or w[j + J_STATUS] == NOT_VALID
        if counted and not w[j + J_FINDINGS] & INADVERTENT:
            return given_at(w, i)
    return -1


@njit()
def _judge_product(x, w, g, j, d):
    reason = PRODUCT_NOT_ALLOWED
    for row in range(x[d + t.D_PREFERABLE], x[d + t.D_PREFERABLE_END], t.PRODUCT_WIDTH):
        if x[row + t.P_PRODUCT] == w[g + G_PRODUCT]:
            if of_age(x, w, w[g + G_ON], x[row + t.P_BEGIN], x[row + t.P_END]):
                return True
            reason = PRODUCT_WRONG_AGE
    for row in range(x[d + t.D_ALLOWABLE], x[d + t.D_ALLOWABLE_END], t.PRODUCT_WIDTH):
        if x[row + t.P_PRODUCT] == w[g + G_PRODUCT]:
            if of_age(x, w, w[g + G_ON], x[row + t.P_BEGIN], x[row + t.P_END]):
                return True
            reason = PRODUCT_WRONG_AGE
    w[j + J_FINDINGS] |= reason
    return False


@njit()
def _judge_rules(x, w, b, g, j, d):
    for rule in range(x[d + t.D_RULES], x[d + t.D_RULES_END], t.RULE_WIDTH):
        if follows_rule(x, w, b, rule, w[g + G_PRODUCT], w[g + G_ON]):
            continue
        if x[rule + t.R_MUST]:
            w[j + J_FINDINGS] |= OTHER_THAN_MUST
            return False
        w[j + J_FINDINGS] |= OTHER_THAN_SHOULD
    return True


@njit()
def follows_rule(x, w, b, rule, product, on):
    earlier = -1
    if x[rule + t.R_SAME_AS] == 0:
        earlier = previous_dose(w, b)
    else:
        by = satisfied_by(x, w, b, x[rule + t.R_SAME_AS])
        if by >= 0:
            earlier = given_at(w, by)
    if earlier < 0:
        return True
    kinds = x[t.X_KINDS] + x[rule + t.R_KEY] * x[t.X_PRODUCTS]
    if x[kinds + w[earlier + G_PRODUCT]] == x[kinds + product]:
        return True
    first, end = x[rule + t.R_EXCEPTIONS], x[rule + t.R_EXCEPTIONS_END]
    for row in range(first, end, t.EXCEPTION_WIDTH):
        if x[row + t.E_PRODUCTS] >> product & 1 and on >= x[row + t.E_FROM]:
            return True
    return False
