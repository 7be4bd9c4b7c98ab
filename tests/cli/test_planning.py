"""Planning from the command line: the first arithmetic, and a centre's day."""

import json

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
    told = json.loads(balmis("plan", "first", "island-2021", "--a-day", 10, "--begin", "2021-06-01",
                             "--json").stdout)  # fmt: skip
    first = told[0]
    assert first["doses"] == first["people"] * first["doses_each"]
    assert first["days"] == first["doses"] / 10 and first["staff"]["vaccination"] >= 1
    text = balmis("plan", "first", "island-2021", "--a-day", 1, "--by", "2021-06-20").stdout
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
    for change, words in (("servers: 2", "servers: 0"), ("observe_after: desk", "observe_after: door"),
                          ("kind: fixed", "kind: weibull"), ("share: 1", "share: 0.5")):  # fmt: skip
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
