"""Requests and answers of the gate, without anything between them and the server."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from balmis.core.errors import Refusal
from balmis.core.refusal_texts import REASONS, in_words
from balmis.core.vocabulary.reasons import Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 4096  # bytes
JSON, PROBLEM = b"application/json", b"application/problem+json"
encode = msgspec.json.Encoder().encode


class Reply(NamedTuple):
    status: int
    body: bytes = b""
    kind: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Call:
    """One request."""

    __slots__ = ("receive", "scope")

    def __init__(self, scope: Message, receive: Receive) -> None:
        self.scope, self.receive = scope, receive

    def header(self, name: bytes) -> bytes:
        headers: Iterable[tuple[bytes, bytes]] = self.scope["headers"]
        return next((value for key, value in headers if key == name), b"")

    async def body(self) -> bytes:
        """Raises msgspec.ValidationError when it is larger than a booking can be."""
        message = await self.receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body") and len(body) <= MAX_BODY:
            message = await self.receive()
            body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise msgspec.ValidationError("The request is larger than 4 KiB.")
        return body


async def deliver(reply: Reply, send: Send) -> None:
    headers = [
        (b"content-type", reply.kind),
        (b"content-length", b"%d" % len(reply.body)),
        (b"x-content-type-options", b"nosniff"),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


STATUS: dict[Refused, int] = {
    Refused.PASS_UNUSABLE: 401,
    Refused.PASS_OVER: 401,
    Refused.TOO_MANY_TRIES: 429,
    Refused.NOT_OPEN_YET: 425,
    Refused.NOT_KNOWN: 404,
    Refused.OUTSIDE_PASS: 403,
    Refused.PRODUCT_UNSUITABLE: 403,
    Refused.PAIR_TOO_CLOSE: 403,
    Refused.NOT_YOUR_TURN: 425,
}


def refused(refusal: Refusal) -> Reply:
    if "{" not in REASONS[refusal.reason]:
        return _always(refusal.reason)
    status = STATUS.get(refusal.reason, 409)
    return problem(status, refusal.reason.value, in_words(refusal.reason, refusal.facts))


@cache
def _always(reason: Refused) -> Reply:
    """The reply for a reason whose words hold no facts: most of those of a rush."""
    return problem(STATUS.get(reason, 409), reason.value, REASONS[reason])


def problem(status: int, reason: str, detail: str) -> Reply:
    """RFC 9457 problem details."""
    body = {"type": f"urn:balmis:{reason}", "status": status, "reason": reason, "detail": detail}
    return Reply(status, encode(body), PROBLEM)
