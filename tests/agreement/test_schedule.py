"""The columnar evaluator gives everyone the answer of the scalar reference, field by field."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balmis.core.schedule.campaign_offer import Offer, decide
from balmis.core.schedule.columnar.ahead import GROUP_STATUSES
from balmis.core.schedule.columnar.calendar import FAR
from balmis.core.schedule.columnar.frames import evaluate_frames
from balmis.core.schedule.columnar.offer import REASONS, decide_frame
from balmis.core.schedule.columnar.offer import STATUSES as STATUS
from balmis.core.schedule.columnar.tables import ROLES
from balmis.core.schedule.columnar.walk import FINDINGS, STATUSES
from balmis.core.schedule.file_checks import check_schedule
from balmis.core.schedule.history import Given, Person
from balmis.core.schedule.person_evaluation import Result, evaluate
from balmis.core.schedule.rules import Schedule, ready
from balmis.core.vocabulary.schedule import DoseStatus, Eligibility, Finding, SeriesStatus
from balmis.presets import schedule_text
from tests.agreement import schedules as made
from tests.budgets import examples

Case = tuple[Person, list[Given]]


def frames_of(cases: Sequence[Case]) -> dict[str, pl.DataFrame]:
    days = pl.Date
    return {
        "people": pl.DataFrame(
            [(n, p.born, str(p.sex)) for n, (p, _) in enumerate(cases)],
            schema={"person": pl.Int64, "born": days, "sex": pl.String},
            orient="row",
        ),
        "doses": pl.DataFrame(
            [
                (n, d.product, d.on, d.lot_expires_on, d.spoilt)
                for n, (_, doses) in enumerate(cases)
                for d in doses
            ],
            schema={
                "person": pl.Int64,
                "product": pl.String,
                "on": days,
                "expires_on": days,
                "spoilt": pl.Boolean,
            },
            orient="row",
        ),
        "observations": pl.DataFrame(
            [(n, o.code, o.on, o.until) for n, (p, _) in enumerate(cases) for o in p.observed],
            schema={"person": pl.Int64, "code": pl.String, "on": days, "until": days},
            orient="row",
        ),
    }


def told_by_columns(cases: Sequence[Case], schedule: Schedule, on: date) -> list[dict[str, Any]]:
    f = frames_of(cases)
    answers = evaluate_frames(
        f["people"], f["doses"], schedule, on, observations=f["observations"], threads=1
    )
    doses: dict[int, list[Any]] = {n: [] for n in range(len(cases))}
    series = [s.id for rows in schedule.series.values() for s in rows]
    for d in answers.doses.iter_rows(named=True):
        judged = d["status"] != 255
        doses[d["person"]].append(
            (
                STATUSES[d["status"]] if judged else None,
                _findings(d["findings"]),
                d["target"] or None,
                series[d["series"]] if judged else None,
            )
        )
    products = list(schedule.products)
    deferrals = [row for rows in schedule.deferrals.values() for row in rows]
    told = []
    for n, row in enumerate(answers.people.iter_rows(named=True)):
        open_ = row["earliest"] is not None
        named = [p for k, p in enumerate(products) if row["products"] >> k & 1]
        told.append(
            {
                "doses": doses[n],
                "status": GROUP_STATUSES[row["status"]],
                "findings": _findings(row["findings"]),
                "series": {s for k, s in enumerate(series) if row["series"] >> k & 1},
                "number": row["number"] if open_ else None,
                "role": ROLES[row["role"]] if open_ else "",
                **{
                    k: row[k]
                    for k in ("earliest", "recommended", "past_due", "latest", "valid_until")
                },
                "products": {p: bool(row["preferred"] >> products.index(p) & 1) for p in named},
                "own": {p: _ready_on(row, products.index(p)) for p in named},
                "deferred": row["deferred"],
                "deferred_until": row["deferred_until"],
                "deferred_by": deferrals[row["deferred_by"]].observation
                if row["deferred"]
                else None,
            }
        )
    return told


def _ready_on(row: dict[str, Any], product: int) -> date | None:
    """The product's first day by schedule and deferral."""
    if "own" in row:
        number = row["own"][product]
        return None if number == FAR else date(1970, 1, 1) + timedelta(days=number)
    if row["deferred"]:
        return max(row["earliest"], row["deferred_until"]) if row["deferred_until"] else None
    return row["earliest"]


