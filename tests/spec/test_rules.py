"""Each example of each rule gives what its page says."""

from datetime import date

import msgspec
import pytest
import yaml

from balmis.core.schedule.file_checks import check_schedule
from balmis.core.schedule.history import Given, Observed, Person
from balmis.core.schedule.person_evaluation import Result, evaluate
from balmis.core.schedule.rules import ready
from tests.spec.example import Example, Rule
from tests.spec.rules import RULES


def given(text: str, n: int) -> Given:
    """'alpha@2021-01-01/expiry: status reasons' without what is expected."""
    product, _, days = text.partition(":")[0].partition("@")
    day, _, expires = days.partition("/")
    return Given(
        product,
        date.fromisoformat(day),
        f"{n:03}",
        lot_expires_on=date.fromisoformat(expires) if expires else None,
    )


def evaluated(rule: Rule, example: Example) -> Result:
    text = yaml.safe_dump(msgspec.to_builtins(rule.schedule()), sort_keys=False)
    file, problems = check_schedule(text)
    assert file is not None, problems
    person = Person(example.born, observed=tuple(Observed(*o) for o in example.observed))
    return evaluate(
        person, [given(t, n) for n, t in enumerate(example.doses)], ready(file), example.on
    )


@pytest.mark.parametrize(
    ("rule", "example"),
    [pytest.param(r, e, id=f"{r.name}: {e.title}") for r in RULES for e in r.examples],
)
def test_rule(rule: Rule, example: Example) -> None:
    result = evaluated(rule, example)
    for text, dose in zip(example.doses, result.doses, strict=True):
        status, *reasons = text.partition(": ")[2].split()
        found = sorted({f.value for j in dose.judged for f in j.outcome.findings})
        assert (dose.status and dose.status.value, found) == (status, sorted(reasons)), text
    group = result.groups[0]
    assert group.status.value == example.status
    assert (group.earliest, group.recommended, group.past_due) == (
        example.earliest,
        example.recommended,
        example.past_due,
    )
    if example.products is not None:
        assert tuple(a.product for a in group.products) == example.products


def test_names_are_addresses_and_stand_once() -> None:
    names = [r.name for r in RULES]
    assert len(names) == len(set(names))
    assert all(name.replace("-", "").isalnum() for name in names)
