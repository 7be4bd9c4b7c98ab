"""The audit trail: sealed, checked, read."""

import logging
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import transaction

from balmis.contexts.journal import audit, grants, seals
from balmis.contexts.journal.audit import LinesWanted
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.journal.seals import Head
from balmis.contexts.people import queries as people
from balmis.contexts.people import search as people_search
from balmis.contexts.reporting import queries as reporting
from balmis.core.actor import Actor
from balmis.core.booking.signed_text import key_of
from balmis.core.errors import BadInput
from balmis.flows.access.lookups import check_may_read

log = logging.getLogger("balmis.audit")


@transaction.atomic(durable=True)
def seal_trail(*, now: datetime) -> int:
    """Seal what is settled; how many lines. The new head goes into the log, for another machine to keep."""
    made = seals.seal(secret=_secret(), now=now)
    head = seals.head()
    if made and head is not None:
        log.info("audit head", extra={"job": str(head)})
    return sum(one.lines for one in made)


def check_trail(kept: list[str], *, now: datetime) -> list[str]:
    """What is wrong with it, in words. `kept` are heads from elsewhere; those of closed days are asked about
    too. Raises BadInput."""
    heads = [_head(text) for text in (*kept, *reporting.trail_heads())]
    return seals.amiss(secret=_secret(), now=now, kept=heads)


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise BadInput(
            f"{text!r} is no head; it is written NUMBER:DIGEST as `balmis audit head` does."
        )
    return Head(int(number), digest)


def rights_beyond() -> list[str]:
    """What the program's role of the database may do to the trail and to other facts beyond adding."""
    return grants.rights_beyond()


def newest_head() -> Head | None:
    return seals.head()


class Database(Enum):
    """Acts on the database as a whole."""

    SHELL = "shell"
    BACKUP = "backup"
    RESTORE = "restore"


def read_trail(wanted: LinesWanted, *, actor: Actor, now: datetime) -> Iterator[AuditEntry]:
    """The newest lines first. The reading is itself a line. Raises NotAllowed."""
    check_may_read(actor)
    asked = {
        "of_actor": wanted.actor,
        "of_action": wanted.action or sorted(wanted.actions),
        "of_subject": wanted.subject,
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
        "of_people": sorted(wanted.people or ()),
    }
    given = {name: value for name, value in asked.items() if value}
    with transaction.atomic(durable=True):
        audit.record("trail.read", "trail", actor=actor, now=now, **given)
    return audit.lines(wanted)


def people_known_as(text: str) -> frozenset[int]:
    """The records of whoever a register knows under this number, merged ones too."""
    found = {people.canonical_id(pk) for pk in people_search.ids_by_number(text)}
    return frozenset(key for pk in found for key in people.records_of(pk))


@transaction.atomic(durable=True)
def note_act_on_database(action: Database, *, actor: Actor, now: datetime, **facts: Any) -> None:
    """What is done to the whole of it from the command line, where nothing else would say so."""
    match action:
        case Database.SHELL:
            audit.record("database.opened", "database", actor=actor, now=now, **facts)
        case Database.BACKUP:
            audit.record("database.exported", "database", actor=actor, now=now, **facts)
        case Database.RESTORE:
            audit.record("database.restored", "database", actor=actor, now=now, **facts)


def _secret() -> bytes:
    return key_of(settings.SECRET_KEY, "audit seal")
