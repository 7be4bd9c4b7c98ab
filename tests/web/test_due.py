"""Who is due, when and why: the pages say what the flows worked out, and only to those who may."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.people.models import Person
from balmis.core.vocabulary.access import Role
from balmis.flows.eligibility.run import RunEligibility, run_eligibility
from tests import make
from tests.web.conftest import user
from tests.web.test_pages import LANGUAGES, text_of

DUE = f"/coordination/{make.SLUG}/due/"
PERSON = f"/coordination/{make.SLUG}/person/"


def run(days: int = 0) -> None:
    run_eligibility(
        RunEligibility(campaign=make.SLUG, on=make.TODAY + timedelta(days=days)),
        actor=make.SYSTEM,
        clock=lambda: datetime.now(UTC),
    )


def test_before_the_first_run_the_page_says_what_to_do(planner):
    assert f"balmis eligibility run {make.SLUG}" in text_of(planner.get(DUE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_answer_in_every_language_without_inline_script(planner, language):
    run()
    key = Person.objects.order_by("id").values_list("external_id", flat=True)[0]
    planner.cookies["django_language"] = language
    for path in (
        DUE,
        f"{DUE}?phase=second&opens=2021-06-20",
        PERSON,
        f"{PERSON}?key={key}&on=2021-06-20",
    ):
        response = planner.get(path)
        page = text_of(response)
        assert response.status_code == 200
        assert f'<html lang="{language}"' in page
        assert not re.search(r"<script(?![^>]*\bsrc=)", page) and " style=" not in page


def test_the_page_and_its_download_count_the_same_people(planner):
    for n in range(20, 24):
        make.person(n, born=make.TODAY.replace(year=1980))
    make.enrol()
    run()
    page = text_of(planner.get(DUE))
    assert re.search(
        r"<strong>0</strong> people may have their next dose now; <strong>13</strong> more", page
    )
    rows = list(csv.DictReader(io.StringIO(text_of(planner.get(f"{DUE[:-1]}.csv")))))
    assert sum(int(r["people"]) for r in rows[1:]) == 13
    assert sum(int(r["group adults"]) for r in rows[1:]) == 4
    for row in rows:  # each person is in one group and under one product, also those due now
        for kind in ("group ", "product "):
            assert sum(int(n) for k, n in row.items() if k.startswith(kind)) == int(row["people"])
    only = text_of(planner.get(f"{DUE}?group=adults"))
    assert re.search(r"<strong>4</strong> more", only)


def test_the_dry_run_says_whom_the_phase_would_add(planner):
    for n in range(20, 24):
        make.person(n, born=make.TODAY.replace(year=1980))
    make.enrol()
    run()
    page = text_of(planner.get(f"{DUE}?phase=second&opens=2021-06-20"))
    assert re.search("adds <strong>4</strong> people who may not", page)


def test_a_persons_card_says_why_in_plain_words_and_is_logged(planner):
    page = text_of(planner.get(f"{PERSON}?key=P1&on=2021-06-20"))
    assert "may have the next dose later" in page
    assert "The next dose can be given from 8 July 2021." in page
    assert "Comirnaty" in page and "counts" in page
    assert AuditEntry.objects.filter(action="person.read").count() == 1
    missing = planner.get(f"{PERSON}?key=nobody")
    assert missing.status_code == 404
    assert "There is no such person" in text_of(missing)
    assert planner.get(f"{PERSON}?key=P1&on=soon").status_code == 404


def test_only_those_who_may_see_a_person_do(island):
    assert user(Role.AUDITOR).get(f"{PERSON}?key=P1").status_code == 403
    south = user(Role.REGISTRAR, area="IS-S")
    assert south.get(f"{PERSON}?key=P9").status_code == 200
    refused, unknown = (south.get(f"{PERSON}?key={key}") for key in ("P1", "nobody"))
    assert refused.status_code == unknown.status_code == 404  # it does not tell who is registered
    assert AuditEntry.objects.filter(action="person.refused").count() == 1
    assert "One person" not in text_of(user(Role.AUDITOR).get(DUE))


def test_rows_of_places_are_for_those_who_work_there(island):
    for n in range(30, 33):
        make.person(n)
    make.enrol()
    run()
    manager = text_of(user(Role.AREA_MANAGER, area="IS-S").get(DUE))
    assert "<strong>3</strong> people may" in manager
    assert '<th scope="row">North</th>' not in manager
    assert 'value="IS-N"' not in manager


def test_the_page_costs_the_same_however_many_people_there_are(planner):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            planner.get(DUE)
        return len(found)

    run()
    few = queries()
    for n in range(100, 160):
        make.person(n)
    make.enrol()
    run()
    assert queries() == few <= 25
