"""balmis user and balmis audit: who may sign in, in which roles; what was done, by whom."""

import csv
import json
import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from balmis.cli.runtime import now, open_database, put

app = typer.Typer(help="Who may sign in, in which roles.", no_args_is_help=True)


@app.command()
def keep(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    grant: Annotated[
        list[str],
        typer.Option(
            help="A role: planner, area_manager@area:CODE, vaccinator@site:CODE. Repeat for more."
        ),
    ],
    name: Annotated[str, typer.Option(help="The name shown on pages.")] = "",
    keep_password: Annotated[bool, typer.Option(help="Change roles only.")] = False,
) -> None:
    """Make a user, or change password and roles: exactly these. Asks for the password (or
    takes it from BALMIS_PASSWORD)."""
    open_database()
    from balmis.core.actor import Actor
    from balmis.flows.access.save_user import KeepUser, keep_user, read_grant

    grants = [read_grant(text) for text in grant]
    password = None if keep_password else os.environ.get("BALMIS_PASSWORD")
    if password is None and not keep_password:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    keep_user(
        KeepUser(username=username, name=name or username, password=password, grants=grants),
        actor=Actor.system("cli"),
        now=now(),
    )
    put(f"{username} may sign in.")


@app.command()
def disable(
    username: Annotated[str, typer.Argument(help="The name they sign in with.")],
) -> None:
    """They sign in no more, and sessions that are open end with their next request."""
    _set_active(username, active=False)


@app.command()
def enable(username: Annotated[str, typer.Argument(help="The name they sign in with.")]) -> None:
    """They may sign in again, with the password and the roles of before."""
    _set_active(username, active=True)


def _set_active(username: str, *, active: bool) -> None:
    open_database()
    from balmis.core.actor import Actor
    from balmis.flows.access.account import set_active

    set_active(username, active=active, actor=Actor.system("cli"), now=now())
    put(f"{username} {'may sign in again' if active else 'is disabled'}.")


@app.command("list")
def list_() -> None:
    """All users and their roles."""
    open_database()
    from balmis.contexts.access.queries import users

    for user in users():
        state = "" if user.active else " (disabled)"
        put(f"{user.username:24} {', '.join(user.grants) or 'no role'}{state}")


trail = typer.Typer(help="The audit trail.", no_args_is_help=True)


@trail.command()
def head() -> None:
    """The newest seal, to be kept on another machine for `balmis check audit --head`."""
    open_database()
    from balmis.flows.access.trail import newest_head

    put(str(newest_head() or "nothing is sealed yet"))


@trail.command()
def show(
    since: Annotated[
        datetime | None, typer.Option(help="From this day or moment on (UTC).")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this one.")] = None,
    actor: Annotated[str, typer.Option(help="Who acted, as the trail has them: user:7.")] = "",
    action: Annotated[str, typer.Option(help="What was done, or how it begins: person.")] = "",
    subject: Annotated[str, typer.Option(help="To what: person:12.")] = "",
    most: Annotated[int, typer.Option(min=1, max=1_000_000, help="Lines at most.")] = 1_000,
) -> None:
    """Lines as CSV, the newest first. That they were read is a line, too."""
    open_database()
    from balmis.core.actor import Actor
    from balmis.core.spreadsheet_cells import neutral
    from balmis.flows.access.trail import Wanted, read_trail

    wanted = Wanted(
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
        actor=actor,
        action=action,
        subject=subject,
        most=most,
    )
    page = csv.writer(sys.stdout)
    page.writerow(["line", "at", "actor", "action", "subject", "reason", "request", "facts"])
    for e in read_trail(wanted, actor=Actor.system("cli"), now=now()):
        facts = json.dumps(e.facts, ensure_ascii=False)
        cells = (e.actor, e.action, e.subject, e.reason, str(e.request_id or ""), facts)
        page.writerow([e.pk, e.at.isoformat(), *map(neutral, cells)])
