"""Openings with a waiting room: planned before, joined by residents, closed when the rush is over."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import openings, places
from balmis.contexts.booking.models import Rush as RushRow
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit
from balmis.core.actor import Actor
from balmis.core.booking.passes import Pass
from balmis.core.booking.signed_text import key_of
from balmis.core.booking.waiting_room import (
    TimedOpening,
    Turn,
    WaitingTicket,
    check_turn,
    sign,
    turn,
)
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused

AHEAD = timedelta(minutes=2)  # so that every gate knows of it before it opens
LONGEST = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class RushPlan:
    opens_at: datetime
    closes_at: datetime
    per_minute: int
    doors_minutes: int = 60  # how long before the opening people may join
    wave_minutes: int = 0  # 0: one draw among all; else a wave for each birthday digit
    first_digit: int = 0


@transaction.atomic(durable=True)
def plan_opening(slug: str, plan: RushPlan, *, actor: Actor, now: datetime) -> RushRow:
    """A waiting room for the campaign's next opening.

    Raises NotAllowed, BadInput when it cannot be, or overlaps another.
    """
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.PLAN_SESSION, area=campaign.area)
    _check(plan, now)
    row = openings.keep_rush(
        campaign,
        doors_at=max(now, plan.opens_at - timedelta(minutes=plan.doors_minutes)),
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        per_minute=plan.per_minute,
        wave_minutes=plan.wave_minutes,
        first_digit=plan.first_digit,
        seed=secrets.token_bytes(32),
    )
    if row is None:
        raise BadInput(gettext_noop("Another opening with a waiting room overlaps this one."))
    audit.record(
        "opening.planned",
        f"rush:{row.pk}",
        actor=actor,
        now=now,
        opens_at=plan.opens_at,
        per_minute=plan.per_minute,
        wave_minutes=plan.wave_minutes,
    )
    return row


def _check(plan: RushPlan, now: datetime) -> None:
    if plan.opens_at < now + AHEAD:
        raise BadInput(
            gettext_noop("The opening is in less than two minutes; choose a later time.")
        )
    if not plan.opens_at < plan.closes_at <= plan.opens_at + LONGEST:
        raise BadInput(
            gettext_noop("The waiting room closes after it opens, and within three days.")
        )
    if not 1 <= plan.per_minute <= 100_000:
        raise BadInput(gettext_noop("Let in between 1 and 100,000 people a minute."))
    if plan.wave_minutes and plan.closes_at < plan.opens_at + timedelta(
        minutes=9 * plan.wave_minutes
    ):
        raise BadInput(
            gettext_noop("The waiting room closes before the last wave begins; close it later.")
        )


@transaction.atomic(durable=True)
def close_opening(slug: str, rush_id: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Whoever comes may book from now on; before the doors open: there will be no waiting room.

    Raises NotAllowed, BadInput without a reason, Refusal(NOT_KNOWN).
    """
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.PLAN_SESSION, area=campaign.area)
    if not reason.strip():
        raise BadInput(gettext_noop("Say why the waiting room ends."))
    row = openings.rush_row(rush_id, campaign.pk)
    openings.end_rush(row, now=now)
    audit.record("opening.closed", f"rush:{row.pk}", actor=actor, now=now, reason=reason)


# ---- residents -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in the waiting room."""

    rush: TimedOpening
    turn: Turn
    ticket: str  # signed, for the gate
    may_book: bool


def rush_of(held: Pass, *, now: datetime) -> TimedOpening | None:
    """The waiting room that the person may join or is held by."""
    return openings.rush_at(held.campaign, now)


@transaction.atomic(durable=True)
def join(held: Pass, *, now: datetime) -> Standing | None:
    """Into the waiting room, once; None: there is none now."""
    rush = openings.rush_at(held.campaign, now)
    ticket = _ticket(rush, held, now) if rush else None
    if rush is None or ticket is None:
        return None
    comes = turn(rush, ticket, now)
    return Standing(
        rush,
        comes,
        sign(ticket, key_of(settings.SECRET_KEY, "ticket")),
        now >= rush.opens_at and comes.at <= now,
    )


def check_may_book(held: Pass, *, now: datetime) -> None:
    """Raises Refusal(NOT_YOUR_TURN) while an opening holds and the person's turn has not come;
    whoever has no ticket has no turn."""
    rush = openings.rush_at(held.campaign, now)
    if rush is not None and rush.holds(now):
        given = openings.ticket_of(rush.key, held.person)
        if given is None:
            raise Refusal(Refused.NOT_YOUR_TURN)
        check_turn(rush, _of(rush, held, given[0]), person=held.person, now=now)


def _ticket(rush: TimedOpening, held: Pass, now: datetime) -> WaitingTicket | None:
    found = places.join_rush(rush.key, held.person, now=now)
    return _of(rush, held, found[0]) if found else None


def _of(rush: TimedOpening, held: Pass, turn_at: datetime | None) -> WaitingTicket:
    given = turn_at.timestamp() if turn_at else None
    return WaitingTicket(rush.key, held.person, held.born.day % 10, given)
