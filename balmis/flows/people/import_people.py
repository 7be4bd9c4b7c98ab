"""A list of people into the register: looked at first, taken in as one change, taken back as one.

A key of a list changes name, birthday or national number of somebody only through a review, and two of
the three at once never: then it is another person. What a list does not state it does not change.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from balmis.contexts.access.services import may_somewhere
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit, batches
from balmis.contexts.people import bulk, identities, listed_changes, lists
from balmis.contexts.people import services as registers
from balmis.contexts.people.listed_changes import Change
from balmis.contexts.people.lists import Counts
from balmis.contexts.people.models import ListImport, Register
from balmis.contexts.safety import held_doses
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.files.book import Book
from balmis.core.files.line_list import FoundList, RowProblem, find_list
from balmis.core.people.list_columns import PEOPLE
from balmis.core.people.people_list import PeopleList, read_people
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.people import ListedStatus
from balmis.flows.campaigns.enrol import enrol_newcomers
from balmis.flows.people.list_rules import ListDesk, refuse_others, setting_of
from balmis.flows.people.listed_changes import compare

REGISTER_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
SHOWN = 200  # changes that a look at a list shows
WORDS = 500  # of the list that are no group and are kept with it

NO_REGISTER = gettext_noop(
    "{register} cannot name a register; use letters, digits, '.', '_' and '-', at most 60, beginning with "
    "a letter or digit."
)
BAD_ROWS = gettext_noop("{wrong} of {rows} rows have problems; nothing was imported.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPeople:
    """A list, and what somebody said of it."""

    campaign: str
    register: str
    book: Book
    file: str  # its name
    digest: str  # SHA-256, hexadecimal
    mapping: Mapping[str, Sequence[str]] | None = None  # our column to the file's headings
    page: str | None = None
    area: str | None = None  # where people live whose row names none
    day_first: bool | None = None
    words: Mapping[str, str] = field(default_factory=dict)  # of the list to groups, '' to none
    good_rows: bool = False  # the good rows go in though others are bad
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a list did, or (dry run) would do."""

    counts: Counts
    found: FoundList
    people: PeopleList
    changes: tuple[Change, ...]  # the first of them, and those that wait
    list_id: int | None
    names: Mapping[int, str] = field(default_factory=dict)  # of people whom changes name

    @property
    def problems(self) -> list[RowProblem]:
        return self.people.problems

    # as `rows`, `added` … of the list
    @property
    def rows(self) -> int:
        return self.counts.rows

    @property
    def added(self) -> int:
        return self.counts.added

    @property
    def changed(self) -> int:
        return self.counts.changed

    @property
    def same(self) -> int:
        return self.counts.same

    @property
    def waiting(self) -> int:
        return self.counts.waiting


class _DryRun(Exception):
    """Rolls a dry run back."""

    def __init__(self, result: Taken) -> None:
        self.result = result


class BadRows(BadInput):
    """Rows have problems and nothing was taken in; `taken` says what was read."""

    def __init__(self, taken: Taken) -> None:
        wrong = len({p.row for p in taken.problems})
        lines = tuple(str(p) for p in taken.problems)
        super().__init__(BAD_ROWS, lines, wrong=f"{wrong:,}", rows=f"{taken.rows:,}")
        self.taken = taken


def import_people(cmd: ImportPeople, *, actor: Actor, now: datetime) -> Taken:
    """Take everyone on the list into the register, or change what is known of them. Again: nothing
    changes.

    Raises BadRows when a row has a problem and the good ones are not asked for: nothing is written.
    Raises BadInput when the list cannot be read as one of people, Unusable, NotAllowed. A list that is only
    looked at, or not taken, has shown what the register holds: that is a line of the trail all the same.
    """
    try:
        return _import(cmd, actor=actor, now=now)
    except _DryRun as done:
        _note_look(cmd, done.result, actor=actor, now=now)
        return done.result
    except BadRows as bad:
        _note_look(cmd, bad.taken, actor=actor, now=now)
        raise


@transaction.atomic(durable=True)
def _note_look(cmd: ImportPeople, taken: Taken, *, actor: Actor, now: datetime) -> None:
    """In a transaction of its own: that of the look is rolled back."""
    shown = {*(c.person for c in taken.changes), *taken.people.told_of}
    audit.record(
        "people.checked",
        f"campaign:{campaigns.campaign(cmd.campaign).pk}",
        actor=actor,
        now=now,
        register=cmd.register,
        file=cmd.file,
        rows=taken.rows,
        added=taken.added,
        changed=taken.changed,
        same=taken.same,
        waiting=taken.waiting,
        refused=taken.counts.refused,
        people=sorted(shown),
    )


