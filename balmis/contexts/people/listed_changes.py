"""What rows of lists change of people who were known: made at once, or after a look."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from balmis.contexts.people import details
from balmis.contexts.people.models import Contact, ListedChange, ListImport, Person
from balmis.core.actor import Actor
from balmis.core.vocabulary.people import DetailKind, ListedStatus, Proof

# what a change may name, and the column of the person that it is
COLUMNS = {
    "name": "name",
    "romanised_name": "romanised_name",
    "born": "born",
    "born_precision": "born_precision",
    "sex": "sex",
    "area": "area_id",
    "national_id": "national_id",
}
DETAILS = tuple(kind.value for kind in DetailKind)
REACHED = ("phone", "email", "language")
IDENTIFY = ("name", "born", "national_id")


@dataclass(frozen=True, slots=True)
class Change:
    """What a row changes of somebody: of each thing what it was, and what it becomes."""

    row: int
    person: int
    before: dict[str, Any]
    after: dict[str, Any]
    status: ListedStatus


def note_changes(taken: ListImport, changes: Iterable[Change]) -> None:
    rows = (
        ListedChange(
            list=taken,
            row=c.row,
            person_id=c.person,
            before=c.before,
            after=c.after,
            status=c.status.value,
        )
        for c in changes
    )
    ListedChange.objects.bulk_create(rows, batch_size=5000)


def lock_change(change_id: int, scope: str) -> ListedChange | None:
    """A change that waits; None when somebody has decided already."""
    found = ListedChange.objects.select_for_update(of=("self",)).select_related(
        "person__area", "list"
    )
    return found.filter(pk=change_id, list__scope=scope, status=ListedStatus.WAITING.value).first()


def waiting(scope: str, paths: Sequence[str], most: int = 200) -> list[ListedChange]:
    """Changes that wait for somebody of these areas, the oldest first."""
    below = Q(pk__in=[])
    for path in paths:
        below |= Q(person__area__path__startswith=path)
    found = ListedChange.objects.filter(
        below, list__scope=scope, status=ListedStatus.WAITING.value, list__undone_at__isnull=True
    )
    return list(found.select_related("person__area", "list").order_by("list_id", "row")[:most])


def decide(change: ListedChange, status: ListedStatus, *, actor: Actor, now: datetime) -> None:
    change.status, change.decided_by, change.decided_at = status.value, actor.name, now
    change.save(update_fields=["status", "decided_by", "decided_at"])


CHANGE = """
UPDATE people_person p SET {column} = v.value::{kind}
FROM unnest(%s::bigint[], %s::text[]) v(id, value) WHERE p.id = v.id
"""


def make_changes(changes: Sequence[Change], *, language: str, source: str, now: datetime) -> None:
    """Change the people, set-based; `source` says who states their details. `identities.acting` was
    called."""
    rows = [c for c in changes if any(name in COLUMNS for name in c.after)]
    with connection.cursor() as cursor:
        for name in sorted({n for c in rows for n in c.after if n in COLUMNS}):
            column = COLUMNS[name]
            values = [(c.person, c.after[name]) for c in rows if name in c.after]
            if name in ("born", "born_precision"):
                continue
            cursor.execute(
                CHANGE.format(column=column, kind=_TYPES.get(column, "text")),
                [[p for p, _ in values], [None if v is None else str(v) for _, v in values]],
            )
        births = [c for c in rows if "born" in c.after]
        if births:  # a day and its precision go together
            cursor.execute(
                "UPDATE people_person p SET born = v.born, born_precision = v.known"
                " FROM unnest(%s::bigint[], %s::date[], %s::text[]) v(id, born, known) WHERE p.id = v.id",
                [
                    [c.person for c in births],
                    [c.after["born"] for c in births],
                    [c.after["born_precision"] for c in births],
                ],
            )
    for change in changes:
        if any(name in REACHED for name in change.after):
            _reach(change.person, change.after, language=language, now=now)
        stated = {name: change.after[name] or "" for name in DETAILS if name in change.after}
        if stated:
            details.keep(change.person, stated, source=source, on=now.date())


_TYPES = {"area_id": "bigint"}


def _reach(person_id: int, after: dict[str, Any], *, language: str, now: datetime) -> None:
    stated = {name: after[name] or "" for name in REACHED if name in after}
    known = Contact.objects.filter(person=person_id).first()
    if known is None:
        if stated.get("phone") or stated.get("email"):
            made = {"language": language, **{k: v for k, v in stated.items() if v}}
            Contact.objects.create(
                person_id=person_id, proof=Proof.LISTED.value, updated_at=now, **made
            )
        return
    for name, value in stated.items():
        setattr(known, name, value or (known.language if name == "language" else ""))
    if not known.phone and not known.email and known.tell:
        known.delete()
        return
    known.updated_at = now
    if "phone" in stated or "email" in stated:
        known.proof = Proof.LISTED.value
    known.save()


def made_by(taken: ListImport) -> list[ListedChange]:
    """What the list changed, or waits to change, locked."""
    still = [ListedStatus.MADE.value, ListedStatus.WAITING.value]
    found = ListedChange.objects.select_for_update(of=("self",)).filter(
        list=taken, status__in=still
    )
    return list(found.select_related("person").order_by("row"))


def current(person: Person, name: str) -> Any:
    """What is known now, as a change writes it."""
    if name in DETAILS:
        return details.value_of(person.pk, name)
    if name in REACHED:
        contact = Contact.objects.filter(person=person).first()
        return getattr(contact, name) if contact is not None else ""
    value = getattr(person, COLUMNS[name])
    return value.isoformat() if isinstance(value, date) else value if value is not None else ""
