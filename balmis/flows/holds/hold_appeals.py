"""A site that a hold stops asks for it to be looked at again; who decides of the hold answers.

The hold itself is lifted where it always is; its open appeals are answered with that, in the same
transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from balmis.contexts.access.queries import offices_of
from balmis.contexts.access.services import check_may, check_may_at
from balmis.contexts.booking import sessions
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area, Site
from balmis.contexts.safety import hold_appeals, hold_orders
from balmis.contexts.safety.hold_appeals import Held
from balmis.contexts.safety.models import HoldAppeal, HoldOrder
from balmis.contexts.supply import lot_holds, stock_book
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act, Office
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import AppealStatus, HoldScope, HoldStatus
from balmis.flows.retry import retried

LEAST, MOST = 3, 1000  # characters
OWN = gettext_noop("You asked for this yourself. Somebody else answers it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealHold:
    """Against which hold a site speaks: an order, or a hold of a lot that stands by itself."""

    request_id: UUID
    site: str
    words: str
    order_id: int | None = None
    hold_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepHold:
    """The hold stands, because."""

    appeal_id: int
    words: str


@retried
@transaction.atomic(durable=True)
def appeal_hold(cmd: AppealHold, *, actor: Actor, now: datetime) -> HoldAppeal:
    """Ask that the hold be looked at again; it stands meanwhile. A retry gives back the first.

    Raises NotAllowed, BadInput without words, Refusal(NOT_KNOWN, HOLD_NOT_STANDING, NOT_STOPPED_BY,
    APPEAL_OPEN).
    """
    site = places.site(cmd.site)
    check_may(actor, Act.MOVE_STOCK, site=site)
    words = _words(cmd.words, gettext_noop("Say what should be looked at again, and why."))
    locks.lock_request(cmd.request_id)
    held = _held(cmd)
    if earlier := hold_appeals.appeal_for_request(cmd.request_id, held, site):
        return earlier
    _check_standing(held)
    if not reaches(held, site, now):
        raise Refusal(Refused.NOT_STOPPED_BY)
    if standing := hold_appeals.open_appeal(held, site):
        since = standing.at.astimezone(ZoneInfo(site.time_zone))
        raise Refusal(Refused.APPEAL_OPEN, since=since, office=decides(held))
    made = hold_appeals.ask(cmd.request_id, held, site, words, actor=actor, now=now)
    audit.record(
        "hold.appealed",
        _subject(made),
        actor=actor.on_request(cmd.request_id),
        now=now,
        order=made.order_id,
        hold=made.hold_id,
        site=site.code,
        words=words,
    )
    return made


@retried
@transaction.atomic(durable=True)
def keep_hold(cmd: KeepHold, *, actor: Actor, now: datetime) -> HoldAppeal:
    """Answer an appeal: the hold stands, because. Nobody answers their own.

    Raises NotAllowed, BadInput without words, Conflict when it is answered, Refusal(NOT_KNOWN).
    """
    words = _words(cmd.words, gettext_noop("Say why the hold stands."))
    appeal = hold_appeals.lock_appeal(cmd.appeal_id)
    check_may_at(actor, *right_over(held_of(appeal)))
    if not may_answer(appeal, actor):
        raise BadInput(OWN)
    _answer(appeal, AppealStatus.KEPT, words, actor=actor, now=now)
    return appeal


def end_appeals(
    held: Held, to: AppealStatus, decision: str, *, actor: Actor, now: datetime
) -> None:
    """What was open against a hold that ends is answered with its end, in the caller's transaction."""
    for appeal in hold_appeals.lock_open(held):
        _answer(appeal, to, decision, actor=actor, now=now)


def reaches(held: Held, site: Site, now: datetime) -> bool:
    """Does the hold stop this site: a lot that is or was there, everything there, a session there?"""
    if isinstance(held, HoldOrder):
        if not site.area.path.startswith(held.campaign.area.path):
            return False
        if held.scope == HoldScope.PRODUCT_GROUP:
            assert held.product is not None
            return sessions.gives_at(site.pk, held.product.code, now)
        if held.scope == HoldScope.SITE:
            return held.site_id == site.pk
        if held.scope == HoldScope.LOT_AT_SITE and held.site_id != site.pk:
            return False
    elif not _covers(held.where, site):
        return False
    assert held.lot_id is not None
    return stock_book.was_at(held.lot_id, site.pk)


def _covers(where: Site | Area, site: Site) -> bool:
    return where == site if isinstance(where, Site) else site.area.path.startswith(where.path)


def right_over(held: Held) -> tuple[Act, Site | Area]:
    """What whoever decides of the hold may do, and where."""
    if isinstance(held, HoldOrder):
        return Act.SIGN_HOLD, held.campaign.area
    return Act.HOLD_LOT, held.where


def may_answer(appeal: HoldAppeal, actor: Actor) -> bool:
    """As far as duties apart go: not one's own."""
    return actor.trusted or appeal.by != actor.name


def placed_by(held: Held) -> list[str]:
    """Who stands for the hold, as the trail names them."""
    if isinstance(held, HoldOrder):
        return hold_orders.signers([held.pk]).get(held.pk, [held.proposed_by])
    return [held.placed_by]


def decides(held: Held) -> Office:
    """The office that stands for the hold; where the program does, the safety desk of the place."""
    act, where = right_over(held)
    found = offices_of(placed_by(held), act, where)
    return next(iter(found.values()), Office(Role.SAFETY_OFFICER, where.names))


def held_of(appeal: HoldAppeal) -> Held:
    held = appeal.order or appeal.hold
    assert held is not None
    return held


def _held(cmd: AppealHold) -> Held:
    """Locked, so that it does not end meanwhile."""
    if (cmd.order_id is None) == (cmd.hold_id is None):
        raise BadInput(gettext_noop("Say which hold is meant."))
    if cmd.order_id is not None:
        return hold_orders.lock_order(cmd.order_id)
    assert cmd.hold_id is not None
    return lot_holds.lock_hold(cmd.hold_id)


def _check_standing(held: Held) -> None:
    if isinstance(held, HoldOrder):
        if not HoldStatus(held.status).in_force:
            raise Refusal(Refused.HOLD_NOT_STANDING, status=held.status)
    elif held.order_key is not None:
        raise BadInput(gettext_noop("A safety order holds this lot. It ends where it was signed."))
    elif held.released_at is not None:
        raise Refusal(Refused.NOT_KNOWN, what="hold", key=held.pk)


def _words(text: str, ask: str) -> str:
    found = text.strip()
    if not LEAST <= len(found) <= MOST:
        raise BadInput(ask, ("words",))
    return found


def _answer(
    appeal: HoldAppeal, to: AppealStatus, words: str, *, actor: Actor, now: datetime
) -> None:
    hold_appeals.answer(appeal, to, words, actor=actor, now=now)
    audit.record(
        "hold.appeal_answered",
        _subject(appeal),
        actor=actor,
        now=now,
        order=appeal.order_id,
        hold=appeal.hold_id,
        site=appeal.site.code,
        to=to.value,
        answer=words,
    )


def _subject(appeal: HoldAppeal) -> str:
    return f"hold-appeal:{appeal.pk}"
