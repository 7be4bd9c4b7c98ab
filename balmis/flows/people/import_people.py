"""A line list of people into the register: all of it, or nothing and every problem by row."""

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit, batches
from balmis.contexts.people import bulk
from balmis.contexts.people import services as registers
from balmis.contexts.people.line_list import Problem, checked_rows, open_list, read_mapping
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.spreadsheet_cells import neutral
from balmis.flows.campaigns.enrol import enrol_newcomers

REGISTER_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPeople:
    file: Path
    campaign: str
    register: str
    mapping: Path | None = None
    day_first: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    rows: int
    added: int
    changed: int
    same: int


class _DryRun(Exception):
    """Rolls a dry run back."""

    def __init__(self, result: Registered) -> None:
        self.result = result


def import_people(cmd: ImportPeople, *, actor: Actor, now: datetime) -> Registered:
    """Register everyone on the list, or change what is known of them. Again: nothing changes.

    Raises BadInput when a row has a problem: nothing is written, and a report with the row,
    the column and what to do is written beside the input. Raises Unusable, NotAllowed.
    """
    try:
        return _import(cmd, actor=actor, now=now)
    except _DryRun as done:
        return done.result


@transaction.atomic(durable=True)
def _import(cmd: ImportPeople, *, actor: Actor, now: datetime) -> Registered:
    campaign = campaigns.campaign(cmd.campaign)
    if not REGISTER_CODE.fullmatch(cmd.register):
        raise BadInput(
            f"{cmd.register!r} cannot name a register; use letters, digits, '.', '_' and "
            "'-', at most 60, beginning with a letter or digit."
        )
    check_may(actor, Act.REGISTER_PEOPLE, area=campaign.area)
    mapping = read_mapping(cmd.mapping)
    areas = _area_words(campaign.area.code)
    digest, chunks = open_list(cmd.file, mapping)
    problems: list[Problem] = []
    frames: list[pl.DataFrame] = []
    rows = 0
    stated: set[str] = set()  # columns that the list has
    for chunk in chunks:
        rows += chunk.height
        good, bad = checked_rows(
            chunk, areas=areas, day_first=cmd.day_first, today=local_day(now, campaign.time_zone)
        )
        problems += bad
        stated |= {c for c in good.columns if good[c].null_count() < good.height}
        frames.append(good.with_columns(pl.col("national_id", "romanised_name").fill_null("")))
    people = pl.concat(frames) if frames else bulk.nobody()
    problems += bulk.repeated(people)
    register = registers.lock_register(cmd.register, title=cmd.register, now=now)
    if not problems:
        bulk.stage(people)
        problems = bulk.taken(register.pk)
    if problems:
        problems.sort(key=lambda p: (p.row, p.column))
        raise BadInput(_told(cmd.file, problems, rows), tuple(str(p) for p in problems))
    added, changed, last = bulk.merge(register.pk, stated=stated)
    enrol_newcomers(after_person=last, changed=bool(changed))
    batches.open_batch(
        "people", source=cmd.file.name, digest=digest, rows=rows, actor=actor, now=now
    )
    audit.record(
        "people.imported",
        f"register:{register.pk}",
        actor=actor,
        now=now,
        file=cmd.file.name,
        rows=rows,
        added=added,
        changed=changed,
    )
    result = Registered(rows, added, changed, rows - added - changed)
    if cmd.dry_run:
        raise _DryRun(result)
    return result


def _area_words(root: str) -> dict[str, int]:
    """Every way a list may name an area, as far as it names only one: its code or a name."""
    words: dict[str, int] = {}
    twice: set[str] = set()
    for area in places.areas_below(root):
        for word in {area.code, *area.names.values()}:
            if words.setdefault(word, area.id) != area.id:
                twice.add(word)
    return {word: i for word, i in words.items() if word not in twice}


def _told(file: Path, problems: list[Problem], rows: int) -> str:
    """Write every problem beside the input; returns the line to show."""
    report = file.with_name(f"{file.stem}.problems.csv")
    with report.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["row", "column", "value", "problem"])
        for p in problems:
            writer.writerow([p.row, p.column, neutral(p.value), p.message])
    wrong = len({p.row for p in problems})
    return (
        f"{wrong:,} of {rows:,} rows have problems; nothing was imported. "
        f"Every problem stands in {report}."
    )
