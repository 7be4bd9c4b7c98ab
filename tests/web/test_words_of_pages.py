"""Pages as a Korean reader has them, after the whole walk: days as people write them, times of the place,
and nobody named as the trail names them."""

import re
from collections import deque
from html.parser import HTMLParser

import pytest
from django.test import Client, override_settings

from balmis.contexts.access import services as access
from balmis.core.vocabulary.access import Role
from tests import make
from tests.databases import fresh_copy
from tests.walk.way import walk
from tests.walk.world import World
from tests.web.conftest import PASSWORD, signed_in

DESKS = (
    "/",
    "/account/",
    "/audit/",
    f"/c/{make.SLUG}/",
    f"/c/{make.SLUG}/safety/",
    f"/clinic/{make.SLUG}/hall/",
    f"/coordination/{make.SLUG}/",
    f"/registrar/{make.SLUG}/?q=Resident",
    f"/safety/{make.SLUG}/",
    f"/store/{make.SLUG}/hall/",
    f"/unit/{make.SLUG}/harbour/",
)
MOST = 400
FILES = re.compile(r"\.(csv|json|xlsx|pdf|ics|svg|png|yaml|xml)\b|sign-out|format=")
CODES = re.compile(r"\b\d{4}-\d\d-\d\d|\bUTC\b|\b(?:user|system|person):\w|\b[ap]\.m\.|\bNone\b")
EXACT = ("/audit/trail/",)  # what was done, as the trail has it
WRITTEN = re.compile(r"as the plan of 2021-02-26 says|2021-06 ·")  # in files that come along


class Page(HTMLParser):
    """What is read, and where its links lead."""

    UNREAD = ("script", "style", "code", "svg", "option")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        self.unread += tag in self.UNREAD
        if tag == "a" and of.get("href"):
            self.links.append(str(of["href"]))
        self.texts += [str(of[k]) for k in ("aria-label", "title", "alt") if of.get(k)]

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in self.UNREAD

    def handle_data(self, data: str) -> None:
        if not self.unread and data.strip():
            self.texts.append(" ".join(data.split()))


def pages(client: Client) -> dict[str, list[str]]:
    """Address → what is read there; of pages whose address differs in numbers alone, one."""
    found: dict[str, list[str]] = {}
    seen, waiting = set(), deque(DESKS)
    while waiting and len(seen) < MOST:
        address = waiting.popleft().partition("#")[0]
        key = re.sub(r"\d+", "0", address)
        if key in seen or not address.startswith("/") or FILES.search(address):
            continue
        seen.add(key)
        answer = client.get(address)
        if answer.status_code in (301, 302):
            waiting.append(answer.headers["Location"])
            continue
        assert answer.status_code == 200, (address, answer.status_code)
        if answer.headers["Content-Type"].startswith("text/html"):
            page = Page()
            page.feed(answer.content.decode())
            found[address] = page.texts
            here = address.partition("?")[0]
            waiting += [here + link if link.startswith("?") else link for link in page.links]
    return found


@pytest.mark.deep
def test_no_page_shows_a_code_an_iso_day_or_another_zone(template):
    with fresh_copy(template), override_settings(ALLOWED_HOSTS=["testserver"]):
        for step in walk(World()):
            step.answer = step.send()
        everywhere = [(role, None, None) for role in Role if role is not Role.PUBLIC]
        client = signed_in(
            access.keep_user("all", name="한길", password=PASSWORD, grants=everywhere)
        )
        client.cookies["django_language"] = "ko"
        read = pages(client)
    assert len(read) > 80
    told = [
        (address, text)
        for address, texts in read.items()
        if not address.startswith(EXACT)
        for text in texts
        if CODES.search(WRITTEN.sub("", text))
    ]
    assert told == []
