"""A line list of events from elsewhere: each row a report, matched to its person and dose.

All rows are read before any is written; a row that was imported before is left as it is, so the same
file can come again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

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
from balmis.core.files.book import Book
from balmis.core.files.line_list import FoundList, RowProblem, find_list
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.safety.report_columns import REPORTS
from balmis.core.safety.report_list import Report, ReportList, read_reports
from balmis.core.vocabulary.safety import Serious, Source
from balmis.core.written_forms import fold
from balmis.flows.safety import reference_data

MOST_ROWS = 50_000

TOO_MANY = gettext_noop("The list has {rows} rows; at most {most} at a time.")
NOBODY = gettext_noop("nobody of the campaign has this number")
NO_DOSE = gettext_noop("no dose of this person is in the register before the event")
BAD_ROWS = gettext_noop("{wrong} of {rows} rows have problems; nothing was imported.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReports:
    """A line list, and what somebody said of it."""

    campaign: str
    book: Book
    mapping: Mapping[str, Sequence[str]] | None = None  # our column to the file's headings
    page: str | None = None
    day_first: bool | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    found: FoundList
    problems: tuple[RowProblem, ...]
    rows: int
    new: int
    known: int  # imported before
    cases: int  # opened by it


class BadReports(BadInput):
    """Rows have problems and nothing was written; `taken` says what was read."""

    def __init__(self, taken: Imported) -> None:
        wrong = len({p.row for p in taken.problems})
        lines = tuple(str(p) for p in taken.problems)
        super().__init__(BAD_ROWS, lines, wrong=f"{wrong:,}", rows=f"{taken.rows:,}")
        self.taken = taken


def import_reports(cmd: ImportReports, *, actor: Actor, now: datetime) -> Imported:
    """All rows in one transaction. A list that is only looked at, or not taken, has told who is known and
    had a dose: that is a line of the trail. Raises NotAllowed, BadInput; BadReports when rows have
    problems."""
    looked: list[int] = []
    try:
        done = _import(cmd, looked, actor=actor, now=now)
    except BadReports as bad:
        _note_look(cmd, bad.taken, looked, actor=actor, now=now)
        raise
    if cmd.dry_run:
        _note_look(cmd, done, looked, actor=actor, now=now)
    return done


@transaction.atomic(durable=True)
def _note_look(
    cmd: ImportReports, taken: Imported, people_: Sequence[int], *, actor: Actor, now: datetime
) -> None:
    audit.record(
        "events.checked",
        f"campaign:{campaigns.campaign(cmd.campaign).pk}",
        actor=actor,
        now=now,
        rows=taken.rows,
        problems=len(taken.problems),
        people=sorted(set(people_)),
    )


@transaction.atomic(durable=True)
def _import(cmd: ImportReports, looked: list[int], *, actor: Actor, now: datetime) -> Imported:
    """People whom the rows name are added to those looked at."""
    campaign = campaigns.campaign(cmd.campaign)
    check_may(actor, Act.WORK_CASES, area=campaign.area)
    found = find_list(cmd.book, REPORTS, mapping=cmd.mapping, page=cmd.page)
    number = len(found.page.rows) - found.first
    if number > MOST_ROWS:
        raise BadInput(TOO_MANY, ("file",), rows=f"{number:,}", most=f"{MOST_ROWS:,}")
    listed = read_reports(
        found,
        _event_words(),
        today=local_day(now, campaign.time_zone),
        day_first=cmd.day_first,
        from_1904=cmd.book.from_1904,
    )
    events = _matched(campaign, listed, looked, now)
    problems = tuple(sorted(listed.problems))
    if problems:
        raise BadReports(Imported(found, problems, listed.read, 0, 0, 0))
    if cmd.dry_run:
        return Imported(found, problems, listed.read, 0, 0, 0)
    new, opened = _write(campaign, events, actor=actor, now=now)
    return Imported(found, problems, len(events), new, len(events) - new, opened)


def _event_words() -> dict[str, str]:
    """Codes and names of the events that a report can name, in all languages, to the code."""
    return {
        fold(word): event.code
        for event in reference_data.events().values()
        for word in (event.code, *event.name.values())
    }


def _matched(
    campaign: Campaign, listed: ReportList, looked: list[int], now: datetime
) -> list[cases.ToldEvent]:
    """Each row with its person and dose; who is not found is a problem of the row."""
    events = []
    for row in listed.rows:
        try:
            person = people.person(row.number, campaign.area.path)
        except Refusal:
            listed.problems.append(RowProblem(row.row, "number", row.number[:70], NOBODY))
            continue
        looked.append(person.pk)
        dose = _dose(campaign.pk, person.pk, row)
        if dose is None:
            said = row.cells.get("dose_on") or row.cells["onset_on"]
            column = "dose_on" if row.dose_on else "onset_on"
            listed.problems.append(RowProblem(row.row, column, said[:70], NO_DOSE))
            continue
        events.append(_event(campaign.slug, row, dose, now))
    return events


def _dose(campaign_id: int, person_id: int, row: Report) -> Dose | None:
    """The dose of the day that is told, or the last before the event."""
    given = [
        d
        for d in doses.live_doses(person_id)
        if d.campaign_id == campaign_id and d.given_on <= row.onset_on
    ]
    if row.dose_on:
        given = [d for d in given if d.given_on == row.dose_on]
    return max(given, key=lambda d: d.given_at, default=None)


def _event(slug: str, row: Report, dose: Dose, now: datetime) -> cases.ToldEvent:
    # the same row is the same report; one that says something else is another report of the case
    key = sha256(repr(sorted(row.cells.items())).encode()).hexdigest()
    return cases.ToldEvent(
        request_id=Made.LINE_LIST.of(f"{slug} {key}"),
        onset_on=row.onset_on,
        serious=bool(row.why_serious),
        died=Serious.DEATH in row.why_serious,
        dose_id=dose.pk,
        person_id=dose.person_id,
        event=row.event,
        source=Source.LINE_LIST,
        why_serious=row.why_serious,
        severity=row.severity,
        end=row.outcome,
        noticed_at=now,
        words=row.words,
    )


def _write(
    campaign: Campaign, events: Sequence[cases.ToldEvent], *, actor: Actor, now: datetime
) -> tuple[int, int]:
    """How many reports were new, and how many cases they are of."""
    locks.write_facts(campaign.pk)
    new, opened = 0, set()
    for event in _in_order(events):
        assert event.person_id is not None
        people.lock_canonical(event.person_id)
        _, case, made = cases.record_event(event, campaign, actor=actor, now=now)
        new += made
        opened |= {case.pk} if made else set()
    audit.record(
        "events.imported",
        f"campaign:{campaign.pk}",
        actor=actor,
        now=now,
        rows=len(events),
        new=new,
    )
    return new, len(opened)


def _in_order(found: Sequence[cases.ToldEvent]) -> Iterator[cases.ToldEvent]:
    """People are locked in the order of their ids."""
    yield from sorted(found, key=lambda e: (e.person_id or 0, e.onset_on))
