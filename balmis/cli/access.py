"""balmis user and balmis audit: who may sign in, in which roles; what was done, by whom."""

import csv
import json
import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from balmis.cli import access_lists
from balmis.cli.runtime import now, open_database, operator, put
from balmis.core.errors import BadInput

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
    second_factor: Annotated[
        str, typer.Option(help="Asked of them: by_role, always or never. Not given: it stays.")
    ] = "",
) -> None:
    """Make a user, or change password and roles: exactly these. Asks for the password (or
    takes it from BALMIS_PASSWORD). Better is `balmis user invite`: nobody else knows the password then."""
    open_database()

    password = None if keep_password else os.environ.get("BALMIS_PASSWORD")
    if password is None and not keep_password:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    _keep(username, grant, name or username, password, second_factor)
    put(f"{username} may sign in.")


def _keep(
    username: str, grants: list[str], name: str, password: str | None, second_factor: str
) -> None:
    from balmis.core.vocabulary.access import FactorRule
    from balmis.flows.access.save_user import KeepUser, keep_user, read_grant

    if second_factor and second_factor not in list(FactorRule):
        raise BadInput(f"{second_factor!r} is none of {', '.join(FactorRule)}.")
    wanted = KeepUser(
        username=username,
        name=name,
        password=password,
        grants=[read_grant(text) for text in grants],
        second_factor=FactorRule(second_factor) if second_factor else None,
    )
    keep_user(wanted, actor=operator(), now=now())


@app.command()
def invite(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    grant: Annotated[
        list[str] | None,
        typer.Option(
            help="For a new user: a role, as `balmis user keep` takes it. Repeat for more."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="The name shown on pages.")] = "",
    second_factor: Annotated[
        str, typer.Option(help="Asked of them: by_role, always or never. Not given: it stays.")
    ] = "",
    lost_factor: Annotated[
        bool, typer.Option(help="They have lost it: all factors, codes and sign-ins end now.")
    ] = False,
    email: Annotated[str, typer.Option(help="Where they are told of changes.")] = "",
) -> None:
    """Print a link, good once and for a week, with which they choose a password: a new user, or one
    who has lost it."""
    open_database()
    from django.conf import settings

    from balmis.flows.access.account import change_address, invite

    if grant or name or second_factor:
        _keep(username, grant or [], name or username, None, second_factor)
    if email:
        change_address(username, email, actor=operator(), now=now())
    word = invite(username, lost_factor=lost_factor, actor=operator(), now=now())
    put(f"{settings.PUBLIC_URL}/invitation/{word}/")


app.command("import")(access_lists.import_)


@app.command()
def address(
    username: Annotated[str, typer.Argument(help="The name they sign in with.")],
    email: Annotated[str, typer.Argument(help="The e-mail address; '' for none.")],
) -> None:
    """Where somebody is told by mail of changes of their account; the address of before hears of it."""
    open_database()
    from balmis.flows.access.account import change_address

    change_address(username, email, actor=operator(), now=now())
    put(f"{username} is told of changes {'by mail' if email else 'at the next sign-in alone'}.")


@app.command("sign-ins")
def sign_ins_(
    username: Annotated[str, typer.Argument(help="The name they sign in with.")],
    end: Annotated[bool, typer.Option(help="End all of them.")] = False,
) -> None:
    """Where somebody is signed in now."""
    open_database()
    from balmis.contexts.access.services import user_named
    from balmis.contexts.access.sign_ins import open_of_user
    from balmis.flows.access.sign_ins import end_for

    if end:
        put(f"{end_for(username, actor=operator(), now=now())} ended.")
        return
    for one in open_of_user(user_named(username).pk, now=now()):
        put(
            f"{one.at:%Y-%m-%d %H:%M} seen {one.seen_at:%H:%M} {one.client} {one.means} {one.agent}"
        )


@app.command()
def emergencies(
    end: Annotated[int, typer.Option(help="End the role with this number.")] = 0,
) -> None:
    """Roles that people took themselves in an emergency, and that hold now."""
    open_database()
    from balmis.contexts.access.queries import emergencies, place_of
    from balmis.flows.access.emergency import end_role

    if end:
        end_role(end, actor=operator(), now=now())
        put("It is ended.")
        return
    for g in emergencies():
        put(f"{g.pk} {g.user.username} {g.role}{place_of(g)} until {g.until:%H:%M}: {g.emergency}")


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
    from balmis.flows.access.account import set_active

    set_active(username, active=active, actor=operator(), now=now())
    put(f"{username} {'may sign in again' if active else 'is disabled'}.")


@app.command()
def untie(username: Annotated[str, typer.Argument(help="The name they sign in with.")]) -> None:
    """Part an account from the identity provider: the next who comes with this name ties it anew."""
    open_database()
    from balmis.flows.access.provider import untie

    untie(username, actor=operator(), now=now())
    put(f"{username} is tied to nobody of the identity provider.")


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
    from balmis.contexts.journal.audit import LinesWanted
    from balmis.core.spreadsheet_cells import neutral
    from balmis.flows.access.trail import read_trail

    wanted = LinesWanted(
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
        actor=actor,
        action=action,
        subject=subject,
        most=most,
    )
    page = csv.writer(sys.stdout)
    page.writerow(["line", "at", "actor", "action", "subject", "reason", "request", "facts"])
    for e in read_trail(wanted, actor=operator(), now=now()):
        facts = json.dumps(e.facts, ensure_ascii=False)
        cells = (e.actor, e.action, e.subject, e.reason, str(e.request_id or ""), facts)
        page.writerow([e.pk, e.at.isoformat(), *map(neutral, cells)])
