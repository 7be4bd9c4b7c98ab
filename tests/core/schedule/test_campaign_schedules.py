"""The schedules of the three campaigns say what their texts say."""

import csv
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from balmis.core.schedule.campaign_offer import Offer, decide
from balmis.core.schedule.file_checks import check_schedule
from balmis.core.schedule.history import Given, Observed, Person
from balmis.core.schedule.person_evaluation import evaluate
from balmis.core.schedule.rules import Schedule, ready
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.schedule import DoseStatus, Eligibility, Finding, SeriesStatus
from balmis.presets import schedule_names, schedule_text

ADULT = Person(date(1980, 5, 31), Sex.FEMALE)


def schedule(name: str) -> Schedule:
    file, problems = check_schedule(schedule_text(name))
    assert file is not None, problems
    return ready(file)


SHANXI, JEJU = "shanxi-covid19-2021", "jeju-covid19-2021"


def given(*doses: str) -> list[Given]:
    return [Given(d.split("@")[0], date.fromisoformat(d.split("@")[1])) for d in doses]


@pytest.mark.parametrize("name", schedule_names())
def test_each_schedule_is_free_of_problems_and_every_dose_has_a_source(name: str) -> None:
    file, problems = check_schedule(schedule_text(name))
    assert problems == ()
    assert file is not None
    assert all(d.source or d.assumption or s.source for s in file.series for d in s.doses)


def test_shanxis_booster_is_due_six_calendar_months_after_the_second_dose() -> None:
    doses = given("bbibp-corv@2021-05-10", "bbibp-corv@2021-05-31")
    group = evaluate(ADULT, doses, schedule(SHANXI), date(2021, 11, 15)).groups[0]
    assert (group.role, group.number, group.earliest) == ("booster", 3, date(2021, 12, 1))
    assert [(a.product, a.preferred) for a in group.products] == [
        ("bbibp-corv", True),
        ("coronavac", False),
    ]


def test_a_booster_of_the_other_manufacturer_counts_with_a_note() -> None:
    doses = given("bbibp-corv@2021-05-01", "coronavac@2021-05-25", "bbibp-corv@2021-11-25")
    result = evaluate(ADULT, doses, schedule(SHANXI), date(2021, 12, 1))
    assert [d.status for d in result.doses] == [DoseStatus.VALID] * 3
    assert Finding.OTHER_THAN_SHOULD in result.doses[2].judged[0].outcome.findings
    assert result.groups[0].status is SeriesStatus.COMPLETE


def test_a_booster_a_day_early_does_not_count() -> None:
    doses = given("coronavac@2021-05-01", "coronavac@2021-05-25", "coronavac@2021-11-24")
    result = evaluate(ADULT, doses, schedule(SHANXI), date(2021, 12, 1))
    assert result.doses[2].status is DoseStatus.NOT_VALID
    assert result.doses[2].judged[0].outcome.findings == (Finding.TOO_SOON,)


def test_one_janssen_dose_is_a_whole_course_in_jeju() -> None:
    result = evaluate(ADULT, given("jcovden@2021-06-10"), schedule(JEJU), date(2021, 6, 17))
    assert result.groups[0].status is SeriesStatus.COMPLETE


@pytest.mark.parametrize(
    ("born", "preferred"),
    [(date(1985, 1, 1), ["comirnaty"]), (date(1960, 1, 1), ["vaxzevria", "comirnaty"])],
)
def test_after_astrazeneca_people_under_fifty_are_offered_pfizer(
    born: date, preferred: list[str]
) -> None:
    group = evaluate(
        Person(born), given("vaxzevria@2021-05-01"), schedule(JEJU), date(2021, 7, 20)
    ).groups[0]
    assert group.earliest == date(2021, 6, 26)  # eight weeks
    assert group.past_due == date(2021, 7, 23)  # twelve weeks, less a day
    assert sorted(a.product for a in group.products if a.preferred) == sorted(preferred)


def test_a_dose_outside_its_phase_is_valid_and_a_person_outside_is_told_from_when() -> None:
    rules = schedule(JEJU)
    result = evaluate(ADULT, given("comirnaty@2021-04-01"), rules, date(2021, 4, 10))
    assert result.doses[0].status is DoseStatus.VALID
    later = Offer("adults", frozenset({"adults"}), opens_on=date(2021, 7, 1))
    found = decide(result.groups[0], [later], date(2021, 4, 10), group="adults", areas=["KR-49"])
    assert (found.status, found.reason) == (Eligibility.NOT_YET, Finding.PHASE_LATER)
    assert (found.from_on, found.ready_on) == (date(2021, 7, 1), date(2021, 4, 22))


def test_a_deferral_moves_the_day_and_says_until_when() -> None:
    ill = Person(date(1980, 1, 1), observed=(Observed("infection", date(2021, 3, 31)),))
    result = evaluate(ill, [], schedule(JEJU), date(2021, 5, 1))
    group = result.groups[0]
    assert group.status is SeriesStatus.NOT_COMPLETE
    assert group.deferred is not None
    assert group.deferred.until == date(2021, 7, 1)  # 31 June does not exist
    assert result.valid_until == date(2021, 7, 1)


def test_shanxis_wave_of_june_becomes_due_in_december(shared_data: Path) -> None:
    """Second doses by day, from the province's published totals, evaluated with the schedule.

    Source: data/china/shanxi_campaign_facts.csv, people with two doses.
    """
    with (shared_data / "china" / "shanxi_campaign_facts.csv").open(encoding="utf-8") as handle:
        totals = sorted(
            (date.fromisoformat(row["date"]), int(row["value"]))
            for row in csv.DictReader(handle)
            if row["fact"] == "people_two_doses"
        )
    rules, due = schedule(SHANXI), {}
    for (first, low), (last, high) in pairwise(totals):
        days = (last - first).days
        for n in range(days):
            second = first + timedelta(days=n + 1)
            doses = [Given("coronavac", second - timedelta(days=21)), Given("coronavac", second)]
            group = evaluate(ADULT, doses, rules, date(2021, 11, 1)).groups[0]
            assert group.earliest is not None
            due[group.earliest] = due.get(group.earliest, 0) + (high - low) / days
    before = totals[0][1]  # done by the first report: due by mid-November at the latest

    def people(first: date, last: date) -> float:
        return sum(n for day, n in due.items() if first <= day <= last)

    november = before + people(date(2021, 11, 1), date(2021, 11, 20))
    assert november < 1_600_000
    wave = people(date(2021, 12, 13), date(2021, 12, 26))
    assert 7_900_000 < wave < 8_300_000
