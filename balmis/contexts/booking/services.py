"""Plan sessions, publish them, and change their size; slots and pools follow."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Least

from balmis.contexts.booking.models import LIVE, Booking, Pool, Rush, Session, Slot, Standby
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.core.booking.capacity import SessionSize, Sized, share_out, size_slots
from balmis.core.errors import Refusal
from balmis.core.vocabulary import (
    BookingStatus,
    PoolKind,
    Reason,
    SessionStatus,
    StandbyStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """What a planner states of a session; times are instants."""

    on: date
    starts_at: datetime
    ends_at: datetime
    stations: int
    products: tuple[str, ...] = ()
    slot_minutes: int = 15
    minutes_per_dose: Decimal = Decimal(5)
    staff: int | None = None
    seats: int | None = None
    observation_minutes: int = 30
    parking: int | None = None
    stay_minutes: int = 60
    people_per_place: Decimal = Decimal(1)
    doses: int | None = None
    second_share: Decimal = Decimal(0)
    walk_in_share: Decimal = Decimal(0)
    release_at: datetime | None = field(default=None)

    @property
    def slots(self) -> int:
        return int((self.ends_at - self.starts_at) / timedelta(minutes=self.slot_minutes))

    def repeated(self, days: int) -> list["SessionPlan"]:
        """The same on so many days in a row, at the same times by the clock."""
        steps = [timedelta(days=n) for n in range(days)]
        return [
            replace(
                self,
                on=self.on + step,
                starts_at=self.starts_at + step,
                ends_at=self.ends_at + step,
            )
            for step in steps
        ]


SIZES = (
    "stations",
    "staff",
    "seats",
    "observation_minutes",
    "parking",
    "stay_minutes",
    "doses",
    "slot_minutes",
)


def size_of(plan: SessionPlan | Session) -> Sized:
    """The people each of its slots can take."""
    span = plan.ends_at - plan.starts_at
    return size_slots(
        SessionSize(
            slots=int(span / timedelta(minutes=plan.slot_minutes)),
            minutes_per_dose=Fraction(plan.minutes_per_dose),
            people_per_place=Fraction(plan.people_per_place),
            **{name: getattr(plan, name) for name in SIZES},
        )
    )


def plan_session(campaign: Campaign, site: Site, plan: SessionPlan) -> Session:
    """A draft with its slots; nothing can be booked yet.

    Raises Refusal(OVER_LIMIT) when sessions at the same time need more than the site has.
    """
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)  # one planner at a site
    check_site_has(site, plan)
    sized = size_of(plan)
    fields = {f: getattr(plan, f) for f in plan.__dataclass_fields__ if f != "products"}
    session = Session.objects.create(
        campaign=campaign,
        site=site,
        status=SessionStatus.DRAFT.value,
        products=list(plan.products),
        binding=sized.binding.value,
        **fields,
    )
    step = timedelta(minutes=plan.slot_minutes)
    Slot.objects.bulk_create(
        Slot(session=session, starts_at=plan.starts_at + n * step, capacity=people)
        for n, people in enumerate(sized.people)
    )
    return session


def check_site_has(site: Site, plan: SessionPlan, but: int | None = None) -> None:
    """Sessions that overlap share the site's stations, seats and parking places."""
    end = plan.ends_at + timedelta(minutes=max(plan.observation_minutes, plan.stay_minutes))
    others = Session.objects.filter(site=site, starts_at__lt=end, ends_at__gt=plan.starts_at)
    others = others.exclude(status=SessionStatus.CANCELLED.value).exclude(pk=but or 0)
    used = others.aggregate(stations=Sum("stations"), seats=Sum("seats"), parking=Sum("parking"))
    for what, has, asked in (
        ("stations", site.stations, plan.stations),
        ("seats", site.observation_seats, plan.seats),
        ("parking", site.parking_places, plan.parking),
    ):
        left = None if has is None else has - (used[what] or 0)
        if left is not None and asked is not None and asked > left:
            raise Refusal(
                Reason.OVER_LIMIT, site=site.code, have=max(left, 0), what=what, asked=asked
            )


