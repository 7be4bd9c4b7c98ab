"""Headings of a list: which row holds them, and which column is which of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from balmis.core.files.book import Page
from balmis.core.written_forms import fold, tidy

TITLE_ROWS = 40  # above the headings at most
LEAST = 2  # of our columns that a row of headings has


@dataclass(frozen=True, slots=True)
class Column:
    """One of our columns, and what lists call it, in all languages."""

    name: str
    headings: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...] = ()  # or it is split: headings of each part, in order
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Headings:
    first: int
    texts: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]
    twice: tuple[str, ...] = ()


@dataclass(slots=True)
class Names:
    """Folded headings: whole to our column, part to our column and its place in it."""

    whole: dict[str, str] = field(default_factory=dict)
    parts: dict[str, tuple[str, int]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


def names_of(columns: Sequence[Column], mapping: Mapping[str, Sequence[str]]) -> Names:
    names = Names(order=[c.name for c in columns])
    for column in columns:
        said = mapping.get(column.name)
        if said is not None:
            split: Sequence[Sequence[str]] = [[s] for s in said] if len(said) > 1 else ()
            whole: Sequence[str] = said if len(said) == 1 else ()
        else:
            whole, split = (column.name, *column.headings), column.parts
        names.sizes[column.name] = len(split)
        for text in whole:
            names.whole.setdefault(_bare(text), column.name)
        for place, texts in enumerate(split):
            for text in texts:
                names.parts.setdefault(_bare(text), (column.name, place))
    return names


def _bare(text: str) -> str:
    """A heading without what stands in brackets behind it: 'Born (dd/mm/yyyy) *' is 'born'."""
    head = text.split("(")[0].split("（")[0]
    return fold(head) or fold(text)


def find_headings(page: Page, names: Names) -> Headings | None:
    """The row, or the two rows, that name the most of our columns; of equals the first, and one row."""
    best, rank = None, (0, False)
    for at in range(min(TITLE_ROWS, len(page.rows))):
        found = _matched([tidy(c) for c in page.rows[at]], names, at + 1)
        if found and (len(found.columns), True) > rank:  # a title above is no heading of theirs
            best, rank = found, (len(found.columns), True)
        if at + 1 < len(page.rows):
            found = _matched(_two_rows(page.rows[at], page.rows[at + 1]), names, at + 2)
            if found and (len(found.columns), False) > rank:
                best, rank = found, (len(found.columns), False)
    return best


def _two_rows(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """A heading over several columns stands over the first; below each has its own. Where both say
    something they are joined."""
    texts, last = [], ""
    for n in range(max(len(upper), len(lower))):
        above = tidy(upper[n]) if n < len(upper) else ""
        below = tidy(lower[n]) if n < len(lower) else ""
        last = above or (last if below else "")
        texts.append(" / ".join(t for t in (last, below) if t))
    return texts


def _matched(texts: list[str], names: Names, first: int) -> Headings | None:
    columns: dict[str, tuple[int, ...]] = {}
    parts: dict[str, dict[int, int]] = {}
    twice: list[str] = []
    for n, text in enumerate(texts):
        for said in dict.fromkeys((_bare(text), _bare(text.split(" / ")[-1]))):
            if said in names.whole:
                ours = names.whole[said]
                if ours in columns:
                    twice.append(text)
                columns.setdefault(ours, (n,))
                break
            if said in names.parts:
                ours, place = names.parts[said]
                parts.setdefault(ours, {}).setdefault(place, n)
                break
    for ours, places in parts.items():
        if ours not in columns and len(places) == names.sizes[ours]:
            columns[ours] = tuple(places[n] for n in range(len(places)))
    if len(columns) < LEAST:
        return None
    return Headings(first, tuple(texts), columns, tuple(twice))
