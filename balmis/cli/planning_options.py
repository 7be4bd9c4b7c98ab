"""What the commands of balmis plan are asked with."""

from pathlib import Path
from typing import Annotated

import typer

Campaign = Annotated[str, typer.Argument(help="The campaign's id.")]
File = Annotated[
    Path | None, typer.Option("--scenario", help="A scenario file; else the one that comes along.")
]
By = Annotated[str | None, typer.Option(help="The day of every target, instead of the plan's.")]
Supply = Annotated[float, typer.Option(min=0, max=10, help="Times the deliveries.")]
Hands = Annotated[
    float, typer.Option("--capacity", min=0, max=10, help="Times the capacity of sites.")
]
Uptake = Annotated[
    float, typer.Option(min=-1, max=1, help="Added to every group's share: 0.02 is 2 points.")
]
Surge = Annotated[bool, typer.Option("--surge", help="Call for the surge of the assumptions.")]
Besides = Annotated[
    str | None, typer.Option("--option", help="With doses that could be had besides.")
]
After = Annotated[
    str | None, typer.Option(help="Re-plan from the day after, with what was given until then.")
]
Json = Annotated[bool, typer.Option("--json", help="For other programs.")]
Futures = Annotated[int, typer.Option(min=100, max=100_000, help="Futures that are drawn.")]
Seed = Annotated[int, typer.Option(help="The same seed is the same futures.")]
