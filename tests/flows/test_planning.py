"""Studies of a campaign: assumptions in, answers out; what was given takes the place of what was planned."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.planning import services as studies
from balmis.contexts.planning.models import Study
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.planning import StudyState
from balmis.flows.planning import studies as planning_studies
from balmis.flows.planning.problem import PlanQuestion, WhatIf, assemble
from balmis.flows.planning.replan import replan, with_past
from balmis.flows.planning.scenarios import scenario_of
from balmis.flows.planning.site_choice import choose
from balmis.flows.planning.study import QUICK, Depth, study, study_of
from balmis.flows.planning.variants import variants
from tests import make

NOW = datetime(2021, 6, 18, 3, tzinfo=UTC)
ISLAND = """format: balmis-scenario/1
campaign: island-2021
title: {en: Island}
as_of: 2021-03-01
sources: {s: "The island"}
products:
  - {product: comirnaty, longest_days: 42, cm3_per_dose: 1.8, wastage: 0.02, source: s}
deliveries:
  - {product: comirnaty, on: 2021-03-01, doses: 60, times: 30, source: s}
  - {product: jcovden, on: 2021-07-01, doses: 50, source: s}
capacity:
  - {site: hall, from: 2021-03-01, a_week: 15, source: s}
  - {site: clinic, from: 2021-03-01, a_week: 10, source: s}
uptake: [{share: 0.9, source: s}]
surge: {factor: 2, from: 2021-05-01, source: s}
options:
  - code: more
    title: {en: More}
    price_a_dose: 2.5
    currency: USD
    regulatory: approved
    assumption: tried
    deliveries: [{product: comirnaty, on: 2021-04-01, doses: 300, source: s}]
