"""The day's report as of 24:00: frozen when closed, restated when facts come late."""

import json
from datetime import date, timedelta

import msgspec
import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people.models import Person
from balmis.contexts.safety.cases import ToldEvent
from balmis.core.errors import Refusal
from balmis.core.reporting.public_figures import plain_public
from balmis.core.reporting.report import Report, plain, plain_figures
from balmis.core.vocabulary.clinic import CorrectionReason, DoseKind, HeldEnd
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import MoveKind, WastageReason
from balmis.flows.clinic.correct_dose import correct_dose
from balmis.flows.clinic.held_doses import SettleHeld, settle_held
from balmis.flows.reporting.daily_report import close_day, report
from balmis.flows.reporting.public_figures import public_figures
from balmis.flows.reporting.recount import recount
from balmis.flows.safety import cases
from balmis.flows.safety.report_event import report_event
from balmis.web.coordination.report_formats import FORMATS, render_report
from balmis.worker.jobs import deliver_all
from tests import make
from tests.flows.test_stock import move

DAY = make.TODAY
FIELDS = {
    "doses",
    "people",
    "key_groups",
    "coverage",
    "by_area",
    "by_group",
    "by_site",
    "by_product",
    "stock",
    "safety",
    "day",
    "as_of",
    "status",
    "restatement",
}


@pytest.fixture(autouse=True)
def island(committed):
    make.campaign()


def told(day: date = DAY, *, now=make.LATER):
    return report(make.SLUG, day, now=now)


def made(day: date = DAY, *, now=make.LATER):
    """The report as its readers outside get it; read again it is the same report."""
    found = told(day, now=now)
    values = plain(found)
    again = msgspec.convert(json.loads(json.dumps(values)), Report)
    assert again == found and json.dumps(plain(again)) == json.dumps(values)
    return values


def row(rows, code):
    return next(r for r in rows if r["code"] == code)


def test_doses_are_counted_by_day_kind_area_group_site_and_product():
    lot = make.lot(doses=10)
    for number, area in ((1, "IS-N"), (2, "IS-S"), (3, "IS-N")):
        make.person(number, area=area)
    make.enrol()
    one, two, three = (persons().get(external_id=f"P{n}") for n in (1, 2, 3))
    make.dose(one, lot)
    make.dose(two, None, site=None)
    make.dose(three, lot, given_at=make.NOON - timedelta(days=30), now=make.NOON)
    make.dose(three, lot, kind=DoseKind.PRIMARY_2)
    same_day = make.dose(one, lot, kind=DoseKind.BOOSTER_1)
    stands = SettleHeld(
        campaign=make.SLUG, dose_id=same_day.pk, end=HeldEnd.STANDS, note="asked the hall"
    )
    settle_held(stands, actor=make.SYSTEM, now=make.LATER)

    figures = made()

    assert set(figures) >= FIELDS
    assert figures["doses"]["by_kind"] == {
        "primary_1": {"day": 2, "total": 3},
        "primary_2": {"day": 1, "total": 1},
        "booster_1": {"day": 1, "total": 1},
    }
    assert figures["people"]["covered"] == {"day": 2, "total": 3}
    assert figures["people"]["completed"] == {"day": 1, "total": 1}
    assert row(figures["by_area"], "IS")["doses_total"] == 5
    assert row(figures["by_area"], "IS-S")["doses_total"] == 1
    assert row(figures["by_site"], "hall")["doses_total"] == 4
    assert row(figures["by_site"], "")["doses_total"] == 1
    assert row(figures["by_product"], "comirnaty")["doses_total"] == 5
    assert row(figures["by_group"], "old")["covered"] == 3
    assert figures["key_groups"]["boosters_total"] == 1


def persons():
    return Person.objects


@pytest.fixture
def three_people():
    lot = make.lot(doses=10)
    for n in (1, 2, 3):
        make.person(n)
    make.enrol()
    for n in (1, 2):
        make.dose(persons().get(external_id=f"P{n}"), lot)
    return lot


def test_midnight_is_local():
    lot = make.lot(doses=10)
    make.dose(make.person(1), lot, given_at=make.NOON + timedelta(hours=11, minutes=59))
    make.dose(make.person(2), lot, given_at=make.NOON + timedelta(hours=12))

    assert made()["doses"]["day"] == 1
    assert made(DAY + timedelta(days=1))["doses"]["total"] == 2
    assert made()["as_of"] == "2021-06-18T00:00:00+09:00"


def test_nothing_is_reported_as_zero():
    safety = made()["safety"]
    assert safety["total"] == {"reports": 0, "serious": 0, "deaths": 0}
    assert made()["doses"]["by_kind"]["primary_1"] == {"day": 0, "total": 0}


def test_deaths_and_serious_events_are_counted(three_people):
    event = ToldEvent(request_id=make.request("e"), onset_on=DAY, serious=True, died=True)
    report_event(make.SLUG, event, actor=make.SYSTEM, now=make.LATER)
    assert made()["safety"]["day"] == {"reports": 1, "serious": 1, "deaths": 1}


