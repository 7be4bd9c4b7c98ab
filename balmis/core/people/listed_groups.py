"""Words of a list that may put somebody into a group of the plan: an occupation, a facility, a condition.

What somebody chose for a word counts before the plan's own words; a word that is neither is counted, so
that it can be shown and asked for.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from balmis.core.files.line_list import NOTHING
from balmis.core.vocabulary.people import TraitKind
from balmis.core.written_forms import fold

Trait = tuple[TraitKind, str]
COLUMNS = ("group", *(k.value for k in TraitKind))


class GroupWords:
    """`groups`: folded words of the plan; `chosen`: those that somebody decided, None for no group."""

    def __init__(self, groups: Mapping[str, Trait], chosen: Mapping[str, Trait | None]) -> None:
        self.groups, self.chosen = groups, chosen
        self.unknown: Counter[str] = Counter()  # words that are no group, by how many rows
        self.decided: Counter[str] = Counter()  # words that somebody decided
        self._spelling: dict[str, str] = {}

    def read(self, line: Mapping[str, str]) -> tuple[tuple[Trait, ...], list[str]]:
        """What a row says of its person, and words of the column of groups that are none. The other
        columns may say more than the plan wants to know."""
        found: dict[Trait, None] = {}
        wrong: list[str] = []
        seen: set[str] = set()
        for column in COLUMNS:
            for word in _words(line.get(column, "")):
                folded = fold(word)
                shown = self._spelling.setdefault(folded, word[:LONGEST])
                trait = self._trait(folded, column)
                if folded in self.chosen:
                    self.decided[shown] += folded not in seen
                elif trait is None:
                    self.unknown[shown] += folded not in seen
                    if column == "group":
                        wrong.append(word)
                seen.add(folded)
                if trait is not None:
                    found[trait] = None
        return tuple(found), wrong

    def _trait(self, folded: str, column: str) -> Trait | None:
        if folded in self.chosen:
            return self.chosen[folded]
        trait = self.groups.get(folded)
        return trait if trait and column in ("group", trait[0].value) else None


LONGEST = 120  # characters of a word that are kept; a cell may hold a page


def _words(cell: str) -> Iterator[str]:
    if cell and cell not in NOTHING:
        yield from filter(None, map(str.strip, re.split(r"[;,、，；]", cell)))
