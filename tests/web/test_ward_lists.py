"""Two wards of Quảng Ninh send their lists as wards do: taken in by pages, mended, and nobody overwritten."""

import io
import random
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.checks import check
from balmis.contexts.people.models import Contact, Person
from balmis.core.vocabulary.access import Role
from balmis.core.written_forms import fold_identity
from balmis.flows.campaigns.load_campaign import load_campaign
from balmis.presets import FOLDER
from tests import make
from tests.web.conftest import user
from tests.web.test_lists import text_of

SLUG = "quang-ninh-2021"
LISTS = f"/registrar/{SLUG}/lists/"
FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Đặng", "Vũ", "Bùi", "Đỗ"]
MIDDLE = ["Văn", "Thị", "Đức", "Ngọc", "Minh"]
GIVEN = ["Tuấn", "Tuân", "Hoa", "Hòa", "Hoà", "Ánh", "Anh", "Dũng", "Dung", "Ông"]
WORKS = ["Nhân viên y tế", "công nhân", "hưu trí", "Lực lượng tuyến đầu chống dịch", ""]
HEADS = [
    ["SỞ Y TẾ TỈNH QUẢNG NINH"],
    ["DANH SÁCH ĐỐI TƯỢNG TIÊM VẮC XIN PHÒNG COVID-19"],
    [],
    ["STT", "Họ và tên", "Năm sinh", "", "Số CCCD", "Nơi ở", "Số điện thoại", "Nghề nghiệp"],
    ["", "", "Nam", "Nữ", "", "", "", ""],
]


def rows_of(ward: int, count: int = 500) -> list[list[object]]:
    """Synthetic people of a ward, as a clerk would type them."""
    chance = random.Random(ward)
    rows = []
    for n in range(1, count + 1):
        name = " ".join(chance.choice(words) for words in (FAMILY, MIDDLE, GIVEN))
        year, man = chance.randint(1935, 2005), chance.random() < 0.5
        born = str(year) if n % 3 else f"{chance.randint(1, 28)}/{chance.randint(1, 12)}/{year}"
        code = (year // 100 - 19) * 2 + (not man)
        citizen = f"0{ward:02}{code}{year % 100:02}{n:06}"
        written = [citizen, f"{citizen[:3]} {citizen[3:6]} {citizen[6:]}", citizen.lstrip("0")][
            n % 3
        ]
        place = ["TP Hạ Long", "ha long", "Thành phố Hạ Long", "HẠ LONG"][n % 4]
        phone = f"09{ward}{n:06}" if n % 5 else ""
        years = [born, ""] if man else ["", born]
        upper = name.upper() if n % 4 == 0 else name
        rows.append([n, upper, *years, written, place, phone, chance.choice(WORKS)])
    return rows


WRONG = {  # row of the list: column, and what a clerk typed
    10: (1, ""),
    20: (4, "0220560012345"),
    30: (4, "2.20560012345E+11"),
    40: (5, "Thành phố Xa Lạ"),
    50: (6, "09x1"),
    60: (1, "#N/A"),
    70: (2, "31/02/1980"),
    80: (2, "1850"),
    90: (2, "2090"),
    100: (2, "mùa thu"),
    110: (5, ""),
    120: (6, "123"),
    130: (4, "12345"),
    140: (4, "#REF!"),
}


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in [*HEADS, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(client, content: bytes) -> str:
    file = SimpleUploadedFile("phuong.xlsx", content)
    return client.post(LISTS, {"file": file}).headers["Location"]


def take(client, address: str, **said: str) -> str:
    return text_of(client.post(address, {"register": "ward", "take": "yes", **said}, follow=True))


@pytest.fixture
def desk(committed):
    load_campaign(
        check((FOLDER / f"{SLUG}.yaml").read_text(encoding="utf-8")),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    return user(Role.PLANNER)


def test_a_ward_s_list_of_500_is_mended_and_a_second_one_overwrites_nobody(desk):
    rows = rows_of(22)
    bad = [list(r) for r in rows]
    for n, (column, value) in WRONG.items():
        if column == 2:
            bad[n - 1][2:4] = ["", ""]
        bad[n - 1][column] = value
    address = send(desk, workbook(bad))
    look = text_of(desk.get(address))
    assert "500 rows" in look and " 14 cannot be taken" in look
    said = take(desk, address, good_rows="on")
    assert "486 people were added" in said, said[-900:]

    address = send(desk, workbook(bad))
    marked = openpyxl.load_workbook(io.BytesIO(desk.get(f"{address}to-mend.xlsx").content))
    sheet = marked.active
    assert sheet.max_row == len(HEADS) + len(WRONG), "titles, headings, and what is to be mended"
    for line in range(len(HEADS) + 1, sheet.max_row + 1):
        number = int(sheet.cell(line, 1).value)
        assert sheet.cell(line, 9).value, "the reason stands beside it"
        for column, value in enumerate(rows[number - 1], 1):
            sheet.cell(line, column).value = value
    mended = io.BytesIO()
    marked.save(mended)
    assert "14 people were added" in take(desk, send(desk, mended.getvalue()))

    people = {p.national_id: p for p in Person.objects.all()}
    assert len(people) == 500
    for row in rows:
        citizen = re.sub(r"\D", "", str(row[4])).zfill(12)
        person = people[citizen]
        assert fold_identity(person.name) == fold_identity(str(row[1]))
        year = str(row[2] or row[3])[-4:]
        assert str(person.born.year) == year and person.sex == ("M" if row[2] else "F")
        assert person.born_precision == ("year" if len(str(row[2] or row[3])) == 4 else "day")
    assert Contact.objects.filter(proof="listed").count() == 400
    groups = campaigns.groups(campaigns.campaign(SLUG).pk)
    counted = campaigns.headcounts(campaigns.campaign(SLUG).pk).by_group
    assert {"health-workers", "frontline"} <= {groups.get(g) for g in counted}

    before = list(Person.objects.order_by("pk").values())
    second = rows_of(23)
    assert "500 people were added" in take(desk, send(desk, workbook(second)))
    assert list(Person.objects.order_by("pk").values())[:500] == before
    assert Person.objects.count() == 1000
    again = text_of(desk.get(send(desk, workbook(second))))
    assert "0 people would be added" in again and "500 are known as the list has them" in again
