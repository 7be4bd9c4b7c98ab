"""A list is found wherever it stands in the file; what cannot be decided is asked."""

import unicodedata
from dataclasses import replace
from datetime import date

import pytest

from balmis.core.errors import BadInput
from balmis.core.files.book import Book, Page
from balmis.core.files.line_list import find_list
from balmis.core.people.area_names import area_words
from balmis.core.people.list_columns import PEOPLE
from balmis.core.people.people_list import Setting, read_people
from balmis.core.vocabulary.people import BirthPrecision, Sex, TraitKind
from balmis.core.written_forms import fold

AREAS = [(1, ("VN-22", "Quảng Ninh")), (2, ("HL", "Hạ Long")), (3, ("DT", "Đông Triều"))]
SETTING = Setting(
    areas=area_words(AREAS),
    groups={
        "nhan vien y te": (TraitKind.OCCUPATION, "health-worker"),
        "health worker": (TraitKind.OCCUPATION, "health-worker"),
    },
    id_style="vn",
    today=date(2026, 11, 30),
    read_phone=lambda text: text,
)


def book(*rows, **more) -> Book:
    return Book([Page("", [list(r) for r in rows])], **more)


def read(found_book: Book, mapping=None, page=None, setting=SETTING):
    found = find_list(found_book, PEOPLE, mapping=mapping, page=page)
    return read_people(found, setting, from_1904=found_book.from_1904)


WARD = [
    ["SỞ Y TẾ TỈNH QUẢNG NINH", "", "", "", "", "", "", ""],
    ["DANH SÁCH ĐỐI TƯỢNG TIÊM CHỦNG", "", "", "", "", "", "", ""],
    ["", "", "", "", "", "", "", ""],
    ["STT", "Họ và tên", "Năm sinh", "", "Số CCCD", "Nơi ở", "SĐT", "Nghề nghiệp"],
    ["", "", "Nam", "Nữ", "", "", "", ""],
    ["1", "TRẦN VĂN BÌNH", "1956", "", "22056 001234", "TP Hạ Long", "0912", "nhân viên y tế"],
    ["2", "Lê Thị Ánh", "", "1987", "022187001235", "thị xã Đông Triều", "", "hưu trí"],
    ["3", "Vũ Văn Mẫu", "02/1990", "", "", "hạ long", "", ""],
    ["4", "Bùi Thị Thử", "", "3/5/1978", "", "Ha Long", "", ""],
    ["5", "Đỗ Văn Ba", "23/5/1980", "", "", "HẠ LONG", "", ""],
    ["", "", "", "", "", "", "", ""],
]


def test_a_ward_s_list_as_it_comes():
    found = read(book(*WARD))
    assert found.problems == [] and found.read == 5
    assert all(r.external_id is None for r in found.rows)
    assert read(book(*WARD), mapping={"external_id": ["STT"]}).numbered == "STT"
    first, second, third, fourth, _ = found.rows
    assert first.name == "TRẦN VĂN BÌNH" and first.sex is Sex.MALE and first.area == 2
    assert first.born.precision is BirthPrecision.YEAR and first.born.day.year == 1956
    assert first.national_id == "022056001234", "its leading zero is back"
    assert first.traits == ((TraitKind.OCCUPATION, "health-worker"),)
    assert second.sex is Sex.FEMALE and second.area == 3 and found.words.unknown["hưu trí"] == 1
    assert third.born.precision is BirthPrecision.MONTH
    assert fourth.born.day == date(1978, 5, 3), "23/5/1980 decides for the column"
    assert [r.row for r in found.rows] == [6, 7, 8, 9, 10], "rows as the file counts them"


def test_headings_composed_or_not_with_capitals_or_not():
    heads = ["Mã Số", "HỌ TÊN", "Ngày sinh (dd/mm/yyyy)", "Giới tính *", "Nơi ở"]
    row = [
        "T-10",
        "Trần Văn Giả",
        "1950-05-03",
        unicodedata.normalize("NFD", "Nữ"),
        unicodedata.normalize("NFD", "Hạ Long"),
    ]
    found = read(book([unicodedata.normalize("NFD", h) for h in heads], row))
    assert found.problems == []
    assert found.rows[0].external_id == "T-10" and found.rows[0].sex is Sex.FEMALE
    assert found.rows[0].name == unicodedata.normalize("NFC", row[1])


def test_two_heading_rows_and_a_birthday_in_parts():
    rows = (
        ["CaseData"] * 7,
        [
            "person.firstName",
            "person.lastName",
            "person.sex",
            "person.birthdateDD",
            "person.birthdateMM",
            "person.birthdateYYYY",
            "district",
        ],
        ["Synthetic", "One", "MALE", "23", "7", "1982", "Hạ Long"],
        ["Synthetic", "Two", "FEMALE", "", "", "1982", "Hạ Long"],
    )
    found = read(book(*rows))
    assert [(r.name, r.born.day, r.born.precision.value) for r in found.rows] == [
        ("One Synthetic", date(1982, 7, 23), "day"),
        ("Two Synthetic", date(1982, 1, 1), "year"),
    ]
    mapped = read(book(*rows), mapping={"name": ["person.firstName", "person.lastName"]})
    assert mapped.rows[0].name == "Synthetic One"


