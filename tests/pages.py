"""A page as a browser reads it: white space that nobody sees is gone."""

import re
from html.parser import HTMLParser
from typing import Any

SPACE = re.compile(r"\s+")
BEFORE_END = re.compile(r" (/?>|</)")
AFTER_START = re.compile(r"(<[a-z][^<>]*>) ")


def markup(response: Any) -> str:
    """The text of an answer; of a page with one space for many, and none inside at an element's ends."""
    text: str = response.content.decode()
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return text
    return visible(text)


def visible(text: str) -> str:
    """One space for many, and none inside at an element's ends."""
    return AFTER_START.sub(r"\1", BEFORE_END.sub(r"\1", SPACE.sub(" ", text)))


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if tag in ("input", "button") and of.get("name"):
            self.found.append((str(of["name"]), of.get("value") or ""))


def fields(text: str) -> dict[str, str]:
    """Names and values of the inputs and buttons in a piece of a page; of one name the last."""
    reader = _Fields()
    reader.feed(text)
    return dict(reader.found)
