"""Line lists of events: read whole before anything is written, the same file as often as one likes."""

import pytest

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.safety.models import Case, EventReport
from balmis.core.errors import BadInput
from balmis.core.vocabulary.access import Role
from balmis.flows.holds import hold_orders
from balmis.flows.holds.lot_holds import HoldLot, hold_lot, release_lot
from balmis.flows.safety.line_list_import import import_list, read
from balmis.flows.safety.reporter_lookup import look_up
from tests import make
from tests.flows.test_safety_cases import someone
from tests.flows.test_safety_holds import ask

HEAD = "number,event,onset_on,why_serious,severity,outcome,words\n"


@pytest.fixture
def dosed(hall):
    lot, people = hall
    return [make.dose(p, lot) for p in people]


def load(rows: str):
    return import_list(make.SLUG, HEAD + rows, actor=make.SYSTEM, now=make.LATER)


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
        ("P1,fever,17.6.2021,,,,\n", "row 2: onset_on is not a day"),
        ("P9,fever,2021-06-17,,,,\n", "P9"),
        (",fever,2021-06-17,,,,\n", "number is empty"),
        ("P1,any_report,2021-06-17,,,,\n", "is none of anaphylaxis"),
        ("P1,fever,2021-06-17,kaput,,,\n", "why_serious 'kaput' is none of death"),
        ("P1,fever,2021-06-01,,,,\n", "no dose of this person"),
        ("P1,fever,2030-06-01,,,,\n", "in the future"),
        ("P1,fever,2021-06-17,,,,,more\n", "more cells"),
    ],
)
def test_one_bad_row_and_nothing_is_written(dosed, rows, says):
    with pytest.raises(BadInput) as error:
        load("P2,fever,2021-06-17,,,,\n" + rows)
    assert says.removeprefix("row 2: ") in error.value.problems[0] and error.value.problems[
        0
    ].startswith("row 3")
    assert not EventReport.objects.exists()


def test_a_list_without_its_columns_is_refused(dosed):
    for text in ("", "a,b\n1,2\n", "number,event,onset_on,colour\nP1,fever,2021-06-17,red\n"):
        with pytest.raises(BadInput, match="column"):
            read(make.SLUG, text, now=make.LATER)


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
