"""Walk-ins over HTTP: what a desk is answered, and who is to be matched."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from balmis.contexts.people.models import Person, Registration
from balmis.core.vocabulary.access import Role
from tests import make
from tests.pages import markup
from tests.web.conftest import user

API = f"/api/v1/clinic/{make.SLUG}/hall/walk-ins"
REVIEW = f"/clinic/{make.SLUG}/hall/review/"


@pytest.fixture
def known(committed):
    make.campaign()
    found = make.person(1)
    make.enrol()
    return found


def said(**more):
    return {
        "device": "tablet",
        "request_id": str(uuid4()),
        "at": datetime.now(UTC).isoformat(),
        "name": "Resident 1",
        "born": "1950-09-30",
        "born_precision": "year",
        "sex": "F",
        "area": "IS-N",
    } | more


def post(client, body):
    return client.post(API, body, content_type="application/json")


def test_a_desk_registers_and_is_answered_as_of_the_day(known):
    nurse, body = user(Role.VACCINATOR, site="hall"), said()
    first, again = post(nurse, body).json(), post(nurse, body).json()
    assert first == again and first["state"] == "new"
    person = first["person"]
    assert (person["born"], person["born_precision"]) == ("1950-01-01", "year")
    assert person["perhaps_known"] and person["visit"] is None
    assert Person.objects.filter(register__provisional=True).count() == 1


def test_a_refusal_is_an_answer_and_names_its_reason(known):
    nurse = user(Role.VACCINATOR, site="hall")
    told = post(nurse, said(area="elsewhere")).json()
    assert told["state"] == "refused" and told["person"] is None
    assert told["detail"] == "Choose the area in which the person lives."
    assert post(nurse, said(born_precision="century")).status_code in (400, 422)
    other = post(user(Role.VACCINATOR, site="clinic"), said()).json()
    assert other["state"] == "refused"
    assert not Registration.objects.exists()


def test_the_site_sees_whom_to_match_and_the_registration_desk_decides(known):
    post(user(Role.VACCINATOR, site="hall"), said())
    row = Registration.objects.get()
    page = markup(user(Role.SITE_MANAGER, site="hall").get(REVIEW))
    assert "Walk-ins who may be in the register already" in page
    assert "Resident 1 · born in 1950" in page
    assert "the registration desk of" in page or f"reviews/{row.pk}/" in page
    desk = user(Role.REGISTRAR, area="IS-N")
    shown = markup(desk.get(f"/registrar/{make.SLUG}/reviews/{row.pk}/"))
    assert "born in 1950" in shown and known.external_id in shown
