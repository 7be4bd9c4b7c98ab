"""balmis eligibility: who may have the next dose, from when, and why."""

from datetime import date
from typing import Annotated

import typer

from balmis.cli.runtime import now, open_database, operator, progress, put, put_json, say
from balmis.core.errors import BadInput

app = typer.Typer(help="Who may have the next dose, from when, and why.", no_args_is_help=True)

Campaign = Annotated[str, typer.Argument(help="The campaign's id.")]
On = Annotated[str, typer.Option("--on", help="As of this day; without it, today at the campaign.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def _day(text: str, slug: str) -> date:
    from balmis.contexts.campaigns import queries
    from balmis.core.dates import local_day

    if not text:
        return local_day(now(), queries.campaign(slug).time_zone)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"'{text}' is not a date; write 2021-11-01.") from None


def _last_run(slug: str) -> date | None:
    from balmis.contexts.campaigns import queries as campaigns
    from balmis.contexts.eligibility import queries

    last = queries.last_run(campaigns.campaign(slug).pk)
    return last.as_of if last else None


@app.command()
def run(
    campaign: Campaign,
    on: On = "",
    everyone: Annotated[
        bool,
        typer.Option(help="Evaluate everyone anew, not only those whose answer may have changed."),
    ] = False,
    engine: Annotated[str, typer.Option(help="local, or spark for a cluster.")] = "local",
) -> None:
    """Bring everyone's stored eligibility up to date."""
    open_database()
    from balmis.flows.eligibility.engine_choice import engine_named
    from balmis.flows.eligibility.run import RunEligibility, run_eligibility

    day = _day(on, campaign)
    with engine_named(engine) as chosen, progress("People", None) as advance:
        told = 0

        def report(done: int, of: int) -> None:
            nonlocal told
            advance(done - told)
            told = done

        outcome = run_eligibility(
            RunEligibility(campaign=campaign, on=day, everyone=everyone, engine=chosen),
            actor=operator(),
            clock=now,
            report=report,
        )
    put(
        f"{campaign} as of {day}: {outcome.evaluated:,} of {outcome.people:,} people evaluated, "
        f"{outcome.changed:,} answers changed, in {outcome.seconds:.1f} s (rules {outcome.rules[:8]})."
    )
    show(campaign)


@app.command()
def show(campaign: Campaign, as_json: AsJson = False) -> None:
    """How many people may have the next dose now, later, or not, and why."""
    open_database()
    from balmis.contexts.campaigns import queries as campaigns
    from balmis.contexts.eligibility import queries

    found = queries.counts_by(campaigns.campaign(campaign).pk, "status", "reason")
    if as_json:
        put_json(found)
        return
    if not found:
        say(f"Nothing has been evaluated yet: balmis eligibility run {campaign}")
    for row in found:
        put(f"{row['status']!s:14} {row['reason']!s:24} {row['number']:>12,}")


@app.command()
def demand(
    campaign: Campaign,
    weeks: Annotated[int, typer.Option(min=1, max=104, help="How many weeks ahead.")] = 8,
    as_json: AsJson = False,
) -> None:
    """The demand curve: how many people become due in the next weeks."""
    open_database()
    from balmis.flows.eligibility.demand import demand as curve

    found = curve(campaign, weeks=weeks, actor=operator())
    if found.as_of is None:
        say(f"Nothing has been evaluated yet: balmis eligibility run {campaign}")
        return
    if as_json:
        put_json(
            {
                "as_of": found.as_of,
                "due": found.due,
                "weeks": [{"from": w.starts_on, "people": w.people} for w in found.weeks],
            }
        )
        return
    put(f"{campaign} as of {found.as_of}: {found.due:,} people are due now.")
    for week in found.weeks:
        put(f"  from {week.starts_on}: {week.people:>10,} more")


@app.command("open")
def open_(
    campaign: Campaign,
    phase: Annotated[str, typer.Argument(help="The code of a phase of the plan.")],
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Dry run: whom would opening a phase on a day add? Nothing is changed."""
    open_database()
    from dataclasses import asdict

    from balmis.flows.eligibility.demand import opening

    day = _day(on, campaign)
    found = opening(campaign, phase, day, actor=operator())
    if as_json:
        put_json(asdict(found))
        return
    put(
        f"Opening '{phase}' on {day} opens to {found.people:,} people who may not have a dose by then "
        f"as things stand, {found.unbooked:,} of them without a booking; "
        f"{found.later:,} more of the phase become due afterwards."
    )
    if found.held_back:
        put(
            f"{found.held_back:,} more are in groups that the plan has put off; open the group as well."
        )
    for code, number in found.by_group.items():
        put(f"  {code:28} {number:>12,}")


@app.command()
def explain(
    campaign: Campaign,
    person: Annotated[str, typer.Argument(help="The person's id, or key in the register.")],
    on: Annotated[
        str, typer.Option("--on", help="As of this day; without it, the day of the last run.")
    ] = "",
    trace: Annotated[bool, typer.Option(help="Every step of the judgement.")] = False,
) -> None:
    """Why may this person have the next dose now, later, or not? The look is logged."""
    open_database()
    from balmis.cli.schedule_person import put_result
    from balmis.core.schedule.texts import ELIGIBILITIES, finding_in_words
    from balmis.flows.eligibility.explain import Explain
    from balmis.flows.eligibility.explain import explain as explained

    day = _day(on, campaign) if on else _last_run(campaign) or _day("", campaign)
    found = explained(
        Explain(campaign=campaign, person=person, on=day, trace=trace),
        actor=operator(),
        now=now(),
    )
    d = found.decision
    put(
        f"Person {found.person.pk}, born {found.person.born}, group {found.group or 'none'}: "
        f"{ELIGIBILITIES[d.status]}."
    )
    put(
        finding_in_words(
            d.reason, day=d.from_on, phase=d.phase, last=found.result.groups[0].past_due
        )
    )
    if d.products:
        put(f"Products offered: {', '.join(d.products)}; from {d.from_on}.")
    put_result(found.result, found.schedule)
    if found.stored_as_of:
        put(f"Stored: {found.stored}, as of {found.stored_as_of}.")
