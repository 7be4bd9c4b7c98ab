"""What the database refuses is told in words at its door, and nothing is kept otherwise than it was said."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import yaml
from django.db import DataError, connection
from django.http import QueryDict

from balmis.contexts.booking.sessions import SessionPlan
from balmis.contexts.clinic.models import Dose
from balmis.contexts.safety.models import HoldOrder
from balmis.contexts.supply.models import LotHold
from balmis.contexts.units.models import Unit
from balmis.core.errors import BadInput, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.sessions import check_size
from balmis.flows.clinic.record_dose import record_dose
from balmis.flows.holds.lot_holds import HoldLot, hold_lot
from balmis.web.coordination.forms import OpeningForm, SessionForm
from balmis.web.shared.middleware import is_unfit
from balmis.web.store.shelf_forms import ReleaseForm
from tests import make
from tests.web.conftest import user

DOSES = "/api/v1/doses"


def test_a_number_too_large_for_its_column_is_an_error_and_never_another_number(committed):
    make.campaign()
    unit = Unit(campaign_id=1, code="u", title="U", area_id=1, quota=2**32 + 5)
    with pytest.raises(DataError, match="does not fit"):
        unit.save()
    with pytest.raises(DataError):
        Unit.objects.update(quota=2**40)
    assert not Unit.objects.filter(quota=2**40).exists(), "to look for it is no error"


@pytest.mark.parametrize(
    "body",
    [
        r'{"a": "x\u0000"}',
        r'{"a": "x\ud800"}',
        r'{"\udfff\ud800": 1}',
        r'{"a": [{"b": NaN}]}',
        r'{"a": -Infinity}',
        r'{"a": 1e999}',
        '{"a": ' + "[" * 100_000,
    ],
)
def test_json_that_the_database_cannot_keep_is_seen(body):
    assert is_unfit(body.encode()) or "[[[" in body


@pytest.mark.parametrize(
    "body", [r'{"a": "\\u0000"}', r'{"a": "\ud83d\ude00"}', '{"a": 1e100}', "{}"]
)
def test_json_that_looks_like_it_is_not(body):
    assert not is_unfit(body.encode())


@pytest.mark.parametrize(
    "wrong",
    [
        {"units": 99.996},
        {"units": 0.004},
        {"units": 10**400},
        {"units": "NaN"},
        {"product": "a\ud800"},
        {"campaign": "\x00"},
        {"lot_id": 0},
        {"given_at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_a_dose_that_cannot_be_kept_is_refused_in_words(committed, wrong):
    make.campaign()
    person = make.person(1)
    make.enrol()
    asked = {
        "request_id": str(uuid4()),
        "campaign": make.SLUG,
        "person_id": person.pk,
        "product": "comirnaty",
        "kind": "primary_1",
        "given_at": make.NOON.isoformat(),
    }
    client = user(Role.PLANNER)
    client.raise_request_exception = False
    answer = client.post(DOSES, json.dumps(asked | wrong), content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.content
    assert not Dose.objects.exists()


def test_steps_and_changes_with_moments_that_no_clock_has(committed):
    make.campaign()
    client = user(Role.VACCINATOR, site="hall")
    client.raise_request_exception = False
    since = f"/api/v1/clinic/{make.SLUG}/hall/changes?since=0001-01-01T00:00:00Z"
    assert client.get(since).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"product": "jcovden"},
        {"units": Decimal("0.5")},
        {"given_at": make.NOON - timedelta(hours=1)},
        {"site": "hall"},
    ],
)
def test_a_request_that_comes_again_with_another_dose_is_not_answered_as_done(committed, changes):
    make.campaign()
    person = make.person(1)
    make.enrol()
    first = make.dose_command(person, request_id=make.request("x"))
    made = record_dose(first, actor=make.SYSTEM, now=make.NOON)
    assert record_dose(first, actor=make.SYSTEM, now=make.NOON).pk == made.pk
    other = make.dose_command(person, request_id=make.request("x"), **changes)
    with pytest.raises(Refusal) as refused:
        record_dose(other, actor=make.SYSTEM, now=make.NOON)
    assert refused.value.reason is Refused.REQUEST_REUSED


def test_two_doses_at_once_under_one_request_are_told_apart(committed):
    make.campaign()
    people = [make.person(n) for n in (1, 2)]
    make.enrol()

    def give(person):
        try:
            cmd = make.dose_command(person, request_id=make.request("same"))
            return record_dose(cmd, actor=make.SYSTEM, now=make.NOON)
        except Refusal as refusal:
            return refusal.reason
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        became = list(pool.map(give, people))
    assert Dose.objects.count() == 1 and Refused.REQUEST_REUSED in became


def test_the_same_request_for_another_lot_holds_none(committed):
    make.campaign()
    make.lot("A1", doses=10)
    make.lot("B2", doses=10)

    def hold(number):
        asked = HoldLot(
            request_id=make.request("hold"),
            product="comirnaty",
            lot=number,
            site="hall",
            reason="too warm",
        )
        return hold_lot(asked, actor=make.SYSTEM, now=make.NOON)

    first = hold("A1")
    assert hold("A1").hold.pk == first.hold.pk
    with pytest.raises(Refusal) as refused:
        hold("B2")
    assert refused.value.reason is Refused.REQUEST_REUSED
    assert LotHold.objects.count() == 1 and not HoldOrder.objects.exists()


@pytest.mark.parametrize("name", ["doses_per_vial", "primary_doses", "min_interval_days"])
def test_a_campaign_file_states_what_its_tables_hold(committed, name):
    wrong = make.plan_dict()
    wrong["products"][0][name] = 65_557
    with pytest.raises(BadInput):
        make.campaign(yaml.safe_dump(wrong, allow_unicode=True))


def test_times_that_a_clock_skips_make_no_session_that_ends_before_it_begins():
    """In the night to 28 March 2027 the clocks of Rome go from 2 to 3."""
    night, sizes = date(2027, 3, 28), {"stations": 1, "minutes_per_dose": 5}
    more = {"observation_minutes": 15, "second_percent": 0, "walk_in_percent": 0}

    def planned(starts: str, ends: str) -> SessionPlan:
        form = SessionForm({"starts": starts, "ends": ends} | sizes | more, products=[])
        assert form.is_valid(), form.errors
        return form.plan(night, "Europe/Rome")

    with pytest.raises(BadInput, match="ends before it begins"):
        check_size(planned("02:30", "03:00"), "Europe/Rome")
    whole = planned("00:00", "06:00")
    assert (whole.ends_at - whole.starts_at, whole.slots) == (timedelta(hours=5), 20)
    again = whole.repeated(2, "Europe/Rome")[1]
    assert again.ends_at - again.starts_at == timedelta(hours=6), "by the clock of the place"


def test_doors_that_a_clock_skips_open_before_the_booking():
    asked = {"on": "2027-03-28", "at": "03:00", "hours": 1, "doors_minutes": 5, "per_minute": 9}
    form = OpeningForm(asked | {"order": "draw"})
    assert form.is_valid(), form.errors
    plan = form.plan("Europe/Rome")
    assert plan.opens_at == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert plan.opens_at - timedelta(minutes=plan.doors_minutes) < plan.opens_at < plan.closes_at


def test_the_form_of_a_row_is_shown_whatever_its_key():
    form = ReleaseForm.sent(QueryDict("hold=%25&decision=no"))
    assert not form.is_valid() and 'id="release-%-decision"' in str(form["decision"])
