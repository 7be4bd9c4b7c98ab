"""The trail, sealed: a line that is changed, taken out or put in afterwards is found.

Lines are sealed some time after they were written, in the order of their numbers, once no transaction can
add one below: the journal is written by many at once, and none waits for another. Each seal holds the
digest of its lines and of the seal before, under the installation's secret. The newest digest, the head,
is told in the log with each seal: kept on another machine, it also shows when the whole database is
replaced by an older one.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pgtrigger
from django.db import connection
from django.db.models import Max

from balmis.contexts.journal import locks
from balmis.contexts.journal.models import AuditEntry, AuditMark, AuditSeal

MOST = 50_000  # lines of a seal
LATE = timedelta(hours=1)  # by then every line is sealed, unless one transaction lasts as long
LINES = """
SELECT count(*), sha256(convert_to(coalesce(string_agg(line, E'\n' ORDER BY id), ''), 'UTF8'))
FROM (
  SELECT id, jsonb_build_array(id, extract(epoch FROM at), actor, action, subject, reason, request_id,
    facts)::text AS line
  FROM ledger_auditentry WHERE id BETWEEN %s AND %s
) AS found
"""
SETTLED = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text"


def seal(*, secret: bytes, now: datetime) -> list[AuditSeal]:
    """Seal what was written before the last look and is settled by now; remember how far the trail has
    come. In the caller's transaction, one at a time."""
    locks.one_at_a_time("audit seal")
    mark, _ = AuditMark.objects.get_or_create(pk=1)
    oldest, newest = _horizon()
    made: list[AuditSeal] = []
    if newest < int(mark.newest):  # another server, restored from a backup, which counts anew
        _look(mark)
    elif oldest >= int(mark.newest):
        made = list(_seal_to(mark.last, secret, now))
        _look(mark)
    return made


def _look(mark: AuditMark) -> None:
    """How far the trail has come, and then who might still add below it: in this order, so that whoever
    has drawn a number by now is one of them."""
    come = AuditEntry.objects.aggregate(last=Max("id"))["last"] or 0
    AuditMark.objects.filter(pk=mark.pk).update(last=come, newest=str(_horizon()[1]))


def _horizon() -> tuple[int, int]:
    """The oldest transaction that runs, and the first that has not begun."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLED)
        oldest, newest = cursor.fetchone()
    return int(oldest), int(newest)


def _seal_to(last: int, secret: bytes, now: datetime) -> Iterator[AuditSeal]:
    before = AuditSeal.objects.order_by("-first").first()
    first, digest = (before.last + 1, bytes(before.digest)) if before else (1, b"")
    while first <= last:
        reach = AuditEntry.objects.filter(id__gte=first, id__lte=last).order_by("id")
        ids = list(reach.values_list("id", flat=True)[:MOST])
        if not ids:
            return
        to = ids[-1] if len(ids) == MOST else last
        lines, content = _lines(first, to)
        digest = _chain(digest, Sealed(first, to, lines, now), content, secret)
        yield AuditSeal.objects.create(first=first, last=to, lines=lines, digest=digest, at=now)
        first = to + 1


def _lines(first: int, last: int) -> tuple[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(LINES, [first, last])
        lines, content = cursor.fetchone()
    return lines, bytes(content)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal says of itself."""

    first: int
    last: int
    lines: int
    at: datetime


def _chain(before: bytes, of: Sealed, content: bytes, secret: bytes) -> bytes:
    said = f"{of.first} {of.last} {of.lines} {of.at.timestamp():.6f}".encode()
    return hmac.digest(secret, before + said + content, "sha256")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal, as it is kept elsewhere: 'NUMBER:DIGEST'."""

    seal: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seal}:{self.digest}"


def head() -> Head | None:
    newest = AuditSeal.objects.order_by("-first").first()
    return Head(newest.pk, bytes(newest.digest).hex()) if newest else None


def amiss(*, secret: bytes, now: datetime, kept: list[Head] | None = None) -> list[str]:
    """What is wrong with the trail, in words; empty when nothing is."""
    found, digest, first = [], b"", 1
    seals = list(AuditSeal.objects.order_by("first"))
    for one in seals:
        if one.first != first:
            found.append(f"seals are missing between lines {first} and {one.first}")
        lines, content = _lines(one.first, one.last)
        if lines != one.lines:
            found.append(
                f"lines {one.first} to {one.last}: {one.lines} were sealed, {lines} are there"
            )
        meant = _chain(digest, Sealed(one.first, one.last, lines, one.at), content, secret)
        if not hmac.compare_digest(meant, bytes(one.digest)):
            found.append(
                f"lines {one.first} to {one.last} are not as they were sealed ({one.at:%F %R})"
            )
        digest, first = bytes(one.digest), one.last + 1
    known = {one.pk: bytes(one.digest).hex() for one in seals}
    for there in kept or []:
        if known.get(there.seal) != there.digest:
            found.append(f"the head {there} that was kept elsewhere is not in the trail")
    open_ = AuditEntry.objects.filter(id__gte=first, at__lt=now - LATE).count()
    if open_:
        found.append(f"{open_} lines are older than {LATE} and not sealed: does the worker run?")
    if below := AuditEntry.objects.filter(id__lt=1).count():
        found.append(f"{below} lines have numbers that no seal reaches")
    return [*found, *_triggers()]


GUARDS = """
SELECT c.relname, g.tgname, g.tgenabled FROM pg_class c
JOIN pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal
WHERE c.relnamespace = current_schema()::regnamespace
"""


def _triggers() -> list[str]:
    """Guards of append-only tables that are off or gone."""
    with connection.cursor() as cursor:
        cursor.execute(GUARDS)
        on = {(table, name): state in ("O", "A") for table, name, state in cursor.fetchall()}
    found = []
    for model, trigger in pgtrigger.registered():
        guard = (model._meta.db_table, trigger.get_pgid(model))
        if trigger.name in ("append_only", "no_truncate") and not on.get(guard):
            found.append(
                f"the guard {guard[1]} of {guard[0]} is {'off' if guard in on else 'gone'}"
            )
    return found
