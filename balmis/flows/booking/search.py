"""Where and when could this person come? Days first, then the times of a day at a site."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from balmis.contexts.booking import bookings, free_places
from balmis.contexts.booking.free_places import Day, Place
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places_
from balmis.core.booking.passes import Pass, Second, second_of
from balmis.core.booking.rebooking import shared_levels
from balmis.core.places.distance import km_between
from balmis.core.vocabulary.booking import PoolKind

DAYS_SHOWN = 14
NOON, EVENING = 12, 17
PARTS = {"morning": (0, NOON), "afternoon": (NOON, EVENING), "evening": (EVENING, 24)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a person looks for; whatever is left out does not matter."""

    on: date | None = None
    site: str | None = None
    part: str | None = None  # of the day: morning, afternoon, evening
    product: str | None = None
    within: int | None = None  # km from home
    access: tuple[str, ...] = ()  # what the site must have
    seats: int = 1  # places at one time, for a family
    skip: int = 0  # days seen before


@dataclass(frozen=True, slots=True)
class Time:
    """A time with places, and the one for the dose that follows, if there is one."""

    place: Place
    local: datetime
    second: Place | None = None
    second_local: datetime | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """A day at a site, and how far it is from home."""

    day: Day
    km: float | None


@dataclass(frozen=True, slots=True)
class Found:
    search: Search
    days: list[Near]  # nearest site first within a day
    more_days: bool
    times: list[Time]
    pair: Second | None  # the dose that would be booked along
    sites: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    access: frozenset[str] = frozenset()  # what at least one site has
    measured: bool = False  # are distances known?

    @property
    def both(self) -> bool:
        """Is there a time with which the second dose is booked, too?"""
        return any(time.second for time in self.times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """Who looks for a time; with `moving` another one for that booking, whose product stays as it is."""

    person: Person
    held: Pass
    moving: Booking | None = None


def find_times(campaign: Campaign, seeker: Seeker, search: Search, *, now: datetime) -> Found:
    """Free places that the pass opens. Without a day and a site: the days, nearest site first."""
    person, held, moving = seeker.person, seeker.held, seeker.moving
    number = moving.number if moving else held.number
    products = _products(held, moving, search)
    first, last = _window(held, moving, number)
    kinds = _kinds(held, number) if search.seats == 1 else held.pools
    every = free_places.free_days(
        campaign.pk, now=now, kinds=kinds, first=first, last=last, products=products
    )
    days = _near(every, person, search)
    if search.skip >= len(days):  # they filled meanwhile: from the first one again
        search = replace(search, skip=0)
    found = Found(
        search,
        days[search.skip :][:DAYS_SHOWN],
        len(days) > search.skip + DAYS_SHOWN,
        [],
        None,
        sorted({d.site: d.names for d in every}.items()),
        frozenset(a for d in every for a in d.access),
        any(n.km is not None for n in days),
    )
    if search.on is None or search.site is None:
        return found
    places = free_places.free_places(
        campaign.pk,
        now=now,
        kinds=kinds,
        first=max(search.on, first),
        last=search.on,
        site=search.site,
        products=products,
    )
    times = _times([p for p in places if p.free >= search.seats], search.part)
    pair = None if moving or not times else second_of(held, _product(products, times[0].place))
    if pair is not None:
        kinds = _kinds(held, 2) if search.seats == 1 else held.pools
        times = _with_second(times, pair, kinds, search.seats, now)
    return replace(found, times=times, pair=pair)


def _products(held: Pass, moving: Booking | None, search: Search) -> tuple[str, ...]:
    if moving and moving.product:
        return (moving.product,)
    return tuple(p for p in held.products if search.product in (None, p)) or held.products


def _near(days: list[Day], person: Person, search: Search) -> list[Near]:
    """Those that fit the search, by day and then by how near the site is."""
    home = places_.where(person.area)
    found = [
        Near(d, _km(home, d))
        for d in days
        if d.free >= search.seats
        and search.site in (None, d.site)
        and set(search.access) <= set(d.access)
    ]
    if search.within is not None:  # a site whose place is not known is not hidden
        found = [n for n in found if n.km is None or n.km <= search.within]
    return sorted(
        found,
        key=lambda n: (
            n.day.on,
            n.km if n.km is not None else float("inf"),
            -shared_levels(n.day.area_path, person.area.path),
            n.day.site,
        ),
    )


def _km(home: tuple[float, float] | None, day: Day) -> float | None:
    if home is None or day.latitude is None or day.longitude is None:
        return None
    return km_between(home, (day.latitude, day.longitude))


def _window(held: Pass, moving: Booking | None, number: int) -> tuple[date, date | None]:
    """The first and last day that the dose may have."""
    if moving is None or number == held.number:
        return held.first, held.last
    before = next(
        (
            b
            for b in bookings.live_bookings(moving.person_id, moving.campaign_id)
            if b.number == number - 1
        ),
        None,
    )
    rule = second_of(held, moving.product)
    if before is None or rule is None:
        return held.first, held.last
    given = before.pool.slot.session.on
    return given + timedelta(days=rule.least), given + timedelta(days=rule.most)


def _kinds(held: Pass, number: int) -> tuple[str, ...]:
    return tuple({*held.pools, *((PoolKind.SECOND.value,) if number > 1 else ())})


def _times(places: list[Place], part: str | None) -> list[Time]:
    """One for each time of day; places held back for the person's dose before the open ones."""
    found: dict[datetime, Time] = {}
    for place in places:
        local = place.starts_at.astimezone(ZoneInfo(place.time_zone))
        begin, end = PARTS.get(part or "", (0, 24))
        if begin <= local.hour < end:
            found.setdefault(place.starts_at, Time(place, local))
    return list(found.values())


def _product(products: tuple[str, ...], place: Place) -> str:
    return next((p for p in products if p in place.products), "")


def _with_second(
    times: list[Time], pair: Second, kinds: tuple[str, ...], seats: int, now: datetime
) -> list[Time]:
    """For each time the earliest following dose at the same site, about the same time of day."""
    first = times[0].local.date()
    later = free_places.free_places(
        times[0].place.campaign,
        now=now,
        kinds=kinds,
        first=first + timedelta(days=pair.least),
        last=first + timedelta(days=pair.most),
        site=times[0].place.site,
        products=[pair.product],
    )
    later = [p for p in later if p.free >= seats]
    found = []
    for time in times:
        best = min(later, key=lambda p: _apart(time, p), default=None)
        local = best.starts_at.astimezone(ZoneInfo(best.time_zone)) if best else None
        found.append(Time(time.place, time.local, best, local))
    return found


def _apart(time: Time, place: Place) -> tuple[date, int, bool]:
    """The earliest day, then the nearest time of day, then places held back for second doses."""
    local = place.starts_at.astimezone(ZoneInfo(place.time_zone))
    minutes = abs(local.hour * 60 + local.minute - time.local.hour * 60 - time.local.minute)
    return place.on, minutes, place.kind != PoolKind.SECOND
