"""The residents of a replay as arrays, and the order in which phases reach them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from balmis.contexts.people.synthesis.population import Chunk
from balmis.core.campaigns.groups import GroupRule, first_group
from balmis.core.dates import age_on
from balmis.core.vocabulary.people import Sex, TraitKind


@dataclass(frozen=True, slots=True)
class Cohort:
    """Columns of one length: external ids, area codes, rank of the group (last: none)."""

    ids: pl.Series
    area_codes: list[str]
    rank: NDArray[np.int64]

    @property
    def size(self) -> int:
        return len(self.area_codes)

    @classmethod
    def of(cls, chunks: Sequence[Chunk], rules: Sequence[GroupRule], day: date) -> "Cohort":
        people = pl.concat(c.people for c in chunks)
        traits: dict[str, frozenset[tuple[TraitKind, str]]] = {}
        for person, kind, code in pl.concat(c.traits for c in chunks).iter_rows():
            traits[person] = traits.get(person, frozenset()) | {(TraitKind(kind), code)}
        order = {rule.code: i for i, rule in enumerate(rules)}
        known: dict[tuple[int, str, frozenset[tuple[TraitKind, str]]], int] = {}
        ranks = np.empty(people.height, dtype=np.int64)
        none: frozenset[tuple[TraitKind, str]] = frozenset()
        rows = people.select("external_id", "born", "sex").iter_rows()
        for i, (person, born, sex) in enumerate(rows):
            key = (age_on(born, day), sex, traits.get(person, none))
            if key not in known:
                code = first_group(rules, age=key[0], sex=Sex(sex), traits=key[2])
                known[key] = order[code] if code else len(order)
            ranks[i] = known[key]
        return cls(people["external_id"], people["area_code"].to_list(), ranks)

    def by_phase(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Everyone, the first groups first, at random within a group."""
        return np.lexsort((rng.random(self.size), self.rank)).astype(np.int64)
