"""Who is the same person: exact, near, other; in four scripts."""

import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balmis.core.people.likeness import (
    Identity,
    compare,
    days_alike,
    days_like,
    plain,
)
from balmis.core.vocabulary.people import BirthPrecision, Likeness

BORN = date(1950, 5, 17)
TOWN, OTHER_TOWN = "/IS/IS-N/", "/IS/IS-S/"


def one(name="Nguyễn Thị Mai Lan", born=BORN, area=TOWN, **more):
    return Identity(name=name, born=born, area=area, **more)


def likeness(stated, known=None):
    return compare(stated, known or one()).value


@pytest.mark.parametrize(
    "stated, expected",
    [
        (one(), "exact"),
        (one("nguyen thi mai lan"), "near"),  # without marks, it may be a twin of another tone
        (one("NGUYỄN  thị MAI LAN"), "exact"),
        (one("Nguyễn Thị Mai Lân"), "near"),  # a tone is another name
        (one("Mai Lan Nguyễn Thị"), "near"),  # the words in another order
        (one("Nguyễn Thị Mai Lam"), "near"),  # a slip
        (one(area=OTHER_TOWN), "near"),  # moved house
        (one(born=date(1950, 5, 11)), "near"),  # a digit
        (one(born=date(1905, 5, 17)), "near"),  # two digits swapped
        (one("Nguyễn Thị Mai Lam", born=date(1950, 5, 11)), "near"),
        (one("Nguyễn Thị Mai Lam", born=date(1950, 5, 11), area=OTHER_TOWN), "other"),
        (one(born=date(1951, 6, 17)), "other"),
        (one("Trần Văn Hùng"), "other"),
    ],
)
def test_a_vietnamese_name(stated, expected):
    assert likeness(stated) == expected


@pytest.mark.parametrize(
    "stated, known, expected",
    [
        (one("김 민수"), one("김민수"), "exact"),
        (one("김민서"), one("김민수"), "near"),  # one letter of a syllable
        (one("이민수"), one("김민수"), "other"),
        (one("Kim Minsu"), one("김민수", romanised="KIM MINSU"), "exact"),
        (one("王小明"), one("王小明"), "exact"),
        (one("王小名"), one("王小明"), "other"),  # two characters say too little
        (one("José  O'Neill"), one("JOSÉ O’Neill"), "exact"),
        (one("José  O'Neill"), one("Jose ONeill"), "near"),
        (one("Đặng Văn Đức"), one("Dang Van Duc"), "near"),
    ],
)
def test_other_scripts(stated, known, expected):
    assert likeness(stated, known) == expected


def test_the_same_number_with_another_birthday_is_looked_at():
    known = one(numbers=frozenset({"900517-1", "R7"}))
    assert likeness(one(numbers=frozenset({"R7"})), known) == "exact"
    assert likeness(one(born=date(1980, 1, 1), numbers=frozenset({"R7"})), known) == "near"
    assert likeness(one("Trần Văn Hùng", numbers=frozenset({"R7"})), known) == "near"


DAYS = st.dates(date(1900, 1, 1), date(2021, 12, 31))


@given(DAYS)
def test_the_days_looked_for_are_those_that_are_alike(day):
    like = set(days_like(day))
    assert day in like
    assert all(days_alike(day, other) for other in like)
    near = {day + timedelta(days=n) for n in range(-400, 400)} | {
        day.replace(year=max(1, day.year + n), day=min(day.day, 28)) for n in range(-12, 12)
    }
    assert {d for d in near if d.year >= 1880 and days_alike(day, d)} <= like


@given(st.text(max_size=30), DAYS)
def test_likeness_does_not_depend_on_who_is_asked(name, day):
    a, b = one(name, day), one()
    assert compare(a, b) is compare(b, a)
    assert plain(plain(name)) == plain(name)


def test_every_letter_has_one_plain_form():
    """Also letters of mathematics, of which the capitals have no small ones."""
    letters = (chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF)
    assert [hex(ord(c)) for c in letters if plain(plain(c)) != plain(c)] == []


def test_twins_of_another_sex_are_looked_at():
    assert likeness(one(sex="F"), one(sex="M")) == "near"
    assert likeness(one(sex="F"), one(sex="U")) == "exact"


def test_nameless_records_are_like_nobody():
    assert compare(one("-"), one("·")) is Likeness.OTHER


@pytest.mark.parametrize(
    "stated, known, expected",
    [
        (one(born=date(1950, 1, 1), precision=BirthPrecision.YEAR), one(), "near"),
        (one(), one(born=date(1950, 1, 1), precision=BirthPrecision.YEAR), "near"),
        (one(born=date(1951, 1, 1), precision=BirthPrecision.ABOUT), one(), "near"),
        (one(born=date(1951, 1, 1), precision=BirthPrecision.YEAR), one(), "other"),
        (one(born=date(1950, 6, 1), precision=BirthPrecision.MONTH), one(), "other"),
        (one("Nguyễn Văn Tùng", date(1950, 1, 1), precision=BirthPrecision.YEAR), one(), "other"),
        (
            one(born=date(1950, 1, 1), precision=BirthPrecision.YEAR, numbers=frozenset({"7"})),
            one(numbers=frozenset({"7"})),
            "exact",
        ),
    ],
)
def test_a_year_and_a_name_are_at_most_near(stated, known, expected):
    assert likeness(stated, known) == likeness(known, stated) == expected


@pytest.mark.parametrize("other, expected", [("", "exact"), ("A 1", "exact"), ("A2", "near")])
def test_another_national_number_is_looked_at(other, expected):
    assert likeness(one(national_id="A1"), one(national_id=other)) == expected
