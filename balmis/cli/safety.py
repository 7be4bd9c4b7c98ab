"""balmis safety: is a count more than chance explains?"""

from pathlib import Path
from typing import Annotated, Any

import typer

from balmis.cli.runtime import put, put_json
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
    from balmis.core.safety import telling

    said = _worked(lambda: telling.maxsprt(end, least, alpha, start, relative_risk or [2.0, 5.0]))
    _show(said, telling.maxsprt_lines, as_json)


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
    from balmis.core.safety import telling

    said = _worked(lambda: telling.oe(observed, expected, doses, rate or [], window, known))
    _show(said, telling.oe_lines, as_json)


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
    from balmis.core.safety import telling

    cells = pairs(file, by)
    said = _worked(lambda: telling.ebgm(cells, telling.prior(theta) if theta else None, top))
    _show(said, telling.ebgm_lines, as_json)


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
    from balmis.core.safety import telling

    found = places(file)
    said = _worked(lambda: telling.scan(found, replicas, most, alpha, seed))
    _show(said, telling.scan_lines, as_json)


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
