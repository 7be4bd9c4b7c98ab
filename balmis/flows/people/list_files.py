"""A list that somebody sends by a page: kept for a day, looked at, then taken in or dropped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import may_somewhere
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit
from balmis.contexts.people import lists
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.files.book import Book
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.people.import_people import ImportPeople, Taken, import_people


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody said of a list that they sent."""

    register: str
    mapping: Mapping[str, Sequence[str]] | None = None
    page: str | None = None
    area: str | None = None
    day_first: bool | None = None
    words: Mapping[str, str] | None = None
    good_rows: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A list that was sent."""

    key: UUID
    file: str
    digest: str
    content: bytes


@transaction.atomic(durable=True)
def keep_list(
    slug: str, key: UUID, content: bytes, file: str, *, actor: Actor, now: datetime
) -> None:
    """Keep it for a day, for whoever sent it. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    if not may_somewhere(actor, Act.REGISTER_PEOPLE):
        raise NotAllowed(f"{actor.name} registers nobody in {slug}")
    lists.keep_file(key, content, scope=campaign.slug, file=file[:200], actor=actor, now=now)
    audit.record(
        "people.list_sent", f"campaign:{campaign.pk}", actor=actor, now=now, file=file[:200]
    )


def open_list(slug: str, key: UUID, *, actor: Actor) -> Kept:
    """What this actor sent within the day. Raises Refusal(NOT_KNOWN)."""
    found = lists.list_file(key, slug, actor)
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="list", key=key)
    return Kept(found.pk, found.file, found.digest, lists.content_of(found))


def look_at_list(
    slug: str, kept: Kept, book: Book, wanted: Wanted, *, actor: Actor, now: datetime
) -> Taken:
    """What it would do; the look is logged. Raises BadInput, Unusable, NotAllowed."""
    cmd = replace(_command(slug, kept, book, wanted), dry_run=True)
    return import_people(cmd, actor=actor, now=now)


def take_list(
    slug: str, kept: Kept, book: Book, wanted: Wanted, *, actor: Actor, now: datetime
) -> Taken:
    """Take it in; the file is not kept any longer. Raises BadRows, BadInput, Unusable, NotAllowed."""
    done = import_people(_command(slug, kept, book, wanted), actor=actor, now=now)
    lists.drop_file(kept.key)
    return done


def drop_list(slug: str, key: UUID, *, actor: Actor) -> None:
    """It is not taken in. Raises Refusal(NOT_KNOWN)."""
    lists.drop_file(open_list(slug, key, actor=actor).key)


def _command(slug: str, kept: Kept, book: Book, wanted: Wanted) -> ImportPeople:
    return ImportPeople(
        campaign=slug,
        register=wanted.register,
        book=book,
        file=kept.file,
        digest=kept.digest,
        mapping=wanted.mapping,
        page=wanted.page,
        area=wanted.area,
        day_first=wanted.day_first,
        words=wanted.words or {},
        good_rows=wanted.good_rows,
    )
