"""Fully vaccinated as recorded, and by the schedule: both numbers, why they differ, and of whom."""

from datetime import timedelta

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.reporting.courses import count_courses
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.schedule import Finding
from balmis.flows.eligibility.run import RunEligibility, run_eligibility
from balmis.flows.reporting.daily_report import report
from balmis.worker.jobs import deliver_all
from tests import make
from tests.web.conftest import user
from tests.web.test_lists import text_of

PAGE = f"/coordination/{make.SLUG}/courses/"


@pytest.fixture
def world(committed):
    """One with two good doses; one whose second came after 12 days; one with a first dose alone."""
    make.campaign()
    people = [make.person(n, area="IS-N" if n < 3 else "IS-S") for n in (1, 2, 3)]
    make.enrol()
    for person, days in zip(people, (30, 12, 30), strict=True):
        make.dose(person, given_at=make.NOON - timedelta(days=days), now=make.NOON)
    for person in people[:2]:
        make.dose(person, kind=DoseKind.PRIMARY_2)
    deliver_all(now=make.LATER)
    return people


def run():
    cmd = RunEligibility(campaign=make.SLUG, on=make.TODAY)
    run_eligibility(cmd, actor=make.SYSTEM, clock=lambda: make.LATER)


def test_the_two_numbers_are_told_side_by_side_and_the_first_is_the_report_s(world):
    run()
    found = count_courses(campaigns.campaign(make.SLUG).pk)
    told = report(make.SLUG, make.TODAY, now=make.LATER).people.completed.total
    assert found.recorded == told == 2
    assert (found.both, found.recorded_only, found.schedule_only, found.untold) == (1, 1, 0, 0)
    assert found.by_schedule == 1 and [n for _, n in found.why] == [1]
    assert found.why[0][0] in (Finding.DUE, Finding.DUE_LATER, Finding.OVERDUE)


def test_without_a_run_only_the_recorded_reading_is_known(world):
    assert "only the reading as recorded is known" in text_of(user(Role.PLANNER).get(PAGE))


def test_the_people_are_shown_to_who_may_look_them_up_and_the_look_is_logged(world):
    run()
    planner = text_of(user(Role.PLANNER).get(PAGE))
    assert "As recorded alone 1" in planner and "an earlier dose does not count" in planner
    registrar = user(Role.REGISTRAR, area="IS-N")
    page = text_of(registrar.get(PAGE))
    assert "Resident 2" in page and "Resident 1" not in page
    entry = AuditEntry.objects.filter(action="courses.differences_read").latest("pk")
    assert entry.facts["people"] == [world[1].pk]
    away = text_of(user(Role.REGISTRAR, area="IS-S").get(PAGE))
    assert "Resident 2" not in away and "As recorded alone 1" in away
    overview = text_of(user(Role.PLANNER).get(f"/coordination/{make.SLUG}/?on={make.TODAY}"))
    assert "as recorded" in overview and "by the schedule" in overview
