"""CDSi's own test cases, and the list of those that do not pass."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from balmis.core.errors import BadInput
from balmis.core.schedule.cdsi.conformance import (
    Summary,
    doses_of,
    person_of,
    read_cases,
    run_case,
)
from balmis.core.schedule.person_evaluation import evaluate
from balmis.core.schedule.rules import Schedule
from tests.core.schedule.exceptions import EXCEPTIONS


def summary(schedule: Schedule, path: Path) -> Summary:
    cases = read_cases(path.read_text(encoding="utf-8"), path.name)
    return Summary([run_case(case, schedule) for case in cases])


def test_every_open_case_of_healthy_people_passes(cdsi: Schedule, shared_data: Path) -> None:
    found = summary(cdsi, shared_data / "cdsi/cases-open/healthy-v4.45__sd4.64.jsonl")
    assert len(found.results) == 613
    assert [(r.id, r.differences) for r in found.failed] == []


def test_conditions_pass_except_those_on_the_reviewed_list(
    cdsi: Schedule, shared_data: Path
) -> None:
    found = summary(cdsi, shared_data / "cdsi/cases-open/conditions-v4.6__sd4.64.jsonl")
    assert len(found.results) == 210
    assert found.passed >= 0.9 * 210
    assert {r.id for r in found.failed} == set(EXCEPTIONS)


def test_the_engine_names_no_case() -> None:
    source = Path(__file__).parents[3] / "balmis" / "core" / "schedule"
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not any(case in text for case in EXCEPTIONS), path
        assert "-UC-" not in text, path


def test_a_line_that_is_no_case_is_named() -> None:
    with pytest.raises(BadInput, match="cases.jsonl, line 2: not a JSON object"):
        read_cases("\n{", "cases.jsonl")
    with pytest.raises(BadInput, match="line 1: the case lacks .*dob"):
        read_cases('{"id": "1"}', "cases.jsonl")


def test_an_answer_on_cdsi_rules_changes_by_itself_only_when_its_valid_until_has_come(
    cdsi: Schedule, shared_data: Path
) -> None:
    draw, compared = Random(3), 0
    for name in ("healthy-v4.45__sd4.64", "conditions-v4.6__sd4.64"):
        path = shared_data / "cdsi/cases-open" / f"{name}.jsonl"
        for case in read_cases(path.read_text(encoding="utf-8"), name)[::3]:
            person, doses = person_of(case), doses_of(case)
            on = person.born + timedelta(days=draw.randrange(20_000))
            later = on + timedelta(days=draw.choice((1, 10, 200)))
            groups = [case["vaccine_group"]]
            a, b = (evaluate(person, doses, cdsi, day, groups=groups) for day in (on, later))
            if a.valid_until is None or later < a.valid_until:
                assert (a.doses, a.groups) == (b.doses, b.groups), (case["id"], on, later)
                compared += 1
    assert compared > 150
