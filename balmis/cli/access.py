"""balmis user: who may sign in, in which roles."""

import os
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


@app.command("list")
def list_() -> None:
    """All users and their roles."""
    open_database()
    from balmis.contexts.access.queries import users

    for user in users():
        put(f"{user.username:24} {', '.join(user.grants) or 'no role'}")
