"""The fridges of a site: the register, readings by hand and by file, quarantine and decision; sensors."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from balmis.contexts.coldchain.models import Equipment, Excursion, Reading, Stowed
from balmis.contexts.supply.models import LotHold
from balmis.core.vocabulary.access import Role
from balmis.flows.coldchain import readings
from tests import make
from tests.flows.test_cold_chain import FRIDGE
from tests.pages import markup
from tests.web.conftest import user
from tests.web.test_pages import LANGUAGES, text_of

STORE = f"/store/{make.SLUG}/hall/"
F1 = f"{STORE}fridge/F1/"


@pytest.fixture
def keeper(committed):
    make.campaign()
    lot = make.lot(doses=60)
    now = datetime.now(UTC)
    readings.keep_equipment("hall", FRIDGE, actor=make.SYSTEM, now=now)
    return user(Role.STORE_KEEPER, site="hall"), lot


def logger(*celsius: float, before: timedelta = timedelta(hours=3)) -> SimpleUploadedFile:
    start = datetime.now(UTC) - before
    lines = [
        f"{(start + timedelta(minutes=10 * n)).isoformat()},{c}" for n, c in enumerate(celsius)
    ]
    return SimpleUploadedFile("f1.csv", ("time,temperature\n" + "\n".join(lines)).encode())


def test_equipment_is_entered_read_and_changed(keeper):
    client, lot = keeper
    entered = {"code": "F2", "kind": "freezer", "litres": "210,5", "make": "synthetic"}
    assert client.post(f"{STORE}fridges/keep/", entered).status_code == 302
    assert client.post(f"{STORE}fridges/keep/", entered | {"litres": "many"}).status_code == 400
    assert float(Equipment.objects.get(code="F2").litres) == 210.5
    assert client.post(f"{F1}read/", {"celsius": "5,4"}).status_code == 302
    assert "5.4 °C" in text_of(client.get(F1))
    assert "in range" in text_of(client.get(f"{STORE}fridges/"))
    for wrong in (
        {"celsius": "warm"},
        {"celsius": "nan"},
        {"celsius": "5", "at": "noon"},
        {"celsius": "5", "at": "2090-01-01T10:00"},
    ):
        assert client.post(f"{F1}read/", wrong).status_code == 400
    assert Reading.objects.count() == 1
    client.post(f"{F1}change/", {"lot": lot.pk})
    assert Stowed.objects.get().lot == lot
    assert client.post(f"{F1}change/", {"lot": 999_999}).status_code == 409


def test_the_fridge_s_pages_name_the_field_that_is_wrong_and_keep_what_was_typed(keeper):
    client, _ = keeper
    new = {"new": "1", "code": "F2", "kind": "freezer", "litres": "many", "make": "synthetic"}
    page = client.post(f"{STORE}fridges/keep/", new)
    shown = markup(page)
    assert page.status_code == 400 and '<a href="#new-litres">Litres for vaccine: Say how' in shown
    for kept in ('value="many"', 'value="synthetic"', '<option value="freezer" selected>'):
        assert kept in shown, kept
    assert client.post(f"{STORE}fridges/keep/", {"code": "F\x001"}).status_code == 400
    changed = new | {"code": "F1", "condition": "broken", "serviced": "soon"}
    del changed["new"]
    shown = markup(client.post(f"{STORE}fridges/keep/", changed))
    assert "was it ever out of range?" in shown and 'value="soon"' in shown
    assert '<a href="#change-serviced">Serviced on: This is not a day: soon</a>' in shown
    assert '<option value="broken" selected>' in shown
    page = client.post(f"{F1}read/", {"celsius": "warm", "at": "2021-06-17T09:30"})
    shown = markup(page)
    assert page.status_code == 400 and 'value="warm"' in shown and "2021-06-17T09:30" in shown
    assert '<a href="#hand-celsius">Temperature, °C: Write the temperature in °C' in shown
    client.post(f"{F1}read/", {"celsius": "5,4"})
    key = Reading.objects.get().pk
    page = client.post(f"{F1}change/", {"reading": key, "reason": "x"})
    assert page.status_code == 400 and f'href="#withdraw-{key}-reason"' in markup(page)
    assert client.post(f"{F1}change/", {"reading": "x", "reason": "mistyped"}).status_code == 400
    assert client.post(f"{F1}change/", {"sensor": "1", "request_id": "x"}).status_code == 400
    client.post(f"{F1}change/", {"reading": key, "reason": "mistyped"})
    assert hasattr(Reading.objects.get(), "withdrawn")


def test_a_file_leads_to_quarantine_and_a_decision(keeper):
    client, lot = keeper
    page = client.post(
        f"{F1}read/", {"file": "1", "readings": logger(5, 11, 11, 5, before=-timedelta(days=2))}
    )
    assert page.status_code == 400 and not Reading.objects.exists()  # the clock runs ahead
    Stowed.objects.create(equipment=Equipment.objects.get(), lot=lot, since=make.NOON, actor="x")
    page = client.post(f"{F1}read/", {"file": "1", "readings": logger(5, 11, 11, 5)})
    assert "decide" in text_of(page)
    key = Excursion.objects.get().pk
    address = f"{STORE}excursion/{key}/"
    assert "may these lots still be given" in text_of(client.get(address))
    assert client.post(address, {"quarantine": "1"}).status_code == 400  # none chosen
    client.post(address, {"quarantine": "1", "lot": lot.pk})
    assert LotHold.objects.get().reason == "F1: 11.0 °C"
    assert client.post(address, {"ruling": "use", "ground": " "}).status_code == 400
    page = client.post(address, {"ground": "no ruling"})
    shown = markup(page)
    assert page.status_code == 400 and 'value="no ruling"' in shown
    assert '<a href="#decide-ruling_0">The lots: Choose what was decided.</a>' in shown
    assert 'id="decide-ruling_0"' in shown and 'id="decide-ruling_error"' in shown
    client.post(address, {"ruling": "use", "ground": "24 minutes of 2 hours"})
    assert LotHold.objects.get().released_at
    assert "may be used" in text_of(client.get(F1))


def test_bad_files_are_named_and_nothing_is_kept(keeper):
    client, _ = keeper
    for data, problem in (
        (b"x", "No line"),
        (b"time,temperature\n2021-06-17 09:00,hot\n", "No line"),
    ):
        sent = {"file": "1", "readings": SimpleUploadedFile("f.csv", data)}
        page = client.post(f"{F1}read/", sent)
        assert page.status_code == 400 and problem in text_of(page)
    assert client.post(f"{F1}read/", {"file": "1"}).status_code == 400
    assert not Reading.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_and_chart_in_every_language(keeper, language):
    client, _ = keeper
    client.post(f"{F1}read/", {"file": "1", "readings": logger(5, 11, 11, 5)})
    key = Excursion.objects.get().pk
    for address in (f"{STORE}fridges/", F1, f"{F1}?days=1", f"{STORE}excursion/{key}/"):
        page = client.get(address, headers={"Accept-Language": language})
        assert page.status_code == 200, address
    for size in ("", "?size=narrow"):
        chart = client.get(f"{F1}light.svg{size}", headers={"Accept-Language": language})
        assert chart["Content-Type"] == "image/svg+xml" and b"11" in chart.content
    assert client.get(f"{F1}purple.svg").status_code == 404
    data = markup(client.get(f"{F1}readings.csv"))
    assert data.splitlines()[0] == "time,temperature,source" and len(data.splitlines()) == 5


def test_a_sensor_sends_over_http(keeper):
    client, _ = keeper
    page = client.post(f"{F1}change/", {"sensor": "1", "request_id": str(make.request("s"))})
    secret = re.findall(r"<code>(.+)</code>", markup(page))[0]
    assert secret not in markup(client.get(F1))
    now = datetime.now(UTC)
    body = json.dumps(
        {
            "readings": [
                {"at": (now - timedelta(minutes=m)).isoformat(), "celsius": 5.5} for m in (10, 0)
            ]
        }
    )
    sensor = Client(enforce_csrf_checks=True)

    def send(token: str, text: str = body):
        return sensor.post(
            "/api/v1/cold-chain/readings",
            text,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )

    assert send("guess").status_code == 401
    first, again = send(secret), send(secret)
    assert (first.json()["new"], again.json()["new"], again.json()["known"]) == (2, 0, 2)
    late = json.dumps({"readings": [{"at": (now + timedelta(days=1)).isoformat(), "celsius": 5}]})
    assert send(secret, late).json()["refused"] == 1
    assert send(secret, "{}").status_code == 422


def test_another_site_and_other_roles_see_nothing(keeper):
    client, _ = keeper
    client.post(f"{F1}read/", {"file": "1", "readings": logger(5, 11, 11, 5)})
    key = Excursion.objects.get().pk
    other = user(Role.STORE_KEEPER, site="clinic")
    for address in (f"{STORE}fridges/", F1, f"{F1}light.svg", f"{F1}readings.csv"):
        assert other.get(address).status_code in (403, 404)
    assert other.post(f"{F1}read/", {"celsius": "5"}).status_code in (403, 404)
    for who, at in ((other, "hall"), (other, "clinic")):
        address = f"/store/{make.SLUG}/{at}/excursion/{key}/"
        asked = {"ruling": "use", "ground": "not mine to decide"}
        assert who.post(address, asked).status_code in (403, 404)
    assert Excursion.objects.get().ruling == ""
    safety = user(Role.SAFETY_OFFICER)
    assert safety.get(f"{STORE}excursion/{key}/").status_code == 200
    nurse = user(Role.VACCINATOR, site="hall")
    assert nurse.get(f"{STORE}fridges/").status_code == 403


def test_the_province_sees_where_it_is_weak(keeper):
    client, _ = keeper
    client.post(f"{F1}read/", {"file": "1", "readings": logger(5, 11)})
    assert (
        user(Role.VACCINATOR, site="hall").get(f"/coordination/{make.SLUG}/cold-chain/").status_code
        == 403
    )
    own = user(Role.SITE_MANAGER, site="clinic").get(f"/coordination/{make.SLUG}/cold-chain/")
    assert "Town hall" not in text_of(own) and "South clinic" in text_of(own)
    planner = user(Role.PLANNER)
    page = text_of(planner.get(f"/coordination/{make.SLUG}/cold-chain/"))
    assert "of 1 fridges need a look" in page and "too warm" in page
