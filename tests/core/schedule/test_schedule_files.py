"""A broken schedule file is told where it is wrong and what to write."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from balmis.core.errors import BadInput
from balmis.core.schedule.columnar.tables import tables_of
from balmis.core.schedule.duration import parse_duration
from balmis.core.schedule.file_checks import check_schedule
from balmis.core.schedule.rules import ready
from balmis.presets import schedule_text

Change = Callable[[dict[str, Any]], object]


def dose(s: dict[str, Any], n: int) -> dict[str, Any]:
    found: dict[str, Any] = s["series"][0]["doses"][n - 1]
    return found


BROKEN: dict[str, tuple[Change, str]] = {
    "a product that is none": (
        lambda s: dose(s, 1)["preferable"].append({"product": "comirnaty"}),
        "there is no 'comirnaty' in products",
    ),
    "a set that is none": (
        lambda s: dose(s, 1)["preferable"].append({"set": "inactivatd"}),
        "did you mean 'inactivated'",
    ),
    "neither product nor set": (
        lambda s: dose(s, 1)["preferable"].append({"begin_age": "18y"}),
        "name either a product or a set",
    ),
    "an unknown key": (lambda s: dose(s, 1).update(intervalls=[]), "did you mean 'intervals'"),
    "ages that fall": (
        lambda s: dose(s, 1).update(ages=[{"min": "18y", "max": "12y"}]),
        r"max \(12y\) is shorter than min \(18y\)",
    ),
    "an age window without people": (
        lambda s: dose(s, 1).update(ages=[{"min": "18y", "max": "18y"}]),
        "no one is between 18y and 18y",
    ),
    "a window in which no product may be given": (
        lambda s: dose(s, 3).update(ages=[{"min": "1y", "max": "2y"}]),
        "no product may be given in this age window",
    ),
    "a dose without products": (
        lambda s: dose(s, 3).update(preferable=[]),
        "can never be satisfied",
    ),
    "two references of one interval": (
        lambda s: dose(s, 3)["intervals"][0].update(from_previous=True),
        "exactly one of",
    ),
    "an interval from a later dose": (
        lambda s: dose(s, 3)["intervals"][0].update(from_dose=3),
        "dose 3 does not come before dose 3",
    ),
    "two intervals for one pair": (
        lambda s: dose(s, 2)["intervals"].append({"from_previous": True, "min": "3w"}),
        "two intervals from the same dose",
    ),
    "two ages for one day": (
        lambda s: dose(s, 1)["ages"].append({"min": "3y"}),
        "two age rows hold on the same days",
    ),
    "a rule that ceases before it begins": (
        lambda s: dose(s, 1)["ages"][0].update(effective="2021-05-01", cessation="2021-04-01"),
        "ceases before",
    ),
    "doses out of order": (lambda s: dose(s, 2).update(number=3), "number the doses 1, 2, 3"),
    "a source that is not listed": (
        lambda s: dose(s, 1).update(source="rumour"),
        "there is no 'rumour' in sources",
    ),
    "a dose without any source": (
        lambda s: (dose(s, 2).pop("source"), dose(s, 2).pop("assumption", None)),
        "neither a source nor an assumption",
    ),
    "an observation that is none": (
        lambda s: s["deferrals"][0].update(observation="flu"),
        "there is no 'flu' in observations",
    ),
    "a length that is none": (
        lambda s: dose(s, 1)["ages"][0].update(min="eighteen"),
        "A length of time: 18y",
    ),
    "a length beyond all ages": (
        lambda s: dose(s, 1)["ages"][0].update(min="9999y"),
        "A length of time: 18y",
    ),
    "two defaults": (
        lambda s: s["series"][1]["select"].update(default=True, group="1"),
        "is the default of this series group",
    ),
    "a risk series for no one": (
        lambda s: s["series"][1].update(type="risk"),
        "a risk series needs indications",
    ),
    "a skip that asks for nothing": (
        lambda s: dose(s, 2).update(skips=[{"sets": [{"conditions": [{"type": "interval"}]}]}]),
        "needs 'interval'",
    ),
    "an antigen that stands twice": (
        lambda s: s["products"]["coronavac"]["antigens"].append({"antigen": "COVID-19"}),
        "stands twice for the same ages",
    ),
    "a product rule about a later dose": (
        lambda s: dose(s, 2)["product_rules"][0].update(same_as=2),
        "dose 2 does not come before dose 2",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_schedule_is_told_what_to_write(name: str) -> None:
    change, told = BROKEN[name]
    content = yaml.safe_load(schedule_text("shanxi-covid19-2021"))
    change(content)
    found, problems = check_schedule(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    assert found is None
    assert any(re.search(told, p.message) for p in problems), [str(p) for p in problems]
    assert all(p.line > 0 for p in problems)


def test_a_file_of_aliases_of_aliases_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(9))}]" for n in range(1, 12)]
    found, problems = check_schedule("\n".join(lines))
    assert found is None
    assert "more than 500,000 values" in problems[0].message


def test_a_schedule_with_features_the_columns_lack_is_refused_by_their_names() -> None:
    content = yaml.safe_load(schedule_text("shanxi-covid19-2021"))
    dose(content, 3)["recurring"] = True
    content["series"][1]["doses"][0]["season"] = {"start": "2021-10-01"}
    file, problems = check_schedule(yaml.safe_dump(content, sort_keys=False))
    assert file is not None, problems
    with pytest.raises(BadInput, match="it uses recurring doses, seasonal doses"):
        tables_of(ready(file))


def test_products_of_another_antigen_are_refused_by_the_columns() -> None:
    content = yaml.safe_load(schedule_text("shanxi-covid19-2021"))
    content["products"]["flu"] = {"name": "Flu", "antigens": [{"antigen": "Influenza"}]}
    file, problems = check_schedule(yaml.safe_dump(content, sort_keys=False))
    assert file is not None, problems
    with pytest.raises(BadInput, match="products of other antigens"):
        tables_of(ready(file))


def test_the_hash_names_the_order_of_products_too() -> None:
    content = yaml.safe_load(schedule_text("shanxi-covid19-2021"))
    first, _ = check_schedule(yaml.safe_dump(content, sort_keys=False))
    content["products"] = dict(reversed(content["products"].items()))
    second, _ = check_schedule(yaml.safe_dump(content, sort_keys=False))
    assert first is not None
    assert second is not None
    assert ready(first).hash != ready(second).hash


@pytest.mark.parametrize("text", ["", "6", "6mo -", "x6mo", "6mo 4d", "- 4d + ", "300000y"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time"):
        parse_duration(text)
