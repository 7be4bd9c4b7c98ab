"""balmis schedule: look at dose schedules, check them, evaluate a person, run CDSi's cases."""

from pathlib import Path
from typing import Annotated, Any

import typer

from balmis.cli.reporting import parse_day
from balmis.cli.runtime import now, operator, progress, put, put_json, read_text, say
from balmis.core.errors import BadInput, Unusable
from balmis.core.schedule.format import ScheduleFile

app = typer.Typer(help="Dose schedules: who is due what, when, and why.", no_args_is_help=True)

Source = Annotated[str, typer.Argument(help="A preset's name, a file, or a folder of CDSi XML.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def schedule_file(source: str) -> ScheduleFile:
    """The checked schedule of a preset, a YAML file, or CDSi supporting data."""
    from balmis.core.schedule.cdsi.importer import import_cdsi
    from balmis.core.schedule.file_checks import check_schedule
    from balmis.presets import schedule_names, schedule_text

    path = Path(source)
    if source in schedule_names():
        text = schedule_text(source)
    elif path.is_dir() or path.suffix.lower() == ".xml":
        files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
        if not files:
            raise Unusable(f"There are no XML files in {path}.")
        return import_cdsi({f.name: _bytes(f) for f in files}, id="cdsi", version=path.stem)
    elif path.exists() or path.suffix:
        text = read_text(path)
    else:
        names = ", ".join(schedule_names())
        raise Unusable(f"There is no preset, file or folder '{source}'. Presets: {names}.")
    found, problems = check_schedule(text)
    if found is None:
        for problem in problems:
            put(f"{source}: {problem}")
        raise BadInput(f"{len(problems)} problem{'s' * (len(problems) > 1)} in {source}.")
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from None


@app.command("list")
def list_() -> None:
    """List the schedules that come with the program."""
    from balmis.presets import schedule_names

    for name in schedule_names():
        found = schedule_file(name)
        put(f"{name:28} version {found.version}  {found.title.get('en', '')}")


@app.command()
def check(source: Source) -> None:
    """Say everything that is wrong with a schedule file, with line and column."""
    from balmis.core.schedule.columnar.tables import lacking
    from balmis.core.schedule.rules import ready

    found = schedule_file(source)
    doses = sum(len(s.doses) for s in found.series)
    put(
        f"{source}: no problems. {found.id}: {len(found.products)} products, {len(found.series)} "
        f"series, {doses} doses, {len(found.vaccine_groups)} vaccine groups."
    )
    missing = list(dict.fromkeys(lacking(ready(found))))
    if missing:
        put(f"Evaluated person by person only: it uses {', '.join(missing)}.")


@app.command()
def load(source: Source) -> None:
    """Put a schedule in force for all campaigns that name it. Again: nothing changes."""
    found = schedule_file(source)
    from balmis.cli.runtime import open_database

    open_database()
    from balmis.contexts.eligibility import queries
    from balmis.flows.eligibility.load_schedule import load_schedule

    before = queries.schedule_in_force(found.id)
    version, new = load_schedule(found, actor=operator(), now=now())
    if before and before.version.version == found.version and before.version.pk != version.pk:
        say(
            f"Its rules differ from those in force before, but its version is {found.version} as well; "
            "give a changed schedule a new version."
        )
    what = "in force" if new else "was in force already"
    put(f"{found.id} version {found.version} ({version.digest}) {what}.")


@app.command()
def show(source: Source, as_json: AsJson = False) -> None:
    """Show a schedule: each series with its doses, ages, intervals, products and sources."""
    import msgspec

    found = schedule_file(source)
    if as_json:
        put_json(msgspec.to_builtins(found))
        return
    put(f"{found.title.get('en', found.id)} ({found.id}, version {found.version})")
    for series in found.series:
        put(f"\n{series.title} [{series.type.value}, {series.vaccine_group}]")
        for dose in series.doses:
            put(f"  dose {dose.number} ({dose.role})")
            for line in _lines(dose):
                put(f"    {line}")
    for bar in found.contraindications:
        whom = ", ".join(p.set or p.product or "" for p in bar.products) or bar.antigen
        put(f"\nnot with {bar.observation}: {whom}. {bar.text}".rstrip())
    for wait in found.deferrals:
        length = wait.for_ or "until it ends"
        put(
            f"\nwait with {wait.observation}: {length}. {wait.text.get('en', '')}"
            f"{f' (assumed: {wait.assumption})' if wait.assumption else ''}"
        )


def _ages(row: Any) -> str:
    begin, end = row.begin_age, row.end_age
    return f" ({begin or 'birth'} to {end})" if end else f" (from {begin})" if begin else ""


def _lines(dose: Any) -> list[str]:
    def lengths(row: Any, names: tuple[str, ...]) -> str:
        return ", ".join(f"{n} {v}" for n in names if (v := getattr(row, n)))

    lines = [
        f"age: {lengths(a, ('abs_min', 'min', 'rec_from', 'rec_to', 'max'))}" for a in dose.ages
    ]
    for row in dose.intervals:
        since = (
            "the previous dose"
            if row.from_previous
            else f"dose {row.from_dose}"
            if row.from_dose
            else f"the last of {', '.join(row.from_recent)}"
            if row.from_recent
            else f"observation {row.from_observation}"
        )
        when = f" (after {', '.join(row.when.previous)})" if row.when and row.when.previous else ""
        lines.append(
            f"from {since}{when}: {lengths(row, ('abs_min', 'min', 'rec_from', 'rec_to'))}"
        )
    for title, rows in (("preferred", dose.preferable), ("allowed", dose.allowable)):
        named = [f"{p.set or p.product}{_ages(p)}" for p in rows]
        lines.append(f"{title}: {', '.join(dict.fromkeys(named)) or 'none'}")
    for rule in dose.product_rules:
        lines.append(f"{rule.key} {rule.strength} be that of dose {rule.same_as}")
        lines += [
            f"  accepted all the same: {', '.join(e.products)}{f' from {e.from_}' if e.from_ else ''}"
            for e in rule.exceptions
        ]
    lines += [f"skipped: {s.text or 'see the file'}" for k in dose.skips for s in k.sets]
    lines += [f"{k}: {v}" for k in ("source", "assumption") if (v := getattr(dose, k))]
    return lines


@app.command()
def evaluate(
    source: Source,
    person: Annotated[
        str,
        typer.Option(
            help="A JSON file of born, sex, doses and observed; '-' reads standard input."
        ),
    ] = "",
    born: Annotated[str, typer.Option(help="Date of birth, when no file is given.")] = "",
    sex: Annotated[str, typer.Option(help="F, M or U.")] = "U",
    dose: Annotated[
        list[str] | None, typer.Option(help="PRODUCT@DATE; once for each dose.")
    ] = None,
    observed: Annotated[list[str] | None, typer.Option(help="CODE or CODE@DATE.")] = None,
    on: Annotated[str, typer.Option(help="As of this day; today without it.")] = "",
    group: Annotated[list[str] | None, typer.Option(help="Only these vaccine groups.")] = None,
    trace: Annotated[bool, typer.Option(help="Every step of the judgement.")] = False,
    as_json: AsJson = False,
) -> None:
    """Judge a person's doses and say what comes next, and why."""
    from balmis.cli.schedule_person import person_from, put_result, result_as_json
    from balmis.core.schedule.person_evaluation import evaluate as judge
    from balmis.core.schedule.rules import ready

    schedule = ready(schedule_file(source))
    who, doses = person_from(person, born, sex, dose or [], observed or [], schedule)
    unknown = [g for g in group or () if g not in schedule.groups]
    if unknown:
        raise BadInput(
            f"There is no vaccine group '{unknown[0]}'; known: {', '.join(schedule.groups)}."
        )
    day = parse_day(on) if on else now().date()
    if who.born > day:
        raise BadInput(f"The person is born on {who.born}, after the day asked about ({day}).")
    result = judge(who, doses, schedule, day, groups=group, trace=trace)
    if as_json:
        put_json(result_as_json(result, schedule))
    else:
        put_result(result, schedule, later=sum(d.on > day for d in doses))


@app.command()
def conformance(
    supporting: Annotated[str, typer.Option(help="A folder of CDSi supporting data, as XML.")],
    cases: Annotated[list[str], typer.Option(help="JSON lines, one case a line; may be repeated.")],
    more: Annotated[list[str] | None, typer.Argument(help="More files of cases.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run CDSi's test cases: every dose's status, the series status and the three dates."""
    from balmis.core.schedule.cdsi.conformance import Summary, read_cases, run_case
    from balmis.core.schedule.rules import ready

    schedule = ready(schedule_file(supporting))
    read = [
        case for name in [*cases, *(more or [])] for case in read_cases(read_text(Path(name)), name)
    ]
    with progress("Cases", len(read), quiet=as_json) as advance:
        results = []
        for case in read:
            results.append(run_case(case, schedule))
            advance(1)
    summary = Summary(results)
    if as_json:
        put_json(summary.as_json(schedule))
        return
    put(f"{'vaccine group':24} {'passed':>7} {'cases':>7}")
    for name, (passed, count) in summary.groups().items():
        put(f"{name:24} {passed:>7} {count:>7}")
    put(f"{'all':24} {summary.passed:>7} {len(results):>7}")
    for failed in summary.failed:
        put(f"{failed.id} {failed.group}: {'; '.join(failed.differences)}")
    say(f"{len(results)} cases; dose reason and forecast dose number are not part of passing.")
