"""Lines of the trail about accounts: whoever owns one is told by mail what was changed of it.

The mail is written with the line, in the same transaction; `core.notices.account_texts` says which lines
are told.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings

from balmis.contexts.access import queries as access
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.contexts.notices.services import To
from balmis.core.actor import Actor
from balmis.core.notices import masked
from balmis.core.notices.account_texts import TOLD, by_whom
from balmis.core.vocabulary.notices import Medium, Purpose

MOST = 100  # lines that are looked through


def record(action: str, subject: str, *, actor: Actor, now: datetime, **facts: Any) -> None:
    """A line about `user:…`; where it is one that is told, its owner is written to."""
    audit.record(action, subject, actor=actor, now=now, **facts)
    if action in TOLD:
        user_id = int(subject.removeprefix("user:"))
        tell(action, user_id, access.reach_of(user_id).address, actor=actor, now=now)


def record_address(user_id: int, before: str, *, actor: Actor, now: datetime) -> None:
    """Another address: both are written to, so that whoever had the account hears of it."""
    after, subject = access.reach_of(user_id).address, f"user:{user_id}"
    known = {"before": before and masked(before), "after": after and masked(after)}
    audit.record("user.address_changed", subject, actor=actor, now=now, **known)
    for address in (before, after):
        tell("user.address_changed", user_id, address, actor=actor, now=now)


def tell(action: str, user_id: int, address: str, *, actor: Actor, now: datetime) -> None:
    """Without an address nobody is written to; they see it when they sign in."""
    if not address:
        return
    reach, zone = access.reach_of(user_id), access.zone_of(user_id)
    notices.write(
        f"account:{uuid4()}",
        None,
        Purpose.ACCOUNT,
        To(Medium.EMAIL, address, reach.language or settings.LANGUAGE_CODE),
        {
            "what": action,
            "by": by_whom(actor.name, f"user:{user_id}"),
            "user": reach.username,
            "at": now.isoformat(),
            "zone": zone,
        },
        zone=zone,
        now=now,
    )


class News(NamedTuple):
    """Something of the account was changed: when, what and by whom, in words of `account_texts`."""

    at: datetime
    what: str
    by: str


def news_of(user_id: int) -> list[News]:
    """What was changed between the sign-in before and the one now, the newest first; at the first sign-in
    there is nothing to compare."""
    subject, found, signed_in = f"user:{user_id}", list[News](), 0
    wanted = audit.LinesWanted(
        subject=subject, actions=frozenset({*TOLD, "user.signed_in"}), most=MOST
    )
    for line in audit.lines(wanted):
        if line.action == "user.signed_in":
            signed_in += 1
            if signed_in == 2:
                return found
        elif signed_in:
            found.append(News(line.at, line.action, by_whom(line.actor, subject)))
    return []
