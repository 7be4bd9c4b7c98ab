"""What the database refuses is told in words at its door, and nothing is kept otherwise than it was said."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import yaml
from django.db import DataError, connection

from balmis.contexts.clinic.models import Dose
from balmis.contexts.safety.models import HoldOrder
from balmis.contexts.supply.models import LotHold
from balmis.contexts.units.models import Unit
from balmis.core.errors import BadInput, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.clinic.record_dose import record_dose
from balmis.flows.holds.lot_holds import HoldLot, hold_lot
from balmis.web.shared.middleware import is_unfit
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
