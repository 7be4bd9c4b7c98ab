"""Run CDSi test cases and compare: every dose, the status, and the three dates."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from balmis.core.errors import BadInput
from balmis.core.schedule.history import Given, Observed, Person
from balmis.core.schedule.person_evaluation import evaluate
from balmis.core.schedule.rules import Schedule
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.schedule import SeriesType


@dataclass(frozen=True, slots=True)
class CaseResult:
    id: str
    name: str
    group: str
    differences: tuple[str, ...]  # empty: passed
    number_differs: bool

    @property
    def passed(self) -> bool:
        return not self.differences


def run_case(case: dict[str, Any], schedule: Schedule) -> CaseResult:
    """One case of the normalised form (one JSON object a line)."""
    person, doses = person_of(case), doses_of(case)
    group = case["vaccine_group"]
    result = evaluate(
        person, doses, schedule, date.fromisoformat(case["assessment_date"]), groups=schedule.groups
    )
    differences = [
        f"dose {d['n']}: {_words(d['expected_status'])}, not {found}"
        for d, j in zip(case["doses"], result.doses, strict=True)
        if (found := j.status_in(group) or j.status) != _words(d["expected_status"])
    ]
    forecast, expected = result.group(group, _kind(case)), case["expected"]
    for name, found_value, wanted in (
        ("status", str(forecast.status), _words(expected["series_status"])),
        *(
            (n, getattr(forecast, n), _date(expected[n]))
            for n in ("earliest", "recommended", "past_due")
        ),
    ):
        if found_value != wanted:
            differences.append(f"{name}: {wanted}, not {found_value}")
    number = expected["forecast_dose"]
    return CaseResult(
        case["id"],
        case["name"],
        group,
        tuple(differences),
        number is not None and forecast.number != number,
    )


def person_of(case: dict[str, Any]) -> Person:
    return Person(
        date.fromisoformat(case["dob"]),
        Sex(case["sex"]) if case["sex"] in set(Sex) else Sex.UNKNOWN,
        tuple(Observed(o["code"], _date(o["date"])) for o in case["observations"]),
        "U.S.",
    )


def doses_of(case: dict[str, Any]) -> list[Given]:
    return [
        Given(
            d["cvx"].zfill(2),
            date.fromisoformat(d["date"]),
            str(d["n"]),
            d["mvx"] or "",
            d["name"] or "",
        )
        for d in case["doses"]
    ]


def _kind(case: dict[str, Any]) -> SeriesType | None:
    """Which forecast the case is about, where its doses name a series type (chapter 9)."""
    named = {str(d["expected_series_type"] or "").lower() for d in case["doses"]}
    return SeriesType.RISK if "risk" in named else None


def _words(text: str) -> str:
    return {"sub-standard": "substandard"}.get(text.lower(), text.lower().replace(" ", "_"))


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def read_cases(text: str, name: str) -> list[dict[str, Any]]:
    """The cases of a file of JSON lines. Raises BadInput naming the line that is none."""
    cases = []
    for n, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            missing = _FIELDS - case.keys()
        except (json.JSONDecodeError, AttributeError):
            raise BadInput(f"{name}, line {n}: not a JSON object.") from None
        if missing:
            raise BadInput(f"{name}, line {n}: the case lacks {', '.join(sorted(missing))}.")
        cases.append(case)
    return cases


_FIELDS = {
    "id",
    "dob",
    "sex",
    "assessment_date",
    "observations",
    "doses",
    "vaccine_group",
    "expected",
}


@dataclass(frozen=True, slots=True)
class Summary:
    results: list[CaseResult]

    @property
    def passed(self) -> int:
        return sum(r.passed for r in self.results)

    @property
    def failed(self) -> list[CaseResult]:
        return [r for r in self.results if not r.passed]

    def groups(self) -> dict[str, tuple[int, int]]:
        """Passed and all cases of each vaccine group."""
        found: dict[str, tuple[int, int]] = {}
        for r in sorted(self.results, key=lambda r: r.group):
            passed, count = found.get(r.group, (0, 0))
            found[r.group] = (passed + r.passed, count + 1)
        return found

    def as_json(self, schedule: Schedule) -> dict[str, Any]:
        return {
            "schedule": schedule.id,
            "rules": schedule.hash,
            "cases": len(self.results),
            "passed": self.passed,
            "groups": {g: {"passed": p, "cases": n} for g, (p, n) in self.groups().items()},
            "dose_number_differs": [r.id for r in self.results if r.number_differs],
            "failed": [
                {"id": r.id, "group": r.group, "name": r.name, "differences": list(r.differences)}
                for r in self.failed
            ],
        }