def publish(session: Session, *, opens_at: datetime) -> int:
    """Make the slots' places bookable from `opens_at`; returns how many there are in all.

    Raises Refusal(ALREADY_PUBLISHED).
    """
    changed = Session.objects.filter(pk=session.pk, status=SessionStatus.DRAFT.value).update(
        status=SessionStatus.PUBLISHED.value, opens_at=opens_at
    )
    if not changed:
        raise Refusal(Reason.ALREADY_PUBLISHED)
    slots = list(Slot.objects.filter(session=session).order_by("starts_at"))
    Pool.objects.bulk_create(
        Pool(slot=slot, kind=kind.value, capacity=places, opens_at=opens_at)
        for slot, pools in zip(slots, shared(session, slots), strict=True)
        for kind, places in pools.items()
        if places or kind is PoolKind.OPEN
    )
    return sum(s.capacity for s in slots)


def shared(session: Session, slots: Sequence[Slot]) -> list[dict[PoolKind, int]]:
    return share_out(
        [s.capacity for s in slots],
        {
            PoolKind.SECOND: Fraction(session.second_share),
            PoolKind.WALK_IN: Fraction(session.walk_in_share),
        },
    )


# ---- changing a session that is published ----------------------------------------------------


def hold_session(session: Session) -> str:
    """Lock the session itself: it is published, changed and cancelled by one at a time."""
    held = Session.objects.select_for_update(no_key=True).filter(pk=session.pk)
    return str(held.values_list("status", flat=True).get())


def hold_pools(session: Session) -> None:
    """Lock the session's places to the end of the transaction: nobody takes or frees one."""
    pools = Pool.objects.filter(slot__session=session).order_by("pk")
    list(pools.select_for_update(no_key=True).values_list("pk"))


def new_capacities(session: Session, plan: SessionPlan | None) -> dict[datetime, int]:
    """Each slot's people under the new plan; without one, nobody."""
    starts = list(Slot.objects.filter(session=session).values_list("starts_at", flat=True))
    if plan is None:
        return dict.fromkeys(starts, 0)
    step = timedelta(minutes=plan.slot_minutes)
    sized = {plan.starts_at + n * step: people for n, people in enumerate(size_of(plan).people)}
    return {at: sized.get(at, 0) for at in starts} | sized


def who_must_go(bookings: Sequence[Booking], sized: dict[datetime, int]) -> set[int]:
    """Bookings above a slot's new capacity: held ones first, then those confirmed last."""
    by_slot = defaultdict(list)
    for booking in bookings:
        by_slot[booking.pool.slot.starts_at].append(booking)
    out = set()
    for at, there in by_slot.items():
        ranked = sorted(
            there, key=lambda b: (b.confirmed_at is None, b.confirmed_at or b.made_at, b.pk)
        )
        out |= {b.pk for b in ranked[sized.get(at, 0) :]}
    return out


def room_left(session: Session, sized: dict[datetime, int]) -> dict[int, int]:
    """Places of each of the session's pools that stay free under the new capacities."""
    left = {}
    slots = Slot.objects.filter(session=session).prefetch_related("pools")
    for slot in slots:
        pools = sorted(slot.pools.all(), key=lambda p: p.kind != PoolKind.OPEN)
        room = sized.get(slot.starts_at, 0) - sum(p.taken for p in pools)
        for pool in pools:
            left[pool.pk] = max(0, min(room, pool.capacity - pool.taken))
            room -= left[pool.pk]
    return left


def apply_change(session: Session, plan: SessionPlan | None) -> None:
    """Write the new size. Those above it have left; places held back shrink first."""
    sized = new_capacities(session, plan)
    for slot in Slot.objects.filter(session=session).prefetch_related("pools"):
        _resize(slot, sized.pop(slot.starts_at, 0))
    _add_slots(session, sized)
    if plan is None:
        Session.objects.filter(pk=session.pk).update(status=SessionStatus.CANCELLED.value)
        return
    fields = {f: getattr(plan, f) for f in plan.__dataclass_fields__ if f != "products"}
    Session.objects.filter(pk=session.pk).update(
        products=list(plan.products), binding=size_of(plan).binding.value, **fields
    )
    if session.frozen:
        freeze(session)  # places that are new as well


