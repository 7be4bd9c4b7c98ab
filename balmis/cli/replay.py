"""balmis replay: real campaigns again, day by day, in a database of their own."""

import os
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from balmis.cli.reporting import parse_day
from balmis.cli.runtime import open_database, progress, put, put_json, say
from balmis.config import embedded
from balmis.core.errors import BalmisError

app = typer.Typer(help="Replay real campaigns and prove the figures.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
Until = Annotated[str | None, typer.Option(help="Stop after this day.")]


class ReplayDiffers(BalmisError):
    """The replay ran, and its figures are not those of the source."""

    exit_code = 8


def _own_server() -> str:
    return (embedded.start() and embedded.owner_url()) or ""


def own_database(name: str) -> str:
    """A fresh database for the replay, beside the program's own; an earlier one goes."""
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import make_conninfo

    base = os.environ.pop("BALMIS_OWNER_URL", "") or os.environ.get("DATABASE_URL") or _own_server()
    with psycopg.connect(base, autocommit=True) as connection:
        named = sql.Identifier(name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(named)
        )
    return make_conninfo(base, dbname=name)


def peak_memory_mb() -> int:
    """The most memory this process held; the database's own is not in it."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 if sys.platform != "darwin" else 1024 * 1024))


@app.command()
def italy(
    area: Annotated[str, typer.Option(help="The area's code: MOL, BAS, SAR, …")],
    data: Annotated[Path, typer.Option(help="The folder of the published files.")],
    until: Until = None,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic residents.")] = 1,
    as_json: Json = False,
) -> None:
    """Replay an Italian area from the files of italia/covid19-opendata-vaccini (CC BY 4.0)."""
    stop = parse_day(until) if until else None
    began = time.monotonic()
    os.environ["DATABASE_URL"] = own_database(f"balmis_replay_italy_{area.lower()}")
    open_database()
    from balmis.contexts.supply import stock_book
    from balmis.demo.replays import italy as replay
    from balmis.demo.replays.proof import prove
    from balmis.demo.replays.run import play

    source = replay.read(data, area.upper(), stop)
    script = replay.Italy(source).script(seed)
    with progress(f"{source.name}, days", len(script.days)) as advance:
        played = play(script, progress=advance)
    proof = prove(source)
    result = {
        "area": source.area,
        "days": played.days,
        "doses": played.doses,
        "people": played.people,
        "deliveries": played.deliveries,
        "recounts": played.recounts,
        "compared": proof.compared,
        "differences": proof.differing,
        "ledger_sum": int(stock_book.ledger_sum()),
        "seconds": round(time.monotonic() - began, 1),
        "peak_memory_mb": peak_memory_mb(),
        "examples": proof.examples,
        "database": "balmis_replay_italy_" + area.lower(),
    }
    if as_json:
        put_json(result)
    else:
        put(
            f"{source.name}: {played.days} days, {played.doses:,} doses, {played.people:,} people, "
            f"{played.deliveries} deliveries in {result['seconds']} s."
        )
        put(
            f"Compared {proof.compared:,} values with the source: {proof.differing} differ. "
            f"The sum of the ledger is {result['ledger_sum']}."
        )
    _judge(proof.differing, proof.examples)


def _judge(differing: int, examples: list[str]) -> None:
    if differing:
        for example in examples:
            say(example)
        raise ReplayDiffers(f"{differing} values differ from the source.")


@app.command()
def jeju(
    data: Annotated[Path, typer.Option(help="The folder of the Korean files.")],
    until: Until = None,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic residents.")] = 1,
    as_json: Json = False,
) -> None:
    """Replay Jeju's first and second doses of 2021 (KDCA) on synthetic residents by phase."""
    stop: date | None = parse_day(until) if until else None
    began = time.monotonic()
    os.environ["DATABASE_URL"] = own_database("balmis_replay_jeju")
    open_database()
    from balmis.cli.campaigns import find
    from balmis.cli.runtime import read_text
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.contexts.supply import stock_book
    from balmis.demo.replays import jeju as replay
    from balmis.demo.replays.run import play

    series = replay.read(data, stop)
    script = replay.script(series, check(read_text(find("jeju-2021"))), seed=seed)
    with progress("Jeju, days", len(script.days)) as advance:
        played = play(script, progress=advance)
    proof = replay.prove(series)
    reached = replay.target_reached_on("residents-70")
    result = {
        "area": "Jeju",
        "days": played.days,
        "doses": played.doses,
        "people": played.people,
        "deliveries": played.deliveries,
        "taken_back": played.taken_back,
        "target": "residents-70",
        "target_reached_on": reached and reached.isoformat(),
        "compared": proof.compared,
        "differences": proof.differing,
        "ledger_sum": int(stock_book.ledger_sum()),
        "seconds": round(time.monotonic() - began, 1),
        "peak_memory_mb": peak_memory_mb(),
        "examples": proof.examples,
        "database": "balmis_replay_jeju",
    }
    if as_json:
        put_json(result)
    else:
        put(
            f"Jeju: {played.days} days, {played.doses:,} doses, {played.taken_back:,} taken back. "
            f"The report of {reached} was the first to show the target reached."
        )
        put(f"Compared {proof.compared:,} values with the source: {proof.differing} differ.")
    _judge(proof.differing, proof.examples)
