"""Read sessions, free places and bookings."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Concat, TruncHour

from balmis.contexts.booking.models import LIVE, Booking, Pool, Session, Slot, Standby
from balmis.contexts.eligibility.queries import READY_PEOPLE, Offered
from balmis.contexts.ledger.rows import rows_of
from balmis.contexts.places.models import Site
from balmis.core.errors import Refusal
from balmis.core.vocabulary import (
    BookingStatus,
    PoolKind,
    Reason,
    SessionStatus,
    StandbyStatus,
)


def session(session_id: int) -> Session:
    """Raises Refusal(NOT_KNOWN)."""
    found = Session.objects.select_related("site__area", "campaign__area").filter(pk=session_id)
    first = found.first()
    if first is None:
        raise Refusal(Reason.NOT_KNOWN, what="session", key=session_id)
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


@dataclass(frozen=True, slots=True)
class Place:
    """Free places of one kind at one time."""

    pool: int
    campaign: int
    kind: str  # 'open', 'second', 'unit:CODE', 'leftover:PRODUCT'
    starts_at: datetime
    minutes: int
    on: date
    site_id: int
    site: str
    names: dict[str, str]
    address: str
    area_path: str
    time_zone: str
    products: list[str]
    opens_at: datetime
    free: int


PLACE = (
    "pk",
    "slot__session__campaign_id",
    "whose",
    "slot__starts_at",
    "slot__session__slot_minutes",
    "slot__session__on",
    "slot__session__site_id",
    "slot__session__site__code",
    "slot__session__site__names",
    "slot__session__site__address",
    "slot__session__site__area__path",
    "slot__session__site__time_zone",
    "slot__session__products",
    "opens_at",
    "free",
)


def _places(found: "QuerySet[Pool]") -> list[Place]:
    rows = found.annotate(
        free=F("capacity") - F("taken"),
        whose=Case(When(unit="", then=F("kind")), default=Concat(F("kind"), Value(":"), F("unit"))),
    ).values_list(*PLACE)
    return [Place(*row) for row in rows]


def of_kinds(kinds: Iterable[str]) -> Q:
    """Pools of these kinds, as passes name them."""
    found = Q(pk__in=[])
    for kind in kinds:
        name, _, unit = kind.partition(":")
        found |= Q(kind=name, unit=unit)
    return found


def fitting(
    campaign_id: int,
    *,
    now: datetime,
    kinds: Iterable[str],
    first: date,
    last: date | None,
    products: Iterable[str],
) -> "QuerySet[Pool]":
    """Pools with free places that may be booked now; a session that names no product fits everyone."""
    found = Pool.objects.filter(
        of_kinds(kinds),
        slot__session__campaign_id=campaign_id,
        slot__starts_at__gt=now,
        opens_at__lte=now,
        taken__lt=F("capacity"),
        slot__session__on__gte=first,
        slot__session__status=SessionStatus.PUBLISHED.value,
    )
    if last is not None:
        found = found.filter(slot__session__on__lte=last)
    if named := list(products):
        found = found.filter(
            Q(slot__session__products__overlap=named) | Q(slot__session__products=[])
        )
    return found


def free_places(
    campaign_id: int,
    *,
    now: datetime,
    kinds: Iterable[str],
    first: date,
    last: date | None = None,
    site: str | None = None,
    products: Iterable[str] = (),
) -> list[Place]:
    """Places that may be booked now, by time; those of the person's own before the open ones."""
    found = fitting(campaign_id, now=now, kinds=kinds, first=first, last=last, products=products)
    if site is not None:
        found = found.filter(slot__session__site__code=site)
    return _places(found.order_by("slot__starts_at", "slot__session__site__code", "-kind"))


