"""balmis report: the day's report as of 24:00."""

from datetime import date, datetime
from typing import Annotated

import typer

from balmis.cli.runtime import now, open_database, operator, put, put_json
from balmis.core.dates import PLAUSIBLE_YEARS
from balmis.core.errors import Unusable

app = typer.Typer(help="Reports.", no_args_is_help=True)

FORMATS = ("text", "json", "csv", "html", "xlsx")


def parse_day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
        if day.year not in PLAUSIBLE_YEARS:
            raise ValueError
        return day
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write it as 2021-06-17") from None


Day = Annotated[str, typer.Argument(help="The day, as 2021-06-17.")]
Campaign = Annotated[str, typer.Argument(help="The campaign's id.")]


@app.command()
def daily(
    campaign: Campaign,
    day: Day,
    format: Annotated[str, typer.Option(help=f"One of {', '.join(FORMATS)}.")] = "text",
    output: Annotated[str | None, typer.Option(help="Write to this file.")] = None,
) -> None:
    """The day's report as of 24:00 local time; frozen figures and restatement once closed."""
    if format not in FORMATS:
        raise typer.BadParameter(f"{format!r} is not a format; one of {', '.join(FORMATS)}")
    on = parse_day(day)
    open_database()
    from balmis.core.reporting.report import plain
    from balmis.flows.reporting.daily_report import report
    from balmis.web.coordination.report_formats import render_report

    made = report(campaign, on, now=now())
    if format == "json" and output is None:
        put_json(plain(made))
        return
    content, _ = render_report(made, format)
    if output is not None:
        from pathlib import Path

        try:
            Path(output).write_bytes(content)
        except OSError as error:
            raise Unusable(f"{output} cannot be written: {error.strerror}.") from None
        put(f"Written to {output}.")
    elif format == "xlsx":
        import sys

        sys.stdout.buffer.write(content)
    else:
        put(content.decode())


@app.command()
def close(campaign: Campaign, day: Day) -> None:
    """Freeze a day's report. Later facts that belong to it appear as a restatement."""
    on = parse_day(day)
    open_database()
    from balmis.flows.reporting.daily_report import close_day

    figures = close_day(campaign, on, actor=operator(), now=now())
    put(f"{campaign} {on} is closed: {figures.doses.total:,} doses in all.")


@app.command()
def recount(campaign: Campaign) -> None:
    """Count all days anew from the doses (the tallies are derived and can be rebuilt)."""
    open_database()
    from balmis.contexts.campaigns import queries
    from balmis.flows.reporting.recount import recount as run

    put(f"{run(queries.campaign(campaign).pk)} days counted anew.")
