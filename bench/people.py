"""People: made and loaded, or imported from a line list."""

import csv
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.databases import database
from bench.measuring import ROUNDS, raw_copy, result, seconds

NOW = datetime(2021, 3, 1, tzinfo=UTC)
PRESET = Path(__file__).resolve().parent.parent / "balmis" / "presets" / "jeju-2021.yaml"
SLUG = "jeju-2021"
SCALE = 0.3


def load_jeju() -> None:
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.core.actor import Actor
    from balmis.flows.campaigns.load_campaign import load_campaign

    load_campaign(check(PRESET.read_text(encoding="utf-8")), actor=Actor.system("bench"), now=NOW)


def register_people(scale: float) -> None:
    from balmis.core.actor import Actor
    from balmis.flows.people.synthesise_people import SynthesisePeople, synthesise_people

    synthesise_people(
        SynthesisePeople(campaign=SLUG, seed=1, scale=scale), actor=Actor.system("bench"), now=NOW
    )


def synthesise() -> Iterator[dict[str, Any]]:
    ours, peer, number = [], [], 0
    for _ in range(ROUNDS):
        with database() as name:
            load_jeju()
            ours.append(seconds(lambda: register_people(SCALE)))
            peer.append(raw_copy(name, "people_person"))
            number = people()
    yield result(ours, peer, number, "people/s", "raw COPY of the same rows, no index")


def people() -> int:
    from balmis.contexts.people import queries

    return sum(queries.people_count(register.code) for register in queries.registers())


def write_list(path: Path, scale: float) -> None:
    """A line list as a hospital would send it."""
    from balmis.contexts.campaigns import queries
    from balmis.contexts.people.synthesis.population import residents
    from balmis.flows.people.synthesise_people import recipe_for

    plan = queries.latest_plan(queries.campaign(SLUG).pk)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["external_id", "name", "born", "sex", "area", "national_id"])
        for chunk in residents(recipe_for(plan, seed=1, scale=scale)):
            columns = ("external_id", "name", "born", "sex", "area_code", "national_id")
            writer.writerows(chunk.people.select(columns).iter_rows())


def import_() -> Iterator[dict[str, Any]]:
    from balmis.cli.people_lists import open_book
    from balmis.core.actor import Actor
    from balmis.flows.people.import_people import ImportPeople, import_people

    ours, peer, number = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        for _ in range(ROUNDS):
            with database() as name:
                load_jeju()
                write_list(path, SCALE)
                book, digest = open_book(path)
                command = ImportPeople(
                    book=book, digest=digest, file=path.name, campaign=SLUG, register="hospital"
                )
                ours.append(
                    seconds(
                        lambda: import_people(command, actor=Actor.system("bench"), now=NOW)  # noqa: B023
                    )
                )
                peer.append(raw_copy(name, "people_person"))
                number = people()
    yield result(ours, peer, number, "people/s", "raw COPY of the same rows, no index")