def place(pool_id: int) -> Place:
    """Raises Refusal(NOT_KNOWN)."""
    found = _places(Pool.objects.filter(pk=pool_id))
    if not found:
        raise Refusal(Reason.NOT_KNOWN, what="place", key=pool_id)
    return found[0]


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    site_id: int
    site: str
    names: dict[str, str]
    area_path: str
    latitude: float | None
    longitude: float | None
    access: list[str]
    free: int


def free_days(
    campaign_id: int,
    *,
    now: datetime,
    kinds: Iterable[str],
    first: date,
    last: date | None,
    products: Iterable[str] = (),
) -> list[Day]:
    """How many places each site has on each day, counted by the database."""
    found = fitting(campaign_id, now=now, kinds=kinds, first=first, last=last, products=products)
    site = "slot__session__site__"
    rows = found.values_list(
        "slot__session__on",
        "slot__session__site_id",
        f"{site}code",
        f"{site}names",
        f"{site}area__path",
        f"{site}latitude",
        f"{site}longitude",
        f"{site}access",
    )
    summed = rows.annotate(free=Sum(F("capacity") - F("taken"))).order_by(
        "slot__session__on", "slot__session__site__code"
    )
    return [Day(*row) for row in summed]


def booking(booking_id: int) -> Booking:
    """Raises Refusal(NOT_KNOWN)."""
    found = _whole().filter(pk=booking_id).first()
    if found is None:
        raise Refusal(Reason.NOT_KNOWN, what="booking", key=booking_id)
    return found


def live_bookings(person_id: int, campaign_id: int) -> list[Booking]:
    """Held and confirmed ones, by dose."""
    found = _whole().filter(person_id=person_id, campaign_id=campaign_id, status__in=LIVE)
    return list(found.order_by("number"))


def booking_here(person_id: int, campaign_id: int, site_id: int, on: date) -> Booking | None:
    """The person's live appointment at the site on the day."""
    found = rows_of(Booking, HERE, [person_id, campaign_id, site_id, on])
    return found[0] if found else None


HERE = f"""
JOIN booking_pool p ON p.id = booking_booking.pool_id
JOIN booking_slot t ON t.id = p.slot_id
JOIN booking_session e ON e.id = t.session_id
WHERE booking_booking.person_id = %s AND booking_booking.campaign_id = %s
  AND booking_booking.status IN ({", ".join(f"'{s}'" for s in LIVE)}) AND e.site_id = %s AND e."on" = %s
ORDER BY t.starts_at, booking_booking.id LIMIT 1
"""


def bookings_in(session_id: int) -> list[Booking]:
    """Live bookings of a session, by time; for its own people only."""
    found = _whole().filter(pool__slot__session_id=session_id, status__in=LIVE)
    return list(found.select_related("person").order_by("pool__slot__starts_at", "confirmed_at"))


def sessions_of_product(product: str, site: Site | None, now: datetime) -> list[Session]:
    """Published sessions to come that give this product alone; at the site, or (None) anywhere."""
    found = Session.objects.filter(
        status=SessionStatus.PUBLISHED.value, ends_at__gt=now, products=[product]
    )
    at = found.filter(site=site) if site else found
    return list(at.select_related("site").order_by("starts_at", "pk"))


def booked_between(site_id: int, first: datetime, last: datetime, product: str) -> list[Booking]:
    """Live bookings at the site in these hours for a vaccine, with their people."""
    found = Booking.objects.filter(
        pool__slot__session__site=site_id,
        pool__slot__starts_at__range=(first, last),
        product=product,
        status__in=LIVE,
    )
    return list(found.select_related("person"))


def booked_by_hour(site_ids: Iterable[int], first: datetime, last: datetime) -> dict[datetime, int]:
    """Live bookings of all these sites together, by the hour in which they begin."""
    found = Booking.objects.filter(
        pool__slot__session__site__in=list(site_ids),
        status__in=LIVE,
        pool__slot__starts_at__range=(first, last),
    )
    rows = found.values_list(TruncHour("pool__slot__starts_at")).annotate(n=Count("pk")).order_by()
    return dict(rows)


