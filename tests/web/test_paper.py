"""The day as a spreadsheet and on paper: taken along, filled in, read back once."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from balmis.contexts.access.models import User
from balmis.contexts.clinic.models import Dose, Step, Visit
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Vial
from balmis.core.vocabulary.access import Role
from balmis.web.clinic.day_sheet import COLUMNS, FIRST
from tests import make
from tests.flows.test_holds import book
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_pages import LANGUAGES, text_of

PAPER = f"/clinic/{make.SLUG}/hall/paper/"
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
def hall(committed):
    make.campaign()
    lot = make.lot(doses=60)
    people = [make.person(n) for n in range(1, 4)]
    make.enrol()
    now = datetime.now(UTC)
    session = make.session(
        on=now.astimezone(SEOUL).date(),
        starts_at=now,
        products=("comirnaty",),
        ends_at=now + timedelta(hours=1),
        stations=2,
    )
    for person in people:
        book(person, session)
    return user(Role.VACCINATOR, site="hall"), lot, people


def filled(client, *rows: dict[str, object], about: dict[str, str] | None = None) -> bytes:
    """The day's sheet with these cells filled in, one person after the other."""
    book_ = openpyxl.load_workbook(BytesIO(client.get(f"{PAPER}day.xlsx").content))
    page = book_.worksheets[0]
    for n, cells in enumerate(rows):
        for name, value in cells.items():
            page.cell(FIRST + n, COLUMNS.index(name) + 1).value = value
    for row in book_["about"].iter_rows():
        if about and row[0].value in about:
            row[1].value = about[row[0].value]
    out = BytesIO()
    book_.save(out)
    return out.getvalue()


def send(client, data: bytes, act: str = "record"):
    file = SimpleUploadedFile("day.xlsx", data)
    return client.post(f"{PAPER}read/", {act: "1", "sheet": file})


def at(minutes: int) -> str:
    return (datetime.now(SEOUL) - timedelta(minutes=minutes)).strftime("%H:%M")


def dose(lot, /, **changes: object) -> dict[str, object]:
    whole = {
        "questions": "x",
        "consent": "x",
        "at": at(20),
        "lot": lot.number,
        "arm": "left",
        "until": at(5),
        "product": "comirnaty",
    }
    return whole | changes


@pytest.mark.skipif(datetime.now(SEOUL).hour == 0, reason="minutes ago were yesterday")
def test_a_sheet_is_read_back_once_and_bad_rows_are_named(hall):
    client, lot, known = hall
    data = filled(client, dose(lot), dose(lot, arm=""), {"at": at(10), "reason": "has a fever"})
    page = send(client, data, "check")
    assert (
        "Row 4" in text_of(page) and "needs the arm" in text_of(page) and not Step.objects.exists()
    )
    line = AuditEntry.objects.get(action="sheet.checked")
    assert (line.facts["rows"], line.facts["problems"]) == (3, 1)
    assert line.facts["people"] == sorted(p.pk for p in known)
    page = send(client, data)
    assert AuditEntry.objects.filter(action="sheet.checked").count() == 1
    assert Dose.objects.count() == 1 and Visit.objects.count() == 2
    statuses = set(Visit.objects.values_list("status", flat=True))
    assert statuses == {"discharged", "deferred"}
    given = Dose.objects.get()
    assert (given.body_site, given.step.device, given.flags.count()) == ("left_arm", "paper", 0)
    steps = Step.objects.count()
    send(client, data)  # again
    assert Step.objects.count() == steps
    book_ = openpyxl.load_workbook(BytesIO(data))
    book_.worksheets[0].cell(FIRST + 1, COLUMNS.index("arm") + 1).value = "오른쪽"
    out = BytesIO()
    book_.save(out)
    page = send(client, out.getvalue())
    assert Dose.objects.count() == 2 and "Row" not in text_of(page).split("Before")[0]


@pytest.mark.skipif(datetime.now(SEOUL).hour == 0, reason="minutes ago were yesterday")
def test_what_paper_does_not_say_is_reviewed(hall):
    client, lot, _ = hall
    send(client, filled(client, dose(lot, questions="", consent="")))
    assert set(Dose.objects.get().flags.values_list("reason", flat=True)) == {"not_cleared"}


@pytest.mark.parametrize(
    "cells, problem",
    [
        ({"at": "noon"}, "09:30"),
        ({"at": "09:00"}, "needs the lot"),
        ({"at": "09:00", "lot": "A1", "arm": "left", "reason": "x"}, "both"),
        ({"at": "09:00", "lot": "A1", "arm": "left", "until": "08:00"}, "left before"),
        ({"at": "09:00", "lot": "A1", "arm": "left", "product": ""}, "needs the vaccine"),
        ({"at": "09:00", "reason": "?"}, "reason"),
    ],
)
def test_a_row_that_cannot_be_read_says_why(hall, cells, problem):
    client, _, _ = hall
    page = send(client, filled(client, {"product": "comirnaty"} | cells), "check")
    assert problem in text_of(page) and not Step.objects.exists()


