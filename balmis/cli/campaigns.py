"""balmis campaign: check, load, show and list campaign files."""

from pathlib import Path
from typing import Annotated

import typer

from balmis.cli.runtime import now, open_database, operator, put, put_json, read_text, say
from balmis.core.errors import BadInput, Unusable

app = typer.Typer(help="Campaign files and the campaigns made of them.", no_args_is_help=True)

PRESETS = Path(__file__).resolve().parent.parent / "presets"
Source = Annotated[str, typer.Argument(help="A preset's name or a file.")]


def find(source: str) -> Path:
    """The file of a preset's name, or the file itself."""
    preset = PRESETS / f"{source}.yaml"
    if preset.exists():
        return preset
    path = Path(source)
    if not path.exists() and not path.suffix:
        names = ", ".join(sorted(p.stem for p in PRESETS.glob("*.yaml")))
        raise Unusable(f"There is no preset or file '{source}'. Presets: {names}.")
    return path


@app.command()
def check(source: Source) -> None:
    """Say everything that is wrong with a campaign file, with line and column."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "balmis.config.settings")
    from balmis.contexts.campaigns.plan.checks import check as check_text

    checked = check_text(read_text(find(source)))
    if checked.problems:
        for problem in checked.problems:
            put(f"{source}: {problem}")
        number = len(checked.problems)
        raise BadInput(f"{number} problem{'s' if number > 1 else ''} in {source}.")
    for note in checked.notes:
        put(f"{source}: {note}")
    plan = checked.plan
    if plan is not None:
        put(
            f"{source}: no problems. {plan.id}: {len(plan.targets)} targets, {len(plan.groups)} "
            f"groups, {len(plan.sites)} sites, {len(plan.revisions)} later revisions."
        )


@app.command()
def load(source: Source) -> None:
    """Load a campaign. Again: nothing changes. A changed file: a new plan revision."""
    text = read_text(find(source))
    open_database()
    from balmis.contexts.campaigns.plan.checks import check as check_text
    from balmis.flows.campaigns.load_campaign import load_campaign

    checked = check_text(text)
    stored = load_campaign(checked, actor=operator(), now=now())
    for note in checked.notes:
        put(f"{source}: {note}")
    if not stored.new_revisions:
        put(f"{stored.campaign.slug}: nothing has changed.")
        return
    what = "loaded" if stored.created else "changed"
    put(
        f"{stored.campaign.slug}: {what}; plan revision {', '.join(map(str, stored.new_revisions))}."
    )
    for line in stored.diff if not stored.created else ():
        put(f"  {line}")


@app.command("list")
def list_() -> None:
    """List the campaigns."""
    open_database()
    from balmis.contexts.campaigns import queries

    found = queries.campaigns()
    if not found:
        say("No campaigns yet. Load one: balmis campaign load jeju-2021")
    for campaign in found:
        plan = queries.latest_plan(campaign.pk)
        put(
            f"{campaign.slug:28} {plan.period.starts_on} to {plan.period.ends_on}  {plan.title.get('en')}"
        )


@app.command()
def show(
    slug: Annotated[str, typer.Argument(help="The campaign's id.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="The whole plan in force as JSON.")
    ] = False,
) -> None:
    """Show a campaign: targets, groups, phases, sites and plan revisions."""
    open_database()
    from balmis.contexts.campaigns import queries

    campaign = queries.campaign(slug)
    revisions = queries.revisions(campaign.pk)
    if as_json:
        put_json(revisions[-1].content)
        return
    plan = queries.latest_plan(campaign.pk)
    put(
        f"{plan.title.get('en', slug)} ({slug}), {plan.period.starts_on} to {plan.period.ends_on}, "
        f"{plan.time_zone}"
    )
    for target in plan.targets:
        d = target.denominator
        put(
            f"  target {target.code}: {target.aim:,} {target.measure.value} of {d.people:,} "
            f"({d.label.get('en', '')}, {d.as_of}) by {target.by}"
        )
    people = queries.headcounts(campaign.pk)
    ids = {code: i for i, code in queries.groups(campaign.pk).items()}
    for group in plan.groups:
        count = people.by_group.get(ids.get(group.code), 0)
        put(f"  group {group.code:24} {group.status.value:9} {count:>12,} registered")
    for phase in plan.phases:
        put(f"  phase {phase.code:24} {phase.status.value:9} {', '.join(phase.groups)}")
    for site in plan.sites:
        put(f"  site {site.code:25} {site.status.value:9} {site.names.get('en', '')}")
    for revision in revisions:
        put(f"  revision {revision.number} from {revision.in_force_on}: {revision.title}")
