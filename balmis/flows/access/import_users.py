"""A list of staff: users with their roles, all of it or nothing.

A row is a role of somebody; who has several stands in several rows. What the list does not state it
does not change: roles that it does not name stay.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.db import transaction

from balmis.contexts.access import queries
from balmis.contexts.access import services as access
from balmis.contexts.access.services import GrantWanted, is_address
from balmis.contexts.journal import audit
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area, Site
from balmis.core.access import user_columns as said
from balmis.core.access.user_columns import EVERYWHERE, ROLES, STAFF
from balmis.core.actor import Actor
from balmis.core.dates import end_of_day
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.files.book import Book
from balmis.core.files.date_column import OPEN_DATES, DateColumn, NoDate, date_cell, decide, is_open
from balmis.core.files.line_list import (
    ERRORS,
    MISSING,
    ROW_TOO_LONG,
    SPREADSHEET,
    FoundList,
    RowProblem,
    find_list,
    name_cell,
)
from balmis.core.people.area_names import area_words, find_area
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.people import BirthPrecision
from balmis.core.written_forms import fold, fold_code
from balmis.flows.access import account_trail

MOST = 20_000  # rows
USERNAME = re.compile(r"[\w.@+-]{1,150}")

TOO_MANY = gettext_noop("The list has {rows} rows; at most {most} at a time.")
BAD_ROWS = gettext_noop("{wrong} of {rows} rows have problems; nothing was imported.")
_ROLES = {fold(word): role for role, words in ROLES.items() for word in (role.value, *words)}
_EVERYWHERE = {fold(word) for word in EVERYWHERE}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUsers:
    """A list of staff, and what somebody said of it."""

    book: Book
    mapping: Mapping[str, Sequence[str]] | None = None
    page: str | None = None
    day_first: bool | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportedUsers:
    """What a list did, or (dry run) would do."""

    found: FoundList
    problems: tuple[RowProblem, ...]
    rows: int
    made: tuple[str, ...] = ()  # user names; they have no password until they are invited
    changed: tuple[str, ...] = ()
    same: int = 0  # users who had all of it


class BadStaff(BadInput):
    """Rows have problems and nothing was written; `taken` says what was read."""

    def __init__(self, taken: ImportedUsers) -> None:
        wrong = len({p.row for p in taken.problems})
        lines = tuple(str(p) for p in taken.problems)
        super().__init__(BAD_ROWS, lines, wrong=f"{wrong:,}", rows=f"{taken.rows:,}")
        self.taken = taken


@dataclass(slots=True)
class _Staff:
    """Somebody of the list."""

    name: str
    email: str
    grants: list[GrantWanted]


def import_users(cmd: ImportUsers, *, actor: Actor, now: datetime) -> ImportedUsers:
    """Make users and give roles. A list that is only looked at, or not taken, has told who is a user: that is
    a line of the trail. Raises NotAllowed, BadInput; BadStaff when rows have problems."""
    try:
        done = _import(cmd, actor=actor, now=now)
    except BadStaff as bad:
        _note_look(bad.taken, actor=actor, now=now)
        raise
    if cmd.dry_run:
        _note_look(done, actor=actor, now=now)
    return done


@transaction.atomic(durable=True)
def _note_look(taken: ImportedUsers, *, actor: Actor, now: datetime) -> None:
    audit.record(
        "users.checked",
        "users",
        actor=actor,
        now=now,
        rows=taken.rows,
        made=len(taken.made),
        changed=len(taken.changed),
        same=taken.same,
        problems=len(taken.problems),
    )


@transaction.atomic(durable=True)
def _import(cmd: ImportUsers, *, actor: Actor, now: datetime) -> ImportedUsers:
    if not actor.trusted:
        raise NotAllowed("Users are kept by whoever runs the program.")
    found = find_list(cmd.book, STAFF, mapping=cmd.mapping, page=cmd.page)
    lines = list(found.rows())
    if len(lines) > MOST:
        raise BadInput(TOO_MANY, ("file",), rows=f"{len(lines):,}", most=f"{MOST:,}")
    reader = _Reader(_dates(cmd, lines, now.date()), now.date(), set(found.too_long()))
    for number, line in lines:
        reader.take(number, line)
    if reader.problems:
        raise BadStaff(ImportedUsers(found, tuple(sorted(reader.problems)), len(lines)))
    made: list[str] = []
    changed: list[str] = []
    same, addresses = 0, queries.addresses()
    for username, staff in reader.staff.items():
        held = access.held_by(username)
        fresh = [g for g in staff.grants if g not in (held or [])]
        is_known_there = not staff.email or staff.email == addresses.get(username)
        if held is not None and not fresh and is_known_there:
            same += 1
            continue
        (made if held is None else changed).append(username)
        if not cmd.dry_run:
            _keep(username, staff, [*(held or []), *fresh], actor=actor, now=now)
    return ImportedUsers(found, (), len(lines), tuple(made), tuple(changed), same)


def _dates(
    cmd: ImportUsers, lines: Sequence[tuple[int, Mapping[str, str]]], today: date
) -> DateColumn:
    cells = [c for _, line in lines if (c := date_cell(line.get("until", "")))]
    dates = decide(cells, day_first=cmd.day_first, today=today, from_1904=cmd.book.from_1904)
    if dates.is_open:
        raise BadInput(OPEN_DATES, ("day_first",), example=next(c for c in cells if is_open(c)))
    return dates


def _keep(
    username: str, staff: _Staff, grants: list[GrantWanted], *, actor: Actor, now: datetime
) -> None:
    user = access.keep_user(username, name=staff.name or username, password=None, grants=grants)
    if staff.email and (before := access.set_address(user, staff.email)) != staff.email:
        account_trail.record_address(user.pk, before, actor=actor, now=now)
    account_trail.record(
        "user.kept",
        f"user:{user.pk}",
        actor=actor,
        now=now,
        username=username,
        grants=[f"{g.role.value}@{_code(g)}" for g in grants],
        until=[g.until.isoformat() if g.until else None for g in grants],
        second_factor=user.second_factor,
    )


def _code(grant: GrantWanted) -> str:
    place = grant.area or grant.site
    return place.code if place else "/"


class Wrong(Protocol):
    """Notes what is wrong with a cell."""

    def __call__(self, column: str, message: str, **values: str) -> None: ...


class _Reader:
    """Rows to people and their roles."""

    def __init__(self, dates: DateColumn, today: date, too_long: set[int]) -> None:
        self.dates, self.today, self.too_long = dates, today, too_long
        self.staff: dict[str, _Staff] = {}
        self.problems: list[RowProblem] = []
        self.known = {fold_code(user.username): user.username for user in queries.users()}
        areas, sites = places.every_area(), places.every_site()
        self.area_of = {a.pk: a for a in areas}
        self.site_of = {s.pk: s for s in sites}
        self.areas = area_words([(a.pk, (a.code, *a.names.values())) for a in areas])
        self.sites = area_words([(s.pk, (s.code, *s.names.values())) for s in sites])

    def take(self, number: int, line: dict[str, str]) -> None:
        before = len(self.problems)

        def wrong(column: str, message: str, **values: str) -> None:
            said = line.get(column, "")[:70]
            told = RowProblem(number, column, said, message, tuple(values.items()))
            self.problems.append(told)

        if number in self.too_long:
            wrong("", ROW_TOO_LONG)
        for column, cell in line.items():
            if cell in ERRORS:
                wrong(column, SPREADSHEET)
        if len(self.problems) > before:
            return
        username, role = line["username"], _ROLES.get(fold(line["role"]))
        self._check_name(username, wrong)
        if role is None:
            wrong("role", said.NO_ROLE, known=", ".join(ROLES))
        area, site = self._place(line, wrong)
        until, email = self._until(line, wrong), line.get("email", "").strip()
        if email and not is_address(email):
            wrong("email", said.NO_ADDRESS)
        if len(self.problems) == before and role is not None:
            staff = self.staff.setdefault(username, _Staff("", "", []))
            staff.name = staff.name or name_cell(line.get("name", ""))
            staff.email = staff.email or email
            grant = GrantWanted(role, area, site, until)
            if grant not in staff.grants:
                staff.grants.append(grant)

    def _check_name(self, username: str, wrong: "Wrong") -> None:
        known = self.known.setdefault(fold_code(username), username)
        if not username:
            wrong("username", MISSING)
        elif not USERNAME.fullmatch(username):
            wrong("username", said.NO_USERNAME)
        elif known != username:
            wrong("username", said.LIKE_ANOTHER, known=known)

    def _place(self, line: dict[str, str], wrong: "Wrong") -> tuple[Area | None, Site | None]:
        area, site = line.get("area", ""), line.get("site", "")
        if fold(area) in _EVERYWHERE or fold(site) in _EVERYWHERE:
            return None, None
        if bool(area) == bool(site):
            wrong("site" if area else "area", said.TWO_PLACES if area else said.NO_PLACE)
        elif area:
            found = find_area(area, self.areas)
            if found is not None:
                return self.area_of[found], None
            wrong("area", said.NO_AREA)
        else:
            known = self.sites.get(fold(site))
            if known is not None:
                return None, self.site_of[known]
            wrong("site", said.NO_SITE)
        return None, None

    def _until(self, line: dict[str, str], wrong: "Wrong") -> datetime | None:
        """The end of the day."""
        text = date_cell(line.get("until", ""))
        if not text:
            return None
        try:
            found = self.dates.read(text)
        except NoDate as error:
            wrong("until", error.message, **dict(error.facts))
            return None
        if found.precision is not BirthPrecision.DAY:
            wrong("until", said.NO_DAY)
        elif found.day < self.today:
            wrong("until", said.OVER)
        return end_of_day(found.day, "UTC")
