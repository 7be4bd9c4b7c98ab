"""Leave out counts so small that someone might know who they are.

Rows of a published whole are left out as a whole, never cell by cell: one cell could be worked
out from its neighbours. Source: primary and complementary suppression as statistical offices
do it (Hundepool et al., Statistical Disclosure Control, 2012, chapter 4).
"""

from collections.abc import Iterable, Mapping, Sequence

SMALL = 5  # counts of people below this are not published; zero is

Counts = Mapping[str, int]


def is_small(count: int) -> bool:
    return 0 < count < SMALL


def holds_small(row: Counts, *, nested: bool = True) -> bool:
    """Is a count of the row small, or, where one count is part of another (`nested`), the
    difference of two of them?"""
    counts = list(row.values())
    return any(is_small(n) for n in counts) or (
        nested and any(is_small(abs(a - b)) for i, a in enumerate(counts) for b in counts[i + 1 :])
    )


def rows_to_hide(rows: Sequence[Counts], *, nested: bool = True) -> set[int]:
    """The places of the rows to leave out, where the sum of all rows is published.

    Those that hold small counts; and, so that they cannot be worked out from the sum, the next
    larger ones until at least two are left out whose sums, together, hold no small count.
    """
    hidden = {i for i, row in enumerate(rows) if holds_small(row, nested=nested)}
    others = sorted(set(range(len(rows))) - hidden, key=lambda i: sum(rows[i].values()))
    for i in others:
        left_out = _sum(rows[j] for j in hidden)
        if not hidden or (len(hidden) > 1 and not holds_small(left_out, nested=nested)):
            break
        if any(rows[i].values()):
            hidden.add(i)
    return hidden


def _sum(rows: Iterable[Counts]) -> dict[str, int]:
    total: dict[str, int] = {}
    for row in rows:
        for name, n in row.items():
            total[name] = total.get(name, 0) + n
    return total
