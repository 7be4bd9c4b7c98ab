"""The rules that a desk applies without a network say what the server's rules say."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balmis.core.clinic.consent import speaks_for_minor
from balmis.core.clinic.pre_dose_check import Lot, Situation, Vial, at_the_door, clear
from balmis.core.clinic.screening import asked, screen
from balmis.core.clinic.visit_status import VisitStep, standing, status_of
from balmis.core.errors import BadInput
from balmis.core.supply.gs1_scan import read_scan
from balmis.core.vocabulary.clinic import Check, Outcome, StepKind
from balmis.core.vocabulary.schedule import Eligibility
from balmis.flows.clinic.texts import clinic_file
from tests.budgets import examples
from tests.stories.conftest import browser  # noqa: F401 a fixture

STATIC = Path(__file__).parents[2] / "balmis" / "web" / "static"
EACH = settings(
    max_examples=examples(25),
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page(browser) -> Iterator[Any]:  # noqa: F811
    """A page that can import the desk's modules."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = browser.new_page()
    found.goto(f"http://127.0.0.1:{server.server_port}/icon.svg")
    yield found
    found.close()
    server.shutdown()
    server.server_close()


def run(page: Any, module: str, function: str, calls: list[list[Any]]) -> list[Any]:
    """The function of the module for each list of arguments."""
    script = f"""async (calls) => {{
      const {{ {function} }} = await import("/clinic/{module}.js");
      return calls.map((c) => {function}(...c) ?? null);
    }}"""
    found: list[Any] = page.evaluate(script, json.loads(msgspec.json.encode(calls)))
    return found


DAY = date(2021, 6, 17)
NOW = datetime(2021, 6, 17, 3, tzinfo=UTC)
days = st.none() | st.sampled_from([DAY + timedelta(days=n) for n in (-30, -1, 0, 1, 30)])
moments = st.sampled_from([NOW + timedelta(hours=n) for n in (-30, -24, -1, 0, 1)])
products = st.sampled_from(["comirnaty", "jcovden", "*"])
situations = st.builds(
    Situation,
    now=st.just(NOW),
    today=st.just(DAY),
    as_of=moments,
    status=st.sampled_from(list(Eligibility)),
    from_on=days,
    products=st.lists(products, max_size=2).map(tuple),
    age=st.none() | st.integers(10, 20),
    youngest=st.sampled_from([0, 12]),
    dose_today=st.booleans(),
    reaction=st.booleans(),
    open_case=st.booleans(),
    perhaps_known=st.booleans(),
    unregistered=st.booleans(),
    screened_on=days,
    outcome=st.none() | st.sampled_from(list(Outcome)),
    deferred_until=days,
    never=st.lists(products, max_size=1).map(tuple),
    consent=st.booleans(),
    minor=st.booleans(),
    guardian=st.booleans(),
    booked_product=st.sampled_from(["", "comirnaty"]),
    booked_here=st.booleans(),
    lot=st.none()
    | st.builds(
        Lot,
        product=products,
        known=st.booleans(),
        held=st.booleans(),
        watched=st.booleans(),
        expires_on=days,
        here=st.booleans(),
        min_age=st.sampled_from([0, 12, 18]),
    ),
    vial=st.none()
    | st.builds(Vial, use_by=st.none() | moments, left=st.none() | st.integers(-1, 3)),
)


@EACH
@given(st.lists(situations, min_size=40, max_size=60))
def test_the_check_before_the_needle(page, cases):
    ours = [msgspec.to_builtins(clear(s)) for s in cases]
    theirs = run(page, "clearing", "clear", [[s] for s in cases])
    assert theirs == [{"light": o["light"], "checks": list(o["checks"])} for o in ours]


@EACH
@given(st.lists(situations, min_size=40, max_size=60))
def test_what_is_said_at_the_door(page, cases):
    ours = [msgspec.to_builtins(at_the_door(s)) for s in cases]
    theirs = run(page, "clearing", "atTheDoor", [[s] for s in cases])
    assert theirs == [{"light": o["light"], "checks": list(o["checks"])} for o in ours]


def test_whose_consent_counts_for_a_minor(page):
    said = ("", " ", "x")
    cases = [
        [{"by": by, "name": name, "relation": relation, "maturity": maturity}, age, mature]
        for by in ("self", "guardian")
        for name in said
        for relation in said
        for maturity in said
        for age in (12, 16)
        for mature in (0, 14)
    ]
    ours = [speaks_for_minor(c, age=age, maturity_age=mature) for c, age, mature in cases]
    assert run(page, "clearing", "speaksForMinor", cases) == ours
    assert set(ours) == {True, False}


def test_every_check_comes_up_somewhere():
    """The cases above are worth something only if they reach every rule."""
    seen: set[Check] = set()
    find = settings(max_examples=600, database=None, derandomize=True, deadline=None)

    @find
    @given(situations)
    def look(s: Situation) -> None:
        seen.update(clear(s).checks)

    look()
    assert seen == set(Check)


