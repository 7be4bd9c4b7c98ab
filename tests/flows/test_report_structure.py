"""The report's structure changes no byte of what was stored, answered or downloaded before it."""

import json
import pickle
from datetime import timedelta
from pathlib import Path

import jsonschema
import msgspec
import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic.models import Dose
from balmis.contexts.reporting.models import ClosedDay
from balmis.contexts.safety.cases import ToldEvent
from balmis.contexts.safety.held_doses import held_dose
from balmis.core.reporting.public_figures import plain_public
from balmis.core.reporting.report import Report, plain
from balmis.core.vocabulary.clinic import DoseKind, HeldEnd
from balmis.core.vocabulary.supply import MoveKind, WastageReason
from balmis.flows.clinic.held_doses import SettleHeld, settle_held
from balmis.flows.reporting.daily_report import close_day, report
from balmis.flows.reporting.public_figures import public_figures
from balmis.flows.safety.report_event import report_event
from balmis.flows.supply.stock import move_stock
from balmis.web.coordination.report_formats import FORMATS, render_report
from tests import make
from tests.flows.test_stock import move

KEPT = Path(__file__).parent / "reports"  # as the program gave them before
LATE = make.LATER + timedelta(hours=5)


@pytest.fixture
def island(committed):
    """Doses of every dimension, stock that was wasted, an event; people of two areas and of none."""
    make.campaign()
    lot = make.lot(doses=20)
    people = [make.person(n, area="IS-N" if n < 8 else "IS-S") for n in range(1, 10)]
    make.enrol()
    people.append(make.person(10))  # in no group yet
    for person in people:
        make.dose(person, lot)
    for person in people[:5]:
        make.dose(person, lot, kind=DoseKind.BOOSTER_1)
        make.dose(person, None, site=None, kind=DoseKind.PRIMARY_2)
    for dose in Dose.live.filter(person__in=people[:5]).order_by("pk"):
        if held_dose(dose.pk):  # three of a day: they were given so
            stands = SettleHeld(
                campaign=make.SLUG, dose_id=dose.pk, end=HeldEnd.STANDS, note="asked the hall"
            )
            settle_held(stands, actor=make.SYSTEM, now=make.NOON)
    move_stock(
        move(MoveKind.WASTAGE, 3, wasted=WastageReason.EXPIRED), actor=make.SYSTEM, now=make.NOON
    )
    event = ToldEvent(request_id=make.request("e"), onset_on=make.TODAY, serious=True, died=False)
    report_event(make.SLUG, event, actor=make.SYSTEM, now=make.LATER)
    return lot


def kept(name):
    return (KEPT / name).read_bytes()


def seen():
    return report(make.SLUG, make.TODAY, now=LATE)


def check_bytes(state):
    for format in ("json", "csv", "text"):
        assert render_report(seen(), format)[0] == kept(f"{state}.{format}"), (state, format)
    figures = plain_public(public_figures(make.SLUG, now=LATE))
    told = json.dumps(figures, ensure_ascii=False, indent=1)
    assert told.encode() == kept(f"{state}.public.json"), state


def test_answers_and_downloads_are_byte_for_byte_what_they_were(island):
    check_bytes("provisional")
    close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)
    check_bytes("closed")
    make.dose(make.person(11, area="IS-S"), island, now=LATE)
    check_bytes("restated")


def test_what_is_stored_is_what_it_was(island):
    close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)
    stored = ClosedDay.objects.get().figures
    before = json.loads(kept("closed.json"))
    ends = {name: before.pop(name) for name in ("closed_at", "status", "restatement", "trail_head")}
    assert ends["status"] == "closed"
    assert json.dumps(stored) == json.dumps(before)


@pytest.mark.parametrize("state", ["provisional", "closed", "restated"])
def test_a_report_becomes_its_structure_and_comes_back(state):
    values = json.loads(kept(f"{state}.json"))
    assert json.dumps(plain(msgspec.convert(values, Report))) == json.dumps(values)


@pytest.mark.parametrize("state", ["provisional", "closed", "restated"])
def test_the_published_schema_accepts_a_report_and_knows_every_field(state):
    path = Path(__file__).parents[2] / "docs/reference/daily-report.schema.json"
    schema = json.loads(path.read_text())
    values = json.loads(kept(f"{state}.json"))
    checker = jsonschema.Draft202012Validator(schema)
    assert list(checker.iter_errors(values)) == []
    assert set(values) == set(schema["$defs"]["Report"]["properties"])
    assert list(checker.iter_errors(values | {"doses": {}}))


def test_a_report_that_another_version_froze_still_reads(island):
    """One frozen before there was a week of events; one with figures that came later."""
    figures = json.loads(kept("closed.json"))
    for name in ("closed_at", "status", "restatement", "trail_head"):
        del figures[name]
    del figures["safety"]["week"], figures["doses"]["held"]
    figures["later"] = {"doses": 1}
    campaign = campaigns.campaign(make.SLUG)
    last = dict.fromkeys(("last_dose", "last_correction", "last_move", "last_event"), 10**9)
    ClosedDay.objects.create(
        campaign=campaign,
        day=make.TODAY,
        revision=campaigns.revision_on(campaign.pk, make.TODAY),
        figures=figures,
        closed_at=make.LATER,
        actor="test",
        **last,
    )

    found = seen()

    assert found.doses.total == 20 and found.safety.total.serious == 1
    assert not found.safety.week and "week" not in plain(found)["safety"]
    assert found.restatement is not None
    assert [c.figure for c in found.restatement.changes] == ["later.doses"]
    for format in FORMATS:
        assert render_report(found, format)[0]


def test_public_figures_can_be_kept_by_a_cache(island):
    figures = public_figures(make.SLUG, now=LATE)
    assert pickle.loads(pickle.dumps(figures)) == figures
