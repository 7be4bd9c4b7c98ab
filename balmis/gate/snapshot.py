"""What is free, read from the database twice a second and served from memory.

Everyone sees the same figures, at most a second old, without a name in them; the database
alone says whether a place is still free when it is asked for. Answers are written when they
are first asked for after a reading, and kept until the next.
"""

import asyncio
import logging
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from balmis.core.booking.waiting_room import TimedOpening
from balmis.core.vocabulary.booking import PoolKind
from balmis.gate.writer import DatabaseAway, Line

log = logging.getLogger("balmis.gate")

EVERY = 0.5  # seconds between readings
STALE = 5.0  # seconds after which the figures are no longer served
STOPS_EVERY = 1.0  # seconds between readings of who was put off
LONGEST_PASS = timedelta(hours=168)  # of `pass_hours` in the policy
STRUCTURE_EVERY = 60.0  # seconds between readings of names and times, unless something is new


class Site(Struct):
    code: str
    names: dict[str, str]
    path: str  # of its area
    address: str
    time_zone: str


class Open(NamedTuple):
    """An opening with a waiting room, and where its people go on."""

    slug: str
    zone: str
    rush: TimedOpening


class Place(Struct):
    """A pool of places at a time."""

    pool: int
    session: int
    kind: str  # 'open', 'second', 'unit:CODE'
    starts_at: datetime
    minutes: int
    on: date
    site: str
    campaign: int
    products: tuple[str, ...]
    opens_at: datetime
    head: bytes = b""  # its entry of an answer, up to the number of free places


PLACES = """
SELECT p.id, s.session_id, p.kind, p.unit, s.starts_at, e.slot_minutes, e.on, t.code,
  e.campaign_id, e.products, p.opens_at
FROM booking_pool p
JOIN booking_slot s ON s.id = p.slot_id
JOIN booking_session e ON e.id = s.session_id
JOIN places_site t ON t.id = e.site_id
WHERE s.starts_at > %s AND p.kind <> 'walk_in'
ORDER BY s.starts_at, t.code, p.id
"""
FREE = """
SELECT p.id, CASE WHEN e.frozen THEN 0 ELSE p.capacity - p.taken END
FROM booking_pool p JOIN booking_slot s ON s.id = p.slot_id
JOIN booking_session e ON e.id = s.session_id
WHERE s.starts_at > %s AND p.kind <> 'walk_in'
"""
STAMP = """
SELECT md5(coalesce(string_agg(concat_ws('|', id, products, slot_minutes, opens_at, frozen), ',' ORDER BY id), ''))
FROM booking_session WHERE ends_at > %s
"""
SITES = """
SELECT t.code, t.names, a.path, t.address, t.time_zone
FROM places_site t JOIN places_area a ON a.id = t.area_id
WHERE t.id IN (SELECT e.site_id FROM booking_session e JOIN booking_slot s ON s.session_id = e.id
               WHERE s.starts_at > %s)
"""
RUSHES = """
SELECT c.slug, c.time_zone, r.id, r.campaign_id, r.doors_at, r.opens_at, r.closes_at, r.per_minute,
  r.early, r.wave_minutes, r.first_digit, r.seed
FROM booking_rush r JOIN campaigns_campaign c ON c.id = r.campaign_id
WHERE r.closes_at > %s ORDER BY r.opens_at DESC
"""
# who was put off, or ruled out, within the longest time that a pass is good for: a pass made before is over
STOPS = """
SELECT coalesce(p.merged_into_id, p.id), max(extract(epoch FROM s.recorded_at))::float8
FROM clinic_deferral d JOIN clinic_step s ON s.id = d.step_id JOIN people_person p ON p.id = d.person_id
WHERE s.recorded_at > %s
GROUP BY 1
"""
CAMPAIGNS = "SELECT slug, id FROM campaigns_campaign"

Answer = tuple[bytes, bytes]  # tag and body


