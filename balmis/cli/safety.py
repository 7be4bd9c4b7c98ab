"""balmis safety: is a count more than chance explains?"""

from pathlib import Path
from typing import Annotated, Any

import typer

from balmis.cli import safety_lists
from balmis.cli.runtime import now, open_database, operator, put, put_json
from balmis.core.errors import BadInput

app = typer.Typer(
    no_args_is_help=True, help="Safety statistics: is a count more than chance explains?"
)
Json = Annotated[bool, typer.Option("--json", help="For other programs.")]


@app.command()
def maxsprt(
    end: Annotated[float, typer.Option("--T", help="Expected events at the end of surveillance.")],
    least: Annotated[int, typer.Option("--M", help="Fewest events that may signal.")] = 4,
    alpha: Annotated[float, typer.Option(help="Chance of a false signal, over all looks.")] = 0.05,
    start: Annotated[
        float, typer.Option("--D", help="Expected events before the first look.")
    ] = 0.0,
    relative_risk: Annotated[
        list[float] | None, typer.Option("--rr", help="Relative risks to tell the power at.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The critical value of the Poisson MaxSPRT with continuous looks, exact; its boundary and power."""
    from balmis.core.safety import summary

    said = _worked(lambda: summary.maxsprt(end, least, alpha, start, relative_risk or [2.0, 5.0]))
    _show(said, summary.maxsprt_lines, as_json)


@app.command()
def oe(
    observed: Annotated[int, typer.Option(help="Events seen.")],
    expected: Annotated[
        float | None, typer.Option(help="Events due; or give the next four.")
    ] = None,
    doses: Annotated[float | None, typer.Option(help="Doses given.")] = None,
    rate: Annotated[
        list[float] | None,
        typer.Option(help="Background per 100,000 person-years; repeat it for low, mid and high."),
    ] = None,
    window: Annotated[str, typer.Option(help="Days after the dose, first-last: 1-42.")] = "",
    known: Annotated[float, typer.Option(help="Share of events reported by now.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Observed against expected with exact (Garwood) limits, for each background rate."""
    from balmis.core.safety import summary

    said = _worked(lambda: summary.oe(observed, expected, doses, rate or [], window, known))
    _show(said, summary.oe_lines, as_json)


@app.command()
def ebgm(
    file: Annotated[
        Path, typer.Argument(help="CSV: id, product, event (or id, var1, var2) a row; or N, E.")
    ],
    theta: Annotated[
        str, typer.Option(help="shape1,rate1,shape2,rate2,share: score with these, do not fit.")
    ] = "",
    by: Annotated[
        str, typer.Option(help="A column of strata that expected counts are made in.")
    ] = "",
    top: Annotated[int, typer.Option(min=0, help="Pairs to show, highest Q05 first.")] = 20,
    as_json: Json = False,
) -> None:
    """Empirical-Bayes scores (EBGM, 5 % and 95 % points) of product-event pairs."""
    from balmis.cli.safety_files import pairs
    from balmis.core.safety import summary

    cells = pairs(file, by)
    said = _worked(lambda: summary.ebgm(cells, summary.prior(theta) if theta else None, top))
    _show(said, summary.ebgm_lines, as_json)


@app.command()
def scan(
    file: Annotated[Path, typer.Argument(help="CSV: longitude, latitude, population, cases.")],
    replicas: Annotated[int, typer.Option(min=0, max=99_999, help="Without a cluster.")] = 999,
    most: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Largest share of people in a circle.")
    ] = 0.5,
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5)] = 0.05,
    seed: Annotated[int, typer.Option(help="The same seed is the same replicas.")] = 1,
    as_json: Json = False,
) -> None:
    """Circles with more cases than chance explains (Poisson scan), each with its chance over all."""
    from balmis.cli.safety_files import places
    from balmis.core.safety import summary

    found = places(file)
    said = _worked(lambda: summary.scan(found, replicas, most, alpha, seed))
    _show(said, summary.scan_lines, as_json)


@app.command()
def team(
    code: Annotated[str, typer.Argument(help="A short name: team-1.")],
    name: Annotated[str, typer.Option(help="As pages show it.")],
    area: Annotated[str, typer.Option(help="Code of the area that it comes to.")],
    kind: Annotated[str, typer.Option(help="clinical or investigation.")] = "clinical",
    member: Annotated[list[str] | None, typer.Option(help="A user; repeat for more.")] = None,
    off_duty: Annotated[bool, typer.Option(help="It cannot be sent for now.")] = False,
) -> None:
    """Make a response team, or change its name, area and members: exactly these."""
    from balmis.core.vocabulary.safety import TeamKind

    if kind not in [k.value for k in TeamKind]:
        raise BadInput(f"A team is {' or '.join(TeamKind)}, not {kind!r}.")
    open_database()
    from balmis.flows.safety.teams import Keep, keep_team

    kept = keep_team(
        Keep(
            code=code,
            name=name,
            kind=TeamKind(kind),
            area=area,
            members=member or [],
            on_duty=not off_duty,
        ),
        actor=operator(),
        now=now(),
    )
    put(f"{kept.name} can be sent.")


app.command("import")(safety_lists.import_)


@app.command()
def watch(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    as_json: Json = False,
) -> None:
    """Test every lot and product now; what crosses its line becomes a signal, and its lot is held
    softly. The worker does so every five minutes."""
    open_database()
    from balmis.flows.safety.surveillance import watch as look

    found = look(campaign, now=now())
    said = {
        "looks": found.looks,
        "signals": [s.pk for s in found.signals],
        "holds": [{"order": o.pk, "scope": o.scope, "reason": o.reason} for o in found.orders],
    }
    _show(said, _watched, as_json)


def _watched(said: Any) -> Any:
    yield f"{said['looks']} new looks, {len(said['signals'])} signals"
    for order in said["holds"]:
        yield f"held softly ({order['scope']}): {order['reason']}"


@app.command()
def drill(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a preset.")],
    event: Annotated[str, typer.Option(help="any_serious or any_report.")] = "any_serious",
    relative_risk: Annotated[float, typer.Option("--rr", min=1.0, max=1000.0)] = 5.0,
    campaigns: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
    largest: Annotated[float, typer.Option(min=1.0, help="Doses of a lot, at most.")] = 20_000.0,
    seed: Annotated[int, typer.Option(help="The same seed is the same campaigns.")] = 1,
    as_json: Json = False,
) -> None:
    """Play a campaign many times, without a bad lot and with one: how often is a lot held for
    nothing, and after how many doses is the bad one?"""
    from balmis.cli.safety_files import deliveries
    from balmis.flows.safety.reference_data import event as event_of
    from balmis.flows.safety.rehearsal import Rehearsal, lines, play

    found = _worked(
        lambda: play(
            deliveries(scenario),
            Rehearsal(
                event=event_of(event),
                relative_risk=relative_risk,
                largest=largest,
                campaigns=campaigns,
                seed=seed,
            ),
        )
    )
    _show(found, lines, as_json)


def _worked(work: Any) -> Any:
    try:
        return work()
    except ValueError as error:
        raise BadInput(str(error)) from None


def _show(said: Any, lines: Any, as_json: bool) -> None:
    if as_json:
        put_json(said)
        return
    for line in lines(said):
        put(line)
