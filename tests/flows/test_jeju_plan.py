"""Jeju's plan from the assumptions that come along, and planned anew from the doses that were given."""

import os
from datetime import date
from pathlib import Path

import pytest

from balmis.contexts.campaigns.plan.checks import check
from balmis.demo.replays import jeju as replay
from balmis.demo.replays.run import play
from balmis.flows.campaigns.load_campaign import load_campaign
from balmis.flows.planning.problem import PlanQuestion, WhatIf
from balmis.flows.planning.replan import replan
from balmis.flows.planning.scenarios import scenario_of
from balmis.flows.planning.site_choice import choose
from balmis.flows.planning.study import QUICK, Depth, study
from balmis.presets import FOLDER
from tests import make

DATA = (
    Path(os.environ.get("BALMIS_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    / "korea"
)
TEXT = (FOLDER / "jeju-2021.yaml").read_text(encoding="utf-8")
SLUG = "jeju-2021"


@pytest.fixture
def jeju(committed):
    return load_campaign(check(TEXT), actor=make.SYSTEM, now=make.NOON).campaign.slug


@pytest.mark.deep
def test_the_date_the_bracket_and_what_binds_are_told(jeju):
    found = study(
        PlanQuestion(campaign=jeju, scenario=scenario_of(jeju)),
        depth=Depth(futures=2_000, solved=30),
        now=make.NOON,
    )
    (aim,) = found["aims"]
    assert (aim["people"], aim["by"]) == (472_235, "2021-11-30")
    assert date(2021, 11, 1) < date.fromisoformat(aim["earliest_on"]) <= date(2021, 12, 31)
    b = aim["bracket"]
    assert 0 < b["achievable"] < b["bound"] < 1
    binding = {cause for cause, n in aim["without"].items() if n > aim["most"] + 1_000}
    assert {"supply", "capacity"} <= binding
    stations = [g for g in aim["gains"] if "station_people" in g]
    assert stations and all(0 < g["station_people"] <= g["station_doses"] for g in stations)


@pytest.mark.deep
def test_another_november_and_the_surge_change_the_answer_plausibly(jeju):
    scenario = scenario_of(jeju)

    def aim(what: WhatIf):
        return study(
            PlanQuestion(campaign=jeju, scenario=scenario, what=what), depth=QUICK, now=make.NOON
        )["aims"][0]

    base, surge = aim(WhatIf()), aim(WhatIf(surge=True))
    assert surge["earliest_on"] < base["earliest_on"] and surge["chance"] > base["chance"] + 0.2
    early, late = aim(WhatIf(by=date(2021, 10, 31))), aim(WhatIf(by=date(2021, 12, 31)))
    assert early["short"] > 10_000 and late["chance"] > base["chance"] + 0.3
    more = aim(WhatIf(surge=True, option="more-comirnaty"))
    assert more["earliest_on"] < surge["earliest_on"]


def test_the_two_centres_of_jeju_come_out_with_their_reasons(jeju):
    found = choose(jeju)
    assert set(found.covering.chosen) == {"halla-gymnasium", "innovative-city"}
    assert found.covering.covered > 0.95
    reasons = {s.candidate.code: s for s in found.scored}
    for code in found.covering.chosen:
        assert not reasons[code].lacks and reasons[code].parts["parking"] == 1
    assert (
        "jeju-student-centre" in found.unfit and "parking" in reasons["jeju-student-centre"].lacks
    )
    covered = [s.covered for s in found.by_size]
    assert covered == sorted(covered) and found.nearest.mean_km <= found.covering.mean_km + 1e-9


@pytest.mark.deep
def test_the_doses_given_to_june_give_a_new_date_and_the_difference_is_explained(committed):
    if not DATA.is_dir():
        pytest.skip(f"the published series of Korea are not in {DATA}")
    day = date(2021, 6, 17)
    series = replay.read(DATA, day)
    play(replay.script(series, check(TEXT), seed=1, scale=0.05), close_days=False)
    found = replan(
        PlanQuestion(campaign=SLUG, scenario=scenario_of(SLUG)), day, depth=QUICK, now=make.NOON
    )
    difference = found["difference"]
    # 183,176 first and 49,341 second doses to 24:00 of that day (KDCA), from a sample of one in twenty
    assert difference["given"] == pytest.approx(183_176 + 49_341, rel=0.01)
    assert difference["leads"] == pytest.approx(difference["given"] - difference["planned"], abs=2)
    assert difference["delivered"] > difference["delivered_planned"]
    (row,) = [d for d in difference["dates"] if d["aim"] == "residents-70"]
    assert row["now"] < row["planned"] and row["now"] <= row["with_deliveries"] <= row["planned"]
