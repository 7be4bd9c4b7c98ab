"""Hold a lot: one act, and it is red at every scanner, frozen in the store and in booking."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may, may, may_somewhere
from balmis.contexts.booking import sessions as booking_sessions
from balmis.contexts.booking.models import Session
from balmis.contexts.clinic import queries as doses
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area, Site
from balmis.contexts.supply import lot_holds, lots, products, stock_book
from balmis.contexts.supply.models import BY_ORDER, Lot, LotHold
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import AppealStatus
from balmis.flows.holds.hold_appeals import end_appeals
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True)
class Where:
    """What a site holds of a lot, and how many people have had a dose of it there."""

    site: Site | None  # None: given elsewhere
    left: float  # doses, by the book
    given: int


@dataclass(frozen=True, slots=True)
class Held:
    hold: LotHold
    short: tuple[Session, ...]  # sessions to come that have more bookings than usable doses


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLot:
    """A lot by its number, and why nothing of it is to be given."""

    request_id: UUID
    product: str
    lot: str
    site: str
    reason: str


@retried
@transaction.atomic(durable=True)
def hold_lot(cmd: HoldLot, *, actor: Actor, now: datetime) -> Held:
    """Nothing of the lot is given at the site until a decision is recorded.

    Sessions that the rest of the stock cannot serve take no new bookings. Raises NotAllowed,
    BadInput without a reason, Refusal(NOT_KNOWN).
    """
    place = places.site(cmd.site)
    check_may(actor, Act.HOLD_LOT, site=place)
    if len(cmd.reason.strip()) < 3:
        raise BadInput(gettext_noop("Say why the lot is held."))
    found = lots.lot_by_number(products.product(cmd.product), cmd.lot)
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what=f"lot of {cmd.product}", key=cmd.lot)
    locks.lock_request(cmd.request_id)
    return place_hold(
        PlaceHold(
            request_id=cmd.request_id, lot=found, where=place, reason=cmd.reason.strip()[:500]
        ),
        actor=actor,
        now=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold:
    """A hold to be placed; `cause` says what else may end it."""

    request_id: UUID
    lot: Lot
    where: Site | Area
    reason: str
    cause: str = ""
    soft: bool = False


def place_hold(cmd: PlaceHold, *, actor: Actor, now: datetime) -> Held:
    """The hold and what follows from it, in the caller's transaction."""
    lot_holds.one_at_a_time(cmd.lot.product_id)
    placed, made = lot_holds.place(
        cmd.request_id,
        cmd.lot,
        cmd.where,
        cmd.reason,
        cause=cmd.cause,
        soft=cmd.soft,
        actor=actor,
        now=now,
    )
    if made:
        audit.record(
            "lot.held",
            f"lot:{cmd.lot.pk}",
            actor=actor.on_request(cmd.request_id),
            now=now,
            where=cmd.where.code,
            reason=placed.reason,
        )
    return Held(placed, tuple(_settle(cmd.lot.product.code, cmd.where, now)))


@retried
@transaction.atomic(durable=True)
def release_lot(hold_id: int, decision: str, *, actor: Actor, now: datetime) -> LotHold:
    """The lot may be given again; sessions that were frozen for it are open as before.

    Raises NotAllowed, BadInput without a decision, Refusal(NOT_KNOWN) when it does not stand.
    """
    standing = lot_holds.hold_of(hold_id)
    if standing.site is not None:
        check_may(actor, Act.HOLD_LOT, site=standing.site)
    elif standing.area is not None:
        check_may(actor, Act.HOLD_LOT, area=standing.area)
    if standing.cause.startswith(BY_ORDER):
        raise BadInput(gettext_noop("A safety order holds this lot. It ends where it was signed."))
    if len(decision.strip()) < 3:
        raise BadInput(gettext_noop("Say what was decided about the lot, and on what ground."))
    return end_hold(hold_id, decision.strip()[:500], actor=actor, now=now)


def end_hold(hold_id: int, decision: str, *, actor: Actor, now: datetime) -> LotHold:
    """The release and what follows from it, in the caller's transaction."""
    lot_holds.one_at_a_time(lot_holds.hold_of(hold_id).lot.product_id)
    released = lot_holds.release(hold_id, decision, actor=actor, now=now)
    end_appeals(released, AppealStatus.LIFTED, decision, actor=actor, now=now)
    _settle(released.lot.product.code, released.where, now)
    audit.record(
        "lot.released",
        f"lot:{released.lot_id}",
        actor=actor,
        now=now,
        hold=hold_id,
        decision=released.decision,
    )
    return released


def where_is(product: str, lot: str, *, actor: Actor) -> list[Where]:
    """Every dose of the lot that the actor answers for: on which shelf, or given where. Raises NotAllowed,
    Refusal(NOT_KNOWN)."""
    if not may_somewhere(actor, Act.HOLD_LOT):
        raise NotAllowed(f"{actor.name} answers for no goods")
    found = lots.lot_by_number(products.product(product), lot)
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what=f"lot of {product}", key=lot)
    left, given = stock_book.balances_of(found.pk), doses.given_by_site(found.pk)
    sites = {s.pk: s for s in places.sites_by_id([key for key in {*left, *given} if key])}
    rows = [
        Where(sites.get(key) if key else None, left.get(key, 0.0), given.get(key, 0))
        for key in {*left, *given}
        if (may(actor, Act.HOLD_LOT, site=sites[key]) if key in sites else actor.trusted)
    ]
    return sorted(rows, key=lambda w: (-w.left, -w.given))


@dataclass(frozen=True, slots=True)
class Need:
    """A session to come, and what the shelf of its site can do for it."""

    session: Session
    needs_held: bool  # the doses on hold would have served some of it
    unserved: int  # people booked for whom there is no usable dose


def _settle(product: str, where: Site | Area, now: datetime) -> list[Session]:
    """Freeze the sessions that the doses on hold would have served, open those that can be served
    again; returns those that have more bookings than usable doses."""
    found = needs(product, where, now)
    for need in found:
        if need.needs_held and not need.session.frozen:
            booking_sessions.freeze(need.session)
        elif need.session.frozen and not need.needs_held:
            booking_sessions.thaw(need.session)
    return [n.session for n in found if n.unserved]


def needs(
    product: str, where: Site | Area, now: datetime, *, also: frozenset[int] = frozenset()
) -> list[Need]:
    """With the lots that are on hold, and `also` others. In the order of their times, sessions use up
    what is on the shelf of their site. Those that come after all of it is used wait for deliveries,
    and need nothing that is held."""
    found = []
    by_site: dict[int, list[Session]] = defaultdict(list)
    for session in booking_sessions.sessions_of_product(product, where, now):
        by_site[session.site_id].append(session)
    for at, sessions in by_site.items():
        shelf = [s for s in stock_book.shelves(at) if s.lot.product.code == product]
        all_, usable = (
            sum(s.doses for s in shelf),
            sum(s.doses for s in shelf if not s.held and s.lot.pk not in also),
        )
        places = booked = 0
        for session in sessions:
            served = places < all_
            own = booking_sessions.booked_in(session.pk)
            places += booking_sessions.places_in(session.pk)
            needs_held = served and usable < min(places, all_)
            over = own - max(0, int(usable) - booked) if needs_held else 0
            found.append(Need(session, needs_held, max(0, over)))
            booked += own
    return found
