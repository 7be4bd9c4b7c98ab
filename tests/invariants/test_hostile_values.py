"""No value of a field, however odd, is answered with a fault of ours or leaves half of what was asked.

Every request of the walk is sent again with one field changed at a time, in the state in which the whole
request is right; what it wrote is taken back. A few of these each time, in turn; all of them in a deep run.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4
from zlib import crc32

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from tests.budgets import DEEP
from tests.databases import fresh_copy
from tests.walk.sending import Told, tried
from tests.walk.steps import BY, GONE, Step
from tests.walk.way import walk
from tests.walk.world import World

TEXTS = [
    "",
    "   ",
    "x" * (1_000_000 if DEEP else 50_000),
    "x" * 45,
    "x" * 310,
    "a\x00b",
    "a\ud800",
    "\u202e\u200b",
    "%",
    "{0}",
    "<b>",
    "-1",
    "0",
    "0.5",
    "1_000",
    "1e400",
    "NaN",
    "²",
    "٣",
    str(2**15),
    str(2**31),
    str(2**63),
    "9" * 400,
    "0001-01-01",
    "9999-12-31",
    "2021-02-30",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "0001-01-01T00:00:00+14:00",
    "00:00",
    "23:59:59.999",
    GONE,
]
VALUES: list[Any] = [
    *(text for text in TEXTS if text is not GONE),
    None,
    True,
    0,
    -1,
    0.5,
    1e308,
    2**15,
    2**31,
    2**63,
    10**400,
    [],
    {},
    ["a"],
    [[]],
    {"a": 1},
    "9999-12-31T23:59:59Z",
    "2021-06-17T00:00:00",
    GONE,
]
EACH_TIME = 120  # one in so many is tried outside deep runs
WHEN_DEEP = 12  # all of them leave the walk in a state in which its next step does not fit

Case = tuple[str, Any, dict[str, Any]]  # the field, the value, the whole body


def _of_form(step: Step) -> Iterator[Case]:
    for name, value in step.body.items():
        if isinstance(value, SimpleUploadedFile):
            odd = [b"", b"\x00" * 100, b"PK\x03\x04" + b"x" * 50, b"a,b\n" * 3, b"\xff\xfe\xff"]
            values: list[Any] = [SimpleUploadedFile(value.name or "", data) for data in odd]
        else:
            values = [*TEXTS, str(uuid4()), [value, value], [value, "zz"]]
        for odd_one in values:
            yield name, odd_one, step.body | {name: odd_one}
    yield "(another)", "x", step.body | {"\x00%s": "x", BY: step.client}


def _of_json(step: Step) -> Iterator[Case]:
    for path in _paths(step.body):
        for value in [*VALUES, str(uuid4())]:
            yield ".".join(map(str, path)), value, _put(step.body, path, value)


def _paths(found: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value stands, and every list and object."""
    inside = found.items() if isinstance(found, dict) else enumerate(found[:2])
    for key, value in inside:
        yield (*before, key)
        if isinstance(value, dict | list):
            yield from _paths(value, (*before, key))


def _put(found: Any, path: tuple[Any, ...], value: Any) -> Any:
    copied = json.loads(json.dumps(found, default=str))
    at = copied
    for key in path[:-1]:
        at = at[key]
    if value is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return copied


def _due(step: Step, n: int, case: Case) -> bool:
    """Every one in its turn, so that each run tries some of each door."""
    every = WHEN_DEEP if DEEP else EACH_TIME
    return (crc32(f"{step.door} {case[0]}".encode()) + n) % every == 0


def _wrong(case: Case, step: Step, came: Told) -> list[str]:
    if came.in_words and not came.wrote:
        return []
    value = repr(case[1])[:40]
    what = came.fault or f"half written: {came.wrote}" if came.wrote else came.fault
    return [f"{step.door} {case[0]}={value}: {came.status} {what or 'without words'}"[:300]]


@pytest.mark.random
def test_no_value_of_a_field_is_a_fault_of_ours(template):
    wrong: list[str] = []
    with fresh_copy(template), override_settings(ALLOWED_HOSTS=["testserver"]):
        for step in walk(World()):
            cases = _of_json(step) if step.json else _of_form(step)
            for n, case in enumerate(cases):
                if _due(step, n, case):
                    wrong += _wrong(case, step, tried(step, whole=case[2]))
            step.answer = step.send()
    assert wrong == []
