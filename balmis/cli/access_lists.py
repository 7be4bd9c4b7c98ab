"""balmis user import: users and their roles from a list."""

from pathlib import Path
from typing import Annotated

import typer

from balmis.cli.runtime import counted, now, open_database, operator, put


def import_(
    file: Annotated[Path, typer.Argument(metavar="LIST", help="CSV or Excel (.xlsx) staff list.")],
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
    dry_run: Annotated[bool, typer.Option(help="Check everything, write nothing.")] = False,
) -> None:
    """Users from a list, a row a role: username, role, area or site (or 'everywhere'); if given name and
    until. All of it, or nothing with the bad rows back. Roles that the list does not name stay; new users
    choose their password by `balmis user invite`."""
    open_database()
    from balmis.cli.people_lists import open_book, read_mapping, with_report
    from balmis.core.access.user_columns import STAFF
    from balmis.flows.access.import_users import BadStaff, ImportUsers, import_users

    command = ImportUsers(
        book=open_book(file)[0],
        mapping=read_mapping(mapping, [c.name for c in STAFF]),
        page=sheet,
        day_first=day_first,
        dry_run=dry_run,
    )
    try:
        done = import_users(command, actor=operator(), now=now())
    except BadStaff as bad:
        raise with_report(file, bad, bad.taken) from None
    if done.found.unused:
        put(f"Not used: {', '.join(done.found.unused)}.")
    verb = "would be made" if dry_run else "made"
    put(
        f"{counted(done.rows, 'row', 'rows')}: {counted(len(done.made), 'user', 'users')} {verb}, "
        f"{len(done.changed):,} with more roles, {done.same:,} as they were."
    )
