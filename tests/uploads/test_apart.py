"""What people send is read apart: a file that would stop the program stops its own reader."""

import contextlib
import signal
from datetime import UTC, datetime

import pytest

from balmis.core.errors import BadInput
from balmis.uploads import apart, limits
from balmis.uploads.readers import read_book
from tests.uploads.bombs import bombs, sheet, workbook


def test_every_bomb_is_refused_in_words():
    for name, (data, words) in bombs().items():
        with pytest.raises(BadInput, match=words):
            apart.read_book(data)
            pytest.fail(f"{name} was read")


def test_a_workbook_that_is_torn_or_garbled_is_told_and_no_fault_of_ours():
    """At every place: its packing, its directory, its parts."""
    whole = workbook()
    for at in range(0, len(whole), 97):
        for broken in (whole[:at], whole[:at] + b"\xff\x00\xff" + whole[at + 3 :]):
            with contextlib.suppress(BadInput):  # or what is broken is nothing that is read
                read_book(broken)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_list_in_text_is_read_whatever_ends_its_lines(end, mark):
    rows = [["number", "name"], ["P1", "a, b"], ["P2", 'say "x"']]
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    text = end.join(mark.join(row) for row in quoted)
    assert apart.read_book(text.encode("utf-8-sig")).pages[0].rows == rows


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"number\xff\xff\x00", "characters that no text has"),
        (b"a,b\n\x00,1", "characters that no text has"),
        (b'a,b\n"1,2', "never closed"),
    ],
)
def test_what_is_no_list_is_said(data, words):
    with pytest.raises(BadInput, match=words):
        apart.read_book(data)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("번호,성명\n1,김민호\n2,이영희\n", "cp949"),
        ("编号,姓名\n1,王芳\n2,李伟\n", "gb18030"),
        ("numero,nome\n1,Niccolò Però\n2,José Muñoz\n", "cp1252"),
        ("Mã số,Họ tên\n1,Nguyễn\n", "utf-8"),
        ("Mã số,Họ tên\n1,Nguyễn\n", "utf-8-sig"),
        ("Mã số,Họ tên\n1,Nguyễn\n", "utf-16"),
        ("Mã số,Họ tên\n1,Nguyễn\n", "utf-16-le"),
    ],
)
def test_the_encoding_of_a_list_is_found_and_said(text, encoding):
    found = apart.read_book(text.encode(encoding))
    assert found.pages[0].rows == [line.split(",") for line in text.strip().split("\n")]
    assert found.encoding[:6].lower() == encoding.replace("-sig", "")[:6]


def test_vietnamese_of_an_old_windows_is_composed():
    """Code page 1258 writes a tone behind its vowel."""
    text = "Ma sô\u0301,Ho\u0323 tên\n1,Nguyê\u0303n Văn Tuâ\u0301n\n2,Trâ\u0300n Thi\u0323 Hoa\n"
    found = apart.read_book(text.encode("cp1258"))
    assert found.pages[0].rows[1] == ["1", "Nguyễn Văn Tuấn"] and found.encoding == "CP1258"


def test_excels_own_word_for_what_parts_the_cells():
    assert apart.read_book(b"sep=;\na;b,c\n").pages[0].rows == [[], ["a", "b,c"]]


def test_days_times_and_numbers_of_a_workbook_are_text_as_they_were_typed():
    cells = sheet(
        '<row r="1"><c r="A1"><v>12</v></c><c r="B1"><v>1.5</v></c><c r="C1" t="b"><v>1</v></c>'
        '<c r="D1" t="inlineStr"><is><t>007</t></is></c></row>'
    )
    assert read_book(workbook(sheet=cells)).pages[0].rows == [["12", "1.5", "True", "007"]]


def test_a_logger_is_read_apart_like_here():
    data = b"time,temperature\n2021-06-17 12:00,5.5\n"
    (row,) = apart.read_logger(data, time_zone="Asia/Seoul", day_first=None)
    assert row == (datetime(2021, 6, 17, 3, tzinfo=UTC), 5.5)
    with pytest.raises(BadInput, match="Line 2"):
        apart.read_logger(b"time,temperature\nsoon,5\n", time_zone="Asia/Seoul", day_first=None)


def test_a_reader_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(limits, "WAIT", 0.02)
    with pytest.raises(BadInput, match="too long"):
        apart.read_book(b"number\n1\n")


def test_when_all_places_are_taken_somebody_is_told_and_nothing_breaks(monkeypatch):
    monkeypatch.setattr(limits, "WAIT", 0.02)
    for _ in range(limits.AT_ONCE):
        assert apart._places.acquire(blocking=False)
    try:
        with pytest.raises(BadInput, match="Other files"):
            apart.read_book(b"number\n1\n")
    finally:
        for _ in range(limits.AT_ONCE):
            apart._places.release()


def test_a_fault_of_ours_is_no_fault_of_the_file():
    with pytest.raises(RuntimeError, match="nothing"):
        apart._read("nothing", b"x", str)


def test_the_reader_has_no_secrets_and_ends_with_its_limits(monkeypatch):
    """Its environment is empty, and the limits hold in it."""
    monkeypatch.setenv("BALMIS_SECRET_KEY", "secret")
    script = (
        "import os, resource; from balmis.uploads.child import confine; confine(1);"
        "assert 'BALMIS_SECRET_KEY' not in os.environ;"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0);"
        "\nwhile True: pass"
    )
    done = apart.run_confined(["-c", script], b"", 20)
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL), done.stderr
