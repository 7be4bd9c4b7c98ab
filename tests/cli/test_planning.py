"""Planning from the command line: the first arithmetic, and a centre's day."""

import json

import pytest

from tests.cli.test_commands import ISLAND

CENTRE = """format: balmis-centre/1
title: small
stations:
  - {name: desk, servers: 2, lasts: {kind: fixed, a: 3}}
observe_after: desk
observation: [{minutes: 15, share: 1}]
arrivals: {a_slot: 5, hours: 2}
seats: 4
"""


def test_the_first_arithmetic_of_a_campaign(balmis):
    balmis("campaign", "load", ISLAND)
    told = json.loads(
        balmis(
            "plan", "first", "island-2021", "--a-day", 10, "--begin", "2021-06-01", "--json"
        ).stdout
    )
    first = told[0]
    assert first["doses"] == first["people"] * first["doses_each"]
    assert first["days"] == first["doses"] / 10 and first["staff"]["vaccination"] >= 1
    late = ("plan", "first", "island-2021", "--a-day", 1, "--by", "2021-06-20")
    assert "the day of the target has passed" in balmis(*late).stdout
    text = balmis(*late, "--begin", "2021-06-01").stdout
    assert "TOO LATE" in text and "any one of these makes it possible" in text
    assert "observation seats" in text
    bad = balmis("plan", "first", "nowhere", check=False)
    assert bad.returncode != 0 and "no campaign" in bad.stderr


def test_a_centre_s_day_from_a_preset_and_from_a_file(balmis, tmp_path):
    assert "halla-gymnasium" in balmis("centre", "presets").stdout
    text = balmis("centre", "simulate", "halla-gymnasium", "--days", 20).stdout
    assert "bottleneck: screening" in text and "20 days, seed 1, centre/2" in text
    file = tmp_path / "small.yaml"
    file.write_text(CENTRE)
    told = json.loads(balmis("centre", "simulate", file, "--days", 10, "--json").stdout)
    assert told["seats"] == 4 and told["seated_p99"] <= 4 and told["certified"] < 10
    for change, words in (
        ("servers: 2", "servers: 0"),
        ("observe_after: desk", "observe_after: door"),
        ("kind: fixed", "kind: weibull"),
        ("share: 1", "share: 0.5"),
    ):
        file.write_text(CENTRE.replace(change, words))
        bad = balmis("centre", "simulate", file, check=False)
        assert bad.returncode != 0 and "cannot be used" in " ".join(bad.stderr.split()), words
    gone = balmis("centre", "simulate", "nope", check=False)
    assert gone.returncode != 0 and "no centre that comes along" in gone.stderr


def test_a_centre_is_sized(balmis, tmp_path):
    told = json.loads(balmis("centre", "size", "halla-gymnasium", "--days", 6, "--json").stdout)
    assert told["most_an_hour"] >= 60 and told["wait_p95"] <= 10
    once, twice = (sum(told["staff"][f]["servers"].values()) for f in ("1", "2"))
    assert once < twice <= 2 * once and 30 < told["seats"] < told["parking"]
    text = balmis("centre", "size", "halla-gymnasium", "--days", 6).stdout
    assert "appointments an hour" in text and "places to park" in text
    bad = balmis("centre", "size", "halla-gymnasium", "--wait", "0.0001", check=False)
    assert bad.returncode != 0


SCENARIO = """format: balmis-scenario/1
campaign: island-2021
title: {en: Island}
as_of: 2021-03-01
deliveries: [{product: comirnaty, on: 2021-03-01, doses: 60, times: 30, assumption: tried}]
capacity: [{site: hall, a_week: 15, assumption: tried}, {site: clinic, a_week: 10, assumption: tried}]
uptake: [{share: 0.9, assumption: tried}]
surge: {factor: 2, from: 2021-05-01, assumption: tried}
"""


@pytest.mark.deep
def test_the_plan_under_assumptions(balmis, tmp_path):
    balmis("campaign", "load", ISLAND)
    file = tmp_path / "assumptions.yaml"
    file.write_text(SCENARIO)
    asked = ("--scenario", file, "--futures", 200)
    text = balmis("plan", "allocate", "island-2021", *asked).stdout
    assert "seventy: 700 people by 2021-11-30" in text and "what holds it back: " in text
    told = json.loads(balmis("plan", "risk", "island-2021", *asked, "--surge", "--json").stdout)
    seventy = told["targets"][0]
    assert seventy["bracket"]["achievable"] <= seventy["bracket"]["bound"] and set(
        seventy["policies"]
    ) == {"follow", "set-aside", "lockbox"}
    rows = json.loads(balmis("plan", "compare", "island-2021", *asked, "--json").stdout)
    assert [r["name"] for r in rows] == ["as assumed", "surge"]
    assert rows[1]["aims"][0]["done_by"] > rows[0]["aims"][0]["done_by"]
    report = tmp_path / "report.pdf"
    balmis("plan", "report", "island-2021", *asked, "--output", report, "--language", "ko")
    assert report.read_bytes().startswith(b"%PDF")
    for wrong, words in (
        (("--scenario", tmp_path / "none.yaml"), "There is no file"),
        ((), "No assumptions come along"),
        ((*asked, "--after", "1999-01-01"), "not a day of the campaign"),
        ((*asked, "--by", "soon"), "soon"),
        ((*asked, "--option", "gold"), "no option"),
    ):
        bad = balmis("plan", "allocate", "island-2021", *wrong, check=False)
        assert bad.returncode not in (0, 1) and words in " ".join(bad.stderr.split()), (
            wrong,
            bad.stderr,
        )
    gone = balmis(
        "plan", "report", "island-2021", *asked, "--output", "/nowhere/x.pdf", check=False
    )
    assert gone.returncode != 0 and "no folder" in gone.stderr
    assert "balmis-scenario/1" in balmis("plan", "scenario", "jeju-2021").stdout
