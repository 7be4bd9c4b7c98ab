"""Plan, publish, resize and cancel sessions; who is affected is shown before anything changes."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import bookings as booking_bookings
from balmis.contexts.booking import free_places, sessions
from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking.models import Booking, Session
from balmis.contexts.booking.sessions import SessionPlan
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.booking.capacity import Sized
from balmis.core.booking.rebooking import Choice, replace_all
from balmis.core.dates import end_of_day
from balmis.core.errors import BadInput, Conflict
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.vocabulary.booking import (
    BookingStatus,
    Channel,
    EndReason,
    PoolKind,
    SessionStatus,
)
from balmis.flows.booking.passes import days_of
from balmis.flows.retry import retried

AT_ONCE = timedelta(minutes=5)  # between pressing the button and its arrival


@transaction.atomic(durable=True)
def plan_session(
    slug: str, site_code: str, plan: SessionPlan, *, actor: Actor, now: datetime
) -> Session:
    """A draft session. Raises NotAllowed, BadInput, Refusal(OVER_LIMIT, NOT_KNOWN)."""
    return _plan(slug, site_code, plan, actor, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSessions:
    """The same session on so many days in a row."""

    campaign: str
    site: str
    plan: SessionPlan
    days: int
    opens_at: datetime | None  # for booking; None: drafts


@transaction.atomic(durable=True)
def plan_sessions(cmd: PlanSessions, *, actor: Actor, now: datetime) -> list[Session]:
    """The same on `days` days in a row, all or none; booked from `opens_at`, or drafts (None). One that
    goes on after midnight is a session of each day.

    Raises as `plan_session` does.
    """
    zone = places.site(cmd.site).time_zone
    parts = [part for day in cmd.plan.repeated(cmd.days, zone) for part in day.by_day(zone)]
    made = [_plan(cmd.campaign, cmd.site, part, actor, now) for part in parts]
    if cmd.opens_at is not None:
        for session in made:
            _publish(session, cmd.opens_at, actor, now)
    return made


def _plan(slug: str, site_code: str, plan: SessionPlan, actor: Actor, now: datetime) -> Session:
    campaign, site = campaigns.campaign(slug), places.site(site_code)
    check_may(actor, Act.PLAN_SESSION, site=site)
    check_plan(plan, site.time_zone, now)
    session = sessions.plan_session(campaign, site, plan)
    audit.record(
        "session.planned", f"session:{session.pk}", actor=actor, now=now, site=site.code, on=plan.on
    )
    return session


def preview_sessions(site_code: str, plan: SessionPlan, *, days: int, now: datetime) -> Sized:
    """The places of each such day. Raises as planning them would."""
    site = places.site(site_code)
    for day in plan.repeated(days, site.time_zone):
        for part in day.by_day(site.time_zone):
            check_plan(part, site.time_zone, now)
            sessions.check_site_has(site, part)
    return sessions.size_of(plan)


def check_plan(plan: SessionPlan, time_zone: str, now: datetime) -> None:
    """Raises BadInput naming the first thing that cannot be."""
    if plan.starts_at <= now:
        raise BadInput(gettext_noop("The session begins in the past; choose a later time."))
    check_size(plan, time_zone)


def check_size(plan: SessionPlan, time_zone: str) -> None:
    """Raises BadInput naming the first thing that no session can have."""
    if plan.ends_at <= plan.starts_at:
        raise BadInput(gettext_noop("The session ends before it begins."))
    if plan.ends_at > end_of_day(plan.on, time_zone):
        raise BadInput(
            gettext_noop("What is after midnight is a session of the next day: plan it by itself.")
        )
    if plan.slots < 1:
        raise BadInput(
            gettext_noop("The session is shorter than one slot; end it later or shorten the slots.")
        )
    if plan.slots > 288:
        raise BadInput(
            gettext_noop("The session has more than 288 slots; a session is at most a day.")
        )
    if plan.stations < 1 or plan.minutes_per_dose <= 0:
        raise BadInput(gettext_noop("A session needs a station, and minutes for a dose."))
    if plan.second_share + plan.walk_in_share > 1:
        raise BadInput(gettext_noop("The shares held back are more than all places."))


@transaction.atomic(durable=True)
def publish_session(session_id: int, opens_at: datetime, *, actor: Actor, now: datetime) -> int:
    """Let people book from `opens_at`; returns the number of places.

    Raises NotAllowed, BadInput, Refusal(ALREADY_PUBLISHED).
    """
    session = sessions.session(session_id)
    check_may(actor, Act.PLAN_SESSION, site=session.site)
    return _publish(session, opens_at, actor, now)


def _publish(session: Session, opens_at: datetime, actor: Actor, now: datetime) -> int:
    if not now - AT_ONCE <= opens_at < session.ends_at:
        raise BadInput(gettext_noop("Booking must open from now on, and before the session ends."))
    places_made = sessions.publish(session, opens_at=opens_at)
    audit.record(
        "session.published",
        f"session:{session.pk}",
        actor=actor,
        now=now,
        opens_at=opens_at,
        places=places_made,
    )
    return places_made


@dataclass(frozen=True, slots=True)
class Affected:
    """A person whose place goes, and the one found instead; None: there is none."""

    booking: Booking
    to: free_places.Place | None


@dataclass(frozen=True, slots=True)
class Change:
    """What changing a session would do; `stays` keep their places."""

    session: Session
    before: int
    after: int
    stays: int
    affected: tuple[Affected, ...]

    @property
    def placed(self) -> int:
        return sum(1 for a in self.affected if a.to)

    @property
    def homeless(self) -> int:
        return len(self.affected) - self.placed


def preview_change(
    session_id: int, plan: SessionPlan | None, *, actor: Actor, now: datetime
) -> Change:
    """What would happen with this plan, or without the session (None); nothing changes.

    Confirmed bookings outrank held ones, earlier outrank later ones. Whoever has to give way
    is re-placed: the same day at the site, then the nearest site that day, then the days
    after, within what the person's dose allows. Raises NotAllowed, BadInput,
    Refusal(OVER_LIMIT).
    """
    session = sessions.session(session_id)
    check_may(actor, Act.PLAN_SESSION, site=session.site)
    if plan is not None:
        check_size(plan, session.site.time_zone)
        sessions.check_site_has(session.site, plan, but=session.pk)
    return _change(session, plan, now)


def _change(session: Session, plan: SessionPlan | None, now: datetime) -> Change:
    bookings = booking_bookings.bookings_in(session.pk)
    sized = sessions.new_capacities(session, plan)
    before = sum(places for places, _ in sessions.pools_by_kind(session.pk).values())
    over = sessions.who_must_go(bookings, sized)
    out = [b for b in bookings if b.pk in over or _unsuitable(b, plan)]
    gone = {b.pool_id for b in bookings} if plan is None else set()
    kept = [b for b in out if b.status == BookingStatus.CONFIRMED]  # a hold is just let go
    found = places_instead(session, kept, sized, gone, now)
    affected = tuple(Affected(b, found.get(b.pk)) for b in out)
    return Change(session, before, sum(sized.values()), len(bookings) - len(out), affected)


def _unsuitable(b: Booking, plan: SessionPlan | None) -> bool:
    """Will the session have another vaccine than the one booked?"""
    return bool(plan and plan.products and b.product and b.product not in plan.products)


def choice_of(b: Booking, now: datetime) -> Choice:
    slot = b.pool.slot
    first, last = days_of(b, now=now)
    return Choice(
        booking=b.pk,
        starts_at=slot.starts_at,
        on=slot.session.on,
        site=slot.session.site.code,
        area_path=slot.session.site.area.path,
        product=b.product,
        second=b.number > 1,
        first=first,
        last=last,
    )


def places_instead(
    session: Session, out: list[Booking], sized: dict[datetime, int], gone: set[int], now: datetime
) -> dict[int, free_places.Place]:
    """Booking to its place instead, within the days that the campaign's policy allows; of those out in
    order of right. Nowhere in pools `gone`, and only where the session as `sized` has room."""
    if not out:
        return {}
    days = campaigns.policy_of(session.campaign_id).booking.rebook_days
    offers = _offers(session, sized, gone, days, now)
    return replace_all([choice_of(b, now) for b in out], offers, within_days=days)


def _offers(
    session: Session, sized: dict[datetime, int], gone: set[int], days: int, now: datetime
) -> list[free_places.Place]:
    """Free places from the session's day on, less those that the change itself takes away."""
    kinds = (PoolKind.OPEN.value, PoolKind.SECOND.value)
    free = free_places.free_places(
        session.campaign_id,
        now=now,
        kinds=kinds,
        first=session.on,
        last=session.on + timedelta(days=days),
    )
    left = sessions.room_left(session, sized)
    found = []
    for place in free:
        if place.pool in gone:
            continue
        room = min(place.free, left[place.pool]) if place.pool in left else place.free
        if room > 0:
            found.append(replace(place, free=room))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSession:
    """A session as it is to be, after a preview."""

    request_id: UUID
    session_id: int
    plan: SessionPlan | None  # None: the session is cancelled
    expected: int  # people whose place goes, as the preview said


