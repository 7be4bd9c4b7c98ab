"""A line list of events from elsewhere: each row a report, matched to its person and dose.

All rows are read before any is written; a row that was imported before is left as it is, so the same
file can come again.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from io import StringIO
from typing import TypeVar

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import queries as people
from balmis.contexts.safety import cases
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.vocabulary.safety import EventEnd, Serious, Severity, Source
from balmis.flows.safety import reference_data

NEEDED = ("number", "event", "onset_on")
MORE = ("dose_on", "why_serious", "severity", "outcome", "words", "key")
MOST_ROWS = 50_000
MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Imported:
    rows: int
    new: int
    known: int  # imported before
    cases: int  # opened by it


def read(slug: str, text: str, *, now: datetime) -> list[cases.ToldEvent]:
    """Every row as a report. Raises BadInput with each problem and its row; nothing is written."""
    campaign = campaigns.campaign(slug)
    table = csv.DictReader(StringIO(text.lstrip("\ufeff")))
    missing = [c for c in NEEDED if c not in (table.fieldnames or ())]
    if missing:
        raise BadInput(
            f"The list lacks the column {', '.join(missing)}; it has "
            f"{', '.join(table.fieldnames or ['none'])}."
        )
    if unknown := sorted(set(table.fieldnames or ()) - {*NEEDED, *MORE}):
        raise BadInput(
            f"Unknown column {', '.join(unknown)}; known are {', '.join((*NEEDED, *MORE))}."
        )
    found, problems = [], []
    for number, row in enumerate(table, 2):
        if number > MOST_ROWS + 1:
            raise BadInput(f"The list has more than {MOST_ROWS:,} rows. Split it.")
        try:
            found.append(_event(campaign, slug, row, now))
        except (BadInput, Refusal, ValueError) as error:
            problems.append(f"row {number}: {_said(error)}")
    if problems:
        rest = len(problems) - MOST_PROBLEMS
        more = (f"and {rest} more",) if rest > 0 else ()
        raise BadInput(
            f"{len(problems)} rows cannot be read; nothing was imported.",
            (*problems[:MOST_PROBLEMS], *more),
        )
    return found


def _said(error: Exception) -> str:
    if isinstance(error, Refusal):
        return f"{error.facts.get('what', 'person')} {error.facts.get('key', '')} is not known"
    return str(error)


def _event(campaign: Campaign, slug: str, row: dict[str, str], now: datetime) -> cases.ToldEvent:
    if None in row:
        raise BadInput("the row has more cells than the list has columns")
    cells = {k: (v or "").strip().replace("\x00", "") for k, v in row.items()}
    if not cells["number"]:
        raise BadInput("number is empty")
    person = people.person(cells["number"], campaign.area.path)
    onset = _day(cells["onset_on"], "onset_on")
    if onset > local_day(now, campaign.time_zone):
        raise BadInput("onset_on is in the future")
    if cells["event"] not in reference_data.events():
        raise BadInput(
            f"event {cells['event'][:40]!r} is none of {', '.join(reference_data.events())}"
        )
    why = tuple(_word(Serious, w, "why_serious") for w in cells.get("why_serious", "").split())
    dose = _dose(campaign.pk, person.pk, onset, cells.get("dose_on", ""))
    # the same row is the same report; one that says something else is another report of the case
    key = sha256(repr(sorted(cells.items())).encode()).hexdigest()
    return cases.ToldEvent(
        request_id=Made.LINE_LIST.of(f"{slug} {key}"),
        onset_on=onset,
        serious=bool(why),
        died=Serious.DEATH in why,
        dose_id=dose.pk,
        person_id=person.pk,
        event=cells["event"],
        source=Source.LINE_LIST,
        why_serious=why,
        severity=_word(Severity, cells.get("severity") or "unknown", "severity"),
        end=_word(EventEnd, cells.get("outcome") or "unknown", "outcome"),
        noticed_at=now,
        words=cells.get("words", "")[:4000],
    )


def _dose(campaign_id: int, person_id: int, onset: date, on: str) -> Dose:
    """The dose of that day, or the last before the event."""
    given = [
        d
        for d in doses.live_doses(person_id)
        if d.campaign_id == campaign_id and d.given_on <= onset
    ]
    if on:
        given = [d for d in given if d.given_on == _day(on, "dose_on")]
    if not given:
        raise BadInput("no dose of this person is in the register before the event")
    return max(given, key=lambda d: d.given_at)


W = TypeVar("W", bound=StrEnum)


def _word(kind: type[W], text: str, name: str) -> W:
    try:
        return kind(text)
    except ValueError:
        raise BadInput(f"{name} {text[:20]!r} is none of {', '.join(kind)}") from None


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{name} is not a day like 2021-06-17: {text[:20]!r}") from None


@transaction.atomic(durable=True)
def import_list(slug: str, text: str, *, actor: Actor, now: datetime) -> Imported:
    """All rows in one transaction. Raises NotAllowed, BadInput."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.WORK_CASES, area=campaign.area)
    found = read(slug, text, now=now)
    locks.write_facts(campaign.pk)
    new, opened = 0, set()
    for event in _in_order(found):
        assert event.person_id is not None
        people.lock_canonical(event.person_id)
        _, case, made = cases.record_event(event, campaign, actor=actor, now=now)
        new += made
        opened |= {case.pk} if made else set()
    audit.record(
        "events.imported", f"campaign:{campaign.pk}", actor=actor, now=now, rows=len(found), new=new
    )
    return Imported(len(found), new, len(found) - new, len(opened))


def _in_order(found: list[cases.ToldEvent]) -> Iterator[cases.ToldEvent]:
    """People are locked in the order of their ids."""
    yield from sorted(found, key=lambda e: (e.person_id or 0, e.onset_on))
