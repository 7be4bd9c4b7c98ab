"""The waiting room: join once, then look as often as one likes; a look asks no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from balmis.core.booking.passes import Pass
from balmis.core.booking.waiting_room import (
    TimedOpening,
    WaitingTicket,
    check_turn,
    pause,
    read,
    sign,
    turn,
)
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.gate.answers import Call, Reply, encode
from balmis.gate.snapshot import Open, Reader
from balmis.gate.writer import PATIENCE, Line, Writer

JOIN = "SELECT place, ticket, turn_at FROM booking_join(%s, %s::bigint[], %s::bigint[])"
COOKIE = "balmis-ticket"
HTML = b"text/html; charset=utf-8"
POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)
PLAIN = ((b"cache-control", b"no-store"), (b"content-security-policy", POLICY))


@dataclass(frozen=True, slots=True)
class Pages:
    """The waiting page by language, before the opening and after; marks stand for figures."""

    early: Mapping[str, str] = field(default_factory=dict)
    drawn: Mapping[str, str] = field(default_factory=dict)
    separators: Mapping[str, str] = field(default_factory=dict)  # of thousands


# A booking may be taken so long after it was checked: it waits for its batch, and for a database
# that went away. Just before an opening it is checked as if that had come.
UNDER_WAY = timedelta(seconds=PATIENCE + 5)


class Joiner(Writer):
    """A row is (rush, person)."""

    async def ask(self, rows: Sequence[tuple[int, int]]) -> list[Any]:
        rushes, people = zip(*rows, strict=True)
        found = await self.line.rows(JOIN, [datetime.now(UTC), list(rushes), list(people)])
        return [(ticket, turn_at) for _, ticket, turn_at in sorted(found, key=lambda row: row[0])]

    def lost_race(self, answered: Any) -> bool:
        return False


class WaitingRoom:
    """What of an opening is asked over HTTP."""

    def __init__(self, line: Line, reader: Reader, key: bytes, pages: Pages) -> None:
        self.joiner = Joiner(line)
        self.reader, self.key, self.pages = reader, key, pages

    async def join(self, held: Pass) -> Reply:
        """A ticket for the pass's person: always the same one."""
        now = datetime.now(UTC)
        found = self._open(held.campaign, now)
        if found is None:
            raise Refusal(Refused.NOT_KNOWN, what="opening", key=held.campaign)
        key, turn_at = await self.joiner.send((found.rush.key, held.person))
        if key is None:  # it closed meanwhile
            raise Refusal(Refused.NOT_KNOWN, what="opening", key=held.campaign)
        given = turn_at.timestamp() if turn_at else None
        ticket = WaitingTicket(found.rush.key, held.person, held.born.day % 10, given)
        return self._told(found.rush, ticket, datetime.now(UTC), status=201)

    def look(self, call: Call) -> Reply:
        """Where a ticket stands, as JSON."""
        now = datetime.now(UTC)
        ticket = read(call.header(b"x-ticket").decode("ascii", "replace"), self.key)
        found = self._of(ticket, now)
        if ticket is None or found is None:
            raise Refusal(Refused.NOT_YOUR_TURN)
        return self._told(found.rush, ticket, now, status=200)

    def page(self, call: Call) -> Reply:
        """The same as a page that looks again by itself and goes on when the turn has come."""
        now = datetime.now(UTC)
        asked = parse_qs(call.scope["query_string"].decode("ascii", "replace"))
        language = asked.get("lang", ["en"])[0]
        ticket = read(_cookie(call), self.key)
        found = self._of(ticket, now)
        if ticket is None or found is None:
            return _to(asked.get("back", [""])[0])
        comes = turn(found.rush, ticket, now)
        if now >= found.rush.opens_at and comes.at <= now:
            return _to(found.slug)
        return self._page(found, ticket, language, now)

    def check(self, call: Call, held: Pass) -> None:
        """May the pass's person book now? Raises Refusal(NOT_YOUR_TURN)."""
        now = datetime.now(UTC)
        found = self.reader.now.rushes.get(held.campaign)
        if found is None or not found.rush.holds(now + UNDER_WAY):
            return
        ticket = read(call.header(b"x-ticket").decode("ascii", "replace"), self.key)
        check_turn(found.rush, ticket, person=held.person, now=now)

    # ---- parts ------------------------------------------------------------------------------

    def _open(self, campaign: int, now: datetime) -> Open | None:
        found = self.reader.now.rushes.get(campaign)
        inside = found is not None and found.rush.doors_at <= now < found.rush.closes_at
        return found if inside else None

    def _of(self, ticket: WaitingTicket | None, now: datetime) -> Open | None:
        if ticket is None:
            return None
        every = self.reader.now.rushes.values()
        found = next((o for o in every if o.rush.key == ticket.rush), None)
        return found if found is not None and now < found.rush.closes_at else None

    def _told(
        self, rush: TimedOpening, ticket: WaitingTicket, now: datetime, *, status: int
    ) -> Reply:
        comes = turn(rush, ticket, now)
        drawn = now >= rush.opens_at
        body = {
            "ticket": sign(ticket, self.key),
            "opens_at": rush.opens_at,
            "turn_at": comes.at,
            "before": comes.before if drawn else None,
            "waiting": rush.early,
            "your_turn": drawn and comes.at <= now,
            "look_again_in": pause(rush, comes, ticket, now),
        }
        return Reply(status, encode(body), headers=((b"cache-control", b"no-store"),))

    def _page(self, found: Open, ticket: WaitingTicket, language: str, now: datetime) -> Reply:
        rush, early = found.rush, now < found.rush.opens_at
        texts = self.pages.early if early else self.pages.drawn
        text = texts.get(language) or texts.get("en", "")
        comes, zone = turn(rush, ticket, now), ZoneInfo(found.zone)
        mark = self.pages.separators.get(language, ",")
        values = {
            "@before@": f"{comes.before:,}".replace(",", mark),
            "@at@": f"{comes.at.astimezone(zone):%H:%M}",
            "@opens@": f"{rush.opens_at.astimezone(zone):%H:%M}",
            "@now@": f"{now.astimezone(zone):%H:%M:%S}",
            "@waiting@": f"{max(1, rush.early):,}".replace(",", mark),
            "@slug@": found.slug,
        }
        for key, value in values.items():
            text = text.replace(key, value)
        again = b"%d" % pause(rush, comes, ticket, now)
        return Reply(200, text.encode(), HTML, (*PLAIN, (b"refresh", again)))


def _cookie(call: Call) -> str:
    try:
        found = SimpleCookie(call.header(b"cookie").decode("latin-1"))
    except CookieError:
        return ""
    return found[COOKIE].value if COOKIE in found else ""


def _to(slug: str) -> Reply:
    """On to the times, or, of an unknown campaign, to the first page."""
    plain = slug.replace("-", "").replace("_", "").isalnum() and slug.isascii()
    where = f"/c/{slug}/book/times/" if plain else "/"
    return Reply(303, b"", HTML, (*PLAIN, (b"location", where.encode())))