def kept_between(site_ids: Iterable[int], first: datetime, last: datetime) -> int:
    """Bookings whose people came."""
    found = Booking.objects.filter(
        pool__slot__session__site__in=list(site_ids),
        status=BookingStatus.KEPT.value,
        pool__slot__starts_at__range=(first, last),
    )
    return found.count()


def booked_in(session_id: int) -> int:
    """Live bookings of a session."""
    live = Booking.objects.filter(pool__slot__session=session_id, status__in=LIVE)
    return live.count()


def people_by_product(
    site_id: int, first: date, last: date
) -> list[tuple[Session, dict[str, int]]]:
    """The published sessions of a site's days in their order, with the people still expected for each
    vaccine; those booked for any are counted with the session's first."""
    sessions = Session.objects.filter(
        site=site_id, on__range=(first, last), status=SessionStatus.PUBLISHED.value
    )
    found: dict[int, tuple[Session, dict[str, int]]] = {
        s.pk: (s, {}) for s in sessions.select_related("site").order_by("starts_at", "pk")
    }
    rows = Booking.objects.filter(
        pool__slot__session__in=list(found), status=BookingStatus.CONFIRMED.value
    )
    counted = rows.values_list("pool__slot__session", "product").annotate(n=Count("pk")).order_by()
    for session, product, n in counted:
        row, people = found[session]
        code = product or next(iter(row.products), "")
        if code:
            people[code] = people.get(code, 0) + n
    return [f for f in found.values() if f[1]]


AHEAD = """
SELECT e.site_id, coalesce(nullif(b.product, ''), e.products[1]) AS product,
  count(*) FILTER (WHERE b.number = 1 AND e."on" < %(near)s), count(*) FILTER (WHERE b.number > 1)
FROM booking_session e
JOIN booking_slot t ON t.session_id = e.id JOIN booking_pool p ON p.slot_id = t.id
JOIN booking_booking b ON b.pool_id = p.id AND b.status = 'confirmed'
WHERE e.site_id = ANY(%(sites)s)
  AND e."on" >= %(today)s AND e."on" < %(far)s
GROUP BY 1, 2
"""


def booked_ahead(
    sites: Iterable[int], today: date, near: int, far: int
) -> dict[tuple[int, str], tuple[int, int]]:
    """By site and product, in every campaign that shares the shelf: first doses booked within `near`
    days, second ones within `far`."""
    values: dict[str, Any] = {
        "sites": list(sites),
        "today": today,
        "near": today + timedelta(days=near),
        "far": today + timedelta(days=far),
    }
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, values)
        return {(r[0], r[1] or ""): (r[2], r[3]) for r in cursor.fetchall()}


def places_in(session_id: int) -> int:
    total = Pool.objects.filter(slot__session=session_id).aggregate(n=Sum("capacity"))["n"]
    return total or 0


def booked_on(campaign_id: int, site_id: int, on: date) -> list[Booking]:
    """Appointments of a day at a site, those kept included, in the order of their times."""
    found = _whole().filter(
        campaign=campaign_id,
        pool__slot__session__site=site_id,
        pool__slot__session__on=on,
        status__in=[BookingStatus.CONFIRMED.value, BookingStatus.KEPT.value],
    )
    return list(found.order_by("pool__slot__starts_at", "pk"))


def _whole() -> "QuerySet[Booking]":
    return Booking.objects.select_related(
        "pool__slot__session__site__area", "campaign", "person__area"
    )


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


def moved_by_person(bookings: Sequence[int]) -> set[int]:
    """Those of these bookings that took the place of another one when they were made."""
    before = Booking.objects.filter(
        person=OuterRef("person"),
        campaign=OuterRef("campaign"),
        number=OuterRef("number"),
        status=BookingStatus.MOVED.value,
        ended_at=OuterRef("made_at"),
    )
    found = Booking.objects.filter(Exists(before), pk__in=list(bookings))
    return set(found.values_list("pk", flat=True))


