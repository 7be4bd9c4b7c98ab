"""balmis notices: messages to people that wait or were given up."""

import typer

from balmis.cli.runtime import now, open_database, operator, put

app = typer.Typer(help="Messages to people.", no_args_is_help=True)


@app.command()
def show() -> None:
    """What waits, what was given up and why, by medium."""
    open_database()
    from balmis.flows.booking.dead_letters import look

    for line in look(actor=operator(), now=now()):
        since = f", the oldest since {line.oldest:%Y-%m-%d %H:%M} UTC" if line.oldest else ""
        put(f"{line.medium.value:6} {line.waiting:,} wait{since}; {line.failed:,} were given up.")
        for error, number in line.errors:
            put(f"       {number:,}: {error}")


@app.command("send-again")
def send_again() -> None:
    """Try once more what was given up in the last days and is still worth telling."""
    open_database()
    from balmis.flows.booking.dead_letters import send_again as again

    put(f"{again(actor=operator(), now=now()):,} messages wait once more.")
