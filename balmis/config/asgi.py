"""The ASGI application: pages and API, behind a limit on what a request may send."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "balmis.config.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http.request import split_domain_port, validate_host

from balmis.config.waiting_room import waiting_pages
from balmis.gate.app import Gate, make_app

MAX_BODY = 3 * 1024 * 1024  # bytes; no page or call of this version needs more

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


TOO_LARGE = """<!doctype html><meta charset="utf-8"><title>413</title>
<p>The file is too large: a request may hold at most {most} MiB. Go back and choose a smaller one.
<p lang="ko">파일이 너무 큽니다. 최대 {most} MiB까지 보낼 수 있습니다. 뒤로 돌아가 더 작은 파일을 고르세요.
<p lang="zh-Hans">文件过大：每次最多 {most} MiB。请返回选择较小的文件。
<p lang="vi">Tệp quá lớn: mỗi lần tối đa {most} MiB. Hãy quay lại và chọn tệp nhỏ hơn.
"""


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
    text = TOO_LARGE.format(most=MAX_BODY >> 20).encode()
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def at_home(app: App) -> App:
    """Answers to the hosts of BALMIS_HOSTS alone, since its links name the host that was asked for."""

    async def handle(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            named = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            host, _ = split_domain_port(named)
            if not validate_host(host, settings.ALLOWED_HOSTS):
                await send({"type": "http.response.start", "status": 400, "headers": []})
                await send({"type": "http.response.body", "body": b"No such host.\n"})
                return
        await app(scope, receive, send)

    return handle


def beside(pages: App, gate: App, prefix: str = "/gate/") -> App:
    """The gate takes its own paths and the server's start and end; the pages take the rest."""

    async def handle(scope: Message, receive: Receive, send: Send) -> None:
        gates = scope["type"] == "lifespan" or scope.get("path", "").startswith(prefix)
        await (gate if gates else pages)(scope, receive, send)

    return handle


django_app: Any = get_asgi_application()
gate_app = at_home(make_app(Gate(settings.DATABASE_URL, settings.SECRET_KEY, waiting_pages())))
application = beside(limited(django_app), gate_app)
