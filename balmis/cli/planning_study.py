"""balmis plan allocate, risk, compare, scenario and report: the plan under assumptions."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from balmis.cli.planning_options import (
    After,
    Besides,
    By,
    Campaign,
    File,
    Futures,
    Hands,
    Json,
    Seed,
    Supply,
    Surge,
    Uptake,
)
from balmis.cli.reporting import parse_day
from balmis.cli.runtime import now, open_database, progress, put, put_json, read_text
from balmis.core.planning.study_result import StudyResult


def scenario(campaign: Campaign) -> None:
    """The assumptions that come along for a campaign, as a file to change and try."""
    from balmis.core.errors import BadInput
    from balmis.presets import scenario_names, scenario_text

    if campaign not in scenario_names():
        raise BadInput(
            f"No assumptions come along for '{campaign}'; there are {', '.join(scenario_names())}."
        )
    put(scenario_text(campaign))


def allocate(
    campaign: Campaign,
    scenario: File = None,
    by: By = None,
    supply: Supply = 1.0,
    capacity: Hands = 1.0,
    uptake: Uptake = 0.0,
    surge: Surge = False,
    option: Besides = None,
    after: After = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Within seconds: without causes and bound.")
    ] = False,
    futures: Futures = 10_000,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Which doses where and when: the date, how surely, what holds it back, what one more would buy."""
    found = _study(
        campaign,
        scenario,
        _what(by, supply, capacity, uptake, surge, option),
        after,
        quick=quick,
        futures=futures,
        seed=seed,
    )
    if as_json:
        put_json(found)
        return
    from balmis.flows.planning.texts import difference_lines, lines

    for line in [*lines(found), *difference_lines(found)]:
        put(line)


def risk(
    campaign: Campaign,
    scenario: File = None,
    by: By = None,
    supply: Supply = 1.0,
    capacity: Hands = 1.0,
    uptake: Uptake = 0.0,
    surge: Surge = False,
    option: Besides = None,
    after: After = None,
    futures: Futures = 10_000,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """How surely each target holds: the plan rolled over futures, and the bound of perfect foresight."""
    found = _study(
        campaign,
        scenario,
        _what(by, supply, capacity, uptake, surge, option),
        after,
        quick=False,
        futures=futures,
        seed=seed,
    )
    keys = ("code", "people", "by", "reached_on", "bracket", "policies")
    told = [{k: v for k, v in aim.items() if k in keys} for aim in found["aims"]]
    if as_json:
        put_json({"seed": seed, "version": found["version"], "futures": futures, "targets": told})
        return
    for aim in found["aims"]:
        b = aim["bracket"]
        put(
            f"{aim['code']}: {aim['people']:,.0f} by {aim['by']}: between {100 * b['achievable']:.0f} % "
            f"(this plan, {100 * b['achievable_low']:.0f}-{100 * b['achievable_high']:.0f}) and "
            f"{100 * b['bound']:.0f} % (perfect foresight, {100 * b['bound_low']:.0f}-"
            f"{100 * b['bound_high']:.0f})"
        )
        put("  " + "; ".join(f"{name} {100 * x:.0f} %" for name, x in aim["policies"].items()))
    put(f"{futures:,} futures, seed {seed}, {found['version']}")


def compare(
    campaign: Campaign,
    scenario: File = None,
    after: After = None,
    futures: Futures = 10_000,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Side by side: as assumed, with the surge, with each of the doses that could be had besides."""
    open_database()
    from balmis.flows.planning.problem import PlanQuestion
    from balmis.flows.planning.variants import SIDE_BY_SIDE, variants

    rows = variants(
        PlanQuestion(campaign=campaign, scenario=_scenario(campaign, scenario)),
        parse_day(after) if after else None,
        depth=replace(SIDE_BY_SIDE, futures=futures, seed=seed),
        now=now(),
    )
    if as_json:
        put_json(rows)
        return
    for row in rows:
        for aim in row["aims"]:
            price = f", {row['cost']:,.0f} {row['currency']}" if row["cost"] else ""
            put(
                f"{row['name']}: {aim['code']} {aim['done_by']:,.0f} by {aim['by']}, reached "
                f"{aim['reached_on'] or 'not in the weeks planned'}, {100 * aim['chance']:.0f} %{price}"
            )


def report(
    campaign: Campaign,
    output: Annotated[Path, typer.Option(help="The file to write: .pdf or .html.")],
    scenario: File = None,
    after: After = None,
    language: Annotated[str, typer.Option(help="en, ko, zh-hans or vi.")] = "en",
    futures: Futures = 10_000,
    seed: Seed = 1,
) -> None:
    """Two pages for the steering committee: the answer, what holds it back, the options."""
    open_database()
    from balmis.core.errors import BadInput
    from balmis.flows.planning.problem import PlanQuestion
    from balmis.flows.planning.variants import SIDE_BY_SIDE, variants
    from balmis.web.planning.committee_report import LANGUAGES, as_html, as_pdf

    if not output.resolve().parent.is_dir():
        raise BadInput(f"There is no folder {output.resolve().parent}.")
    if output.suffix not in (".pdf", ".html"):
        raise BadInput(f"{output.name}: the report is a .pdf or an .html file.")
    if language not in LANGUAGES:
        raise BadInput(f"No language is called '{language}'; there are {', '.join(LANGUAGES)}.")
    asked = _scenario(campaign, scenario)
    day = parse_day(after) if after else None
    found = _study(
        campaign,
        scenario,
        _what(None, 1.0, 1.0, 0.0, False, None),
        after,
        quick=False,
        futures=futures,
        seed=seed,
    )
    rows = variants(
        PlanQuestion(campaign=campaign, scenario=asked),
        day,
        depth=replace(SIDE_BY_SIDE, futures=min(futures, 2_000), seed=seed),
        now=now(),
    )
    make = as_pdf if output.suffix == ".pdf" else as_html
    output.write_bytes(make(campaign, found, rows, language))
    put(f"{output} is written.")


def _scenario(campaign: str, path: Path | None) -> Any:
    from balmis.contexts.campaigns import queries
    from balmis.flows.planning.scenarios import scenario_of

    queries.campaign(campaign)
    return scenario_of(campaign, read_text(path) if path else None)


def _what(
    by: str | None, supply: float, capacity: float, uptake: float, surge: bool, option: str | None
) -> dict[str, Any]:
    return {
        "by": parse_day(by) if by else None,
        "supply": supply,
        "capacity": capacity,
        "uptake": uptake,
        "surge": surge,
        "option": option,
    }


def _study(
    campaign: str,
    path: Path | None,
    what: dict[str, Any],
    after: str | None,
    *,
    quick: bool,
    futures: int,
    seed: int,
) -> StudyResult:
    open_database()
    from balmis.flows.planning.problem import PlanQuestion, WhatIf
    from balmis.flows.planning.replan import replan
    from balmis.flows.planning.study import QUICK, Depth, study

    depth = replace(QUICK if quick else Depth(), futures=futures, seed=seed)
    question = PlanQuestion(
        campaign=campaign, scenario=_scenario(campaign, path), what=WhatIf(**what)
    )
    with progress("planning", None) as advance:

        def tell(*_: object) -> None:
            advance(1)

        if after:
            return replan(question, parse_day(after), depth=depth, tell=tell, now=now())
        return study(question, depth=depth, tell=tell, now=now())
