"""How each language writes days, times, shares, counts and lists."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format

from balmis.core.vocabulary.campaigns import Measure
from balmis.web.labels import formats, people

DAY = date(2026, 12, 1)
AT = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("1 December 2026", "1 Dec 2026", "Tuesday, 1 December 2026", "7.3 %", "1,234")),
        ("ko", ("2026년 12월 1일", "2026년 12월 1일", "2026년 12월 1일 화요일", "7.3%", "1,234명")),
        ("zh-hans", ("2026年12月1日", "2026年12月1日", "2026年12月1日 星期二", "7.3%", "1,234 人")),
        (
            "vi",
            ("1 tháng 12 năm 2026", "1/12/2026", "Thứ Ba, ngày 1/12/2026", "7,3%", "1.234 người"),
        ),
    ],
)
def test_one_form_of_each_in_a_language(language, said):
    with translation.override(language), timezone.override("UTC"):
        full = translation.gettext("l, j F Y")
        found = (date_format(DAY), formats.day(DAY), date_format(DAY, full))
        assert (*found, formats.percent(0.073), formats.counted(1234, Measure.COVERED)) == said
        assert formats.moment(AT) == f"{formats.day(AT)} 00:30"
        assert date_format(AT, "DATETIME_FORMAT").endswith(" 00:30")


def test_lists_and_lines_are_parted_as_the_language_parts_them():
    with translation.override("zh-hans"):
        assert formats.listed(["周一", "周二"]) == "周一、周二"
        assert formats.in_line("西归浦医疗院", "", "12月1日") == "西归浦医疗院，12月1日"
    with translation.override("en"):
        assert formats.listed(["Mon", "Tue"]) == "Mon, Tue"


def test_doses_are_counted_otherwise_than_people():
    with translation.override("ko"):
        assert formats.counted(3, Measure.DOSES) == "3건"
        assert formats.counted(None, Measure.DOSES) == "–"


def test_cells_beside_a_picture_have_days_as_people_write_them():
    with translation.override("en"), timezone.override("Asia/Seoul"):
        assert formats.cell("2026-12-01") == "1 Dec 2026"
        assert formats.cell(AT) == "1 Dec 2026 09:30"
        assert (formats.cell("2026-12-01x"), formats.cell(3)) == ("2026-12-01x", 3)
        assert formats.stamped("2026-12-01T00:00:00+09:00") == "1 Dec 2026 00:00"
        assert (formats.stamped(""), formats.day(None), formats.moment("x")) == ("", "", "")


def test_an_end_at_midnight_is_the_24_00_of_its_day():
    with timezone.override("Asia/Seoul"):
        assert formats.until(datetime(2026, 12, 1, 15, tzinfo=UTC)) == "24:00"
        assert formats.until(AT) == "09:30"


def test_whoever_did_it_is_no_code():
    names = {"user:7": "Kim"}
    assert people.doer("user:7", names) == "Kim"
    for actor in ("user:8", "person:3", "system:cli", "?"):
        assert ":" not in people.doer(actor, names)
    assert people.sex("F") != "F" and people.sex(None) == "–"