steps = st.builds(
    lambda n, kind, minute, outcome, undoes: (n, kind, minute, outcome, undoes),
    st.integers(0, 9),
    st.sampled_from(list(StepKind)),
    st.integers(0, 4),
    st.sampled_from(list(Outcome)),
    st.integers(0, 9),
)


def _ours(row: Any) -> VisitStep:
    n, kind, minute, outcome, undoes = row
    return VisitStep(
        str(n),
        kind,
        NOW + timedelta(minutes=minute),
        outcome if kind in (StepKind.SCREEN, StepKind.DOCTOR) else None,
        str(undoes) if kind is StepKind.UNDO else None,
    )


def _theirs(step: VisitStep) -> dict[str, Any]:
    facts = {"outcome": step.outcome, "step": step.undoes}
    return {
        "request_id": step.key,
        "kind": step.kind,
        "at": step.at,
        "facts": {k: v for k, v in facts.items() if v is not None},
    }


@EACH
@given(st.lists(st.lists(steps, max_size=8, unique_by=lambda r: r[0]), min_size=20, max_size=40))
def test_where_a_visit_stands(page, visits):
    cases = [[_ours(row) for row in rows] for rows in visits]
    ours = [status_of(case) if standing(case) else None for case in cases]
    assert run(page, "visiting", "statusOf", [[[_theirs(s) for s in c]] for c in cases]) == ours


@EACH
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "comirnaty", "vaxzevria"]),
            st.sampled_from("FMU"),
            st.lists(st.sampled_from([True, False, None]), min_size=10, max_size=10),
        ),
        min_size=20,
        max_size=40,
    )
)
def test_what_answers_say(page, people):
    of = clinic_file().screening[0]
    ours, calls, whom, to_ask = [], [], [], []
    for product, sex, said in people:
        answers = {q.code: a for q, a in zip(of.questions, said, strict=True) if a is not None}
        questions = asked(of, product=product, sex=sex)
        found = screen(questions, answers, DAY)
        ours.append(
            {
                "outcome": found.outcome,
                "reasons": list(found.reasons),
                "until": found.until.isoformat() if found.until else None,
                "missing": list(found.missing),
            }
        )
        calls.append([questions, answers, DAY])
        whom.append([of, product, sex])
        to_ask.append([q.code for q in questions])
    assert run(page, "screening", "screen", calls) == ours
    theirs = run(page, "screening", "asked", whom)
    assert [[q["code"] for q in found] for found in theirs] == to_ask


GTIN = "09501101530003"
parts = st.lists(
    st.sampled_from(
        [
            f"01{GTIN}",
            "0109501101530004",
            "17251200",
            "17251231",
            "17251301",
            "17250230",
            "10AB12",
            "10AB12\x1d",
            "21S9004",
            "21S9004\x1d",
            "11210601",
            "\x1d",
            "(01)",
            "x",
            "3712",
        ]
    ),
    max_size=5,
).map("".join)


@EACH
@given(
    st.lists(
        parts | st.just("]d2" + f"01{GTIN}1725120010AB12\x1d21S9004"), min_size=20, max_size=40
    )
)
def test_what_a_scanner_says(page, texts):
    ours = [_scanned(t) for t in texts]
    theirs = run(page, "scanning", "readScan", [[t] for t in texts])
    assert [None if "problem" in t else t for t in theirs] == ours


def _scanned(text: str) -> dict[str, Any] | None:
    try:
        found = read_scan(text)
    except BadInput:
        return None
    return {
        "gtin": found.gtin,
        "serial": found.serial,
        "lots": list(found.lots),
        "expires_on": found.expires_on.isoformat() if found.expires_on else None,
    }


def test_one_step_that_cannot_be_read_stops_no_other(page):
    """The server refuses a whole request for one odd character in it."""
    script = """async () => {
      const { Sync, storable } = await import("/clinic/syncing.js");
      const sync = new Sync("/", "x", () => {}, () => {});
      let asked = 0;
      sync.ask = async (path, { body }) => {
        asked += 1;
        const { steps } = JSON.parse(body);
        if (steps.some((s) => s.facts.what?.includes("\ud842")))
          throw Object.assign(new Error("offline"), { status: 400, detail: "" });
        return steps.map((s) => ({ request_id: s.request_id, state: "new" }));
      };
      const steps = [...Array(9).keys()].map((n) => ({ request_id: `s${n}`, facts: {} }));
      steps[4].facts.what = "abc \ud842";
      const told = await sync.post(steps);
      return {
        states: told.map((a) => [a.request_id, a.state]),
        asked,
        kept: storable({ what: ["abc \ud842", "\ud83d\ude00", "a\0b"] }),
      };
    }"""
    found = page.evaluate(script)
    assert dict(found["states"]) == {f"s{n}": "refused" if n == 4 else "new" for n in range(9)}
    assert found["asked"] < 10
    assert found["kept"] == {"what": ["abc ?", "😀", "a?b"]}
