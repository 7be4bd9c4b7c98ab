"""Sessions: planned, published, resized, frozen; their slots and pools."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import (
    Count,
    F,
    Q,
    Sum,
)

from balmis.contexts.booking.models import LIVE, Booking, Pool, Session, Slot
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.places.models import Area, Site
from balmis.core.booking.capacity import SessionSize, Sized, share_out, size_slots
from balmis.core.dates import days_later, end_of_day
from balmis.core.errors import Refusal
from balmis.core.vocabulary.booking import PoolKind, SessionStatus
from balmis.core.vocabulary.reasons import Refused


def session(session_id: int) -> Session:
    """Raises Refusal(NOT_KNOWN)."""
    found = Session.objects.select_related("site__area", "campaign__area").filter(pk=session_id)
    first = found.first()
    if first is None:
        raise Refusal(Refused.NOT_KNOWN, what="session", key=session_id)
    return first


def sessions(campaign_id: int, *, first: date, last: date) -> list[Session]:
    """Sessions of these days with `places`, `taken` and `slot_count` of all their pools."""
    found = Session.objects.filter(campaign_id=campaign_id, on__gte=first, on__lte=last)
    return list(
        found.select_related("site__area")
        .annotate(
            places=Sum("slots__pools__capacity"),
            taken=Sum("slots__pools__taken"),
            slot_count=Count("slots", distinct=True),
        )
        .order_by("on", "site__code", "starts_at")
    )


def sessions_of_product(product: str, where: Site | Area, now: datetime) -> list[Session]:
    """Published sessions to come that give this product alone; at the site, or in the area."""
    found = Session.objects.filter(
        status=SessionStatus.PUBLISHED.value, ends_at__gt=now, products=[product]
    )
    inside = (
        Q(site=where) if isinstance(where, Site) else Q(site__area__path__startswith=where.path)
    )
    return list(found.filter(inside).select_related("site").order_by("starts_at", "pk"))


def gives_at(site_id: int, product: str, now: datetime) -> bool:
    """Is there a published session of the product at the site, going on or to come?"""
    found = Session.objects.filter(
        site=site_id, status=SessionStatus.PUBLISHED.value, ends_at__gt=now
    )
    return found.filter(Q(products__contains=[product]) | Q(products=[])).exists()


def booked_in(session_id: int) -> int:
    """Live bookings of a session."""
    live = Booking.objects.filter(pool__slot__session=session_id, status__in=LIVE)
    return live.count()


def places_in(session_id: int) -> int:
    total = Pool.objects.filter(slot__session=session_id).aggregate(n=Sum("capacity"))["n"]
    return total or 0


def pools_by_kind(session_id: int) -> dict[str, tuple[int, int]]:
    """Kind (units together) to (places, taken)."""
    found = Pool.objects.filter(slot__session_id=session_id).values_list("kind")
    rows = found.annotate(places=Sum("capacity"), took=Sum("taken")).order_by("kind")
    return {kind: (places, took) for kind, places, took in rows}


def slot_figures(session_id: int) -> list[tuple[datetime, int, int]]:
    """Each slot's start, people it can take, and places taken."""
    found = Slot.objects.filter(session_id=session_id).order_by("starts_at")
    rows = found.annotate(taken=Sum("pools__taken")).values_list("starts_at", "capacity", "taken")
    return [(at, people, taken or 0) for at, people, taken in rows]


def has_session(campaign_id: int, site_id: int, on: date) -> bool:
    return Session.objects.filter(
        campaign_id=campaign_id, site_id=site_id, on=on, status=SessionStatus.PUBLISHED.value
    ).exists()


def last_session(campaign_id: int, site_id: int, on: date, product: str) -> Session | None:
    """Of the day's sessions that give the vaccine, the one that ends last; frozen or not, for the lot in
    hand is looked at by itself."""
    gives = Q(products=[]) | Q(products__contains=[product])
    found = Session.objects.filter(
        gives, campaign=campaign_id, site=site_id, on=on, status=SessionStatus.PUBLISHED.value
    )
    return found.order_by("-ends_at", "pk").first()


