"""A workbook or a list as text: sheets of rows of cells, as it came and nothing guessed."""

from msgspec import Struct


class Page(Struct, frozen=True):
    """One sheet; rows may be of different lengths."""

    name: str
    rows: list[list[str]]


class Book(Struct, frozen=True):
    """What a file holds. Of a list in text there is one page, without a name."""

    pages: list[Page]

    def page(self, name: str) -> Page | None:
        return next((p for p in self.pages if p.name == name), None)
