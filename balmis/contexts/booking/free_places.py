"""Free places: what somebody can be offered, by day, site, vaccine and purpose."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Concat

from balmis.contexts.booking.models import Pool
from balmis.core.errors import Refusal
from balmis.core.vocabulary.booking import PoolKind, SessionStatus
from balmis.core.vocabulary.reasons import Refused


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

    @property
    def opens_here(self) -> datetime:
        """When it opens, by the clock of the site."""
        return self.opens_at.astimezone(ZoneInfo(self.time_zone))


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
        raise Refusal(Refused.NOT_KNOWN, what="place", key=pool_id)
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


def free_in(pool_id: int) -> int:
    found = Pool.objects.get(pk=pool_id)
    return found.capacity - found.taken


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