def confirmed_between(first: datetime, last: datetime) -> list[Booking]:
    """Confirmed bookings whose time lies in the span."""
    found = _whole().filter(
        status=BookingStatus.CONFIRMED.value,
        pool__slot__starts_at__gte=first,
        pool__slot__starts_at__lt=last,
    )
    return list(found.order_by("pk"))


# ---- the standby list ------------------------------------------------------------------------

ACTIVE = (StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value)


def has_session(campaign_id: int, site_id: int, on: date) -> bool:
    return Session.objects.filter(
        campaign_id=campaign_id, site_id=site_id, on=on, status=SessionStatus.PUBLISHED.value
    ).exists()


def standby_choices(
    campaign_id: int, first: date, last: date
) -> list[tuple[str, dict[str, str], date]]:
    """Sites and days with sessions for which one may wait."""
    found = Session.objects.filter(
        campaign_id=campaign_id, on__gte=first, on__lte=last, status=SessionStatus.PUBLISHED.value
    )
    rows = (
        found.values_list("site__code", "site__names", "on").order_by("on", "site__code").distinct()
    )
    return [(code, names, on) for code, names, on in rows]


def standbys_of(person_id: int, campaign_id: int) -> list[Standby]:
    found = Standby.objects.filter(person_id=person_id, campaign_id=campaign_id, status__in=ACTIVE)
    return list(found.select_related("site", "offer").order_by("on", "pk"))


def before_on_standby(entry: Standby) -> tuple[int, int]:
    """How many of the list come before the entry; how many of them by their group."""
    found = Standby.objects.filter(
        campaign_id=entry.campaign_id,
        site_id=entry.site_id,
        on=entry.on,
        status=StandbyStatus.WAITING.value,
    )
    earlier = found.filter(rank__lt=entry.rank).count()
    same = found.filter(rank=entry.rank).filter(
        Q(joined_at__lt=entry.joined_at) | Q(joined_at=entry.joined_at, pk__lt=entry.pk)
    )
    return earlier + same.count(), earlier


def last_session(campaign_id: int, site_id: int, on: date, product: str) -> Session | None:
    """Of the day's sessions that give the vaccine, the one that ends last; frozen or not, for the lot in
    hand is looked at by itself."""
    gives = Q(products=[]) | Q(products__contains=[product])
    found = Session.objects.filter(
        gives, campaign=campaign_id, site=site_id, on=on, status=SessionStatus.PUBLISHED.value
    )
    return found.order_by("-ends_at", "pk").first()


def waiting_for(campaign_id: int, site_id: int, on: date, product: str) -> int:
    """How many wait for the site's day and may have the vaccine."""
    found = Standby.objects.filter(
        campaign=campaign_id, site=site_id, on=on, status=StandbyStatus.WAITING.value
    )
    return found.filter(products__contains=[product]).count()


def waiting_by_product(campaign_id: int, site_id: int, on: date) -> dict[str, int]:
    """For each vaccine, how many wait for the site's day who may have it."""
    found: dict[str, int] = {}
    waiting = Standby.objects.filter(
        campaign=campaign_id, site=site_id, on=on, status=StandbyStatus.WAITING.value
    )
    for products in waiting.values_list("products", flat=True):
        for code in products:
            found[code] = found.get(code, 0) + 1
    return found


def leftover_claims(
    campaign_id: int, site_id: int, on: date, product: str, *, now: datetime
) -> int:
    """Doses left in open vials that somebody was offered, or that wait to be offered anew: those whose
    time has not come."""
    pools = Pool.objects.filter(
        slot__session__campaign=campaign_id,
        slot__session__site=site_id,
        slot__session__on=on,
        kind=PoolKind.LEFTOVER.value,
        unit=product,
        slot__starts_at__gt=now,
    )
    given = Booking.objects.filter(pool__in=pools, status=BookingStatus.KEPT.value).count()
    return (pools.aggregate(n=Sum("capacity"))["n"] or 0) - given


