"""Lists by pages: sent, looked at, taken in, taken back; bad rows mended; changes decided."""

import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import ListedChange, ListFile, ListImport, Person
from balmis.core.vocabulary.access import Role
from tests import make
from tests.web.conftest import user
from tests.web.test_pages import text_of as markup_of

LISTS = f"/registrar/{make.SLUG}/lists/"
CHANGES = f"/registrar/{make.SLUG}/changes/"
GOOD = "번호,성명,생년월일,성별,지역\nw-1,김하늘,1950-05-03,여,북\nw-2,이바다,1938,남,북\n"
BAD = GOOD + "w-3,박나무,1990-02-31,여,북\nw-4,최강,1990-02-28,여,Seoul\n"


def text_of(answer):
    """What a reader reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup_of(answer)).split())


@pytest.fixture
def desk(committed):
    make.campaign()
    return user(Role.REGISTRAR, area="IS-N")


def send(client, text, encoding="utf-8", name="ward.csv"):
    file = SimpleUploadedFile(name, text.encode(encoding))
    answer = client.post(LISTS, {"file": file})
    assert answer.status_code == 302, text_of(answer)
    return answer.headers["Location"]


def take(client, address, **said):
    return client.post(address, {"register": "ward", "take": "yes", **said}, follow=True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp949"])
def test_a_list_is_looked_at_taken_in_and_taken_back(desk, encoding):
    address = send(desk, GOOD, encoding)
    look = text_of(desk.get(address))
    assert "2 rows: 2 people would be added" in look and "year of birth alone" in look
    assert not Person.objects.exists() and not ListImport.objects.exists()
    done = take(desk, address)
    assert "2 people were added" in text_of(done)
    assert list(Person.objects.order_by("external_id").values_list("name", "born_precision")) == [
        ("김하늘", "day"),
        ("이바다", "year"),
    ]
    assert not ListFile.objects.exists(), "what was taken in is not kept"
    page = done.request["PATH_INFO"]
    assert "Tick the box" in text_of(desk.post(page, {}))
    assert "2 people are gone again" in text_of(desk.post(page, {"sure": "on"}))
    assert not Person.objects.exists()
    assert "taken back" in text_of(desk.get(LISTS))


def looks() -> int:
    return AuditEntry.objects.filter(action="people.checked").count()


def test_each_look_is_one_line_of_the_trail_and_taking_it_in_none(desk):
    address = send(desk, GOOD)
    desk.get(address)
    line = AuditEntry.objects.get(action="people.checked")
    assert line.actor.startswith("user:") and line.facts["door"]
    assert (line.facts["file"], line.facts["rows"], line.facts["added"]) == ("ward.csv", 2, 2)
    assert "김하늘" not in str(line.facts)
    desk.get(address)
    assert looks() == 2
    take(desk, address)
    assert looks() == 2 and Person.objects.count() == 2
    bad = send(desk, BAD)
    take(desk, bad)
    assert looks() == 3, "it was not taken, and the page shows why"
    desk.get(f"{bad}to-mend.xlsx")
    assert looks() == 4


def test_bad_rows_stop_the_list_or_are_left_out_and_come_back_to_be_mended(desk):
    address = send(desk, BAD)
    look = text_of(desk.get(address))
    assert "2 cannot be taken" in look and "no day 1990-02-31" in look and "Seoul" in look
    refused = take(desk, address)
    assert refused.status_code == 400 and "2 of 4 rows have problems" in text_of(refused)
    assert not Person.objects.exists()
    marked = desk.get(f"{address}to-mend.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(marked.content)).active
    assert [c.value for c in sheet[1]][:2] == ["번호", "성명"] and sheet.max_row == 3
    assert "2 people were added" in text_of(take(desk, address, good_rows="on"))
    sheet["C2"], sheet["E3"] = "1990-02-28", "북"
    mended = io.BytesIO()
    sheet.parent.save(mended)
    file = SimpleUploadedFile("mended.xlsx", mended.getvalue())
    again = desk.post(LISTS, {"file": file}).headers["Location"]
    assert "2 people were added" in text_of(take(desk, again))


def test_a_list_is_seen_by_whoever_sent_it_alone_and_dropped(desk):
    address = send(desk, GOOD)
    assert user(Role.PLANNER).get(address).status_code == 404
    assert user(Role.VACCINATOR, site="hall").get(LISTS).status_code == 403
    assert desk.post(f"{address}drop/").status_code == 302
    assert desk.get(address).status_code == 404 and not ListFile.objects.exists()


def test_what_cannot_be_decided_is_asked_on_the_page(desk):
    address = send(desk, "name,born,sex\nA,03/05/1950,F\n")
    answer = desk.get(address)
    assert answer.status_code == 400 and "no column of areas" in text_of(answer)
    answer = desk.get(address, {"register": "ward", "area": "IS-N"})
    assert "03/05/1950" in text_of(answer) and "day or the month" in text_of(answer)
    answer = desk.get(address, {"register": "ward", "area": "IS-N", "order": "day"})
    assert "One row: one person would be added, 0 changed, 0 are known" in text_of(answer)
    take(desk, address, area="IS-N", order="day")
    assert str(Person.objects.get().born) == "1950-05-03"


def test_a_column_is_named_by_hand(desk):
    address = send(desk, "Wer,born,sex,area\nA,1950-05-03,F,IS-N\n")
    assert "lacks the column name; it has: Wer" in text_of(desk.get(address))
    said = {"register": "ward", "column-name": "Wer"}
    assert "one person would be added" in text_of(desk.get(address, said))
    take(desk, address, **{"column-name": "Wer"})
    assert Person.objects.get().name == "A"


def test_a_change_of_who_somebody_is_waits_and_is_decided(desk):
    take(desk, send(desk, GOOD))
    address = send(desk, GOOD.replace("김하늘", "김하는"))
    look = text_of(desk.get(address))
    assert "One changes who somebody is" in look and "김하늘 → 김하는" in look
    take(desk, address)
    page = desk.get(CHANGES)
    assert "김하늘 → 김하는" in text_of(page)
    change = ListedChange.objects.get()
    sent = {"change": change.pk, "accept": "yes", "why": ""}
    assert desk.post(CHANGES, sent).status_code == 400
    assert Person.objects.get(external_id="w-1").name == "김하늘"
    desk.post(CHANGES, sent | {"why": "saw the card"})
    assert Person.objects.get(external_id="w-1").name == "김하는"
    assert "Nothing waits" in text_of(desk.get(CHANGES))
    assert AuditEntry.objects.filter(action="people.change_decided").count() == 1


def test_the_empty_list_goes_in_as_it_is_filled(desk):
    book = openpyxl.load_workbook(io.BytesIO(desk.get(f"{LISTS}template.xlsx").content))
    sheet = book.active
    heads = [c.value for c in sheet[1]]
    assert heads[:3] == ["Number", "Name", "Date of birth"]
    for n, value in enumerate(["t-1", "A", "1950-05-03", "F", "IS-N"], 1):
        sheet.cell(2, n, value)
    out = io.BytesIO()
    book.save(out)
    file = SimpleUploadedFile("filled.xlsx", out.getvalue())
    address = desk.post(LISTS, {"file": file}).headers["Location"]
    assert "one person would be added" in text_of(desk.get(address))


@pytest.mark.parametrize("language", ["en", "ko", "zh-hans", "vi"])
def test_the_template_is_read_in_every_language(desk, language):
    desk.cookies["django_language"] = language
    content = desk.get(f"{LISTS}template.xlsx").content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    for n, value in enumerate(["t-1", "A", "1950-05-03", "F", "IS-N"], 1):
        sheet.cell(2, n, value)
    out = io.BytesIO()
    sheet.parent.save(out)
    file = SimpleUploadedFile("filled.xlsx", out.getvalue())
    address = desk.post(LISTS, {"file": file}).headers["Location"]
    answer = desk.get(address)
    assert answer.status_code == 200, text_of(answer)[:600]
    assert re.search(r"\b1\b", text_of(answer))
