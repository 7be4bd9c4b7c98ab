"""The kernel's third part: which of several series a person is on.

A twin of `choosing.py`; read it first. `members` is a mask of series.
"""

from balmis.core.schedule.columnar import tables as t
from balmis.core.schedule.columnar import walk as k
from balmis.core.schedule.columnar.ahead import COMPLETE, CONTRAINDICATED, NOT_COMPLETE
from balmis.core.schedule.columnar.calendar import NONE
from balmis.core.schedule.columnar.compiler import njit


@njit(inline="always")
def block(w, s):
    return w[k.SERIES_AT] + s * w[k.BLOCK]


@njit(inline="always")
def series_row(x, s):
    return x[t.X_SERIES] + s * t.SERIES_WIDTH


@njit(inline="always")
def series_count(x):
    return (x[t.X_SERIES_END] - x[t.X_SERIES]) // t.SERIES_WIDTH


@njit(inline="always")
def choose(x, w, relevant):
    """Mark each series group's prioritised series (CHOSEN) and the best ones (BEST)."""
    count = series_count(x)
    for s in range(count):
        w[block(w, s) + k.CHOSEN] = 0
        w[block(w, s) + k.BEST] = 0
    done = 0
    for s in range(count):
        group = x[series_row(x, s) + t.S_GROUP]
        if relevant >> s & 1 and not done >> group & 1:
            done |= 1 << group
            chosen = _prioritised(x, w, relevant, group, count)
            if chosen >= 0:
                w[block(w, chosen) + k.CHOSEN] = 1
    speaking = False
    for s in range(count):
        b = block(w, s)
        if w[b + k.CHOSEN] and _is_best(x, w, s, count):
            w[b + k.BEST] = 1
            if not _waits(x, w, s) and w[b + k.STATUS] <= CONTRAINDICATED:
                speaking = True
    if speaking:
        for s in range(count):
            if w[block(w, s) + k.BEST] and _waits(x, w, s):
                w[block(w, s) + k.BEST] = 0


@njit()
def _waits(x, w, s):
    start = x[series_row(x, s) + t.S_MIN_START]
    if w[block(w, s) + k.VALID_DOSES] or start < 0:
        return False
    day = k.age_day(x, w, start)
    k.watch(w, day)
    return w[k.ON] < day


@njit()
def _is_best(x, w, s, count):
    if w[block(w, s) + k.STATUS] == COMPLETE:
        return True
    row = series_row(x, s)
    for other in range(count):
        b = block(w, other)
        equivalent = x[row + t.S_EQUIVALENT] >> x[series_row(x, other) + t.S_GROUP] & 1
        if equivalent and w[b + k.CHOSEN] and w[b + k.STATUS] == COMPLETE:
            return False
    return x[row + t.S_EVALUATION_ONLY] == 0


@njit()
def _prioritised(x, w, relevant, group, count):
    """The one series of a group; -1 for none."""
    default = -1
    members = open_ = touched = 0
    for s in range(count):
        row, b = series_row(x, s), block(w, s)
        if relevant >> s & 1 and x[row + t.S_GROUP] == group:
            members |= 1 << s
            if x[row + t.S_DEFAULT] and default < 0:
                default = s
            open_ += w[b + k.STATUS] != CONTRAINDICATED
            touched |= w[b + k.VALID_DOSES] > 0
    scorable = complete = started = begun = how_many = 0
    only = -1
    for s in range(count):
        b = block(w, s)
        if members >> s & 1 and _scorable(x, w, s, open_, touched, default):
            how_many += 1
            only = s
            scorable |= 1 << s
            if w[b + k.STATUS] == COMPLETE:
                complete |= 1 << s
            if w[b + k.VALID_DOSES] and w[b + k.STATUS] == NOT_COMPLETE:
                started |= 1 << s
            begun |= w[b + k.VALID_DOSES] > 0
    if how_many == 0:
        return default
    if how_many == 1:
        return only
    if complete:
        return _highest(x, w, complete, 0, count)
    if started:
        return _highest(x, w, started, 1, count)
    if default >= 0:
        return default
    return _highest(x, w, scorable, 3 if begun else 2, count)