def sessions_to_release(now: datetime) -> list[Session]:
    """Sessions whose deadline for held-back places has come and that still hold some back."""
    found = Session.objects.filter(
        release_at__lte=now,
        ends_at__gt=now,
        slots__pools__kind=PoolKind.UNIT.value,
        slots__pools__capacity__gt=F("slots__pools__taken"),
    )
    return list(found.distinct().order_by("pk"))


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

    def repeated(self, days: int, time_zone: str) -> list["SessionPlan"]:
        """The same on so many days in a row, at the same times by the clock of the place."""
        return [
            replace(
                self,
                on=self.on + timedelta(days=n),
                starts_at=days_later(self.starts_at, n, time_zone),
                ends_at=days_later(self.ends_at, n, time_zone),
            )
            for n in range(days)
        ]

    def by_day(self, time_zone: str) -> list["SessionPlan"]:
        """Itself; or, where it goes on after midnight, its part until 24:00 and that of the day after:
        what is booked and given is of the day on which it is. Doses are shared out by time."""
        midnight = end_of_day(self.on, time_zone)
        if self.ends_at <= midnight:
            return [self]
        share = Fraction((midnight - self.starts_at) / (self.ends_at - self.starts_at))
        doses = None if self.doses is None else round(self.doses * share)
        rest = None if self.doses is None or doses is None else self.doses - doses
        after = self.on + timedelta(days=1)
        return [
            replace(self, ends_at=midnight, doses=doses),
            replace(self, on=after, starts_at=midnight, doses=rest),
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
    """Sessions that overlap share the site's stations, seats and parking places. One that goes on where
    another ends takes over what it has."""
    end = plan.ends_at + timedelta(minutes=max(plan.observation_minutes, plan.stay_minutes))
    others = Session.objects.filter(site=site, starts_at__lt=end, ends_at__gt=plan.starts_at)
    others = others.exclude(starts_at=plan.ends_at).exclude(pk=but or 0)
    others = others.exclude(status=SessionStatus.CANCELLED.value)
    used = others.aggregate(stations=Sum("stations"), seats=Sum("seats"), parking=Sum("parking"))
    for what, has, asked in (
        ("stations", site.stations, plan.stations),
        ("seats", site.observation_seats, plan.seats),
        ("parking", site.parking_places, plan.parking),
    ):
        left = None if has is None else has - (used[what] or 0)
        if left is not None and asked is not None and asked > left:
            raise Refusal(
                Refused.OVER_LIMIT, site=site.code, have=max(left, 0), what=what, asked=asked
            )


def publish(session: Session, *, opens_at: datetime) -> int:
    """Make the slots' places bookable from `opens_at`; returns how many there are in all.

    Raises Refusal(ALREADY_PUBLISHED).
    """
    changed = Session.objects.filter(pk=session.pk, status=SessionStatus.DRAFT.value).update(
        status=SessionStatus.PUBLISHED.value, opens_at=opens_at
    )
    if not changed:
        raise Refusal(Refused.ALREADY_PUBLISHED)
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


def lock_session(session: Session) -> str:
    """Lock the session itself: it is published, changed and cancelled by one at a time."""
    held = Session.objects.select_for_update(no_key=True).filter(pk=session.pk)
    return str(held.values_list("status", flat=True).get())


def lock_pools(session: Session) -> None:
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


NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def freeze(session: Session) -> None:
    """No new bookings; those that there are stand."""
    Session.objects.filter(pk=session.pk).update(frozen=True)
    Pool.objects.filter(slot__session=session).update(opens_at=NEVER)


def thaw(session: Session) -> None:
    """Booked again from the session's own opening on."""
    Session.objects.filter(pk=session.pk).update(frozen=False)
    Pool.objects.filter(slot__session=session).update(opens_at=session.opens_at)
