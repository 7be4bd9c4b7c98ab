"""The first arithmetic: is a target possible, and what would make it so?"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balmis.core.planning.allocation.feasibility import FeasibilityTarget, first
from tests.budgets import examples

JEJU = FeasibilityTarget(
    people=472_235, doses_each=2, interval=21, begins_on=date(2021, 2, 26), by=date(2021, 11, 30)
)


def test_jeju_s_brief():
    """472,235 people x 2 doses = 944,470: 94 days at 10,000 a day, 3.1 months at 300,000."""
    found = first(replace(JEJU, a_day=10_000, a_month=300_000))
    assert found.aim.doses == 944_470 and found.days == pytest.approx(94.447)
    assert found.months == pytest.approx(3.148, abs=5e-4)
    assert found.is_possible and found.done_on == date(2021, 6, 2)


def test_without_a_capacity_nothing_is_promised():
    found = first(JEJU)
    assert (found.days, found.done_on, found.is_possible) == (None, None, True)


def test_the_smallest_change_of_each_number_makes_it_possible():
    aim = replace(JEJU, a_day=3_000)
    found = first(aim)
    assert not found.is_possible and found.done_on > aim.by
    change = found.change
    assert change.a_day == 3_398 and change.by == found.done_on
    assert first(replace(aim, a_day=change.a_day)).is_possible
    assert not first(replace(aim, a_day=change.a_day - 1)).is_possible
    assert first(replace(aim, people=change.people)).is_possible
    assert not first(replace(aim, people=change.people + 1)).is_possible
    assert first(replace(aim, begins_on=change.begins_on)).is_possible
    assert not first(replace(aim, begins_on=change.begins_on + timedelta(days=1))).is_possible


def test_no_capacity_helps_against_the_interval():
    """The second dose of the last cannot come before its time."""
    aim = FeasibilityTarget(
        people=100,
        doses_each=2,
        interval=60,
        begins_on=date(2021, 11, 1),
        by=date(2021, 11, 30),
        a_day=1_000,
    )
    found = first(aim)
    assert found.done_on == date(2021, 12, 31) and found.change.a_day is None
    assert found.change.people == 0 and found.change.begins_on == date(2021, 10, 1)


def test_the_month_binds_where_the_day_does_not():
    aim = FeasibilityTarget(
        people=600_000,
        begins_on=date(2021, 3, 1),
        by=date(2021, 4, 30),
        a_day=20_000,
        a_month=250_000,
    )
    found = first(aim)
    assert found.done_on == date(2021, 5, 5) and found.change.a_month == 300_000
    assert found.change.a_day is None  # more a day does not help within the month


@settings(deadline=None, max_examples=examples(100))
@given(
    st.integers(0, 50_000),
    st.integers(1, 3),
    st.integers(0, 90),
    st.integers(50, 5_000),
    st.none() | st.integers(1_000, 60_000),
    st.integers(0, 400),
)
def test_more_of_anything_is_never_later(people, each, interval, a_day, a_month, days):
    begin = date(2021, 3, 14)
    aim = FeasibilityTarget(
        people=people,
        doses_each=each,
        interval=interval,
        begins_on=begin,
        by=begin + timedelta(days=days),
        a_day=a_day,
        a_month=a_month,
    )
    found, more = first(aim), first(replace(aim, a_day=a_day + 1))
    fewer = first(replace(aim, people=max(0, people - 1)))
    assert more.done_on <= found.done_on and fewer.done_on <= found.done_on
    if found.change is not None:
        for name in ("a_day", "a_month", "people", "by"):
            value = getattr(found.change, name)
            if value is not None:
                assert first(replace(aim, **{name: value})).is_possible


def test_numbers_that_cannot_be_are_told():
    for wrong in ({"people": -1}, {"doses_each": 0}, {"a_day": 0}, {"given": -5}):
        with pytest.raises(ValueError, match="no such"):
            first(replace(JEJU, **wrong))