def _resize(slot: Slot, people: int) -> None:
    """Give the slot its new capacity, and the open pool whatever the others leave."""
    pools = sorted(slot.pools.all(), key=lambda p: p.kind != PoolKind.OPEN)
    surplus = sum(p.capacity for p in pools) - people
    for pool in pools[::-1] if surplus > 0 else pools[:1]:
        cut = min(surplus, pool.capacity - pool.taken) if surplus > 0 else surplus
        surplus -= cut
        Pool.objects.filter(pk=pool.pk).update(capacity=pool.capacity - cut)
    Slot.objects.filter(pk=slot.pk).update(capacity=people)


def _add_slots(session: Session, sized: dict[datetime, int]) -> None:
    """Times that the session did not have before."""
    for at, people in sized.items():
        slot = Slot.objects.create(session=session, starts_at=at, capacity=people)
        if session.opens_at is not None:
            Pool.objects.create(
                slot=slot, kind=PoolKind.OPEN.value, capacity=people, opens_at=session.opens_at
            )


def add_leftover(
    session: Session, at: datetime, product: str, people: int, *, now: datetime
) -> int:
    """Places for doses left in an open vial, beside those that were planned, at this time of the
    session, which is held: their pool."""
    slot, _ = Slot.objects.get_or_create(session=session, starts_at=at, defaults={"capacity": 0})
    Slot.objects.filter(pk=slot.pk).update(capacity=F("capacity") + people)
    pool, _ = Pool.objects.get_or_create(
        slot=slot,
        kind=PoolKind.LEFTOVER.value,
        unit=product,
        defaults={"capacity": 0, "opens_at": now},
    )
    Pool.objects.filter(pk=pool.pk).update(capacity=F("capacity") + people, opens_at=now)
    return pool.pk


def drop_free(pool_id: int, people: int) -> None:
    """Take these places back: nobody was there to have them."""
    if people:
        Pool.objects.filter(pk=pool_id).update(capacity=F("capacity") - people)
        Slot.objects.filter(pools=pool_id).update(capacity=F("capacity") - people)


NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def freeze(session: Session) -> None:
    """No new bookings; those that there are stand."""
    Session.objects.filter(pk=session.pk).update(frozen=True)
    Pool.objects.filter(slot__session=session).update(opens_at=NEVER)


def thaw(session: Session) -> None:
    """Booked again from the session's own opening on."""
    Session.objects.filter(pk=session.pk).update(frozen=False)
    Pool.objects.filter(slot__session=session).update(opens_at=session.opens_at)


def take_news(most: int) -> list[Booking]:
    """Bookings whose people are still to be told; the mark goes with this transaction."""
    marked = Booking.objects.filter(news=True).order_by("pk")
    ids = list(
        marked.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:most]
    )
    Booking.objects.filter(pk__in=ids).update(news=False)
    found = Booking.objects.filter(pk__in=ids).order_by("pk")
    return list(found.select_related("person", "campaign", "pool__slot__session__site"))


# ---- the standby list ------------------------------------------------------------------------


def join_standby(
    campaign: Campaign,
    person: Person,
    *,
    number: int,
    site: Site,
    on: date,
    products: Sequence[str],
    rank: int,
    now: datetime,
) -> Standby:
    """Into the list, once; who is in it already keeps their place."""
    entry, _ = Standby.objects.get_or_create(
        campaign=campaign,
        person=person,
        site=site,
        on=on,
        status__in=[StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value],
        defaults={
            "number": number,
            "rank": rank,
            "joined_at": now,
            "products": list(products),
            "status": StandbyStatus.WAITING.value,
        },
    )
    return entry


def hold_standby(entry_id: int, person_id: int) -> Standby | None:
    """The person's own entry, locked, if it still waits or has an offer."""
    found = Standby.objects.select_for_update(of=("self",)).select_related("site")
    return found.filter(
        pk=entry_id,
        person_id=person_id,
        status__in=[StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value],
    ).first()


def hold_waiting(campaign_id: int, site_code: str, on: date, *, product: str = "") -> list[Standby]:
    """Those who wait for a site's day (who may have this vaccine), in their order; those another
    transaction serves are passed over."""
    found = Standby.objects.filter(
        campaign_id=campaign_id, site__code=site_code, on=on, status=StandbyStatus.WAITING.value
    )
    if product:
        found = found.filter(products__contains=[product])
    locked = found.select_for_update(of=("self",), skip_locked=True).select_related(
        "person", "site"
    )
    return list(locked.order_by("rank", "joined_at", "pk")[:50])