@retried
@transaction.atomic(durable=True)
def change_session(cmd: ChangeSession, *, actor: Actor, now: datetime) -> Change:
    """Do what the preview showed: resize or cancel, re-place, and tell each person once.

    `expected` is the number of people the preview named. Raises Conflict when it is another
    by now, NotAllowed, Refusal(OVER_LIMIT). A retry of the same request changes nothing.
    """
    session = sessions.session(cmd.session_id)
    check_may(actor, Act.PLAN_SESSION, site=session.site)
    locks.lock_request(cmd.request_id)
    status = sessions.lock_session(session)
    sessions.lock_pools(session)
    change = _change(session, cmd.plan, now)
    if ledger_done(cmd.request_id):
        return change
    if status == SessionStatus.CANCELLED:
        raise Conflict(gettext_noop("The session is cancelled already."))
    if len(change.affected) != cmd.expected:
        raise Conflict(
            gettext_noop(
                "Other people are affected by now than the preview showed. Look at it again."
            )
        )
    if cmd.plan is not None:
        check_size(cmd.plan, session.site.time_zone)
        sessions.check_site_has(session.site, cmd.plan, but=session.pk)
    homeless = [pk for a in change.affected if a.to is None for pk in _with_later(a.booking)]
    booking_places.end(homeless, BookingStatus.CANCELLED, EndReason.SITE_CHANGED, now=now)
    move_all(change.affected, now)
    sessions.apply_change(session, cmd.plan)
    audit.record(
        "session.changed",
        f"session:{session.pk}",
        actor=actor.on_request(cmd.request_id),
        now=now,
        before=change.before,
        after=change.after,
        moved=change.placed,
        cancelled=change.homeless,
        status=_status(cmd.plan),
    )
    return change


