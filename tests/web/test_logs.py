"""What the program writes into its logs names nobody: neither by a page's address nor by a fault."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.test import Client

from balmis.config.logs import JsonLines
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people.models import Person
from balmis.core.vocabulary.access import Role
from balmis.flows.access.account import invite
from balmis.flows.booking.invitations import stop_token
from tests import make
from tests.web.conftest import sent_code, user
from tests.web.test_booking import BOOK, BORN, MINE, first_time

MARKED = ("Marked Person", "MARK-77", "01012345678", "1012345678", "marked@example.org")
STATIC = Path(__file__).parents[2] / "balmis" / "web" / "static"


@pytest.fixture
def written(caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="balmis")

    def lines() -> list[str]:
        return [JsonLines().format(record) for record in caplog.records]

    return lines


def test_a_person_goes_through_every_desk_and_stands_in_no_log(opened, written):
    person = opened[0]
    make.change_person(person.pk, name=MARKED[0], external_id=MARKED[1])
    resident = Client()
    resident.post(BOOK, {"number": make.letter(person), "address": "010-1234-5678"} | BORN)
    code = sent_code()
    resident.post(f"{BOOK}code/", {"code": code})
    resident.post(f"{BOOK}hold/", first_time(resident))
    resident.post(f"{BOOK}confirm/")
    assert resident.get(MINE).status_code == 200
    stop = stop_token(person.pk, campaigns.campaign(make.SLUG).pk, now=datetime.now(UTC))
    resident.get(f"/c/{make.SLUG}/stop/{stop}/")
    Client().post(BOOK, {"number": MARKED[1], "address": MARKED[4]} | BORN)
    registrar = user(Role.REGISTRAR)
    desk = f"/registrar/{make.SLUG}/"
    for path in (f"{desk}?q=Marked", f"{desk}{person.pk}/", f"{desk}{person.pk}/letter/"):
        registrar.get(path)
    nurse = user(Role.VACCINATOR, site="hall")
    api = f"/api/v1/clinic/{make.SLUG}/hall/"
    assert MARKED[0] in nurse.get(f"{api}people?q=Marked").content.decode()
    nurse.get(f"{api}clear?person={person.pk}")
    user(Role.PLANNER).get(f"/coordination/{make.SLUG}/person/?number={MARKED[1]}")
    now = datetime.now(UTC)
    word = invite("registrar", lost_factor=False, actor=make.SYSTEM, now=now)
    Client().get(f"/invitation/{word}/")
    text = "\n".join(written())
    assert '"route"' in text, "the requests stand in the log"
    for secret in (*MARKED, code, stop, word):
        assert secret not in text


def test_a_fault_of_the_database_tells_its_place_and_no_values(opened, written):
    try:
        Person.objects.create(
            register=opened[0].register,
            external_id=opened[0].external_id,
            name=MARKED[0],
            born=opened[0].born,
            sex="F",
            area=opened[0].area,
        )
    except IntegrityError:
        logging.getLogger("balmis.web").exception("request")
    (line,) = [json.loads(entry) for entry in written() if "IntegrityError" in entry]
    assert "DETAIL: (left out)" in line["error"] and opened[0].external_id not in line["error"]


def test_what_is_served_as_it_stands_is_of_kinds_that_run_nothing_else():
    kinds = {path.suffix for path in STATIC.rglob("*") if path.is_file()}
    assert kinds <= {".js", ".css", ".svg"}


def test_a_call_that_sends_no_json_is_told_so(opened):
    answer = user(Role.VACCINATOR, site="hall").post("/api/v1/doses", {"a": "1"})
    assert answer.status_code == 415
    listed = Client().get("/api/v1/campaigns")
    assert listed.headers["Content-Disposition"].startswith("attachment")
