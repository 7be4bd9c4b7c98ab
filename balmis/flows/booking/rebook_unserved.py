"""People who are booked into a session for which doses are on hold: other places for those who
cannot be served. Who finds none keeps their place: the lot may be released in time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import bookings, sessions
from balmis.contexts.booking.models import Booking, Session
from balmis.contexts.journal import audit, locks
from balmis.contexts.journal.audit import was_done
from balmis.core.actor import Actor
from balmis.core.errors import Conflict
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.booking import BookingStatus
from balmis.flows.booking.sessions import Affected, move_all, places_instead
from balmis.flows.holds.lot_holds import needs
from balmis.flows.retry import retried

MOVED = "session.unserved_moved"


@dataclass(frozen=True, slots=True)
class Unserved:
    """Those who cannot be served, and the places found for them; None: there is none."""

    session: Session
    affected: tuple[Affected, ...]

    @property
    def placed(self) -> int:
        return sum(1 for a in self.affected if a.to)


def unserved_in(session: Session, now: datetime) -> int:
    """People booked for whom there is no usable dose at the site."""
    if not session.frozen or len(session.products) != 1:
        return 0
    found = needs(session.products[0], session.site, now)
    return next((n.unserved for n in found if n.session.pk == session.pk), 0)


def preview_unserved(session_id: int, *, actor: Actor, now: datetime) -> Unserved:
    """Raises NotAllowed, Refusal(NOT_KNOWN)."""
    session = sessions.session(session_id)
    check_may(actor, Act.PLAN_SESSION, site=session.site)
    return _unserved(session, now)


def _unserved(session: Session, now: datetime) -> Unserved:
    number = unserved_in(session, now)
    live = [b for b in bookings.bookings_in(session.pk) if b.status == BookingStatus.CONFIRMED]
    ranked = sorted(live, key=lambda b: (b.confirmed_at, b.pk))
    out: list[Booking] = ranked[max(0, len(ranked) - number) :] if number else []
    gone = {b.pool_id for b in bookings.bookings_in(session.pk)}  # nowhere in this session
    found = places_instead(session, out, {}, gone, now)
    return Unserved(session, tuple(Affected(b, found.get(b.pk)) for b in out))


@retried
@transaction.atomic(durable=True)
def move_unserved(
    session_id: int, *, expected: int, request_id: UUID, actor: Actor, now: datetime
) -> Unserved:
    """Do what the preview showed; each person is told once. A retry changes nothing.

    Raises Conflict when another number can be moved by now, NotAllowed.
    """
    session = sessions.session(session_id)
    check_may(actor, Act.PLAN_SESSION, site=session.site)
    locks.lock_request(request_id)
    sessions.lock_session(session)
    sessions.lock_pools(session)
    found = _unserved(session, now)
    if was_done(request_id, MOVED):
        return found
    if found.placed != expected:
        raise Conflict(
            gettext_noop(
                "Other people are affected by now than the preview showed. Look at it again."
            )
        )
    move_all(found.affected, now)
    audit.record(
        MOVED,
        f"session:{session.pk}",
        actor=actor.on_request(request_id),
        now=now,
        moved=found.placed,
        left=len(found.affected) - found.placed,
    )
    return found
