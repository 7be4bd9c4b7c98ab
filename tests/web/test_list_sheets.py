"""A workbook with several sheets, or hidden ones: which is meant is chosen on the page, and stays chosen."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from balmis.contexts.people.models import ListImport, Person
from balmis.core.vocabulary.access import Role
from tests import make
from tests.web.conftest import user
from tests.web.test_lists import LISTS, text_of
from tests.web.test_pages import text_of as markup_of

HEADS = ["name", "born", "sex", "area"]


def workbook(**sheets: tuple[str, list[str]]) -> SimpleUploadedFile:
    """Sheets by name: their state, and the names that stand there."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for title, (state, names) in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        sheet.append(HEADS)
        for name in names:
            sheet.append([name, "1950-05-03", "F", "IS-N"])
    if all(state != "visible" for state, _ in sheets.values()):
        book.create_sheet("About").append(["ask the ward"])
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("wards.xlsx", out.getvalue())


@pytest.fixture
def desk(committed):
    make.campaign()
    return user(Role.REGISTRAR, area="IS-N")


def sent(desk, **sheets):
    return desk.post(LISTS, {"file": workbook(**sheets)}).headers["Location"]


def test_of_several_sheets_one_is_chosen_and_stays_chosen_until_it_is_taken_in(desk):
    address = sent(desk, North=("visible", ["A", "B"]), South=("visible", ["C"]))
    asked = desk.get(address)
    page = text_of(asked)
    assert asked.status_code == 400 and "Say which one is meant" in page
    assert "North: 3 rows" in page and "South: 2 rows" in page
    # the page's own button leads to a look, which can be reloaded
    looked = desk.post(address, {"register": "ward", "page": "South", "look": "again"})
    assert looked.status_code == 302
    assert parse_qs(urlsplit(looked["Location"]).query) == {"register": ["ward"], "page": ["South"]}
    look = markup_of(desk.get(looked["Location"]))
    assert '<option value="South" selected>' in look and "Sheet: South" in look
    seen = re.search(r'name="seen" value="([^"]+)"', look)[1].replace("&amp;", "&")
    said = {"register": "ward", "seen": seen, "take": "yes"}
    # chosen otherwise since: that is looked at first, and nothing is taken in unseen
    other = desk.post(address, said | {"page": "North"})
    assert other.status_code == 302 and "page=North" in other["Location"]
    assert not Person.objects.exists()
    done = desk.post(address, said | {"page": "South"}, follow=True)
    assert "one person was added" in text_of(done)
    assert list(Person.objects.values_list("name", flat=True)) == ["C"]
    assert ListImport.objects.get().decided["page"] == "South"


def test_a_hidden_sheet_is_offered_and_said_to_be_hidden(desk):
    address = sent(desk, Now=("visible", ["A"]), Old=("hidden", ["B", "C"]))
    look = text_of(desk.get(address))
    assert "Hidden sheets were not read: Old" in look and "Old: 3 rows, hidden" in look
    assert "Sheet: Old (hidden)" in text_of(desk.get(address, {"register": "w", "page": "Old"}))
    desk.post(address, {"register": "w", "page": "Old", "take": "yes"})
    assert list(Person.objects.order_by("name").values_list("name", flat=True)) == ["B", "C"]


def test_only_hidden_sheets_are_asked_for_and_one_that_is_not_there_is_refused(desk):
    address = sent(desk, Old=("hidden", ["A"]), Older=("veryHidden", ["B"]))
    asked = desk.get(address)
    assert asked.status_code == 400 and "Older: 2 rows, hidden" in text_of(asked)
    wrong = desk.get(address, {"register": "w", "page": "New"})
    assert wrong.status_code == 400 and "no such sheet" in text_of(wrong)


def test_a_file_with_one_sheet_does_not_ask_and_bad_rows_keep_what_was_chosen(desk):
    address = sent(desk, Now=("visible", ["A", ""]))
    look = markup_of(desk.get(address, {"register": "w"}))
    assert '<input type="hidden" name="page"' in look
    refused = desk.post(address, {"register": "w", "take": "yes"})
    assert refused.status_code == 400 and 'to-mend.xlsx?register=w"' in markup_of(refused)
