"""The gate's routes."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from balmis.core.booking.answers import REFUSALS, Answer
from balmis.core.booking.passes import Pass, check_fits, check_pair, key_of, read
from balmis.core.errors import Refusal
from balmis.core.vocabulary import BookingStatus, Reason
from balmis.core.wording import in_words
from balmis.gate.limits import Limiter
from balmis.gate.snapshot import Place, Reader
from balmis.gate.writing import (
    TOGETHER,
    Answered,
    Confirmer,
    DatabaseAway,
    Line,
    Taker,
    Wish,
    take,
)

HOLD = timedelta(minutes=10)
SWEEP_EVERY = 1.0  # seconds
MAX_BODY = 4096
JSON, PROBLEM = "application/json", "application/problem+json"


class Wanted(Struct, forbid_unknown_fields=True):
    """A place; `hold` keeps it for ten minutes, else it is confirmed at once."""

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
_encode = msgspec.json.Encoder().encode


class Gate:
    """What the routes share: one connection for each kind of work."""

    def __init__(self, dsn: str, secret: str, *, unlimited: bool = False) -> None:
        self.key = key_of(secret, "booking pass")
        self.lines = {name: Line(dsn) for name in ("take", "together", "confirm", "read", "sweep")}
        self.taker = Taker(self.lines["take"])
        self.confirmer = Confirmer(self.lines["confirm"])
        self.reader = Reader(self.lines["read"])
        self.limiter = Limiter()
        self.unlimited = unlimited
        self._one_party = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Everything that runs beside the requests."""
        work = [self.taker.work(), self.confirmer.work(), self.reader.work(), self._sweep()]
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
            with contextlib.suppress(DatabaseAway):
                await self.lines["sweep"].rows("SELECT booking_sweep(%s, 500)", [datetime.now(UTC)])
            await asyncio.sleep(SWEEP_EVERY)

    # ---- requests ---------------------------------------------------------------------------

    async def availability(self, request: Request) -> Response:
        """The open places of a campaign's day, or with no day each day's total."""
        now = self.reader.now
        campaign = now.campaigns.get(request.query_params.get("campaign", ""))
        if not now.is_fresh():
            return _problem(503, "stale", "The figures are older than five seconds.")
        if campaign is None:
            return _problem(404, "not_known", "There is no such campaign.")
        try:
            day = request.query_params.get("on")
            tag, body = now.answer(campaign, date.fromisoformat(day) if day else None)
        except ValueError:
            return _problem(400, "bad_input", "on: a day is written 2021-06-17.")
        headers = {"etag": tag.decode(), "cache-control": "public, max-age=1"}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=JSON, headers=headers)

    async def book(self, request: Request) -> Response:
        """Hold a place, or take it at once."""
        held = self._pass(request)
        wanted = _wanted.decode(await _body(request))
        place = self._place(wanted.pool)
        product = self._fits(held, place)
        wish = Wish(wanted.request_id, place.pool, held.person, held.campaign, held.number,
                    _until(wanted.hold), product, None)  # fmt: skip
        answered = await self.taker.send(wish)
        if answered.code == Answer.TAKEN:
            self.reader.now.took(place.pool)
        return self._told([answered], [place], held)

    async def book_pair(self, request: Request) -> Response:
        """Two doses in one act: both or neither."""
        held = self._pass(request)
        wanted = _pair.decode(await _body(request))
        places = [self._place(wanted.pool), self._place(wanted.second_pool)]
        second = check_pair(held, places[0].on, places[1].on)
        product = self._fits(held, places[0])
        self._fits_second(held, places[1], product)
        until, party = _until(wanted.hold), wanted.request_id
        wishes = [
            Wish(wanted.request_id, places[0].pool, held.person, held.campaign, held.number, until,
                 product, party),
            Wish(wanted.second_request_id, places[1].pool, held.person, held.campaign, second,
                 until, product, party),
        ]  # fmt: skip
        async with self._one_party:
            answered = await take(self.lines["together"], TOGETHER, wishes)
        return self._told(answered, places, held)

    async def confirm(self, request: Request) -> Response:
        """Confirm what is held."""
        held = self._pass(request)
        wanted = _held.decode(await _body(request))
        rows = [(r, held.person) for r in wanted.request_ids[:4]]
        answered = await asyncio.gather(*(self.confirmer.send(row) for row in rows))
        over = [a.code == Answer.SOLD_OUT for a in answered]
        if any(over):
            return _refused(Refusal(Reason.HOLD_OVER))
        return self._told(answered, [None] * len(answered), held)

    # ---- parts ------------------------------------------------------------------------------

    def _pass(self, request: Request) -> Pass:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refusal(Reason.PASS_UNUSABLE)
        held = read(text, self.key, now=datetime.now(UTC).timestamp())
        clock = asyncio.get_running_loop().time()
        if not self.unlimited and not self.limiter.allows(held.person, clock):
            raise Refusal(Reason.TOO_MANY_TRIES, minutes=1)
        return held

    def _place(self, pool: int) -> Place:
        place = self.reader.now.places.get(pool)
        if place is None:
            raise Refusal(Reason.NOT_KNOWN, what="place", key=pool)
        return place

    def _fits(self, held: Pass, place: Place) -> str:
        fits = check_fits(held, on=place.on, products=place.products, pool=place.kind,
                          campaign=place.campaign)  # fmt: skip
        return fits or ""

    def _fits_second(self, held: Pass, place: Place, product: str) -> None:
        """The second dose is of the first one's product, in places for anyone or for it."""
        if place.campaign != held.campaign or place.kind not in (*held.pools, "second"):
            raise Refusal(Reason.PASS_UNUSABLE)
        if place.products and product and product not in place.products:
            raise Refusal(Reason.PRODUCT_UNSUITABLE, products=product)

    def _told(
        self, answered: Sequence[Answered], places: Sequence[Place | None], held: Pass
    ) -> Response:
        for one, place in zip(answered, places, strict=True):
            live = one.state is not None and BookingStatus(one.state).live
            if one.code > Answer.AS_BEFORE:
                facts = {"what": "place", "key": place.pool if place else "",
                         "opens": place.opens_at if place else "", "status": one.state or "",
                         "request_id": ""}  # fmt: skip
                if one.code == Answer.OTHER_OF_PARTY:
                    continue
                return _refused(Refusal(REFUSALS[Answer(one.code)], **facts))
            if not live and one.state != BookingStatus.KEPT:
                return _refused(Refusal(Reason.HOLD_OVER))
        body = {
            "name": held.name,
            "bookings": [
                {"booking": a.booking, "pool": a.pool, "status": a.state, "hold_until": a.until}
                for a in answered
            ],
        }
        made = any(a.code == Answer.TAKEN for a in answered)
        return Response(_encode(body), 201 if made else 200, media_type=JSON)