def free_in(pool_id: int) -> int:
    found = Pool.objects.get(pk=pool_id)
    return found.capacity - found.taken


def standby_days() -> list[tuple[int, str, date]]:
    """Campaign, site and day of every list in which somebody waits."""
    found = Standby.objects.filter(status=StandbyStatus.WAITING.value)
    return list(found.values_list("campaign_id", "site__code", "on").distinct().order_by("on"))


def ready_with_booking(offered: Offered, put_off: Sequence[int]) -> int:
    """Of those whom an offer would add on its day: how many have a live booking already."""
    query = (
        f"SELECT count(DISTINCT r.person_id) FROM ({READY_PEOPLE}) r "
        "JOIN booking_booking b ON b.person_id = r.person_id AND b.campaign_id = %(campaign)s "
        "AND b.status IN ('held', 'confirmed') "
        "WHERE r.ready AND NOT coalesce(r.group_id = ANY(%(put_off)s), false)"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, asdict(offered) | {"put_off": list(put_off)})
        return int(cursor.fetchone()[0])


# ---- units -----------------------------------------------------------------------------------


def next_times(campaign_id: int, people: Sequence[int]) -> dict[int, datetime]:
    """When each of these people comes next, of those who have a confirmed booking."""
    found = Booking.objects.filter(
        campaign_id=campaign_id, person_id__in=list(people), status=BookingStatus.CONFIRMED.value
    )
    rows = found.values_list("person_id").annotate(at=Min("pool__slot__starts_at")).order_by()
    return dict(rows)


def coming_after(
    campaign_id: int, people: Sequence[int], now: datetime
) -> dict[int, tuple[datetime, dict[str, str]]]:
    """The next appointment of each of these people after this moment: when, and the site's names."""
    found = Booking.objects.filter(
        campaign_id=campaign_id,
        person_id__in=list(people),
        pool__slot__starts_at__gt=now,
        status=BookingStatus.CONFIRMED.value,
    ).order_by("pool__slot__starts_at")
    rows = found.values_list(
        "person_id", "pool__slot__starts_at", "pool__slot__session__site__names"
    )
    result: dict[int, tuple[datetime, dict[str, str]]] = {}
    for person, at, names in rows:
        result.setdefault(person, (at, names))
    return result


def unit_places(campaign_id: int, code: str, *, now: datetime) -> list[Place]:
    """The free places held for a unit, by time."""
    found = fitting(
        campaign_id, now=now, kinds=[f"unit:{code}"], first=date.min, last=None, products=()
    )
    return _places(found.order_by("slot__starts_at", "pk"))


def blocks(
    campaign_id: int, code: str, *, now: datetime
) -> list[tuple[int, date, dict[str, str], int, int]]:
    """Sessions to come with places for a unit: id, day, site's names, places, taken."""
    found = Pool.objects.filter(
        slot__session__campaign_id=campaign_id,
        kind=PoolKind.UNIT.value,
        unit=code,
        slot__starts_at__gt=now,
    )
    rows = found.values_list("slot__session_id", "slot__session__on", "slot__session__site__names")
    summed = rows.annotate(places=Sum("capacity"), took=Sum("taken")).order_by("slot__session__on")
    return list(summed)


def sessions_to_release(now: datetime) -> list[Session]:
    """Sessions whose deadline for held-back places has come and that still hold some back."""
    found = Session.objects.filter(
        release_at__lte=now,
        ends_at__gt=now,
        slots__pools__kind=PoolKind.UNIT.value,
        slots__pools__capacity__gt=F("slots__pools__taken"),
    )
    return list(found.distinct().order_by("pk"))


# ---- waiting rooms ---------------------------------------------------------------------------
