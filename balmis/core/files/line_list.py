"""A list in a workbook: where its headings stand, and which column is which of ours.

Titles may stand above the headings, the headings may take two rows, be written in any of the languages,
with capitals or not, composed or not; a name or a date may be split over columns. What was found is
said, so that it can be looked at; what cannot be decided is asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from balmis.core.errors import BadInput
from balmis.core.files.book import Book, Page
from balmis.core.files.headings import Column, Headings, find_headings, names_of
from balmis.core.refusal_texts import gettext_noop
from balmis.core.written_forms import tidy

# what a spreadsheet writes into a cell that it cannot work out
ERRORS = frozenset("#N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM! #SPILL! #CALC! #####".split())
# "nothing stands here", as people write it; and what takes away what is known
EMPTY = frozenset({"-", "–", "—", ".", "n/a", "na?", "없음", "해당없음", "无", "không", "không có"})
NOTHING = frozenset({"[none]", "[없음]", "[无]", "[không có]"})


EMPTY_LIST = gettext_noop("The list is empty.")
NO_SHEET = gettext_noop("The file has no sheet {sheet}; it has {sheets}.")
SEVERAL = gettext_noop("Several sheets hold such a list: {sheets}. Say which one is meant.")
HIDDEN = gettext_noop("Only hidden sheets hold such a list: {sheets}. Say which one is meant.")
NO_HEADINGS = gettext_noop(
    "No row of the file holds the headings {needed}; its first row is: {first}. Name the columns, or take "
    "the template."
)
TWICE_NAMED = gettext_noop("The list has the column {column} more than once; keep one.")
ROW_TOO_LONG = gettext_noop("the row has more cells than there are headings")
MISSING = gettext_noop("is missing")
SPREADSHEET = gettext_noop("the spreadsheet could not work this cell out")
LACKS = gettext_noop("The list lacks the column {column}; it has: {has}. Name the columns.")


@dataclass(frozen=True, slots=True, order=True)
class RowProblem:
    """`row` and `column` as whoever sent the list sees them."""

    row: int
    column: str
    value: str
    message: str
    values: tuple[tuple[str, str], ...] = ()  # that go into the message

    @property
    def text(self) -> str:
        return self.message.format(**dict(self.values)) if self.values else self.message

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.value!r}: {self.text}"


@dataclass(frozen=True, slots=True)
class FoundList:
    """A list as it was found in a book."""

    page: Page
    first: int  # index of the first row below the headings
    headings: tuple[str, ...]  # as the file has them; of two rows, joined
    columns: Mapping[str, tuple[int, ...]]  # ours: where its parts stand
    unused: tuple[str, ...]  # headings that are none of ours
    hidden: tuple[str, ...] = ()  # pages that nobody sees and that were not read
    others: tuple[str, ...] = ()  # pages that look like such a list as well

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows that hold something, by the number that the file shows, with our columns; a split cell
        joined by blanks, `\\x1f` between the parts of a date."""
        for number, row in enumerate(self.page.rows[self.first :], self.first + 1):
            cells = {
                name: _joined([tidy(row[n]) if n < len(row) else "" for n in places])
                for name, places in self.columns.items()
            }
            if any(cells.values()):
                yield number, cells

    def too_long(self) -> list[int]:
        """Rows with more cells than there are headings: a cell too many moves all that follow."""
        width = max((n for n, text in enumerate(self.headings, 1) if text), default=0)
        below = enumerate(self.page.rows[self.first :], self.first + 1)
        return [number for number, row in below if any(map(str.strip, row[width:]))]


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else PART.join(parts) if any(parts) else ""


PART = "\x1f"  # between the parts of a cell that the list splits


def name_cell(cell: str) -> str:
    """A name as one text, of its parts too."""
    return " ".join(cell.split(PART)).strip()


def find_list(
    book: Book,
    columns: Sequence[Column],
    *,
    mapping: Mapping[str, Sequence[str]] | None = None,
    page: str | None = None,
) -> FoundList:
    """Where the list stands. `mapping` is what somebody said: our column to the file's headings.
    `page` the page that they chose.

    Raises BadInput, saying what was read, when there is none, or when several pages may be meant.
    """
    seen = [p for p in book.pages if p.rows and (p.name == page if page else not p.hidden)]
    hidden = tuple(p.name for p in book.pages if p.hidden and p.rows and p.name != page)
    if page and not seen:
        raise BadInput(NO_SHEET, ("page",), sheet=page, sheets=_named(book.pages))
    if not seen:
        raise BadInput(EMPTY_LIST, ("file",))
    names = names_of(columns, mapping or {})
    tried = [(candidate, find_headings(candidate, names)) for candidate in seen]
    good = [(p, h) for p, h in tried if h and not _missing(h, columns)]
    if len(good) > 1:
        raise BadInput(SEVERAL, ("page",), sheets=_named([p for p, _ in good]))
    if not good:
        raise _lacking(tried, columns, hidden)
    ((found, heads),) = good
    if heads.twice:
        raise BadInput(TWICE_NAMED, ("file",), column=", ".join(heads.twice))
    used = {n for places in heads.columns.values() for n in places}
    unused = tuple(t for n, t in enumerate(heads.texts) if t and n not in used)
    return FoundList(found, heads.first, heads.texts, heads.columns, unused, hidden)


def _named(pages: Sequence[Page]) -> str:
    return ", ".join(repr(p.name) for p in pages)


def _missing(found: Headings, columns: Sequence[Column]) -> list[str]:
    return [c.name for c in columns if c.is_needed and c.name not in found.columns]


def _lacking(
    tried: Sequence[tuple[Page, Headings | None]], columns: Sequence[Column], hidden: Sequence[str]
) -> BadInput:
    """What was read, and what it lacks."""
    best = max((h for _, h in tried if h), key=lambda h: len(h.columns), default=None)
    if best is None:
        if hidden:
            return BadInput(HIDDEN, ("page",), sheets=", ".join(hidden))
        first = next((r for p, _ in tried for r in p.rows if any(map(str.strip, r))), [])
        said = ", ".join(t for t in map(tidy, first) if t)[:200]
        needed = ", ".join(c.name for c in columns if c.is_needed)
        return BadInput(NO_HEADINGS, ("file",), needed=needed, first=said)
    lacks, has = ", ".join(_missing(best, columns)), ", ".join(t for t in best.texts if t)[:400]
    return BadInput(LACKS, ("file",), column=lacks, has=has)