@njit()
def _scorable(x, w, s, open_, touched, default):
    row, b = series_row(x, s), block(w, s)
    if x[row + t.S_EVALUATION_ONLY]:
        return w[b + k.STATUS] == COMPLETE
    if open_ and w[b + k.STATUS] == CONTRAINDICATED:
        return False
    if w[b + k.VALID_DOSES] == 0:
        return touched == 0 and default < 0
    if x[row + t.S_MAX_START] < 0:
        return True
    first = NONE
    for n in range((x[row + t.S_DOSES_END] - x[row + t.S_DOSES]) // t.DOSE_WIDTH):
        by = w[b + w[k.TARGETS_AT] + n * k.TARGET_WIDTH + k.T_BY]
        if by >= 0 and first == NONE:
            first = w[k.given_at(w, by) + k.G_ON]
    return first < k.age_day(x, w, x[row + t.S_MAX_START])


@njit()
def _highest(x, w, members, how, count):
    best = -1
    for s in range(count):
        if not members >> s & 1:
            continue
        b = block(w, s)
        if how == 0:
            w[b + k.SCORE] = _points(w, members, k.VALID_DOSES, 1, s, 1, count)
        elif how == 1:
            w[b + k.SCORE] = _score_started(x, w, members, s, count)
        elif how == 2:
            w[b + k.SCORE] = _score_unstarted(x, w, members, s, count)
        else:
            w[b + k.SCORE] = w[b + k.VALID_DOSES]
        if best < 0 or _goes_before(x, w, s, best):
            best = s
    return best


@njit()
def _goes_before(x, w, s, other):
    mine, theirs = block(w, s), block(w, other)
    if w[mine + k.SCORE] != w[theirs + k.SCORE]:
        return w[mine + k.SCORE] > w[theirs + k.SCORE]
    preference = x[series_row(x, s) + t.S_PREFERENCE]
    other_preference = x[series_row(x, other) + t.S_PREFERENCE]
    if preference != other_preference:
        return preference < other_preference
    return w[mine + k.PASSED_OVER] < w[theirs + k.PASSED_OVER]


@njit()
def _points(w, members, column, sign, s, gain, count):
    """`gain` for alone having most (sign 1) or least (-1) of a column, 0 if shared, else -gain."""
    same = 0
    mine = sign * w[block(w, s) + column]
    for other in range(count):
        if members >> other & 1:
            theirs = sign * w[block(w, other) + column]
            if theirs > mine:
                return -gain
            same += theirs == mine
    return gain if same == 1 else 0


@njit()
def _finish(x, w, s):
    """The finish day if the series is completable, else NONE."""
    row, b = series_row(x, s), block(w, s)
    day = w[b + k.EARLIEST]
    if day == NONE:
        return NONE
    after = k.next_dose(x, w, b) + t.DOSE_WIDTH
    for d in range(after, x[row + t.S_DOSES_END], t.DOSE_WIDTH):
        longest = NONE
        for i in range(x[d + t.D_INTERVALS], x[d + t.D_INTERVALS_END], t.INTERVAL_WIDTH):
            longest = max(longest, k.length_after(x, day, i + t.I_MIN))
        if longest != NONE:
            day = longest
    limit = NONE
    last = x[row + t.S_DOSES_END] - t.DOSE_WIDTH
    for age in range(x[last + t.D_AGES], x[last + t.D_AGES_END], t.AGE_WIDTH):
        if x[age + t.A_MAX] >= 0:
            limit = k.age_day(x, w, x[age + t.A_MAX])
    return day if limit == NONE or day < limit else NONE


@njit()
def _score_started(x, w, members, s, count):
    b = block(w, s)
    all_valid = True
    for i in range(w[b + k.B_DONE]):
        all_valid &= w[k.judged_at(w, b, i) + k.J_STATUS] == k.VALID
    finish = _finish(x, w, s)
    score = 2 if x[series_row(x, s) + t.S_PRODUCT_PATH] and all_valid else -2
    score += 3 if finish != NONE else -3
    score += _points(w, members, k.VALID_DOSES, 1, s, 2, count)
    score += _points(w, members, k.REMAINING, -1, s, 2, count)
    if finish == NONE:
        return score - 1
    same = 0
    for other in range(count):
        if members >> other & 1:
            theirs = _finish(x, w, other)
            if theirs != NONE and theirs < finish:
                return score - 1
            same += theirs == finish
    return score + 1 if same == 1 else score


@njit()
def _score_unstarted(x, w, members, s, count):
    for other in range(count):
        if members >> other & 1:
            k.watch(w, w[block(w, other) + k.EARLIEST])
    score = 1 if _finish(x, w, s) != NONE else -1
    score += -1 if x[series_row(x, s) + t.S_PRODUCT_PATH] else 1
    if w[block(w, s) + k.EARLIEST] == NONE:
        return score - 1
    start = max(w[block(w, s) + k.EARLIEST], w[k.ON])
    same = 0
    for other in range(count):
        day = w[block(w, other) + k.EARLIEST]
        if members >> other & 1 and day != NONE:
            if max(day, w[k.ON]) < start:
                return score - 1
            same += max(day, w[k.ON]) == start
    return score + 1 if same == 1 else score