def _until(hold: bool) -> datetime | None:
    return datetime.now(UTC) + HOLD if hold else None


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise msgspec.ValidationError("The request is larger than 4 KiB.")
    return body


STATUS: dict[Reason, int] = {
    Reason.PASS_UNUSABLE: 401, Reason.PASS_OVER: 401, Reason.TOO_MANY_TRIES: 429,
    Reason.NOT_OPEN_YET: 425, Reason.NOT_KNOWN: 404, Reason.OUTSIDE_PASS: 403,
    Reason.PRODUCT_UNSUITABLE: 403, Reason.PAIR_TOO_CLOSE: 403, Reason.NOT_YOUR_TURN: 425,
}  # fmt: skip


def _refused(refusal: Refusal) -> Response:
    status = STATUS.get(refusal.reason, 409)
    return _problem(status, refusal.reason.value, in_words(refusal.reason, refusal.facts))


def _problem(status: int, reason: str, detail: str) -> Response:
    """RFC 9457 problem details."""
    body = {"type": f"urn:balmis:{reason}", "status": status, "reason": reason, "detail": detail}
    return Response(_encode(body), status, media_type=PROBLEM)


async def _on_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _refused(error)


async def _on_bad_input(_request: Request, error: Exception) -> Response:
    return _problem(400, "bad_input", str(error))


async def _on_away(_request: Request, _error: Exception) -> Response:
    response = _problem(
        503, "database_away", "Ask again with the same request id; nothing is lost."
    )
    response.headers["retry-after"] = "2"
    return response


async def _live(_request: Request) -> Response:
    return Response("live\n", media_type="text/plain")


def make_app(gate: Gate, prefix: str = "/gate") -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with gate.working():
            yield

    routes = [
        Route(f"{prefix}/v1/availability", gate.availability),
        Route(f"{prefix}/v1/bookings", gate.book, methods=["POST"]),
        Route(f"{prefix}/v1/pairs", gate.book_pair, methods=["POST"]),
        Route(f"{prefix}/v1/confirm", gate.confirm, methods=["POST"]),
        Route(f"{prefix}/live", _live),
    ]
    handlers: dict[Any, Any] = {
        Refusal: _on_refusal, msgspec.DecodeError: _on_bad_input, DatabaseAway: _on_away,
    }  # fmt: skip
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)


def from_environment() -> Starlette:
    """The gate on its own: DATABASE_URL and BALMIS_SECRET_KEY name its database and its key."""
    return make_app(Gate(os.environ["DATABASE_URL"], os.environ["BALMIS_SECRET_KEY"]))