@pytest.mark.skipif(datetime.now(SEOUL).hour == 0, reason="minutes ago were yesterday")
def test_a_row_that_was_moved_or_says_otherwise_is_named(hall):
    client, lot, _ = hall
    data = filled(client, dose(lot))
    send(client, data)
    page = send(
        client, filled(client, dose(lot), {"number": "X9", "at": at(9), "reason": "has a fever"})
    )
    assert "were rows moved" in text_of(page)
    book_ = openpyxl.load_workbook(BytesIO(data))
    book_.worksheets[0].cell(FIRST, COLUMNS.index("lot") + 1).value = "OTHER"
    out = BytesIO()
    book_.save(out)
    assert "recorded otherwise" in text_of(send(client, out.getvalue()))
    assert Dose.objects.filter(correction__isnull=True).count() == 1


def test_what_is_no_sheet_of_the_site_is_refused(hall):
    client, _, _ = hall
    for data in (
        b"x",
        b"PK\x03\x04",
        filled(client, about={"site": "clinic"}),
        filled(client, about={"format": "other"}),
        filled(client, about={"on": "soon"}),
        filled(client, about={"questionnaire": "none|1"}),
        filled(client, about={"on": "2090-01-01"}),
    ):
        assert send(client, data).status_code == 400
    none = client.post(f"{PAPER}read/", {"record": "1"})
    shown = markup(none)
    assert none.status_code == 400 and 'id="id_sheet_error"' in shown
    assert '<a href="#id_sheet">The sheet, filled in: Choose the day&#x27;s sheet' in shown
    assert not Step.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_to_print_and_the_sheet_in_every_language(hall, language):
    client, _, people = hall
    speaks = {"headers": {"Accept-Language": language}}
    shown = client.get(f"{PAPER}list/", **speaks)
    assert markup(shown).count("<svg") >= len(people)
    assert all(p.name in markup(shown) for p in people)
    assert client.get(PAPER, **speaks).status_code == 200
    data = client.get(f"{PAPER}day.xlsx", **speaks).content
    page = openpyxl.load_workbook(BytesIO(data)).worksheets[0]
    assert page.max_row == FIRST + len(people) - 1
    assert AuditEntry.objects.filter(action="clinic.day_taken").count() == 2


def test_only_the_site_s_own_people_take_it_along(hall):
    other = user(Role.VACCINATOR, site="clinic")
    for address in (PAPER, f"{PAPER}day.xlsx", f"{PAPER}list/"):
        assert other.get(address).status_code == 403
    assert send(other, b"x").status_code == 403


@pytest.mark.skipif(datetime.now(SEOUL).hour == 0, reason="minutes ago were yesterday")
def test_doses_on_paper_come_from_the_vials_that_were_written_down(hall):
    """A vial of the desk goes on, by its letter; one that was opened on paper is one vial."""
    client, lot, _ = hall
    vial = Vial.objects.create(
        id=make.request("v"),
        lot=lot,
        site=Site.objects.get(code="hall"),
        doses=6,
        opened_at=datetime.now(UTC) - timedelta(minutes=40),
        recorded_at=datetime.now(UTC),
    )
    data = filled(
        client,
        dose(lot, lot="", vial="a"),
        dose(lot, vial="7", at=at(25)),
        dose(lot, vial="7", at=at(30)),
    )
    for _ in range(2):
        page = text_of(send(client, data))
    assert "Row" not in page.split("Before")[0]
    by_vial = {v.pk: v.dose_set.count() for v in Vial.objects.all()}
    assert by_vial.pop(vial.pk) == 1 and list(by_vial.values()) == [2]
    new = Vial.objects.exclude(pk=vial.pk).get()
    assert new.opened_at.astimezone(SEOUL).strftime("%H:%M") == at(30)
    other = filled(client, dose(lot, lot="B2", vial="A"))
    assert "of another lot" in text_of(send(client, other, "check"))


@pytest.mark.skipif(datetime.now(SEOUL).hour == 0, reason="minutes ago were yesterday")
def test_who_gave_a_dose_is_who_is_written_down(hall):
    client, lot, _ = hall
    manager = user(Role.SITE_MANAGER, site="hall")
    names = {u.username: u for u in User.objects.all()}
    vaccinator = next(u for n, u in names.items() if "vaccinator" in n)
    own = filled(client, dose(lot, by=vaccinator.username))
    data = filled(manager, dose(lot, by=vaccinator.username.upper()), dose(lot, by="nobody"))
    page = text_of(send(manager, data, "check"))
    assert "nobody who works here" in page and not Step.objects.exists()
    send(manager, data)
    given = Dose.objects.get()
    assert given.step.actor == f"user:{vaccinator.pk}"
    named = next(u for n, u in names.items() if "manager" in n)
    refused = filled(client, {}, dose(lot, by=named.username))
    assert "has to read this row in" in text_of(send(client, refused, "check"))
    assert "is recorded for that day already" in text_of(send(client, own, "check"))


def test_a_check_looks_up_vaccine_and_lot(hall):
    client, lot, _ = hall
    data = filled(client, dose(lot, lot="A7"), dose(lot, product="comirnty"))
    page = text_of(send(client, data, "check"))
    assert "no book knows this lot" in page and "comirnty" in page
    assert AuditEntry.objects.filter(action="clinic.day_exported").count() == 1
