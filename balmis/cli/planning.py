"""balmis plan: will the target be reached, and what would it take?"""

from typing import Annotated, Any

import typer

from balmis.cli import planning_study
from balmis.cli.reporting import parse_day
from balmis.cli.runtime import now, open_database, put, put_json
from balmis.core.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Will the target be reached, and what would it take?")


@app.command("first")
def first_arithmetic(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    a_day: Annotated[
        int | None, typer.Option(min=1, help="Doses a day, instead of the plan's.")
    ] = None,
    a_month: Annotated[int | None, typer.Option(min=1, help="Doses a month, likewise.")] = None,
    by: Annotated[str | None, typer.Option(help="The day of the target, likewise.")] = None,
    begin: Annotated[str | None, typer.Option(help="The first day with doses; else today.")] = None,
    hours: Annotated[float, typer.Option(min=0.1, max=24, help="Open a day.")] = 8.0,
    centres: Annotated[int | None, typer.Option(min=1, help="Over which the doses spread.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For other programs.")] = False,
) -> None:
    """Each target by plain arithmetic: doses, days, the date, staff and seats; where it is not
    possible, the smallest change of each number alone that makes it so."""
    open_database()
    from balmis.flows.planning.feasibility import What, first_rows

    what = What(
        a_day=a_day,
        a_month=a_month,
        by=parse_day(by) if by else None,
        begins_on=parse_day(begin) if begin else None,
        hours=hours,
        centres=centres,
    )
    try:
        rows = first_rows(campaign, what, now=now())
    except ValueError as error:
        raise BadInput(str(error)) from None
    if as_json:
        put_json([_plain(r, hours) for r in rows])
        return
    for row in rows:
        for line in _lines(row, hours):
            put(line)


def _plain(row: Any, hours: float) -> dict[str, Any]:
    f, aim = row.found, row.found.aim
    change = f.change
    return {
        "target": row.target.code,
        "people": aim.people,
        "doses_each": aim.doses_each,
        "given": aim.given,
        "doses": aim.doses,
        "doses_a_day": aim.a_day,
        "doses_a_month": aim.a_month,
        "days": f.days,
        "months": f.months,
        "begins_on": str(aim.begins_on),
        "by": str(aim.by),
        "done_on": str(f.done_on) if f.done_on else None,
        "possible": f.is_possible,
        "change": None
        if change is None
        else {
            "doses_a_day": change.a_day,
            "doses_a_month": change.a_month,
            "by": str(change.by) if change.by else None,
            "people": change.people,
            "begins_on": str(change.begins_on) if change.begins_on else None,
        },
        "over": row.over,
        "needed_a_day": row.needed,
        "hours": hours,
        "centres": row.centres,
        "staff": row.implied.staff if row.implied else None,
        "seats": row.implied.seats if row.implied else None,
    }


def _lines(row: Any, hours: float) -> list[str]:
    f, aim = row.found, row.found.aim
    each = f" x {aim.doses_each} doses" if aim.doses_each > 1 else ""
    given = f" - {aim.given:,} given" if aim.given else ""
    told = [f"{aim.people:,} people{each}{given} = {aim.doses:,} doses"]
    paces = []
    if f.days is not None:
        paces.append(f"{f.days:,.0f} days at {aim.a_day:,} a day")
    if f.months is not None:
        paces.append(f"{f.months:,.1f} months at {aim.a_month:,} a month")
    told.append(", ".join(paces) or "no capacity is stated: try --a-day")
    lines = [f"{row.target.code}: {': '.join(told)}"]
    if f.done_on is not None:
        verdict = "possible" if f.is_possible else "TOO LATE"
        lines.append(
            f"  from {aim.begins_on} done on {f.done_on}, the target is {aim.by}: {verdict}"
        )
    elif not f.is_possible:
        lines.append(f"  from {aim.begins_on} it is never done: NOT POSSIBLE")
    if row.over:
        lines.append(f"  the day of the target has passed: {aim.by}")
    elif f.change is not None:
        lines.append(f"  any one of these makes it possible: {'; '.join(_changes(f.change))}")
    if row.implied is not None:
        staff = ", ".join(f"{name} {n}" for name, n in row.implied.staff.items())
        lines.append(
            f"  {row.implied.an_hour:,.0f} an hour over {hours:g} hours, {row.centres} centres together: "
            f"{staff} ({row.implied.people} staff), {row.implied.seats} observation seats"
        )
    return lines


def _changes(change: Any) -> list[str]:
    found = []
    if change.a_day is not None:
        found.append(f"{change.a_day:,} doses a day")
    if change.a_month is not None:
        found.append(f"{change.a_month:,} doses a month")
    if change.by is not None:
        found.append(f"the target on {change.by}")
    if change.begins_on is not None:
        found.append(f"a beginning on {change.begins_on}")
    return [*found, f"{change.people:,} people"] if change.people else found


for _command in (
    planning_study.scenario,
    planning_study.allocate,
    planning_study.risk,
    planning_study.compare,
    planning_study.report,
):
    app.command()(_command)
