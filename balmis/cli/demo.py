"""balmis demo: the Jeju campaign at full scale, with demo users."""

from typing import Annotated

import typer


def demo(
    scale: Annotated[float, typer.Option(min=0.001, max=1.0, help="Part of the population.")] = 1.0,
) -> None:
    """Load the Jeju campaign with synthetic residents and demo users, to look around."""
