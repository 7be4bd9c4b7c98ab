"""Line lists of events: read whole before anything is written, the same file as often as one likes."""

import io

import openpyxl
import pytest

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.safety.models import Case, EventReport
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.files.marked_list import write_marked
from balmis.core.vocabulary.access import Role
from balmis.flows.holds import hold_orders
from balmis.flows.holds.lot_holds import HoldLot, hold_lot, release_lot
from balmis.flows.safety.line_list_import import BadReports, ImportReports, import_reports
from balmis.flows.safety.reporter_lookup import look_up
from balmis.uploads.readers import read_book
from tests import make
from tests.flows.test_safety_cases import someone
from tests.flows.test_safety_holds import ask

HEAD = "number,event,onset_on,why_serious,severity,outcome,words\n"


@pytest.fixture
def dosed(hall):
    lot, people = hall
    return [make.dose(p, lot) for p in people]


def load(rows: str, head: str = HEAD, **said):
    cmd = ImportReports(campaign=make.SLUG, book=read_book((head + rows).encode()), **said)
    return import_reports(cmd, actor=make.SYSTEM, now=make.LATER)


def test_rows_become_reports_and_those_of_one_event_one_case(dosed):
    rows = (
        "P1,fever,2021-06-17,,mild,,38.5\n"
        "P1,fever,2021-06-18,hospital,severe,recovering,admitted\n"
        "P2,seizure,2021-06-17,,,,\n"
    )
    done = load(rows)
    assert (done.rows, done.new, done.known) == (3, 3, 0)
    assert Case.objects.count() == 2
    assert Case.objects.get(event="fever").why_serious == ["hospital"]
    assert load(rows).known == 3 and EventReport.objects.count() == 3
    # the sender learnt more: the same event, another report of the same case
    load("P1,fever,2021-06-18,death,severe,died,died in hospital\n")
    assert Case.objects.count() == 2 and Case.objects.get(event="fever").end == "died"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("P1,fever,June,,,,\n", "onset_on: 'June': not a date"),
        ("P1,fever,2021-06,,,,\n", "onset_on: '2021-06': write the whole day"),
        ("P1,fever,#N/A,,,,\n", "onset_on: '#N/A': the spreadsheet could not work this cell out"),
        ("P1,,2021-06-17,,,,\n", "event: '': is missing"),
        ("P9,fever,2021-06-17,,,,\n", "P9"),
        (",fever,2021-06-17,,,,\n", "number: '': is missing"),
        ("P1,any_report,2021-06-17,,,,\n", "there are: anaphylaxis"),
        ("P1,fever,2021-06-17,kaput,,,\n", "why_serious: 'kaput': is none of: death"),
        ("P1,fever,2021-06-01,,,,\n", "no dose of this person"),
        ("P1,fever,2030-06-01,,,,\n", "in the future"),
        ("P1,fever,2021-06-17,,,,,more\n", "more cells"),
    ],
)
def test_one_bad_row_and_nothing_is_written(dosed, rows, says):
    with pytest.raises(BadReports) as error:
        load("P2,fever,2021-06-17,,,,\n" + rows)
    (problem,) = error.value.problems
    assert says in problem and problem.startswith("row 3")
    assert not EventReport.objects.exists()


def test_a_list_without_its_columns_is_refused(dosed):
    for text, says in (
        ("a,b\n1,2\n", "first row is: a, b"),
        ("number,event\nP1,fever\n", "onset_on"),
    ):
        with pytest.raises(BadInput, match=says):
            load(text, head="")
    with pytest.raises(BadInput, match="empty"):
        load("", head="")


def test_a_list_is_read_as_clerks_write_it(dosed):
    """Titles, headings and words of the country, a date column decided once, an unknown column told."""
    head = "백신 이상반응 신고 목록,,,,,\n등록번호,이상반응,발생일,중대성,중증도,비고\n"
    done = load("P1,아나필락시스,17/06/2021,입원; 사망,중증,x\n", head)
    assert (done.rows, done.new) == (1, 1) and done.found.unused == ("비고",)
    case = Case.objects.get()
    assert case.event == "anaphylaxis" and case.severity == "severe"
    assert sorted(case.why_serious) == ["death", "hospital"]
    assert str(case.onset_on) == "2021-06-17"


