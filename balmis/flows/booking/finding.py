"""Where and when could this person come? Days first, then the times of a day at a site."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from balmis.contexts.booking import queries
from balmis.contexts.booking.models import Booking
from balmis.contexts.booking.queries import Day, Place
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.people.models import Person
from balmis.core.booking.passes import Pass, Second, second_of
from balmis.core.booking.replacing import shared_levels
from balmis.core.vocabulary import PoolKind

DAYS_SHOWN = 14
NOON, EVENING = 12, 17
PARTS = {"morning": (0, NOON), "afternoon": (NOON, EVENING), "evening": (EVENING, 24)}


@dataclass(frozen=True, slots=True)
class Time:
    """A time with places, and the one for the dose that follows, if there is one."""

    place: Place
    local: datetime
    second: Place | None = None
    second_local: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    days: list[Day]  # nearest site first within a day
    more_days: bool
    times: list[Time]
    site: str | None
    on: date | None
    part: str | None
    pair: Second | None  # the dose that would be booked along
    sites: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def find_times(
    campaign: Campaign, held: Pass, person: Person, *, on: date | None, site: str | None,
    part: str | None, moving: Booking | None, now: datetime,
) -> Found:  # fmt: skip
    """Free places that the pass opens. Without a day and a site: the days, nearest site first.

    With `moving`, the dose of that booking; its product stays as it is.
    """
    number = moving.number if moving else held.number
    products = (moving.product,) if moving and moving.product else held.products
    first, last = _window(held, moving, number)
    kinds = _kinds(held, number)
    days = queries.free_days(campaign.pk, now=now, kinds=kinds, first=first, last=last,
                             products=products)  # fmt: skip
    sites = sorted({d.site: d.names for d in days}.items())
    if site:
        days = [d for d in days if d.site == site]
    days.sort(key=lambda d: (d.on, -shared_levels(d.area_path, person.area.path), d.site))
    if on is None or site is None:
        return Found(days[:DAYS_SHOWN], len(days) > DAYS_SHOWN, [], site, on, part, None, sites)
    places = queries.free_places(
        campaign.pk, now=now, kinds=kinds, first=max(on, first), last=on, site=site,
        products=products,
    )  # fmt: skip
    times = _times(places, part)
    pair = None if moving or not times else second_of(held, _product(held, times[0].place))
    if pair is not None:
        times = _with_second(campaign, times, pair, now)
    return Found(days[:DAYS_SHOWN], len(days) > DAYS_SHOWN, times, site, on, part, pair, sites)


def _window(held: Pass, moving: Booking | None, number: int) -> tuple[date, date | None]:
    """The first and last day that the dose may have."""
    if moving is None or number == held.number:
        return held.first, held.last
    before = next((b for b in queries.live_bookings(moving.person_id, moving.campaign_id)
                   if b.number == number - 1), None)  # fmt: skip
    rule = second_of(held, moving.product)
    if before is None or rule is None:
        return held.first, held.last
    given = before.pool.slot.session.on
    return given + timedelta(days=rule.least), given + timedelta(days=rule.most)


def _kinds(held: Pass, number: int) -> tuple[str, ...]:
    named = {k.partition(":")[0] for k in held.pools}
    return tuple(sorted(named | ({PoolKind.SECOND.value} if number > 1 else set())))


def _times(places: list[Place], part: str | None) -> list[Time]:
    """One for each time of day; places held back for the person's dose before the open ones."""
    found: dict[datetime, Time] = {}
    for place in places:
        local = place.starts_at.astimezone(ZoneInfo(place.time_zone))
        begin, end = PARTS.get(part or "", (0, 24))
        if begin <= local.hour < end:
            found.setdefault(place.starts_at, Time(place, local))
    return list(found.values())


def _product(held: Pass, place: Place) -> str:
    return next((p for p in held.products if p in place.products), "")


def _with_second(campaign: Campaign, times: list[Time], pair: Second, now: datetime) -> list[Time]:
    """For each time the earliest following dose at the same site, about the same time of day."""
    first = times[0].local.date()
    later = queries.free_places(
        campaign.pk, now=now, kinds=(PoolKind.OPEN.value, PoolKind.SECOND.value),
        first=first + timedelta(days=pair.least), last=first + timedelta(days=pair.most),
        site=times[0].place.site, products=[pair.product],
    )  # fmt: skip
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