def _with_later(booking_: Booking) -> list[int]:
    """The booking, and those of later doses, which cannot stand without it."""
    live = booking_bookings.live_bookings(booking_.person_id, booking_.campaign_id)
    return [b.pk for b in live if b.number >= booking_.number]


def _status(plan: SessionPlan | None) -> str:
    return (SessionStatus.PUBLISHED if plan else SessionStatus.CANCELLED).value


def move_all(affected: Sequence[Affected], now: datetime) -> None:
    """In the order of the new places' ids, like all that locks them."""
    moves = [a for a in affected if a.to is not None]
    for one in sorted(moves, key=lambda a: a.to.pool if a.to else 0):
        assert one.to is not None
        answered = booking_places.move(
            one.booking.pk,
            request_id=Made.REPLACEMENT.of(one.booking.pk),
            pool=one.to.pool,
            product=one.booking.product,
            channel=Channel.REPLACEMENT,
            why=EndReason.SITE_CHANGED,
            now=now,
        )
        booking_places.check_taken([answered], opens=one.to.opens_here, status=answered.state)


def ledger_done(request_id: UUID) -> bool:
    from balmis.contexts.journal.audit import was_done

    return was_done(request_id, "session.changed")


def plan_of(session: Session) -> SessionPlan:
    """The session's plan, to be changed in parts."""
    known = {f.name: getattr(session, f.name) for f in fields(SessionPlan) if f.name != "products"}
    return SessionPlan(products=tuple(session.products), **known)
