"""People booked into sessions that a hold leaves without doses: other places for them, in one act."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import sessions as booking_sessions
from balmis.contexts.booking.models import Session
from balmis.contexts.safety import hold_orders
from balmis.contexts.safety.models import HoldOrder
from balmis.contexts.supply import lot_holds
from balmis.core.actor import Actor
from balmis.core.errors import Conflict
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.safety import HoldScope
from balmis.flows.booking.rebook_unserved import Unserved, move_unserved, preview_unserved
from balmis.flows.holds.hold_orders import cause


@dataclass(frozen=True, slots=True)
class ToMove:
    """Sessions with people for whom there is no dose, and how many found another place."""

    sessions: tuple[Unserved, ...]

    @property
    def people(self) -> int:
        return sum(len(s.affected) for s in self.sessions)

    @property
    def placed(self) -> int:
        return sum(s.placed for s in self.sessions)


def to_move(order: HoldOrder, *, now: datetime) -> ToMove:
    """Whom the hold leaves without a dose, in sessions to come."""
    found = [
        preview_unserved(s.pk, actor=Actor.system("holds"), now=now) for s in _frozen(order, now)
    ]
    return ToMove(tuple(u for u in found if u.affected))


def _frozen(order: HoldOrder, now: datetime) -> list[Session]:
    if order.scope == HoldScope.PRODUCT_GROUP:
        return []
    held = lot_holds.holds_for(cause(order))
    found = {
        s.pk: s
        for h in held
        for s in booking_sessions.sessions_of_product(h.lot.product.code, h.where, now)
        if s.frozen
    }
    return sorted(found.values(), key=lambda s: (s.starts_at, s.pk))


def move_booked(key: int, request_id: UUID, expected: int, *, actor: Actor, now: datetime) -> int:
    """Move all who found another place; each is told once. Each session is moved in a transaction of
    its own, so that a retry goes on where it stopped. Raises NotAllowed, Conflict, Refusal."""
    order = hold_orders.order(key)
    check_may(actor, Act.SIGN_HOLD, area=order.campaign.area)
    mover = replace(actor, trusted=True)  # what follows from the hold is for those who may sign it
    found = to_move(order, now=now)
    if found.placed != expected:
        raise Conflict(
            gettext_noop(
                "Other people are affected by now than the preview showed. Look at it again."
            )
        )
    return sum(
        move_unserved(
            u.session.pk,
            expected=u.placed,
            request_id=uuid5(request_id, str(u.session.pk)),
            actor=mover,
            now=now,
        ).placed
        for u in found.sessions
        if u.placed
    )
