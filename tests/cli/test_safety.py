"""The safety commands: figures for people and for programs, and one clear error for bad input."""

import json

import pytest
from typer.testing import CliRunner

from balmis.cli.main import app
from balmis.core.errors import BadInput, Unusable

RUN = CliRunner()


def run(*arguments: str) -> str:
    done = RUN.invoke(app, ["safety", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_critical_value_as_text_and_as_json():
    text = run("maxsprt", "--T", "20", "--M", "4", "--alpha", "0.05")
    assert "critical value      3.17637032" in text
    found = json.loads(run("maxsprt", "--T", "20", "--M", "4", "--alpha", "0.05", "--json"))
    assert found["critical_value"] == pytest.approx(3.1763703218, abs=1e-6)
    assert (found["alpha"], found["T"], found["M"], found["D"]) == (0.05, 20, 4, 0)
    assert json.loads(run("maxsprt", "--T", "1", "--M", "4", "--json"))["critical_value"] is None


def test_observed_against_expected():
    found = json.loads(run("oe", "--observed", "59", "--expected", "30", "--json"))["results"][0]
    assert (found["low"], found["high"]) == pytest.approx((1.4971, 2.5368), abs=5e-4)
    rates = ["--rate", "0.5", "--rate", "1.87"]
    many = json.loads(
        run("oe", "--observed", "3", "--doses", "1e6", *rates, "--window", "1-42", "--json")
    )
    assert [r["expected"] for r in many["results"]] == pytest.approx([0.575, 2.150], abs=1e-3)


def test_real_reports_and_places(shared_data):
    theta = "3.25379356,0.39988854,2.02612692,1.90807970,0.06534557"
    found = json.loads(
        run("ebgm", str(shared_data / "safety" / "caers_pairs.csv"), "--theta", theta, "--json")
    )
    assert (found["pairs"], found["signals"]) == (17_189, 131)
    found = json.loads(
        run("scan", str(shared_data / "safety" / "ny_leukaemia.csv"), "--replicas", "99", "--json")
    )
    assert found["clusters"][0]["llr"] == pytest.approx(14.78, abs=0.005)


def test_a_drill_of_the_preset():
    found = json.loads(run("drill", "jeju-2021", "--campaigns", "20", "--json"))
    assert found["lots"] > 40 and found["campaigns"] == 20


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["maxsprt", "--T", "-1"], "T must be above 0"),
        (["maxsprt", "--T", "10", "--alpha", "2"], "alpha must be between"),
        (["oe", "--observed", "3"], "give --expected, or"),
        (
            ["oe", "--observed", "3", "--doses", "10", "--rate", "1", "--window", "42-1"],
            "earlier day to a later",
        ),
        (["oe", "--observed", "-3", "--expected", "1"], "at least 0"),
        (["ebgm", "README.md"], "not a table|columns"),
        (["scan", "pyproject.toml"], "not a table|missing"),
    ],
)
def test_bad_input_is_one_clear_error(arguments, says):
    with pytest.raises(BadInput, match=says):
        RUN.invoke(app, ["safety", *arguments], catch_exceptions=False)


def test_a_file_that_is_not_there():
    with pytest.raises(Unusable, match="no file"):
        RUN.invoke(app, ["safety", "ebgm", "nope.csv"], catch_exceptions=False)
