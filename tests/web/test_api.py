"""The JSON API: figures for all, reports and doses for those who may, refusals in words."""

import json

import pytest
from django.test import Client

from balmis.contexts.clinic.models import Dose
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Area
from balmis.contexts.safety.models import Flag
from balmis.core.vocabulary.access import Role
from tests import make
from tests.web.conftest import user


def body(**changes: object) -> dict[str, object]:
    person = Person.objects.get(external_id="P1")
    return {
        "request_id": str(make.request("api")),
        "campaign": make.SLUG,
        "person_id": person.pk,
        "product": "comirnaty",
        "kind": "primary_2",
        "site": "hall",
        "given_at": "2021-07-17T12:00:00+09:00",
    } | changes


def post(client: Client, data: object):
    return client.post("/api/v1/doses", json.dumps(data), content_type="application/json")


def test_campaigns_and_figures_are_open(island):
    assert Client().get("/api/v1/campaigns").json()[0]["id"] == make.SLUG
    assert Client().get(f"/api/v1/campaigns/{make.SLUG}/figures").json()["doses"]["total"] == 9


def test_reports_are_for_staff_and_hold_what_they_may_see(island):
    path = f"/api/v1/campaigns/{make.SLUG}/reports/2021-06-17"
    assert Client().get(path).status_code == 401
    seen = user(Role.AREA_MANAGER, area="IS-S").get(path).json()
    assert [r["code"] for r in seen["by_area"]] == ["IS-S"]
    assert user(None).get(path).status_code == 403


def test_a_dose_is_recorded_once_however_often_it_is_sent(island):
    nurse = user(Role.VACCINATOR, site="hall")
    first, again = post(nurse, body()), post(nurse, body())
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Dose.objects.filter(kind="primary_2").count() == 1


def test_a_dose_recorded_without_a_visit_is_looked_at(island):
    made = post(user(Role.VACCINATOR, site="hall"), body()).json()
    assert "no_visit" in Flag.objects.filter(dose=made["id"]).values_list("reason", flat=True)


def test_a_person_of_another_region_is_nobody_here(island):
    """Whatever the number of the person is: the campaign does not know them, and nothing is written."""
    elsewhere = Area.objects.create(
        code="XX", kind="province", names={"en": "Elsewhere"}, path="/XX/", depth=0
    )
    Person.objects.filter(external_id="P1").update(area=elsewhere)
    nurse = user(Role.VACCINATOR, site="hall")
    answer = post(nurse, body())
    assert (answer.status_code, answer.json()["reason"]) == (422, "not_known")
    person = Person.objects.get(external_id="P1")
    asked = f"/api/v1/clinic/{make.SLUG}/hall/clear?person={person.pk}&product=comirnaty&lot=A1"
    assert nurse.get(asked).status_code == 422
    assert not Dose.objects.filter(kind="primary_2").exists()


def test_a_dose_elsewhere_than_ones_site_is_not_allowed(island):
    response = post(user(Role.VACCINATOR, site="clinic"), body())
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"person_id": 999_999}, 422, "not_known"),
        ({"site": None, "product": "x"}, 422, "not_known"),
        ({"lot_id": 999_999}, 422, "not_known"),
        ({"campaign": "x"}, 404, "plan_unknown"),
        ({"units": "0"}, 400, "bad_request"),
        ({"units": "0.001"}, 400, "bad_request"),
        ({"given_at": "9999-12-31T12:00:00+09:00"}, 400, "bad_request"),
        ({"given_at": "0001-01-02T12:00:00+09:00"}, 400, "bad_request"),
        ({"given_at": "2021-07-17T12:00:00"}, 400, "bad_request"),
    ],
)
def test_a_refusal_is_a_problem_in_words(island, changes, status, reason):
    response = post(user(Role.REGISTRAR), body(**changes))
    problem = response.json()
    assert (response.status_code, problem["reason"]) == (status, reason)
    assert len(problem["detail"]) > 20


def test_what_is_no_dose_is_told_field_by_field(island):
    assert post(user(Role.VACCINATOR, site="hall"), {"kind": "third"}).status_code == 422


def test_a_request_id_used_for_another_dose_is_a_conflict(island):
    nurse = user(Role.VACCINATOR, site="hall")
    post(nurse, body())
    assert post(nurse, body(kind="booster_1")).status_code == 409


def test_another_sites_page_cannot_post_a_dose(island):
    nurse = Client(enforce_csrf_checks=True)
    nurse.cookies = user(Role.VACCINATOR, site="hall").cookies
    assert post(nurse, body()).status_code == 403
    assert Dose.objects.filter(kind="primary_2").count() == 0
