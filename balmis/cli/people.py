"""balmis people: make a synthetic register, or import a line list."""

from pathlib import Path
from typing import Annotated

import typer

from balmis.cli.runtime import counted, now, open_database, operator, progress, put
from balmis.core.errors import Unusable

app = typer.Typer(help="The population register.", no_args_is_help=True)


@app.command()
def synthesise(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    scale: Annotated[
        float, typer.Option(min=0.000001, max=1.0, help="Part of the population.")
    ] = 1.0,
) -> None:
    """Make synthetic residents from the margins of the campaign's file."""
    open_database()
    from balmis.contexts.campaigns import queries
    from balmis.flows.people.synthesise_people import (
        SynthesisePeople,
        population_size,
        synthesise_people,
    )

    plan = queries.latest_plan(queries.campaign(campaign).pk)
    with progress("Synthetic residents", population_size(plan, scale)) as advance:
        made = synthesise_people(
            SynthesisePeople(campaign=campaign, seed=seed, scale=scale),
            actor=operator(),
            now=now(),
            progress=advance,
        )
    put(
        f"{made.people:,} synthetic residents in register {made.register}; "
        f"{made.in_a_group:,} are in a group of the plan."
    )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or Excel (.xlsx) line list.")],
    campaign: Annotated[str, typer.Option(help="The campaign whose areas the list names.")],
    register: Annotated[str, typer.Option(help="The register the people belong to.")],
    mapping: Annotated[
        Path | None, typer.Option(help="YAML: our column: theirs, or [theirs, theirs].")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Which sheet of the workbook.")] = None,
    area: Annotated[
        str | None, typer.Option(help="Where people live whose row says nothing.")
    ] = None,
    day_first: Annotated[
        bool | None,
        typer.Option(
            "--day-first/--month-first", help="03/04/1950 is 3 April. Without it the list decides."
        ),
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Option(help="WORD=GROUP: which group of the plan a word of the list means."),
    ] = None,
    good_rows: Annotated[
        bool, typer.Option(help="Take the good rows though others are bad.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Check everything, write nothing.")] = False,
) -> None:
    """Import a line list of people: all of it, or nothing with a report of every problem."""
    open_database()
    from balmis.cli.people_lists import open_book, read_mapping, read_words, tell, with_report
    from balmis.core.people.list_columns import PEOPLE
    from balmis.flows.people.import_people import BadRows, ImportPeople, import_people

    book, digest = open_book(file)
    command = ImportPeople(
        file=file.name,
        book=book,
        digest=digest,
        campaign=campaign,
        register=register,
        mapping=read_mapping(mapping, [c.name for c in PEOPLE]),
        page=sheet,
        area=area,
        day_first=day_first,
        words=read_words(word or []),
        good_rows=good_rows,
        dry_run=dry_run,
    )
    try:
        done = import_people(command, actor=operator(), now=now())
    except BadRows as bad:
        raise with_report(file, bad, bad.taken) from None
    tell(done, file, dry_run=dry_run)
    if done.list_id and not dry_run:
        put(f"'balmis people undo {campaign} {done.list_id}' takes the list back.")


@app.command()
def undo(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    list_: Annotated[int, typer.Argument(metavar="LIST", help="The list's number.")],
) -> None:
    """Take a list back: people it brought go, changes it made are as they were."""
    open_database()
    from balmis.flows.people.undo_list import undo_list

    done = undo_list(campaign, list_, actor=operator(), now=now())
    put(f"{done.removed:,} people are gone again, {done.restored:,} are as they were.")
    if done.kept:
        put(
            f"{len(done.kept):,} stay: something was done with them or they were changed since: "
            f"{', '.join(map(str, done.kept[:20]))}."
        )


@app.command("unknown-days")
def unknown_days(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
) -> None:
    """People whose group or earliest day hangs on a day of birth that nobody has stated."""
    open_database()
    from balmis.contexts.people.queries import birth_of
    from balmis.flows.people.birth_dates import MOST, list_unknown_days

    found = list_unknown_days(campaign, actor=operator(), now=now())
    for h in found:
        born = birth_of(h.person)
        said = [f"group: {' or '.join(g or 'none' for g in h.groups)}"] if h.groups else []
        if h.days:
            said.append(f"from: {' or '.join(str(d or 'no day') for d in h.days)}")
        put(f"{h.person.pk} {h.person.external_id} {h.person.name} {born}: {'; '.join(said)}")
    put(f"{counted(len(found), 'person', 'people')}; at most {MOST} are shown at once.")


@app.command()
def letters(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    area: Annotated[str, typer.Argument(help="The area whose people are written to.")],
    out: Annotated[Path, typer.Option(help="Where the list for the printer goes (CSV).")],
    most: Annotated[int, typer.Option(min=1, max=100_000, help="Letters at most.")] = 100_000,
    again: Annotated[
        bool, typer.Option(help="Also to those who have one, which ends: a list was lost.")
    ] = False,
) -> None:
    """Write letters with a code that proves who enters it, to all whom nobody can reach otherwise.

    The codes are in the list alone: only their digests are kept, and a new letter ends an earlier one.
    """
    open_database()
    import csv

    from balmis.core.spreadsheet_cells import neutral
    from balmis.flows.people.letters import WriteLetters, write_letters

    if out.exists():
        raise Unusable(f"{out} is there already; name another file.")
    out.touch(mode=0o600)
    with out.open("w", newline="", encoding="utf-8-sig") as file:
        page = csv.writer(file)
        page.writerow(["number", "name", "area", "code", "link"])
        cmd = WriteLetters(campaign=campaign, area=area, most=most, again=again)
        made = write_letters(cmd, actor=operator(), now=now())
        for letter in made:
            person = letter.person
            row = (person.external_id, person.name, person.area.code, letter.code, letter.link)
            page.writerow([neutral(cell) for cell in row])
    put(f"{len(made):,} letters to {area} in {out}; whoever holds the list can use the codes.")


@app.command()
def export(
    person: Annotated[int, typer.Argument(help="The person's key, as the desk's address has it.")],
    out: Annotated[Path, typer.Option(help="Where it goes (JSON).")],
) -> None:
    """Everything that is kept of a person, and who has looked at it: to be handed to them."""
    open_database()
    import json

    from balmis.flows.people.own_data import export_person

    if out.exists():
        raise Unusable(f"{out} is there already; name another file.")
    found = export_person(person, actor=operator(), now=now())
    out.touch(mode=0o600)
    out.write_text(json.dumps(found, ensure_ascii=False, indent=1, default=str), "utf-8")
    put(
        f"{sum(map(len, found['tables'].values())):,} rows of {len(found['tables'])} tables in {out}."
    )


@app.command()
def erase(
    person: Annotated[int, typer.Argument(help="The person's key, as the desk's address has it.")],
    why: Annotated[str, typer.Option(help="Who asked, and what was decided.")],
) -> None:
    """Forget a person as far as the law lets: a record of a dose or an event is kept, with its name."""
    open_database()
    from balmis.flows.people.own_data import erase_person

    done = erase_person(person, why, actor=operator(), now=now())
    kept = "" if done.whole else " Name and birthday stay: there is a dose or an event on record."
    put(f"Forgotten: {', '.join(f'{n} {name}' for name, n in done.rows.items())}.{kept}")
