"""The gate's routes: the few that take the rush, and the others through Starlette."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from balmis.core.booking.passes import Pass, check_fits, check_pair, read
from balmis.core.booking.signed_text import key_of
from balmis.core.booking.take_codes import REFUSALS, Answer
from balmis.core.booking.take_protocol import Answered, Wish
from balmis.core.errors import Refusal
from balmis.core.rate_limit import Limiter
from balmis.core.vocabulary.booking import BookingStatus, PoolKind
from balmis.core.vocabulary.reasons import Refused
from balmis.gate.answers import (
    Call,
    Message,
    Receive,
    Reply,
    Send,
    deliver,
    encode,
    problem,
    refused,
)
from balmis.gate.feed import Feed
from balmis.gate.snapshot import Place, Reader
from balmis.gate.waiting_room import Pages, WaitingRoom
from balmis.gate.writer import Confirmer, DatabaseAway, Line, PartyTaker, Taker

log = logging.getLogger("balmis.gate")

SWEEP_EVERY = 1.0  # seconds
STANDING = (BookingStatus.HELD, BookingStatus.CONFIRMED, BookingStatus.KEPT)


class Wanted(Struct, forbid_unknown_fields=True):
    """A place; `hold` keeps it for some minutes, as the campaign says, else it is confirmed at once."""

    request_id: UUID
    pool: int
    hold: bool = False


class WantedPair(Struct, forbid_unknown_fields=True):
    """Two places for two doses: both or neither."""

    request_id: UUID
    pool: int
    second_request_id: UUID
    second_pool: int
    hold: bool = False


class Held(Struct, forbid_unknown_fields=True):
    request_ids: list[UUID]


_wanted, _pair = msgspec.json.Decoder(Wanted), msgspec.json.Decoder(WantedPair)
_held = msgspec.json.Decoder(Held)


class Gate:
    """What the routes share: one connection for each kind of work."""

    def __init__(self, dsn: str, secret: str, pages: Pages | None = None) -> None:
        self.key = key_of(secret, "booking pass")
        names = ("take", "together", "confirm", "join", "read", "sweep")
        self.lines = {name: Line(dsn) for name in names}
        self.taker = Taker(self.lines["take"])
        self.party_taker = PartyTaker(self.lines["together"])
        self.confirmer = Confirmer(self.lines["confirm"])
        self.reader = Reader(self.lines["read"])
        self.waiting = WaitingRoom(
            self.lines["join"], self.reader, key_of(secret, "ticket"), pages or Pages()
        )
        self.limiter = Limiter()

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Everything that runs beside the requests."""
        work = [
            self.taker.work(),
            self.party_taker.work(),
            self.confirmer.work(),
            self.reader.work(),
            self.waiting.joiner.work(),
            self._sweep(),
        ]
        tasks = [asyncio.create_task(w) for w in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for line in self.lines.values():
                await line.close()

    async def _sweep(self) -> None:
        while True:
            try:
                await self.lines["sweep"].rows("SELECT booking_sweep(%s, 500)", [datetime.now(UTC)])
            except DatabaseAway:
                pass  # it is tried again in a second
            except Exception:
                log.exception("holds that ran out could not be freed")
            await asyncio.sleep(SWEEP_EVERY)

    # ---- requests ---------------------------------------------------------------------------

    async def availability(self, call: Call) -> Reply:
        """The open places of a campaign's day, or with no day each day's total."""
        now = self.reader.now
        asked = parse_qs(call.scope["query_string"].decode("ascii", "replace"))
        campaign = now.campaigns.get(asked.get("campaign", [""])[0])
        if not now.is_fresh():
            return problem(503, "stale", "The figures are older than five seconds.")
        if campaign is None:
            return problem(404, "not_known", "There is no such campaign.")
        try:
            day = date.fromisoformat(asked["on"][0]) if "on" in asked else None
        except ValueError:
            return problem(400, "bad_input", "on: a day is written 2021-06-17.")
        tag, body = now.answer(campaign, day)
        headers = ((b"etag", tag), (b"cache-control", b"public, max-age=1"))
        if call.header(b"if-none-match") == tag:
            return Reply(304, headers=headers)
        return Reply(200, body, headers=headers)

    async def book(self, call: Call) -> Reply:
        """Hold a place, or take it at once."""
        held = self._pass(call)
        wanted = _wanted.decode(await call.body())
        place = self._place(wanted.pool)
        product = _fits(held, place)
        wish = Wish(
            wanted.request_id,
            place.pool,
            held.person,
            held.campaign,
            held.number,
            _until(held, wanted.hold),
            product,
            None,
        )
        self.waiting.check(call, held)  # last: nothing is waited for between this and the taking
        answered = await self.taker.send(wish)
        if answered.code == Answer.TAKEN:
            self.reader.now.took(place.pool)
        return _told([answered], [place], held)

    async def book_pair(self, call: Call) -> Reply:
        """Two doses in one act: both or neither."""
        held = self._pass(call)
        wanted = _pair.decode(await call.body())
        places = [self._place(wanted.pool), self._place(wanted.second_pool)]
        product = _fits(held, places[0])
        second = check_pair(held, product, places[0].on, places[1].on)
        _check_second(held, places[1], product)
        until, party = _until(held, wanted.hold), wanted.request_id
        wishes = [
            Wish(
                wanted.request_id,
                places[0].pool,
                held.person,
                held.campaign,
                held.number,
                until,
                product,
                party,
            ),
            Wish(
                wanted.second_request_id,
                places[1].pool,
                held.person,
                held.campaign,
                second,
                until,
                product,
                party,
            ),
        ]
        self.waiting.check(call, held)
        return _told(await self.party_taker.send(wishes), places, held)

    async def confirm(self, call: Call) -> Reply:
        """Confirm what is held."""
        held = self._pass(call)
        wanted = _held.decode(await call.body())
        rows = [(request, held.person) for request in wanted.request_ids[:4]]
        answered = await asyncio.gather(*(self.confirmer.send(row) for row in rows))
        if any(a.code == Answer.SOLD_OUT for a in answered):
            raise Refusal(Refused.HOLD_OVER)
        return _told(answered, [None] * len(answered), held)

    async def join(self, call: Call) -> Reply:
        """Into the waiting room of an opening."""
        return await self.waiting.join(self._pass(call))

    async def look(self, call: Call) -> Reply:
        return self.waiting.look(call)

    async def wait(self, call: Call) -> Reply:
        return self.waiting.page(call)

    # ---- parts ------------------------------------------------------------------------------

    def _pass(self, call: Call) -> Pass:
        scheme, _, text = call.header(b"authorization").partition(b" ")
        if scheme.lower() != b"bearer":
            raise Refusal(Refused.PASS_UNUSABLE)
        clock = asyncio.get_running_loop().time()
        held = read(text.decode("ascii", "replace"), self.key, now=datetime.now(UTC).timestamp())
        if not self.limiter.allows(held.person, clock):
            raise Refusal(Refused.TOO_MANY_TRIES, minutes=1)
        if self.reader.stops.get(held.person, -1.0) >= held.made:
            raise Refusal(Refused.PASS_OVER)  # a new one knows what was decided since
        return held

    def _place(self, pool: int) -> Place:
        place = self.reader.now.places.get(pool)
        if place is None or place.starts_at <= datetime.now(UTC):
            raise Refusal(Refused.NOT_KNOWN, what="place", key=pool)
        return place


def _fits(held: Pass, place: Place) -> str:
    """The product to book; '' where the session names none. Raises Refusal."""
    fits = check_fits(
        held, on=place.on, products=place.products, pool=place.kind, campaign=place.campaign
    )
    return fits or ""


def _check_second(held: Pass, place: Place, product: str) -> None:
    """The second dose is of the first one's product, in places for anyone or for it."""
    if place.campaign != held.campaign or place.kind not in (*held.pools, PoolKind.SECOND):
        raise Refusal(Refused.PASS_UNUSABLE)
    if place.products and product and product not in place.products:
        raise Refusal(Refused.PRODUCT_UNSUITABLE, products=product)


def _told(answered: Sequence[Answered], places: Sequence[Place | None], held: Pass) -> Reply:
    """The person's bookings, or the refusal that says most."""
    for one, place in zip(answered, places, strict=True):
        if one.code > Answer.AS_BEFORE and one.code != Answer.OTHER_OF_PARTY:
            raise Refusal(
                REFUSALS[Answer(one.code)],
                what="place",
                key=place.pool if place else "",
                opens=place.opens_at if place else "",
                status=one.state or "",
                request_id="",
            )
        if one.code <= Answer.AS_BEFORE and one.state not in STANDING:
            raise Refusal(Refused.HOLD_OVER)
    bookings = [
        {"booking": a.booking, "pool": a.pool, "status": a.state, "hold_until": a.until}
        for a in answered
    ]
    made = any(a.code == Answer.TAKEN for a in answered)
    return Reply(201 if made else 200, encode({"name": held.name, "bookings": bookings}))


def _until(held: Pass, hold: bool) -> datetime | None:
    return held.held_until(datetime.now(UTC)) if hold else None


async def _live(_request: Request) -> Response:
    return Response("live\n", media_type="text/plain")


Handler = Callable[[Call], Awaitable[Reply]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def make_app(gate: Gate, prefix: str = "/gate") -> App:
    """The ASGI application."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with gate.working():
            yield

    feed = Feed(gate.reader, prefix)
    rest = Starlette(routes=[Route(f"{prefix}/live", _live), *feed.routes()], lifespan=lifespan)
    hot: dict[tuple[str, str], Handler] = {
        ("GET", f"{prefix}/v1/availability"): gate.availability,
        ("POST", f"{prefix}/v1/bookings"): gate.book,
        ("POST", f"{prefix}/v1/pairs"): gate.book_pair,
        ("POST", f"{prefix}/v1/confirm"): gate.confirm,
        ("POST", f"{prefix}/v1/queue"): gate.join,
        ("GET", f"{prefix}/v1/queue"): gate.look,
        ("GET", f"{prefix}/wait"): gate.wait,
    }

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        handler = hot.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if handler is None:
            await rest(scope, receive, send)
        else:
            await deliver(await _answer(handler, Call(scope, receive)), send)

    return app


async def _answer(handler: Handler, call: Call) -> Reply:
    """Every error as problem details."""
    try:
        return await handler(call)
    except Refusal as refusal:
        return refused(refusal)
    except msgspec.MsgspecError as error:
        return problem(400, "bad_input", str(error))
    except DatabaseAway:
        reply = problem(503, "database_away", "Ask again with the same request id.")
        return reply._replace(headers=((b"retry-after", b"2"),))
