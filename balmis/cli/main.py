"""The `balmis` command."""

import os
import signal
import sys
from types import FrameType

import typer
from rich.markup import escape

from balmis import __version__
from balmis.cli import (
    access,
    campaigns,
    check,
    clinic,
    db,
    demo,
    eligibility,
    notices,
    people,
    planning,
    planning_centre,
    replay,
    reporting,
    safety,
    schedule,
    serve,
    supply,
    supply_stock,
    units,
)
from balmis.cli.runtime import put, say
from balmis.core.errors import BadInput, BalmisError, Refusal
from balmis.core.refusal_texts import in_words

app = typer.Typer(
    help="Plan and run a mass vaccination campaign.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(campaigns.app, name="campaign")
app.add_typer(planning.app, name="plan")
app.add_typer(planning_centre.app, name="centre")
app.add_typer(schedule.app, name="schedule")
app.add_typer(eligibility.app, name="eligibility")
app.add_typer(people.app, name="people")
app.add_typer(supply_stock.app, name="stock")
app.add_typer(supply.app, name="supply")
app.add_typer(clinic.app, name="doses")
app.add_typer(reporting.app, name="report")
app.add_typer(safety.app, name="safety")
app.add_typer(units.app, name="unit")
app.add_typer(notices.app, name="notices")
app.add_typer(access.app, name="user")
app.add_typer(access.trail, name="audit")
app.add_typer(replay.app, name="replay")
app.add_typer(check.app, name="check")
app.add_typer(db.app, name="db")
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("web")(serve.web)
app.command("gate")(serve.gate)
app.command("worker")(serve.worker)


@app.command("version")
def version() -> None:
    """Print the version."""
    put(__version__)


def _told(error: BalmisError) -> str:
    if isinstance(error, Refusal):
        return in_words(error.reason, error.facts)
    return str(error)


def _leave(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


def main() -> None:
    """Run a command; a mistake or a refusal is told in words, never as a traceback."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        app()
    except BalmisError as error:
        say(f"[bold red]{escape(_told(error))}[/]")
        if isinstance(error, BadInput):
            for problem in error.problems[:50]:
                say(escape(f"  {problem}"))
            if len(error.problems) > 50:
                say(f"  … and {len(error.problems) - 50} more")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("Stopped.")
        sys.exit(130)
    except Exception as error:  # a defect of ours: said in a line, the details on request
        if os.environ.get("BALMIS_TRACE") == "1":
            raise
        if type(error).__name__ == "DataError":  # of Django, which is not loaded for every command
            words = escape(str(error).splitlines()[0])
            say(f"[bold red]A value does not fit where it is to be kept: {words}[/]")
            sys.exit(BadInput.exit_code)
        say(
            f"[bold red]Something went wrong inside Balmis: {type(error).__name__}.[/] "
            "Run the command again with BALMIS_TRACE=1 to see the details."
        )
        sys.exit(1)
