"""A workbook or a list as text: sheets of rows of cells, as it came and nothing guessed."""

from msgspec import Struct


class Page(Struct, frozen=True):
    """One sheet; rows may be of different lengths."""

    name: str
    rows: list[list[str]]
    hidden: bool = False  # nobody sees it who opens the workbook

    def filled(self) -> int:
        """How many of its rows hold something."""
        return sum(any(map(str.strip, row)) for row in self.rows)


class Book(Struct, frozen=True):
    """What a file holds. Of a list in text there is one page, without a name."""

    pages: list[Page]
    encoding: str = ""  # of a list in text, as it was found
    separator: str = ""
    from_1904: bool = False  # its days count from 1904

    def page(self, name: str) -> Page | None:
        return next((p for p in self.pages if p.name == name), None)
