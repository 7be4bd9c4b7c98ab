"""Dates of a column: what has two readings is decided once, from all cells, or asked."""

from datetime import date

import pytest

from balmis.core.birth_date import BirthDate, ages_on
from balmis.core.files.date_column import date_cell, decide
from balmis.core.vocabulary.people import BirthPrecision

TODAY = date(2026, 11, 30)
DAY, MONTH, YEAR, ABOUT = BirthPrecision


def column(*cells, day_first=None, from_1904=False):
    return decide(cells, day_first=day_first, today=TODAY, from_1904=from_1904)


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("1950-05-03", date(1950, 5, 3), DAY),
        ("1950.5.3.", date(1950, 5, 3), DAY),
        ("1950. 5. 3.", date(1950, 5, 3), DAY),
        ("19500503", date(1950, 5, 3), DAY),
        ("1946년 4월 29일", date(1946, 4, 29), DAY),
        ("1946年4月29日", date(1946, 4, 29), DAY),
        ("ngày 3 tháng 5 năm 1950", date(1950, 5, 3), DAY),
        ("3 May 1950", date(1950, 5, 3), DAY),
        ("May 3, 1950", date(1950, 5, 3), DAY),
        ("1950-05-03 00:00:00", date(1950, 5, 3), DAY),
        ("18386", date(1950, 5, 3), DAY),
        ("46-03-29", date(1946, 3, 29), DAY),
        ("1938", date(1938, 1, 1), YEAR),
        ("2002", date(2002, 1, 1), YEAR),
        ("1956년", date(1956, 1, 1), YEAR),
        ("00/00/1956", date(1956, 1, 1), YEAR),
        ("1956-00-00", date(1956, 1, 1), YEAR),
        ("xx/xx/1956", date(1956, 1, 1), YEAR),
        ("05/1956", date(1956, 5, 1), MONTH),
        ("1956-05", date(1956, 5, 1), MONTH),
        ("00/05/1956", date(1956, 5, 1), MONTH),
        ("khoảng 1956", date(1956, 1, 1), ABOUT),
        ("약 1956년", date(1956, 1, 1), ABOUT),
        ("~1956", date(1956, 1, 1), ABOUT),
        ("１９５０－０５－０３", date(1950, 5, 3), DAY),
    ],
)
def test_a_date_is_read_as_well_as_it_is_known(text, day, precision):
    assert column(text).read(text) == BirthDate(day, precision)


def test_a_cell_of_the_column_decides_for_all():
    found = column("03/05/1950", "23/05/1950")
    assert found.day_first is True and found.decided_by == "23/05/1950" and not found.is_open
    assert found.read("03/05/1950").day == date(1950, 5, 3)
    assert column("03/05/1950", "05/23/1950").read("03/05/1950").day == date(1950, 3, 5)


def test_what_nothing_decides_is_asked_and_not_guessed():
    found = column("03/05/1950", "04/06/1951")
    assert found.is_open
    with pytest.raises(ValueError, match="which"):
        found.read("03/05/1950")
    assert column("03/05/1950", day_first=True).read("03/05/1950").day == date(1950, 5, 3)
    assert not column("05/05/1950").is_open


def test_a_cell_that_says_otherwise_than_the_column_is_a_problem_of_that_cell():
    found = column("03/05/1950", "13/05/1950", day_first=True)
    with pytest.raises(ValueError, match="no month 23"):
        found.read("05/23/1950")


def test_a_workbook_that_counts_from_1904():
    assert column("16924", from_1904=True).read("16924").day == date(1950, 5, 3)


@pytest.mark.parametrize(
    "text", ["", "abc", "31/02/1990", "20-03-29", "1234567", "13", "1950-13-01", "0", "1.5"]
)
def test_what_is_no_date(text):
    with pytest.raises(ValueError, match="."):
        column(text, day_first=True).read(text)


def test_a_date_in_parts():
    assert date_cell("1982\x1f7\x1f23") == "1982-7-23"
    assert date_cell("1982\x1f\x1f") == "1982-00-00"
    assert column("1982-00-00").read("1982-00-00").precision is YEAR
    assert date_cell("\x1f7\x1f23") == ""


def test_ages_have_bounds():
    born = BirthDate(date(1956, 1, 1), YEAR)
    assert ages_on(born, date(2021, 6, 17)) == (64, 65)
    assert ages_on(BirthDate(date(1956, 1, 1), ABOUT), date(2021, 6, 17)) == (62, 67)
    assert ages_on(BirthDate(date(1956, 5, 1), MONTH), date(2021, 6, 17)) == (65, 65)
    assert born.holds(BirthDate(date(1956, 7, 8))) and not BirthDate(date(1956, 7, 8)).holds(born)