class Snapshot:
    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self.days: dict[tuple[int, date], list[Place]] = {}
        self.sites: dict[str, Site] = {}
        self.campaigns: dict[str, int] = {}
        self.free: dict[int, int] = {}
        self.rushes: dict[int, Open] = {}  # the next or running one of each campaign
        self.as_of = datetime.fromtimestamp(0, UTC)
        self.read_at = -STALE
        self._answers: dict[tuple[int, date | None], Answer] = {}

    def is_fresh(self) -> bool:
        return asyncio.get_running_loop().time() - self.read_at < STALE

    def took(self, pool: int, places: int = 1) -> None:
        """A place was taken through this gate: the figures need not wait for a reading."""
        if pool in self.free:
            self.free[pool] -= places

    def answer(self, campaign: int, on: date | None) -> Answer:
        """The open places of a day, or each day's total; the tag changes only with a figure."""
        key = (campaign, on)
        if key not in self._answers:
            figures = self._day(campaign, on) if on else self._totals(campaign)
            tag = b'"' + blake2b(figures, digest_size=12).hexdigest().encode() + b'"'
            as_of = self.as_of.isoformat(timespec="seconds").encode()
            self._answers[key] = (tag, b'{"as_of":"' + as_of + b'",' + figures)
        return self._answers[key]

    def _day(self, campaign: int, on: date) -> bytes:
        places = self.days.get((campaign, on), [])
        free = self.free
        slots = b",".join(p.head + b"%d}" % max(free.get(p.pool, 0), 0) for p in places)
        codes = sorted({p.site for p in places})
        sites = msgspec.json.encode([self.sites[code] for code in codes])
        return b'"sites":' + sites + b',"slots":[' + slots + b"]}"

    def _totals(self, campaign: int) -> bytes:
        totals: dict[date, dict[str, int]] = {}
        for (of, on), places in self.days.items():
            if of == campaign:
                sums: dict[str, int] = defaultdict(int)
                for p in places:
                    sums[p.site] += max(self.free.get(p.pool, 0), 0)
                totals[on] = sums
        return b'"days":' + msgspec.json.encode(totals) + b"}"

    def fill(self, free: dict[int, int], now: datetime, at: float) -> None:
        self.free, self.as_of, self.read_at = free, now, at
        self._answers.clear()


class Reader:
    """Keeps the snapshot."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.now = Snapshot()
        self._structure_at = -STRUCTURE_EVERY
        self._stamp = ""
        self.stops: dict[int, float] = {}  # by person: when the last one was recorded
        self._stops_at = -STOPS_EVERY

    async def work(self) -> None:
        """Read for ever; while the database is away the last figures grow old."""
        while True:
            try:
                await self.read()
            except DatabaseAway:
                log.warning("the database is away; availability grows old")
            except Exception:
                log.exception("availability could not be read")
            await asyncio.sleep(EVERY)

    async def read(self) -> None:
        now, at = datetime.now(UTC), asyncio.get_running_loop().time()
        rushes = {row[3]: _open(row) for row in await self.line.rows(RUSHES, [now])}
        free = dict(await self.line.rows(FREE, [now]))
        ((stamp,),) = await self.line.rows(STAMP, [now])
        known = free.keys() <= self.now.places.keys() and stamp == self._stamp
        if at - self._structure_at >= STRUCTURE_EVERY or not known:
            await self._read_structure(now)
            self._structure_at, self._stamp = at, stamp
        if at - self._stops_at >= STOPS_EVERY:
            self.stops = dict(await self.line.rows(STOPS, [now - LONGEST_PASS]))
            self._stops_at = at
        self.now.rushes = rushes
        self.now.fill(free, now, at)

    async def _read_structure(self, now: datetime) -> None:
        found = Snapshot()
        found.campaigns = dict(await self.line.rows(CAMPAIGNS, []))
        for row in await self.line.rows(SITES, [now]):
            found.sites[row[0]] = Site(*row)
        days = defaultdict(list)
        for row in await self.line.rows(PLACES, [now]):
            pool, session, kind, unit, starts_at, minutes, on, site, campaign, products, opens = row
            whose = f"{kind}:{unit}" if kind == PoolKind.UNIT else kind
            place = Place(
                pool, session, whose, starts_at, minutes, on, site, campaign, tuple(products), opens
            )
            place.head = _head(place, found.sites[place.site])
            found.places[pool] = place
            if kind == PoolKind.OPEN:
                days[place.campaign, place.on].append(place)
        found.days = dict(days)
        self.now = found


def _open(row: Any) -> Open:
    slug, zone, key, campaign, doors, opens, closes, per_minute, early, wave, digit, seed = row
    return Open(
        slug,
        zone,
        TimedOpening(
            key=key,
            campaign=campaign,
            doors_at=doors,
            opens_at=opens,
            closes_at=closes,
            per_minute=per_minute,
            early=early,
            wave_minutes=wave,
            first_digit=digit,
            seed=bytes(seed),
        ),
    )


def _head(place: Place, site: Site) -> bytes:
    local = place.starts_at.astimezone(ZoneInfo(site.time_zone))
    entry = {
        "pool": place.pool,
        "site": place.site,
        "starts_at": local.isoformat(timespec="minutes"),
        "minutes": place.minutes,
        "products": place.products,
        "opens_at": place.opens_at.isoformat(timespec="seconds"),
    }
    return msgspec.json.encode(entry)[:-1] + b',"free":'
