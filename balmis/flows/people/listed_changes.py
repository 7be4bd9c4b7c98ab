"""Rows of a list of people beside what the register knows: who they are, and what they would change."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings

from balmis.contexts.people import bulk
from balmis.contexts.people.listed_changes import Change
from balmis.contexts.people.models import Register
from balmis.core.birth_date import BirthDate
from balmis.core.booking.signed_text import key_of
from balmis.core.files.line_list import RowProblem
from balmis.core.people.made_number import number_for
from balmis.core.people.people_list import PeopleList, Row
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.people import BirthPrecision, ListedStatus, Proof
from balmis.core.written_forms import fold_identity

OTHER_PERSON = gettext_noop(
    "the register knows another person under this key: {name}, {born}. Numbers that only count the "
    "rows are no keys"
)
SOMEBODY_ELSES = gettext_noop("belongs to {key} in the register")
SAME_PERSON = gettext_noop("is the person of row {row}")
OTHER_DESK = gettext_noop("people of this area are registered by another desk")
REACHED_OTHERWISE = gettext_noop("the person is reached by an address that they proved; it stays")


def refuse(people: PeopleList, problems: Sequence[RowProblem]) -> None:
    bad = {p.row for p in problems}
    people.problems = sorted([*people.problems, *problems])
    if bad:
        people.rows = [row for row in people.rows if row.row not in bad]


def compare(people: PeopleList, register: Register, own: Collection[int]) -> list[Change]:
    """Lay the rows beside the register; what they change of people who are known. Rows that cannot be
    taken become problems and are left out."""
    made, doubled = _made_keys(people, register)
    bulk.stage(people.rows, made)
    keyless = [row.row for row in people.rows if row.external_id is None]
    others = bulk.find(register.pk, keyless)
    problems = [
        RowProblem(t.row, "national_id", t.national_id, SOMEBODY_ELSES, (("key", t.external_id),))
        for t in others
    ]
    people.told_of |= {t.person for t in others}
    by_row = {row.row: row for row in people.rows}
    twice = [*doubled, *bulk.doubled()]
    problems += [
        RowProblem(row, "name", by_row[row].name, SAME_PERSON, (("row", str(first)),))
        for row, first in twice
    ]
    bad = {p.row for p in problems}
    changes = []
    for known in bulk.known_otherwise():
        if known.row in bad:
            continue
        change = _change(by_row[known.row], known)
        if isinstance(change, RowProblem):
            problems.append(change)
            people.told_of.add(known.person)
        elif known.area not in own:
            problems.append(RowProblem(known.row, "area", by_row[known.row].name, OTHER_DESK))
        elif change is not None:
            if known.proof not in (None, Proof.LISTED.value, Proof.CLAIMED.value):
                _keep_reached(change, people, by_row[known.row])
            if change.after:
                changes.append(change)
    refuse(people, problems)
    if problems:
        bulk.leave_out({p.row for p in problems})
    return changes


def _made_keys(
    people: PeopleList, register: Register
) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """A number for each row without a key, the same whenever the list comes; and rows that say again what
    an earlier one says."""
    secret = key_of(settings.SECRET_KEY, "numbers of people")
    made: dict[int, str] = {}
    first: dict[str, int] = {}
    doubled = []
    for row in people.rows:
        if row.external_id is not None:
            continue
        facts = (
            f"{register.code}|{row.national_id}"
            if row.national_id
            else f"{register.code}|{fold_identity(row.name)}|{row.born}|{row.sex}|{row.area}"
        )
        made[row.row] = number_for(facts, secret)
        if made[row.row] in first:
            doubled.append((row.row, first[made[row.row]]))
        first.setdefault(made[row.row], row.row)
    return made, doubled


def _change(row: Row, known: bulk.Known) -> Change | RowProblem | None:
    """What the row changes of somebody who is known; a problem when it is somebody else."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}

    def put(name: str, old: Any, new: Any) -> None:
        before[name], after[name] = old, new

    changed = set()
    if fold_identity(row.name) != fold_identity(known.name):
        changed.add("name")
        put("name", known.name, row.name)
    was = BirthDate(known.born, BirthPrecision(known.born_precision))
    if not row.born.holds(was) and row.born != was:  # else it says the same, or less
        if not was.holds(row.born):
            changed.add("born")
        put("born", known.born.isoformat(), row.born.day.isoformat())
        put("born_precision", was.precision.value, row.born.precision.value)
    if row.national_id is not None and row.national_id != (known.national_id or ""):
        if known.national_id:
            changed.add("national_id")
        put("national_id", known.national_id, row.national_id or None)
    if len(changed) > 1:
        values = (("name", known.name), ("born", str(was)))
        return RowProblem(row.row, "external_id", row.external_id or row.name, OTHER_PERSON, values)
    for name, new in (
        ("romanised_name", row.romanised_name),
        ("sex", row.sex.value if row.sex else None),
        ("area", row.area),
        ("phone", row.phone),
        ("email", row.email),
        ("language", row.language),
    ):
        old = getattr(known, name)
        if new is not None and new != (old if old is not None else ""):
            put(name, old, new)
    details = json.loads(known.details or "{}")
    for name, new in row.details.items():
        if new != details.get(name, ""):
            put(name, details.get(name, ""), new)
    has = set((known.traits or "").split(","))
    fresh = [t for t in (f"{kind}:{code}" for kind, code in row.traits) if t not in has]
    if fresh:
        put("traits", [], fresh)
    if not after:
        return None
    status = ListedStatus.WAITING if changed else ListedStatus.MADE
    return Change(row.row, known.person, before, after, status)


def _keep_reached(change: Change, people: PeopleList, row: Row) -> None:
    """An address that somebody proved is not changed by a list."""
    for name in ("phone", "email"):
        if name in change.after and change.before[name]:
            del change.after[name], change.before[name]
            people.doubts.append(
                RowProblem(row.row, name, getattr(row, name) or "", REACHED_OTHERWISE)
            )
