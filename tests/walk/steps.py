"""What a step of the walk is, and how it is sent."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

Body = dict[str, Any]
GONE = object()  # of a change: the field is not sent at all
BY = "(by)"  # of a change: another client sends it


@dataclass(kw_only=True)
class Step:
    """A request that is done. `breaks` would meet a constraint and are to be told in words; `at_once`
    meets it when both are sent at the same time (the changes of the second)."""

    door: str  # its name in docs/reference/access-matrix.csv
    client: Client
    path: str
    body: Body = field(default_factory=dict)
    json: bool = False
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: Mapping[str, Body | list[Body]] = field(default_factory=dict)
    at_once: Mapping[str, Body] = field(default_factory=dict)
    other: Client | None = None  # who sends the second one
    refused: bool = False  # it is answered with no
    answer: Any = None

    def send(self, changes: Body | None = None, client: Client | None = None) -> Any:
        found = self.body | (changes or {})
        by = found.pop(BY, client or self.client)
        return send(by, self, {k: v for k, v in found.items() if v is not GONE})

    def broken(self) -> Iterator[tuple[str, Body]]:
        for name, changes in self.breaks.items():
            for change in changes if isinstance(changes, list) else [changes]:
                yield name, change


Walk = Iterator[Step]


def send(client: Client, step: Step, body: Any) -> Any:
    """As the browser or the device would, and as nobody's browser would: any text is sent."""
    if step.method == "GET":
        return client.get(step.path, body)
    if step.json:
        return client.generic(
            "POST",
            step.path,
            json.dumps(body, default=str),
            content_type="application/json",
            headers=dict(step.headers),
        )
    if any(isinstance(v, SimpleUploadedFile) for v in body.values()):
        for value in body.values():
            if isinstance(value, SimpleUploadedFile):
                value.seek(0)
        known = {k: _sendable(v) for k, v in body.items()}
        content: Any = encode_multipart(BOUNDARY, known)
        return client.generic("POST", step.path, content, content_type=MULTIPART_CONTENT)
    return client.generic(
        "POST",
        step.path,
        "&".join(_pairs(body)),
        content_type="application/x-www-form-urlencoded",
        headers=dict(step.headers),
    )


def _sendable(value: Any) -> Any:
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _pairs(body: Body) -> Iterator[str]:
    for name, value in body.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            parts = (quote_plus(str(x), errors="surrogatepass") for x in (name, one))
            yield "=".join(parts)


def same_browser(client: Client) -> Client:
    """Another tab of it, for a thread of its own."""
    found = Client()
    found.cookies = copy.deepcopy(client.cookies)
    found.raise_request_exception = False
    return found


def new() -> str:
    return str(uuid4())


def now() -> datetime:
    return datetime.now(UTC)