"""
PLANNER = Actor("user:1", grants=frozenset({(Role.PLANNER.value, "/IS/")}))
SHALLOW = Depth(futures=200, solved=5)


@pytest.fixture
def island(committed):
    return make.campaign()


def test_a_study_says_when_how_surely_and_what_holds_it_back(island):
    found = study(
        PlanQuestion(campaign=island, scenario=scenario_of(island, ISLAND)), depth=SHALLOW, now=NOW
    )
    seventy, few = found["aims"]
    assert (seventy["people"], few["people"], few["reached_on"]) == (700, 2, "2021-03-01")
    assert seventy["short"] > 0 and seventy["bracket"]["futures"] == 200
    assert seventy["bracket"]["achievable"] <= seventy["bracket"]["bound"]
    assert sum(s["people"] for s in seventy["steps"]) == pytest.approx(seventy["short"], abs=2)
    given = [sum(map(sum, week)) for week in found["site_doses"]]
    assert sum(given) == pytest.approx(sum(found["first"]) + sum(found["second"]), abs=12)
    assert json.loads(json.dumps(found)) == found


def test_more_of_what_binds_and_another_day_change_the_answer(island):
    scenario = scenario_of(island, ISLAND)

    def short(what: WhatIf) -> float:
        return study(
            PlanQuestion(campaign=island, scenario=scenario, what=what), depth=QUICK, now=NOW
        )["aims"][0]["short"]

    base = short(WhatIf())
    assert short(WhatIf(surge=True)) < base and short(WhatIf(capacity=1.5)) < base
    assert short(WhatIf(supply=0.5)) > base
    assert short(WhatIf(by=date(2022, 1, 31))) <= base <= short(WhatIf(by=date(2021, 9, 30)))
    assert short(WhatIf(lag_days=60)) >= base


def test_groups_that_are_put_off_and_too_young_have_no_doses(island):
    problem = assemble(PlanQuestion(campaign=island, scenario=scenario_of(island, ISLAND))).problem
    assert problem.people.sum() == pytest.approx(1000)
    minors = problem.groups.index("minors")
    assert (
        problem.opens[minors] == problem.shape[0]
        and problem.opens[problem.groups.index("adults")] == 18
    )
    found = study(
        PlanQuestion(campaign=island, scenario=scenario_of(island, ISLAND)), depth=QUICK, now=NOW
    )
    assert sum(week[minors] for week in found["first_by_group"]) == 0
    assert sum(sum(w) for w in found["first_by_group"][:18]) > 0


def test_what_was_given_takes_the_place_of_the_plan(island):
    people = [make.person(n, area="IS-N" if n < 8 else "IS-S") for n in range(1, 11)]
    make.enrol()
    lot = make.lot(doses=60)
    for person in people[:6]:
        make.dose(person, lot)
    day = make.TODAY
    scenario = scenario_of(island, ISLAND)
    after, given = with_past(
        assemble(PlanQuestion(campaign=island, scenario=scenario), after=day), day
    )
    past = after.problem.past
    assert past is not None
    # ten are registered of a thousand: each stands for those of the area
    assert past.first.sum() == pytest.approx(given) and given == pytest.approx(6 * 600 / 7)
    assert past.due.sum() == pytest.approx(given) and past.completed.sum() == 0
    assert past.stock[0] > 0
    found = replan(PlanQuestion(campaign=island, scenario=scenario), day, depth=QUICK, now=NOW)
    assert found["starts_on"] == (day + timedelta(days=1)).isoformat()
    difference = found["difference"]
    assert difference["given"] == round(given)
    assert sum(c["doses"] for c in difference["causes"]) == pytest.approx(
        difference["lacks"], abs=2
    )
    assert {row["aim"] for row in difference["dates"]} == {"seventy", "few"}


def test_the_ways_to_go_on_stand_side_by_side_with_their_price(island):
    rows = variants(
        PlanQuestion(campaign=island, scenario=scenario_of(island, ISLAND)),
        None,
        depth=replace(QUICK, futures=100),
        now=NOW,
    )
    assert [r["name"] for r in rows] == ["as assumed", "surge", "more", "surge + more"]
    assert rows[2]["cost"] == 750 and rows[0]["cost"] is None
    assert rows[3]["aims"][0]["done_by"] >= rows[0]["aims"][0]["done_by"]


def test_assumptions_that_do_not_fit_are_told_with_their_place(island):
    for change, words in (
        ("product: jcovden, on", "no product of the campaign"),
        ("site: clinic", "no site of the campaign"),
        ("campaign: island-2021", "for the campaign"),
    ):
        wrong = ISLAND.replace(
            change,
            change.replace("jcovden", "x").replace("clinic", "x").replace("island-2021", "x"),
        )
        with pytest.raises(BadInput) as told:
            study(
                PlanQuestion(campaign=island, scenario=scenario_of(island, wrong)),
                depth=QUICK,
                now=NOW,
            )
        assert any(words in p for p in told.value.problems), told.value.problems
    for change, to, line in (
        ("share: 0.9, source: s", "share: 0.9", 14),
        ("a_week: 15, ", "", 12),
        ("doses: 60", "doses: -1", 9),
    ):
        with pytest.raises(BadInput) as told:
            scenario_of(island, ISLAND.replace(change, to))
        assert any(p.startswith(f"line {line},") for p in told.value.problems), told.value.problems
    with pytest.raises(BadInput, match="No assumptions come along"):
        scenario_of(island)
    with pytest.raises(BadInput, match="No candidate sites come along"):
        choose(island)


def asked(**changes):
    return planning_studies.asked_of(WhatIf(**changes), None, ISLAND, quick=False)


def test_a_study_is_asked_once_worked_out_and_kept(island):
    planner = PLANNER
    request = uuid4()
    found = planning_studies.ask_study(
        planning_studies.AskStudy(
            campaign=island, asked=asked(), title="first", request_id=request
        ),
        actor=planner,
        now=NOW,
    )
    again = planning_studies.ask_study(
        planning_studies.AskStudy(
            campaign=island, asked=asked(surge=True), title="x", request_id=request
        ),
        actor=planner,
        now=NOW,
    )
    assert found.pk != again.pk  # another question, though its form carried the same number
    same = planning_studies.ask_study(
        planning_studies.AskStudy(
            campaign=island, asked=asked(), title="first", request_id=request
        ),
        actor=planner,
        now=NOW,
    )
    assert found.pk == same.pk and Study.objects.count() == 2
    planning_studies.work_out(found.pk, clock=lambda: NOW)
    done = studies.study(found.pk)
    assert (done.state, done.title) == ("done", "first") and len(done.result["variants"]) == 4
    planning_studies.work_out(found.pk, clock=lambda: NOW)  # a second worker finds it done
    assert studies.study(found.pk).result == done.result


def test_a_study_is_stopped_fails_with_its_reason_or_is_lost(island):
    planner = PLANNER

    def one(text: str = ISLAND) -> Study:
        kept = planning_studies.asked_of(WhatIf(), None, text, quick=False)
        return planning_studies.ask_study(
            planning_studies.AskStudy(campaign=island, asked=kept, title="", request_id=uuid4()),
            actor=planner,
            now=NOW,
        )

    waits = one()
    planning_studies.stop_study(waits.pk, actor=planner, now=NOW)
    planning_studies.work_out(waits.pk, clock=lambda: NOW)
    assert studies.study(waits.pk).state == "cancelled"
    runs = one()
    studies.begin(runs.pk, now=NOW)
    assert studies.hear(runs.pk, "aims", 1, 5, now=NOW)
    planning_studies.stop_study(runs.pk, actor=planner, now=NOW)
    assert not studies.hear(runs.pk, "aims", 2, 5, now=NOW)
    studies.cancelled(runs.pk, now=NOW)
    wrong = one(ISLAND.replace("site: clinic", "site: nowhere"))
    planning_studies.work_out(wrong.pk, clock=lambda: NOW)
    failed = studies.study(wrong.pk)
    assert failed.state == "failed" and "no site of the campaign" in failed.problem
    lost = one()
    studies.begin(lost.pk, now=NOW)
    assert studies.give_up(now=NOW + timedelta(minutes=6)) == 1
    assert studies.study(lost.pk).problem == "interrupted"
    studies.finish(lost.pk, {"late": 1}, now=NOW)  # its worker wakes up after all
    assert studies.study(lost.pk).result is None
    studies.give_up(now=NOW + timedelta(days=9))
    assert Study.objects.count() == 0
    assert {s.value for s in StudyState} == {"waiting", "running", "done", "failed", "cancelled"}


def test_only_planners_ask(island):
    nurse = Actor("user:2", grants=frozenset({(Role.VACCINATOR.value, "/IS/IS-N/")}))
    with pytest.raises(NotAllowed):
        planning_studies.ask_study(
            planning_studies.AskStudy(campaign=island, asked=asked(), title="", request_id=uuid4()),
            actor=nurse,
            now=NOW,
        )
    with pytest.raises(NotAllowed):
        planning_studies.try_out(
            island, asked(), request_id=uuid4(), actor=nurse, clock=lambda: NOW
        )
    assert campaigns.campaign(island).slug == island and Study.objects.count() == 0


def test_days_that_cannot_be_planned_from_are_refused(island):
    scenario = scenario_of(island, ISLAND)
    for day, words in (
        (date(1, 1, 1), "not a day of the campaign"),
        (date(2021, 12, 24), "not over"),
        (date(2021, 2, 1), "not a day of the campaign"),
        (date(2021, 7, 1), "not over"),
    ):
        with pytest.raises(BadInput, match=words):
            replan(PlanQuestion(campaign=island, scenario=scenario), day, depth=QUICK, now=NOW)


def test_a_target_counts_to_its_very_day_and_a_day_that_is_over_counts_what_was_done(island):
    with pytest.raises(BadInput, match="not within the weeks"):
        assemble(
            PlanQuestion(
                campaign=island,
                scenario=scenario_of(island, ISLAND),
                what=WhatIf(by=date(2021, 2, 1)),
            )
        )
    found, _ = with_past(
        assemble(
            PlanQuestion(
                campaign=island,
                scenario=scenario_of(island, ISLAND),
                what=WhatIf(by=date(2021, 4, 1)),
            ),
            after=make.TODAY,
        ),
        make.TODAY,
    )
    aim = study_of(found, WhatIf(), depth=QUICK, now=NOW)["aims"][0]
    assert aim["done_by"] == 0 and aim["short"] == 700 and aim["chance"] == 0
    by = date(2021, 11, 30)  # two days into a week: they count
    aim = study(
        PlanQuestion(campaign=island, scenario=scenario_of(island, ISLAND), what=WhatIf(by=by)),
        depth=QUICK,
        now=NOW,
    )["aims"][0]
    assert (
        aim["by"] == by.isoformat() and aim["done"][38] - 1 <= aim["done_by"] <= aim["done"][39] + 1
    )


def test_deliveries_are_neither_doubled_nor_lost(island):
    scenario = scenario_of(island, ISLAND)

    def coming(what: WhatIf = WhatIf(), after: date | None = None):  # noqa: B008
        return (
            assemble(PlanQuestion(campaign=island, scenario=scenario, what=what), after=after)
            .problem.supply.sum(axis=0)
            .tolist()
        )

    assert coming() == [60 * 30, 50]
    late = WhatIf(lag_days=14)
    day = date(2021, 4, 15)  # seven of thirty have come, that of the day too
    assert coming(after=day) == [60 * 23, 50] and coming(late, day) == [60 * 23, 50]
    early = scenario_of(
        island, ISLAND.replace("on: 2021-03-01, doses: 60", "on: 2021-02-20, doses: 60")
    )
    assert (
        assemble(PlanQuestion(campaign=island, scenario=early)).problem.supply[:, 0].sum()
        == 60 * 30
    )


def test_groups_of_a_phase_that_is_put_off_wait_and_boosters_are_not_planned(island):
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.flows.campaigns.load_campaign import load_campaign

    text = make.plan_text().replace("starts_on: 2021-07-01, source", "status: deferred, source")
    load_campaign(check(text), actor=make.SYSTEM, now=make.NOON)
    problem = assemble(
        PlanQuestion(campaign=island, scenario=scenario_of(island, ISLAND)), after=date(2021, 6, 17)
    ).problem
    assert problem.opens[problem.groups.index("adults")] == problem.shape[0]
    text = text.replace("measure: completed", "measure: boosted").replace(
        "measure: covered", "measure: doses"
    )
    load_campaign(check(text), actor=make.SYSTEM, now=make.NOON)
    with pytest.raises(BadInput, match="boosters"):
        assemble(
            PlanQuestion(campaign=island, scenario=scenario_of(island, ISLAND)),
            after=date(2021, 6, 17),
        )


def test_who_waits_too_long_already_is_told(island):
    person = make.person(1)
    make.enrol()
    make.dose(
        person, make.lot(doses=6), given_at=datetime(2021, 4, 1, 3, tzinfo=UTC)
    )  # eleven weeks before; six at most
    scenario = scenario_of(island, ISLAND.replace("doses: 60", "doses: 0"))
    found, _ = with_past(
        assemble(PlanQuestion(campaign=island, scenario=scenario), after=make.TODAY), make.TODAY
    )
    past = found.problem.past
    assert past is not None and past.due[0].sum() == pytest.approx(600) and past.wait is not None
    assert past.wait.sum() == 0  # nobody of them may wait on
    assert study_of(found, WhatIf(), depth=QUICK, now=NOW)["late"] > 600