def test_numbers_that_a_spreadsheet_rounded_or_could_not_work_out_are_problems():
    heads = ["external_id", "name", "born", "sex", "area", "national_id"]
    found = read(
        book(
            heads,
            ["C-1", "A", "1950-05-03", "F", "HL", "1.10101195005031E+17"],
            ["C-2", "B", "1950-05-03", "F", "HL", "2.20105E+11"],
            ["#REF!", "#N/A", "1950-05-03", "F", "HL", ""],
            ["C-4", "C", "1950-05-03", "F", "HL", "12345"],
        )
    )
    assert found.rows == []
    assert [(p.row, p.column) for p in found.problems] == [
        (2, "national_id"),
        (3, "national_id"),
        (4, "external_id"),
        (4, "name"),
        (5, "national_id"),
    ]
    assert "rounded" in found.problems[0].message


def test_one_number_written_in_two_ways_is_one():
    heads = ["external_id", "name", "born", "area", "national_id"]
    plain = Setting(areas=SETTING.areas, groups={}, today=SETTING.today)
    found = read(
        book(
            heads,
            ["T-21", "A", "1950-05-03", "HL", "123 456 7890"],
            ["T-22", "B", "1950-05-03", "HL", "1234567890"],
            ["t–21\u200b", "C", "1950-05-03", "HL", ""],
        ),
        setting=plain,
    )
    assert [(p.row, p.column) for p in found.problems] == [(3, "national_id"), (4, "external_id")]


def test_hidden_sheets_are_not_read_and_several_are_asked_about():
    rows = [["name", "born", "area"], ["A", "1950-05-03", "HL"]]
    old, new = Page("Old", rows, hidden=True), Page("List", rows)
    assert find_list(Book([old, new]), PEOPLE).page.name == "List"
    assert find_list(Book([old, new]), PEOPLE).hidden == ("Old",)
    with pytest.raises(BadInput, match="Several sheets"):
        find_list(Book([new, Page("Other", rows)]), PEOPLE)
    assert find_list(Book([new, Page("Other", rows)]), PEOPLE, page="Other").page.name == "Other"
    with pytest.raises(BadInput, match="no sheet"):
        find_list(Book([new]), PEOPLE, page="None")


def test_a_refusal_says_what_was_read():
    with pytest.raises(BadInput, match="its first row is: a, b"):
        find_list(book(["a", "b"], ["1", "2"]), PEOPLE)
    with pytest.raises(BadInput, match="lacks the column name; it has: born, sex"):
        find_list(book(["born", "sex"], ["1950", "F"]), PEOPLE)
    with pytest.raises(BadInput, match="day or the month"):
        read(book(["name", "born", "area"], ["A", "03/05/1950", "HL"]))
    with pytest.raises(BadInput, match="no column of areas"):
        read(book(["name", "born"], ["A", "1950"]))


def test_a_row_one_cell_short_and_blank_rows_are_fine():
    found = read(
        book(
            [],
            ["external_id", "name", "born", "area", "national_id"],
            ["1", "A", "1950", "HL"],
            [""] * 5,
            [],
        )
    )
    assert found.problems == [] and len(found.rows) == 1 and found.read == 1


def test_what_a_number_says_is_compared_with_the_row():
    found = read(
        book(
            ["external_id", "name", "born", "sex", "area", "national_id"],
            ["1a", "A", "1956-05-03", "F", "HL", "022156001234"],
            ["2a", "B", "1957-05-03", "F", "HL", "022156001235"],
            ["3a", "C", "1956-05-03", "M", "HL", "022156001236"],
            ["4a", "D", "1905-05-03", "F", "HL", ""],
        )
    )
    assert found.problems == []
    assert [(d.row, d.column) for d in found.doubts] == [
        (3, "national_id"),
        (4, "national_id"),
        (5, "born"),
    ]


def read_words(words, *lines):
    """The list of these lines, with what was decided of its words."""
    setting = replace(SETTING, words={fold(w): g for w, g in words.items()})
    rows = [["name", "born", "area", "occupation", "group"], *map(list, lines)]
    return read_people(find_list(Book([Page("", rows)]), PEOPLE), setting)


NURSES = ["A", "1950-05-03", "HL", "Y tá trưởng", ""], ["B", "1951-05-03", "HL", "y tá trưởng", ""]


def test_a_word_the_plan_does_not_know_is_counted_once_a_row_however_it_is_spelled():
    found = read_words({}, *NURSES)
    assert found.words.unknown == {"Y tá trưởng": 2} and not found.problems


def test_a_word_that_was_decided_puts_its_people_into_the_group_whatever_column_it_stands_in():
    staff = next(iter(SETTING.groups.values()))
    found = read_words({"Y TÁ TRƯỞNG": staff}, *NURSES)
    assert [r.traits for r in found.rows] == [(staff,), (staff,)]
    assert not found.words.unknown and found.words.decided == {"Y tá trưởng": 2}


def test_a_word_that_means_no_group_stops_no_row_and_puts_nobody_anywhere():
    row = ["C", "1950-05-03", "HL", "", "Hưu trí"]
    assert [p.column for p in read_words({}, row).problems] == ["group"]
    assert read_words({}, row).words.unknown == {"Hưu trí": 1}, "refused, and asked for"
    found = read_words({"hưu trí": None}, row)
    assert not found.problems and found.rows[0].traits == () and not found.words.unknown
