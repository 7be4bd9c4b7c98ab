"""Which looks at people are unusual."""

import pytest

from balmis.core.access.lookups import HourOfLookups, LookupLimits, Unusual, read_limits, unusual
from balmis.core.vocabulary.access import LookupSign

FEW = LookupLimits(many=5, famous=3, night=4)


def test_many_in_one_hour_not_over_the_day():
    spread = [HourOfLookups("user:1", hour, 4) for hour in range(8, 18)]
    assert list(unusual(spread, [], FEW)) == []
    busy = [*spread, HourOfLookups("user:2", 9, 5)]
    assert list(unusual(busy, [], FEW)) == [Unusual(LookupSign.MANY, "user:2", 5)]


def test_a_night_is_counted_over_midnight_and_nothing_of_the_day():
    hours = [HourOfLookups("user:1", hour, 2) for hour in (21, 23, 0, 5)]
    assert list(unusual(hours, [], FEW)) == [Unusual(LookupSign.NIGHT, "user:1", 4)]
    assert list(unusual(hours[:2], [], FEW)) == []


def test_one_person_by_many_users():
    seen = [("person:9", 3), ("person:8", 2)]
    assert list(unusual([], seen, FEW)) == [Unusual(LookupSign.FAMOUS, "person:9", 3)]


def test_limits_are_read_from_words_and_what_is_not_named_stays():
    assert read_limits("") == LookupLimits()
    assert read_limits("many=200, night=30") == LookupLimits(many=200, night=30)


@pytest.mark.parametrize("text", ["many", "many=", "many=0", "many=-1", "few=3", "night=1.5"])
def test_limits_that_are_none_are_named(text):
    with pytest.raises(ValueError, match=text.split("=")[0]):
        read_limits(text)
