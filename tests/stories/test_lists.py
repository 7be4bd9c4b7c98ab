"""A registrar takes a ward's workbook in: the sheet is chosen, its words are laid to groups, all by pages."""

import io
import re
from collections.abc import Iterator

import openpyxl
import pytest
from django.db import connection
from playwright.sync_api import expect

from balmis.contexts.access import services as access
from balmis.contexts.places import queries as places
from balmis.core.vocabulary.access import Role
from tests import make
from tests.databases import fresh_copy
from tests.programs import environment_for, serve_pages, starting
from tests.stories.conftest import Visit
from tools.screenshots import sign_in

pytestmark = pytest.mark.story
PASSWORD = "correct-horse-battery"
HEADS = ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Nơi ở", "Nghề nghiệp"]


@pytest.fixture(scope="module")
def url(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with fresh_copy(template) as database:
        make.campaign()
        access.keep_user(
            "desk",
            name="Desk",
            password=PASSWORD,
            grants=[(Role.REGISTRAR, places.area("IS-N"), None)],
        )
        connection.close()
        folder = tmp_path_factory.mktemp("lists")
        with starting(environment_for(database, folder / "home"), folder) as start:
            yield serve_pages(start)


def workbook(ward: str) -> dict[str, object]:
    """Two sheets of people and a hidden one, with words that the plan does not know."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for title, state in (("Tháng 5", "visible"), ("Tháng 6", "visible"), ("Cũ", "hidden")):
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        sheet.append(HEADS)
        for n in range(1, 7):
            work = "Y tá trưởng" if n % 2 else "Hưu trí"
            sheet.append([n, f"{ward} {title} {n}", f"2{n}/05/1980", "Nữ", "North", work])
    out = io.BytesIO()
    book.save(out)
    return {"name": "phuong.xlsx", "mimeType": "application/xlsx", "buffer": out.getvalue()}


@pytest.mark.parametrize("width", [1280, 390])
def test_a_sheet_is_chosen_its_words_are_laid_to_groups_and_the_list_goes_in(browser, url, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    visit = Visit(context.new_page())
    page = visit.page
    sign_in(page, url, "desk", PASSWORD)
    page.goto(f"{url}/registrar/{make.SLUG}/lists/")
    page.get_by_label("List of people").set_input_files(workbook(f"W{width}"))
    page.get_by_role("button", name="Look at the list").click()
    expect(page.get_by_text("Say which one is meant").first).to_be_visible()
    visit.complaints.clear()  # the answer was 400, which the console tells
    page.get_by_label("Sheet", exact=True).select_option(label="Tháng 6: 7 rows")
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("p.answer")).to_contain_text("6 people would be added")
    visit.check()
    page.get_by_label("Y tá trưởng").select_option(label="Hospital staff")
    page.get_by_label("Hưu trí").select_option(label="no group")
    # what was chosen and not looked at yet is looked at before anything goes in
    page.get_by_role("button", name="Take the list in").click()
    expect(page.get_by_label("Y tá trưởng")).to_have_value("staff")
    expect(page).to_have_url(re.compile("means=staff"))
    visit.check()
    page.get_by_role("button", name="Take the list in").click()
    expect(page.locator("p.answer")).to_contain_text("6 people were added")
    expect(page.get_by_text("Y tá trưởng: Hospital staff")).to_be_visible()
    visit.check()
    context.close()
