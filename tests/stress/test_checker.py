"""The checker sees what it is for: each fault is planted once."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.stress.checker import Row, Said, judge

ROWS = [Row(n, UUID(int=n), 100 + n, 1, 7, "confirmed") for n in (1, 2)]
SAID = [Said("book", r.request, r.person, 1, 7, r.booking) for r in ROWS]
POOLS = {7: (2, 2)}


def found(said=SAID, rows=ROWS, pools=POOLS):
    return {name for name, count in judge(said, rows, pools).counts().items() if count}


def test_an_honest_run_is_clean():
    assert judge(SAID, ROWS, POOLS).clean


PLANTED = {
    "a booking that is not stored": ({"rows": ROWS[:1], "pools": {7: (2, 1)}}, {"lost"}),
    "one stored for another person": ({"rows": [ROWS[0], replace(ROWS[1], person=999)]}, {"lost"}),
    "one told confirmed that expired": (
        {"rows": [ROWS[0], replace(ROWS[1], status="expired")], "pools": {7: (2, 1)}},
        {"lost"},
    ),
    "an oversold slot": ({"pools": {7: (1, 2)}}, {"oversold"}),
    "more told than there are, though not all stored": (
        {"rows": ROWS[:1], "pools": {7: (1, 1)}},
        {"lost", "oversold"},
    ),
    "a counter beside its rows": ({"pools": {7: (2, 1)}}, {"drifted"}),
    "two live bookings of a person": (
        {"rows": [*ROWS, Row(3, UUID(int=3), 101, 1, 7, "held")], "pools": {7: (3, 3)}},
        {"doubled"},
    ),
    "two answers to one request": (
        {"said": [*SAID, replace(SAID[0], booking=9)]},
        {"doubled", "lost"},
    ),
    "sold out while a place was free": (
        {"said": [*SAID, replace(SAID[0], booking=None, reason="sold_out")], "pools": {7: (3, 2)}},
        {"unsold"},
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault):
    changed, expected = PLANTED[fault]
    assert found(**changed) == expected


def test_a_hold_may_run_out_and_a_confirmed_one_may_not():
    hold = [replace(SAID[0], act="hold")]
    expired = [replace(ROWS[0], status="expired")]
    assert found(hold, expired, {7: (2, 0)}) == set()
    confirmed = [*hold, replace(hold[0], act="confirm")]
    assert found(confirmed, expired, {7: (2, 0)}) == {"lost"}
