"""balmis check: does everything that is counted agree with what it counts?"""

from typing import Annotated

import typer

from balmis.cli.runtime import now, open_database, put, put_json, say

app = typer.Typer(help="Check the database.", no_args_is_help=True)


@app.callback()
def _commands() -> None:
    """Check the database."""


@app.command()
def invariants(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Recount places, bookings and lists; exit 1 when anything does not agree."""
    open_database()
    from balmis.contexts.booking.drift import CHECKS, drift

    found = drift()
    if as_json:
        put_json(
            {
                "checks": len(CHECKS),
                "drift": [
                    {"what": d.what, "count": d.count, "examples": d.examples} for d in found
                ],
            }
        )
    else:
        for d in found:
            put(f"{d.what}: {d.count}, for example {'; '.join(d.examples[:3])}")
        put(f"{len(CHECKS)} checks, {len(found)} with drift.")
    raise typer.Exit(1 if found else 0)


@app.command()
def fonts() -> None:
    """Can this machine print the languages of its campaigns? Exit 1 when letters would be boxes, with
    the package that brings them."""
    open_database()
    found = lacking_fonts()
    for line in found:
        put(line)
    put(f"{len(found)} languages cannot be printed.")
    raise typer.Exit(1 if found else 0)


def lacking_fonts() -> list[str]:
    """A line for each language of a campaign whose letters would be boxes on paper."""
    from balmis.contexts.campaigns import queries as campaigns
    from balmis.web.shared.print_fonts import needs

    plans = [campaigns.latest_plan(campaign.pk) for campaign in campaigns.campaigns()]
    spoken = sorted({language for plan in plans for language in plan.languages})
    return [
        f"No font for '{language}': PDFs show boxes. Install {package} (its name on Debian and "
        "Ubuntu), or another font for this language."
        for language, package in needs(spoken).items()
    ]


@app.command()
def audit(
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head that was kept elsewhere, NUMBER:DIGEST. Repeat for more."),
    ] = None,
) -> None:
    """Is the audit trail as it was written? Exit 1 when a line was changed, taken out or put in, when a
    guard is off, or when a head that was kept elsewhere is not there."""
    open_database()
    from balmis.flows.access.trail import check_trail, newest_head, rights_beyond

    found = check_trail(head or [], now=now())
    for line in found:
        put(line)
    for line in rights_beyond():
        say(f"Note: {line}; see BALMIS_OWNER_URL in docs/reference/settings.md.")
    newest = newest_head()
    put(f"{len(found)} problems. Head: {newest or 'nothing is sealed yet'}")
    raise typer.Exit(1 if found else 0)
