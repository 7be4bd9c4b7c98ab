"""balmis doses: import a list, or take a dose back."""

from pathlib import Path
from typing import Annotated

import typer

from balmis.cli.runtime import now, open_database, operator, put
from balmis.cli.supply_stock import Request, parse_request
from balmis.core.errors import Unusable
from balmis.core.vocabulary.clinic import CorrectionReason

app = typer.Typer(help="Doses that were given.", no_args_is_help=True)

REASONS = [r.value for r in CorrectionReason if r is not CorrectionReason.SUPERSEDED]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or Excel (.xlsx) list of doses.")],
    campaign: Annotated[str, typer.Option(help="The campaign the doses belong to.")],
    register: Annotated[str, typer.Option(help="The register whose ids the list names.")],
    source: Annotated[str, typer.Option(help="Who sent it; its keys are its own.")],
    mapping: Annotated[Path | None, typer.Option(help="YAML: our column: theirs.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Which sheet of the workbook.")] = None,
    day_first: Annotated[
        bool | None,
        typer.Option(
            "--day-first/--month-first", help="03/04/2021 is 3 April. Without it the list decides."
        ),
    ] = None,
) -> None:
    """Record every dose of a list, or none. Doses recorded before are skipped."""
    open_database()
    from balmis.cli.people_lists import open_book, read_mapping
    from balmis.contexts.campaigns import queries as campaigns
    from balmis.contexts.people import queries as people
    from balmis.core.clinic.dose_columns import DOSES
    from balmis.core.dates import local_day
    from balmis.flows.clinic.dose_list import DoseFile, read_dose_list
    from balmis.flows.clinic.import_doses import ImportDoses, import_doses

    zone = campaigns.campaign(campaign).time_zone
    found = people.register(register)
    if found is None:
        known = ", ".join(r.code for r in people.registers()) or "none"
        raise Unusable(f"There is no register {register!r}; there are: {known}.")
    book, _ = open_book(file)
    sent = DoseFile(
        campaign=campaign,
        book=book,
        file=file.name,
        mapping=read_mapping(mapping, [c.name for c in DOSES]),
        page=sheet,
        day_first=day_first,
    )
    command = ImportDoses(
        campaign=campaign,
        register_id=found.pk,
        source=source,
        rows=read_dose_list(sent, today=local_day(now(), zone)),
    )
    done = import_doses(command, actor=operator(), now=now())
    put(
        f"{done.recorded:,} doses recorded, {done.known_before:,} known before, "
        f"{done.flags:,} flags to review."
    )


@app.command()
def correct(
    dose: Annotated[int, typer.Argument(help="The dose's number.")],
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REASONS)}.")],
    request: Request = None,
) -> None:
    """Take a dose back: it was not given as recorded. The record stays, marked."""
    if reason not in REASONS:
        raise typer.BadParameter(f"{reason!r} is not a reason; one of {', '.join(REASONS)}")
    request_id = parse_request(request)
    open_database()
    from balmis.flows.clinic.correct_dose import correct_dose

    lost = correct_dose(
        dose, CorrectionReason(reason), request_id=request_id, actor=operator(), now=now()
    )
    for booking in lost:
        put(
            f"The place of {booking.pool.slot.starts_at:%Y-%m-%d %H:%M} UTC is taken: book a new time."
        )
    put(f"Dose {dose} is taken back.")