def test_what_has_two_readings_is_asked_and_old_encodings_are_read(dosed):
    row = "P1,fever,06/07/2021,,,,\n"
    with pytest.raises(BadInput, match="06/07/2021 the day or the month"):
        load(row)
    # 6 July has not come; read day first it is no problem of the order but of the date
    with pytest.raises(BadReports, match="1 of 1 rows"):
        load(row, day_first=True)
    with pytest.raises(BadReports):
        load("P1,fever,06/07/2021,,,,\n", day_first=False)
    text = "등록번호,이상반응,발생일\nP1,38℃ 이상 발열,2021-06-17\n"
    cmd = ImportReports(campaign=make.SLUG, book=read_book(text.encode("cp949")))
    assert import_reports(cmd, actor=make.SYSTEM, now=make.LATER).new == 1


def test_a_dry_run_writes_nothing_and_bad_rows_come_back_marked(dosed):
    assert load("P1,fever,2021-06-17,,,,\n", dry_run=True).rows == 1
    assert not EventReport.objects.exists()
    with pytest.raises(BadReports) as error:
        load("P1,fever,2021-06-17,,,,\nP9,fever,June,,,,\n")
    taken = error.value.taken
    marked = write_marked(taken.found, taken.problems, lambda p: p.text, "What is wrong")
    sheet = openpyxl.load_workbook(io.BytesIO(marked)).active
    assert [c.value for c in sheet[2]][:3] == ["P9", "fever", "June"] and sheet.max_row == 2
    assert sheet["H2"].value == "onset_on: not a date; write it as 1950-05-03"
    assert sheet["C2"].fill.fgColor.rgb != sheet["A2"].fill.fgColor.rgb


def test_who_works_on_no_cases_brings_none_in(dosed):
    clerk = someone("clerk", Role.REGISTRAR)
    cmd = ImportReports(campaign=make.SLUG, book=read_book((HEAD + "P1,fever,2021-06-17").encode()))
    with pytest.raises(NotAllowed):
        import_reports(cmd, actor=clerk, now=make.LATER)


def test_a_look_at_a_person_to_report_is_logged_and_goes_no_further_than_the_site(dosed):
    from balmis.contexts.places import queries as places

    here = someone("here", Role.VACCINATOR, site=places.site("hall"))
    there = someone("there", Role.VACCINATOR, site=places.site("clinic"))
    person, given = look_up(make.SLUG, "P1", actor=here, now=make.LATER)
    assert [d.pk for d in given] == [dosed[0].pk] and person.external_id == "P1"
    assert AuditEntry.objects.filter(action="person.read_to_report").count() == 1
    assert look_up(make.SLUG, "P1", actor=there, now=make.LATER) is None
    assert look_up(make.SLUG, "P99", actor=here, now=make.LATER) is None


def test_a_store_does_not_release_what_a_safety_order_holds(hall):
    lead = someone("lead", Role.CLINICAL_LEAD)
    order = hold_orders.propose(make.SLUG, ask(), actor=lead, now=make.NOON)
    hold_orders.sign(make.SLUG, order.pk, emergency=True, actor=lead, now=make.NOON)
    from balmis.contexts.supply import lot_holds

    (hold,) = lot_holds.holds()
    with pytest.raises(BadInput, match="safety order"):
        release_lot(hold.pk, "looks fine to me", actor=make.SYSTEM, now=make.NOON)
    by_hand = hold_lot(
        HoldLot(
            request_id=make.request("h"),
            product="comirnaty",
            lot="A1",
            site="hall",
            reason="too warm",
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    release_lot(by_hand.hold.pk, "within the budget", actor=make.SYSTEM, now=make.NOON)