def _findings(bits: int) -> set[Any]:
    return {finding for finding, bit in FINDINGS.items() if bits & bit}


def told_one_by_one(cases: Sequence[Case], schedule: Schedule, on: date) -> list[dict[str, Any]]:
    return [told(evaluate(p, doses, schedule, on), doses, on) for p, doses in cases]


def told(result: Result, doses: list[Given], on: date) -> dict[str, Any]:
    """A scalar result in the columns' terms."""
    judged = {d.given.key: d for d in result.doses}
    rows = []
    for dose in doses:
        found = judged.get(dose.key)
        status = found.status if found else None
        if found is None or status is None:
            rows.append((None, {found.finding} if found and found.finding else set(), None, None))
            continue
        j = next(j for j in found.judged if j.outcome.status is status)
        rows.append((status, set(j.outcome.findings), j.outcome.target, j.series))
    g = result.groups[0]
    wait = g.deferred
    same = {a.product: a.ready_on for a in g.products}
    return {
        "doses": rows,
        "status": g.status,
        "findings": set(g.findings),
        "series": set(g.series),
        "number": g.number,
        "role": g.role,
        "earliest": g.earliest,
        "recommended": g.recommended,
        "past_due": g.past_due,
        "latest": g.latest,
        "valid_until": result.valid_until,
        "products": {a.product: a.preferred for a in g.products},
        "own": same,
        "deferred": wait is not None,
        "deferred_until": wait.until if wait else None,
        "deferred_by": wait.observation if wait else None,
    }


def agree(cases: Sequence[Case], schedule: Schedule, on: date) -> None:
    columns, single = told_by_columns(cases, schedule, on), told_one_by_one(cases, schedule, on)
    for case, a, b in zip(cases, columns, single, strict=True):
        assert a == b, case


def preset(name: str) -> Schedule:
    file, problems = check_schedule(schedule_text(name))
    assert file, problems
    return ready(file)


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_both_agree_on_random_schedules_people_and_histories(seed: int) -> None:
    """300 schedules, 60 people each: 18,000 histories."""
    r = Random(seed)
    schedule = ready(made.schedule(r))
    on = r.choice(made.ON) if r.random() < 0.7 else made.day_near(r, r.choice(made.ON))
    agree([(made.person(r), made.history(r, on)) for _ in range(60)], schedule, on)


PRESETS = ("jeju-covid19-2021", "shanxi-covid19-2021", "quang-ninh-covid19-2021")


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63), st.sampled_from(PRESETS))
def test_both_agree_on_the_schedules_of_the_campaigns(seed: int, name: str) -> None:
    """60 times 60 people: 3,600 histories of the campaigns' own products."""
    r, schedule = Random(seed), preset(name)
    on = made.day_near(r, date(2021, 11, 30))
    products = dict(zip(made.PRODUCTS, [*schedule.products, *schedule.products], strict=False))
    cases = []
    for _ in range(60):
        person = made.person(r)
        doses = [
            Given(
                products.get(d.product, d.product),
                d.on,
                d.key,
                lot_expires_on=d.lot_expires_on,
                spoilt=d.spoilt,
            )
            for d in made.history(r, on)
        ]
        cases.append((person, doses))
    agree(cases, schedule, on)


# ---- the campaign's offer -------------------------------------------------------------------

GROUPS = ("staff", "old", "others", "waiting")
AREAS = (("P", "P1"), ("P", "P2"), ("Q",))


def offers(r: Random) -> list[Offer]:
    def some(values: Sequence[str]) -> frozenset[str]:
        return (
            frozenset(r.sample(values, r.randint(1, len(values))))
            if r.random() < 0.5
            else frozenset()
        )

    return [
        Offer(
            f"phase-{n}",
            some(GROUPS),
            some(("P", "P1", "Q")),
            some(ROLES),
            some(made.PRODUCTS),
            made.day_near(r, r.choice(made.ON)) if r.random() < 0.8 else None,
            made.day_near(r, r.choice(made.ON)) if r.random() < 0.4 else None,
            r.random() < 0.1,
        )
        for n in range(r.choice((0, 1, 2, 3, 4)))
    ]


@settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_both_agree_on_what_the_campaign_offers(seed: int) -> None:
    """120 campaigns, 40 people each."""
    r = Random(seed)
    schedule = ready(made.schedule(r))
    on, phases = r.choice(made.ON), offers(r)
    cases = [(made.person(r), made.history(r, on)) for _ in range(40)]
    homes = [(r.choice((*GROUPS, None)), r.randrange(len(AREAS))) for _ in cases]
    f = frames_of(cases)
    people = evaluate_frames(
        f["people"], f["doses"], schedule, on, observations=f["observations"]
    ).people
    numbers = [None if g is None else GROUPS.index(g) for g, _ in homes]
    people = people.with_columns(
        pl.Series("group", numbers, pl.Int8), pl.Series("area", [a for _, a in homes])
    )
    decided = decide_frame(
        people,
        phases,
        schedule,
        on,
        groups=GROUPS,
        areas=AREAS,
        deferred_groups=frozenset({"waiting"}),
    )
    products = list(schedule.products)
    for case, (group, area), row in zip(cases, homes, decided.iter_rows(named=True), strict=True):
        result = evaluate(*case, schedule, on)
        one = decide(
            result.groups[0],
            phases,
            on,
            group=group,
            areas=AREAS[area],
            group_deferred=group == "waiting",
            valid_until=result.valid_until,
        )
        columns = {
            "status": STATUS[row["status"]],
            "reason": REASONS[row["reason"]],
            "phase": phases[row["phase"]].phase if row["phase"] >= 0 else None,
            "products": {p for k, p in enumerate(products) if row["products"] >> k & 1},
            **{k: row[k] for k in ("from_on", "ready_on", "valid_until")},
        }
        assert columns == {
            k: getattr(one, k) if k != "products" else set(one.products) for k in columns
        }


def test_the_made_up_cases_reach_every_status_and_finding() -> None:
    """Agreement on cases that never happen would prove nothing."""
    r = Random(7)
    seen: set[object] = set()
    for _ in range(250):
        schedule, on, phases = ready(made.schedule(r)), r.choice(made.ON), offers(r)
        for _ in range(30):
            result = evaluate(made.person(r), made.history(r, on), schedule, on)
            group = result.groups[0]
            home = r.choice((*GROUPS, None))
            one = decide(
                group,
                phases,
                on,
                group=home,
                areas=AREAS[r.randrange(3)],
                group_deferred=home == "waiting",
            )
            seen |= {("status", one.status), ("reason", one.reason), ("series", group.status)}
            for dose in result.doses:
                seen |= {("dose", dose.status), ("reason", dose.finding)}
                seen |= {("reason", f) for j in dose.judged for f in j.outcome.findings}
    never = {Finding.CONFLICT, Finding.LOW_VOLUME, Finding.IMMUNE, Finding.SEASON_OVER}
    wanted = {("reason", f) for f in Finding if f not in never}
    wanted |= {("dose", s) for s in DoseStatus} | {("status", s) for s in Eligibility}
    wanted |= {("series", s) for s in SeriesStatus if s is not SeriesStatus.IMMUNE}
    assert wanted <= seen, wanted - seen


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63), st.sampled_from([1, 2, 7, 30, 200]))
def test_an_answer_changes_by_itself_only_when_its_valid_until_has_come(
    seed: int, days: int
) -> None:
    """150 schedules, 40 people each, asked again some days later: columns and offers alike."""
    r = Random(seed)
    schedule, phases = ready(made.schedule(r)), offers(r)
    on = r.choice(made.ON)
    later = on + timedelta(days=days)
    cases = [(made.person(r), made.history(r, on)) for _ in range(40)]
    for case in cases:
        home, area = r.choice((*GROUPS, None)), AREAS[r.randrange(len(AREAS))]
        before, after = (evaluate(*case, schedule, day) for day in (on, later))
        if before.valid_until is None or later < before.valid_until:
            assert (before.doses, before.groups) == (after.doses, after.groups), case
        one, two = (
            decide(
                result.groups[0],
                phases,
                result.on,
                group=home,
                areas=area,
                group_deferred=home == "waiting",
                valid_until=result.valid_until,
            )
            for result in (before, after)
        )
        if one.valid_until is None or later < one.valid_until:
            assert replace(one, valid_until=None) == replace(two, valid_until=None), case