def test_coverage_above_its_denominator_is_shown_with_a_warning(three_people):
    few = next(r for r in made()["coverage"] if r["target"] == "few")
    assert few["people"] == 2 and few["denominator"]["people"] == 1
    assert few["share"] == 2.0 and few["above_denominator"] is True
    assert few["denominator"]["as_of"] == "2001-01-01"
    text = render_report(told(), "text")[0].decode()
    assert "WARNING: above 100 %" in text


def test_stock_and_wastage(three_people):
    from balmis.flows.supply.stock import move_stock

    move_stock(
        move(MoveKind.WASTAGE, 3, wasted=WastageReason.EXPIRED), actor=make.SYSTEM, now=make.NOON
    )
    (stock,) = made()["stock"]
    assert (stock["received"], stock["given"], stock["wasted"], stock["balance"]) == (10, 2, 3, 5)


def close():
    return plain_figures(close_day(make.SLUG, DAY, actor=make.SYSTEM, now=make.LATER))


def test_a_closed_day_stays_as_it_was_and_late_facts_restate_it(three_people):
    frozen = close()
    assert made()["status"] == "closed" and made()["restatement"] is None

    later = make.LATER + timedelta(hours=5)
    make.dose(persons().get(external_id="P3"), three_people, now=later)
    dose = make.dose(persons().get(external_id="P1"), three_people)  # the same request: no news
    correct_dose(
        dose.pk,
        CorrectionReason.WRONG_PERSON,
        request_id=make.request("undo"),
        actor=make.SYSTEM,
        now=later,
    )

    restated = made(now=later)
    assert restated["status"] == "restated"
    assert restated["doses"] == frozen["doses"], "the frozen figures stay readable"
    assert restated["restatement"]["reasons"] == {"doses_reported_late": 1, "doses_taken_back": 1}
    assert not any(c["figure"] == "doses.total" for c in restated["restatement"]["changes"])

    make.person(4)
    make.dose(persons().get(external_id="P4"), three_people, now=later)
    changes = {c["figure"]: c for c in made(now=later)["restatement"]["changes"]}
    assert changes["doses.total"]["frozen"] == 2
    assert changes["doses.total"]["now"] == 3
    assert changes["doses.total"]["difference"] == 1


def test_a_day_is_closed_once_and_only_when_it_is_over():
    with pytest.raises(Refusal) as early:
        close_day(make.SLUG, DAY, actor=make.SYSTEM, now=make.NOON)
    assert early.value.reason is Refused.DAY_NOT_OVER
    close()
    with pytest.raises(Refusal) as again:
        close()
    assert again.value.reason is Refused.ALREADY_CLOSED


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_holds_the_figures(three_people, format):
    content, kind = render_report(told(), format)
    assert kind == FORMATS[format]
    if format == "xlsx":
        import io

        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [[c.value for c in row] for row in book["by_area"].iter_rows()]
        assert "IS-N" in [c[0] for c in cells]
    elif format == "json":
        assert json.loads(content)["doses"]["total"] == 2
    else:
        text = content.decode("utf-8-sig")
        assert "IS-N" in text or "North" in text
        assert "0" in text


def test_counting_again_from_nothing_gives_the_same_figures(three_people):
    before = made()
    recount(campaigns.campaign(make.SLUG).pk)
    assert made() == before


def test_the_public_sees_no_count_from_one_to_four(three_people):
    deliver_all(make.LATER)
    figures = plain_public(public_figures(make.SLUG, now=make.LATER))
    assert figures["doses"]["total"] is None
    assert all(r["doses"] is None for r in figures["by_day"])
    assert row(figures["by_area"], "IS-N")["covered"] is None
    text = json.dumps(figures)
    assert all(
        f'"{name}": {n}' not in text
        for name in ("covered", "completed", "doses_total")
        for n in (1, 2, 3, 4)
    )


def test_a_case_that_turns_out_otherwise_restates_the_day_with_its_reason(three_people):
    event = ToldEvent(request_id=make.request("e"), onset_on=DAY, serious=True, died=False)
    _, case = report_event(make.SLUG, event, actor=make.SYSTEM, now=make.LATER)
    close_day(make.SLUG, DAY, actor=make.SYSTEM, now=make.LATER)
    cases.take(
        cases.TakeStep(
            campaign=make.SLUG,
            case_id=case.pk,
            step="nullified",
            text="it was before the dose",
            version=case.version,
        ),
        actor=make.SYSTEM,
        now=make.LATER + timedelta(hours=2),
    )
    found = made(now=make.LATER + timedelta(hours=3))["restatement"]
    assert {c["figure"]: (c["frozen"], c["now"]) for c in found["changes"]} == {
        f"safety.{part}.serious": (1, 0) for part in ("day", "week", "total")
    }
    assert found["reasons"]["cases_changed"] == 1