@transaction.atomic(durable=True)
def _import(cmd: ImportPeople, *, actor: Actor, now: datetime) -> Taken:
    campaign = campaigns.campaign(cmd.campaign)
    if not REGISTER_CODE.fullmatch(cmd.register):
        raise BadInput(NO_REGISTER, ("register",), register=repr(cmd.register))
    if not may_somewhere(actor, Act.REGISTER_PEOPLE):
        raise NotAllowed(f"{actor.name} registers nobody in {campaign.area.code}")
    plan = campaigns.latest_plan(campaign.pk)
    desk = ListDesk(campaign, actor)
    found = find_list(cmd.book, PEOPLE, mapping=cmd.mapping, page=cmd.page)
    setting = setting_of(cmd, campaign, plan, desk, now=now)
    people = read_people(found, setting, from_1904=cmd.book.from_1904)
    register = registers.lock_register(cmd.register, title=cmd.register, now=now)
    work = _Work(cmd, campaign, register, found, people, actor, now)
    refuse_others(people, desk)
    changes = compare(people, register, desk.own)
    if people.problems and not (cmd.good_rows or cmd.dry_run):
        raise BadRows(work.taken(changes, None))
    if cmd.dry_run:
        raise _DryRun(work.taken(changes, None, bulk.newcomers()))
    return work.write(changes)


# ---- written ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Work:
    cmd: ImportPeople
    campaign: Campaign
    register: Register
    found: FoundList
    people: PeopleList
    actor: Actor
    now: datetime

    def write(self, changes: list[Change]) -> Taken:
        taken = lists.open_list(
            self.register,
            scope=self.campaign.slug,
            file=self.cmd.file,
            digest=self.cmd.digest,
            decided=self.decided(),
            actor=self.actor,
            now=self.now,
        )
        why = f"list {taken.pk}: {self.cmd.file}"
        identities.acting(self.actor, why, now=self.now)
        waits = {c.row for c in changes if c.status is ListedStatus.WAITING}
        bulk.leave_out(waits)
        made = [c for c in changes if c.status is ListedStatus.MADE]
        language = self.campaign_language()
        listed_changes.make_changes(made, language=language, source=self.cmd.file, now=self.now)
        added, last = bulk.add(
            {
                "register": self.register.pk,
                "list": taken.pk,
                "language": language,
                "now": self.now,
                "source": self.cmd.file,
                "today": local_day(self.now, self.campaign.time_zone),
            }
        )
        bulk.done()
        listed_changes.note_changes(taken, changes)
        counts = self.counts(changes, added)
        lists.count(taken, counts)
        held_doses.judge_people([c.person for c in made], now=self.now)
        enrol_newcomers(after_person=last, changed=bool(made))
        self.tell(taken, counts)
        return self.taken(changes, taken, added)

    def campaign_language(self) -> str:
        return campaigns.latest_plan(self.campaign.pk).languages[0]

    def decided(self) -> dict[str, Any]:
        """How the list was read, as it can be looked at later."""
        dates, heads = self.people.dates, self.found.headings
        return {
            "columns": {n: [heads[i] for i in at] for n, at in self.found.columns.items()},
            "unused": list(self.found.unused),
            "page": self.found.page.name,
            "encoding": self.cmd.book.encoding,
            "day_first": dates.day_first if dates else None,
            "decided_by": dates.decided_by if dates else "",
            "years": dates.years if dates else 0,
            "numbered": self.people.numbered,
            "words": dict(self.cmd.words),
            "unknown_words": dict(self.people.words.unknown.most_common(WORDS)),
        }

    def counts(self, changes: Sequence[Change], added: int) -> Counts:
        waiting = sum(c.status is ListedStatus.WAITING for c in changes)
        changed = len(changes) - waiting
        good = len(self.people.rows)
        return Counts(
            rows=self.people.read,
            added=added,
            changed=changed,
            same=good - added - changed - waiting,
            waiting=waiting,
            refused=self.people.read - good,
        )

    def taken(self, changes: Sequence[Change], taken: ListImport | None, added: int = 0) -> Taken:
        waiting = [c for c in changes if c.status is ListedStatus.WAITING]
        made = [c for c in changes if c.status is ListedStatus.MADE]
        shown = tuple([*waiting, *made][:SHOWN])
        rows = {r.row: r.name for r in self.people.rows}
        names = {c.person: str(c.before.get("name", rows.get(c.row, ""))) for c in shown}
        list_id = taken.pk if taken else None
        counts = self.counts(changes, added)
        return Taken(counts, self.found, self.people, shown, list_id, names)

    def tell(self, taken: ListImport, counts: Counts) -> None:
        batches.open_batch(
            "people",
            source=self.cmd.file,
            digest=self.cmd.digest,
            rows=counts.rows,
            actor=self.actor,
            now=self.now,
        )
        audit.record(
            "people.imported",
            f"register:{self.register.pk}",
            actor=self.actor,
            now=self.now,
            list=taken.pk,
            file=self.cmd.file,
            rows=counts.rows,
            added=counts.added,
            changed=counts.changed,
            waiting=counts.waiting,
            refused=counts.refused,
        )
