"""balmis check: does everything that is counted agree with what it counts?"""

from typing import Annotated

import typer

from balmis.cli.runtime import open_database, put, put_json

app = typer.Typer(help="Check the database.", no_args_is_help=True)


@app.callback()
def _commands() -> None:
    """Check the database."""


@app.command()
def invariants(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Recount places, bookings and lists; exit 1 when anything does not agree."""
    open_database()
    from balmis.contexts.booking.drift import CHECKS, drift

    found = drift()
    if as_json:
        put_json(
            {
                "checks": len(CHECKS),
                "drift": [
                    {"what": d.what, "count": d.count, "examples": d.examples} for d in found
                ],
            }
        )
    else:
        for d in found:
            put(f"{d.what}: {d.count}, for example {'; '.join(d.examples[:3])}")
        put(f"{len(CHECKS)} checks, {len(found)} with drift.")
    raise typer.Exit(1 if found else 0)
