"""balmis demo: the Jeju campaign at full scale, with demo users."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from balmis.cli.runtime import kept_secret, open_database, progress, put, read_text, say


def demo(
    scale: Annotated[float, typer.Option(min=0.001, max=1.0, help="Part of the population.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic residents.")] = 1,
) -> None:
    """Load the Jeju campaign with synthetic residents and demo users, to look around.

    Again: what is there stays, and the logins are printed.
    """
    open_database()
    from balmis.cli.campaigns import find
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.demo import bookings
    from balmis.demo import demo as flow

    if not flow.is_loaded():
        say("Loading Jeju's campaign of 2021 with synthetic residents …")
        script = flow.demo_script(check(read_text(find("jeju-2021"))), seed=seed, scale=scale)
        people = sum(chunk.people.height for chunk in script.residents)
        with progress("residents", people) as residents, progress("days", len(script.days)) as days:
            flow.load_demo(script, progress=days, registered=residents)
    password = _password()
    users = flow.seed_users(password)
    say("Opening sessions of the coming weeks …")
    now = datetime.now(UTC)
    bookings.seed_sessions(now=now)
    bookings.seed_unit(coordinator="unit-coordinator", now=now)
    put("Demo logins (synthetic data), all with the password " + password)
    for user in users:
        put(f"  {user.username:18} {user.where or 'everywhere'}")
    put(f"Residents book at /c/{bookings.SLUG}/book/, for example:")
    for example in bookings.examples(3, now=now):
        put(f"  letter {example.code}, born {example.born}, any phone; the worker prints the code")


def _password() -> str:
    """This installation's demo password, made once and kept in the data folder."""
    return kept_secret("demo-password", lambda: "-".join(secrets.token_hex(2) for _ in range(4)))
