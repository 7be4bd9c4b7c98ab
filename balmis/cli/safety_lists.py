"""balmis safety import: reports of events from a line list."""

from pathlib import Path
from typing import Annotated

import typer

from balmis.cli.runtime import counted, now, open_database, operator, put


def import_(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    file: Annotated[Path, typer.Argument(help="CSV or Excel (.xlsx) line list of events.")],
    mapping: Annotated[
        Path | None, typer.Option(help="YAML: our column: theirs, or [theirs, theirs].")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Which sheet of the workbook.")] = None,
    day_first: Annotated[
        bool | None,
        typer.Option(
            "--day-first/--month-first", help="03/04/2021 is 3 April. Without it the list decides."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check only.")] = False,
) -> None:
    """Reports of events from a line list; those of one event after one dose become one case. The same
    file can come again. Columns: number, event, onset_on (day); if known dose_on, why_serious (words with
    spaces between), severity, outcome, words, key (the sender's own number of the report)."""
    open_database()
    from balmis.cli.people_lists import open_book, read_mapping, with_report
    from balmis.core.safety.report_columns import REPORTS
    from balmis.flows.safety.line_list_import import BadReports, ImportReports, import_reports

    command = ImportReports(
        campaign=campaign,
        book=open_book(file)[0],
        mapping=read_mapping(mapping, [c.name for c in REPORTS]),
        page=sheet,
        day_first=day_first,
        dry_run=dry_run,
    )
    try:
        done = import_reports(command, actor=operator(), now=now())
    except BadReports as bad:
        raise with_report(file, bad, bad.taken) from None
    if done.found.unused:
        put(f"Not used: {', '.join(done.found.unused)}.")
    rows = counted(done.rows, "row", "rows")
    if dry_run:
        put(f"{rows} can be imported.")
        return
    new, opened = (
        counted(done.new, "new report", "new reports"),
        counted(done.cases, "case", "cases"),
    )
    put(f"{rows}: {new} of {opened}, {done.known:,} imported before.")
