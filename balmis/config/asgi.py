"""The ASGI application: pages and API, behind a limit on what a request may send."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "balmis.config.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application

from balmis.config.waiting import waiting_pages
from balmis.gate.app import Gate, make_app

MAX_BODY = 3 * 1024 * 1024  # bytes; no page or call of this version needs more

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class TooLarge(Exception):
    """The request sent more than MAX_BODY."""


def limited(app: App) -> App:
    """Refuse larger bodies before they are kept anywhere: by their stated length, or, when
    none is stated, as soon as too much has come."""

    async def handle(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > MAX_BODY:
            await _refuse(send)
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > MAX_BODY:
                raise TooLarge
            return message

        try:
            await app(scope, counted, send)
        except TooLarge:
            await _refuse(send)

    return handle


async def _refuse(send: Send) -> None:
    text = f"A request may hold at most {MAX_BODY >> 20} MiB.\n".encode()
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def beside(pages: App, gate: App, prefix: str = "/gate/") -> App:
    """The gate takes its own paths and the server's start and end; the pages take the rest."""

    async def handle(scope: Message, receive: Receive, send: Send) -> None:
        gates = scope["type"] == "lifespan" or scope.get("path", "").startswith(prefix)
        await (gate if gates else pages)(scope, receive, send)

    return handle


django_app: Any = get_asgi_application()
gate_app = make_app(Gate(settings.DATABASE_URL, settings.SECRET_KEY, waiting_pages()))
application = beside(limited(django_app), gate_app)