def note_offer(entry: Standby, offer: Booking, *, now: datetime) -> None:
    Standby.objects.filter(pk=entry.pk).update(
        status=StandbyStatus.OFFERED.value, offer=offer, offered_at=now
    )


def end_standby(entry: Standby, status: StandbyStatus) -> None:
    Standby.objects.filter(pk=entry.pk).update(status=status.value)


def settle_standbys(*, now: datetime, person: int | None = None) -> None:
    """Answered offers are taken or lapsed; lists of days that are past are over. Of everyone, or
    of one person."""
    whose = Q(person=person) if person is not None else Q()
    offered = Standby.objects.filter(whose, status=StandbyStatus.OFFERED.value)
    taken = [BookingStatus.CONFIRMED.value, BookingStatus.KEPT.value, BookingStatus.MOVED.value]
    offered.filter(offer__status__in=taken).update(status=StandbyStatus.TAKEN.value)
    gone = [BookingStatus.EXPIRED.value, BookingStatus.CANCELLED.value]
    offered.filter(offer__status__in=gone).update(status=StandbyStatus.LAPSED.value)
    waiting = Standby.objects.filter(whose, status=StandbyStatus.WAITING.value)
    booked = Booking.objects.filter(
        person=OuterRef("person"),
        campaign=OuterRef("campaign"),
        number=OuterRef("number"),
        status__in=LIVE,
    )
    waiting.filter(Exists(booked)).update(status=StandbyStatus.LEFT.value)
    waiting.filter(on__lt=(now - timedelta(hours=14)).date()).update(
        status=StandbyStatus.OVER.value
    )


# ---- blocks of units -------------------------------------------------------------------------


def move_places(session: Session, unit: str, places: int) -> int:
    """From the open places of the session's slots to a unit's, the earliest first; how many."""
    hold_pools(session)
    left = places
    open_pools = Pool.objects.filter(slot__session=session, kind=PoolKind.OPEN.value)
    for pool in open_pools.order_by("slot__starts_at"):
        moved = min(left, pool.capacity - pool.taken)
        if moved <= 0:
            continue
        Pool.objects.filter(pk=pool.pk).update(capacity=pool.capacity - moved)
        block, _ = Pool.objects.get_or_create(
            slot_id=pool.slot_id,
            kind=PoolKind.UNIT.value,
            unit=unit,
            defaults={"capacity": 0, "opens_at": pool.opens_at},
        )
        Pool.objects.filter(pk=block.pk).update(capacity=F("capacity") + moved)
        left -= moved
    return places - left


def release_places(session: Session, unit: str | None) -> int:
    """Unused places of a unit, or of all units, are open again; how many."""
    hold_pools(session)
    blocks = Pool.objects.filter(slot__session=session, kind=PoolKind.UNIT.value)
    freed = 0
    for block in blocks.filter(unit=unit) if unit else blocks:
        unused = block.capacity - block.taken
        Pool.objects.filter(pk=block.pk).update(capacity=block.taken)
        Pool.objects.filter(slot_id=block.slot_id, kind=PoolKind.OPEN.value).update(
            capacity=F("capacity") + unused
        )
        freed += unused
    return freed


# ---- waiting rooms ---------------------------------------------------------------------------


def keep_rush(
    campaign: Campaign,
    *,
    doors_at: datetime,
    opens_at: datetime,
    closes_at: datetime,
    **fields: Any,
) -> Rush | None:
    """A waiting room; None when another one of the campaign overlaps it."""
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    other = Rush.objects.filter(campaign=campaign, doors_at__lt=closes_at, closes_at__gt=doors_at)
    if other.exists():
        return None
    return Rush.objects.create(
        campaign=campaign, doors_at=doors_at, opens_at=opens_at, closes_at=closes_at, **fields
    )


def end_rush(rush: Rush, *, now: datetime) -> None:
    """Over by now; one whose doors are still shut leaves no trace of a time."""
    end = max(now, rush.doors_at)
    Rush.objects.filter(pk=rush.pk, closes_at__gt=end).update(
        closes_at=end, opens_at=Least(F("opens_at"), end)
    )
