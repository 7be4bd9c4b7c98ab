"""balmis unit: employers and institutions, their rosters and their places."""

from pathlib import Path
from typing import Annotated

import typer

from balmis.cli.runtime import now, open_database, operator, put, say
from balmis.core.errors import BadInput

app = typer.Typer(help="Units: rosters, blocks of places, who is missing.", no_args_is_help=True)

Campaign = Annotated[str, typer.Argument(help="The campaign's id.")]
Code = Annotated[str, typer.Argument(help="The unit's code.")]


@app.command()
def keep(
    campaign: Campaign,
    code: Code,
    title: Annotated[str, typer.Option(help="Its name.")],
    area: Annotated[str, typer.Option(help="The area it lies in.")],
    category: Annotated[str, typer.Option(help="The plan's group its people belong to.")] = "",
    quota: Annotated[
        int | None, typer.Option(help="How many people it may enrol.", min=1, max=2_000_000_000)
    ] = None,
    coordinator: Annotated[str, typer.Option(help="User name of whoever leads it.")] = "",
) -> None:
    """Make a unit, or change it."""
    open_database()
    from balmis.contexts.access import queries as access
    from balmis.flows.units.rosters import KeepUnit, keep_unit

    user = access.user_id(coordinator) if coordinator else None
    if coordinator and user is None:
        raise BadInput(f"There is no user '{coordinator}'; make one with 'balmis user keep'.")
    made = keep_unit(
        KeepUnit(
            campaign=campaign,
            code=code,
            title=title,
            category=category,
            area=area,
            quota=quota,
            coordinator=user,
        ),
        actor=operator(),
        now=now(),
    )
    put(f"{made.code}: {made.title}, quota {made.quota or 'none'}.")


@app.command("import")
def import_(
    campaign: Campaign,
    code: Code,
    file: Annotated[Path, typer.Argument(help="CSV or Excel: number, name, born, position.")],
    dry_run: Annotated[bool, typer.Option(help="Check only; change nothing.")] = False,
    day_first: Annotated[
        bool | None,
        typer.Option(
            "--day-first/--month-first", help="03/05/1950 is 3 May. Without it the list decides."
        ),
    ] = None,
) -> None:
    """Put a list's people on the roster; rows with a problem are reported and left out."""
    open_database()
    from balmis.cli.people_lists import open_book
    from balmis.flows.units.rosters import ImportRoster, import_roster

    book, _ = open_book(file)
    done = import_roster(
        ImportRoster(campaign=campaign, unit=code, book=book, day_first=day_first, dry_run=dry_run),
        actor=operator(),
        now=now(),
    )
    for problem in done.problems:
        say(str(problem).replace("[", r"\["))
    if done.beyond:
        raise BadInput(
            f"Nobody was added: the list holds {done.beyond:,} people more than the quota "
            f"of {code} allows."
        )
    words = "would be added" if dry_run else "added"
    put(
        f"{done.rows:,} rows: {done.added:,} {words}, {done.known:,} on the roster already, "
        f"{len(done.problems):,} with a problem."
    )


@app.command()
def show(campaign: Campaign, code: Code) -> None:
    """Where the roster stands."""
    open_database()
    from balmis.flows.units.rosters import standing

    seen = standing(campaign, code, actor=operator(), now=now())
    put(f"{seen.unit.title}: {len(seen.members):,} people, {seen.missing or 0:,} still missing.")
    for status, number in seen.counts.items():
        put(f"  {status.value.replace('_', ' '):<18}{number:>8,}")


@app.command()
def block(
    session: Annotated[int, typer.Argument(help="The session's number.")],
    code: Code,
    places: Annotated[int, typer.Argument(help="How many places to set aside.", min=1)],
) -> None:
    """Set open places of a session aside for a unit."""
    open_database()
    from balmis.flows.units.blocks import hold_block

    held = hold_block(session, code, places, actor=operator(), now=now())
    put(f"{held:,} places are held for {code}.")
