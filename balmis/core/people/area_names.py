"""What a list may call an area: its code, a name, or a name without the kind of place."""

import re
from collections.abc import Mapping, Sequence

from balmis.core.written_forms import fold

# what stands before the name of a place: town, city, district, commune
_KINDS = re.compile(
    r"^(tp|thanh pho|tx|thi xa|tt|thi tran|huyen|h|quan|q|phuong|p|xa|x|tinh|khu pho|kp) (?=\S)"
)


def find_area(cell: str, areas: Mapping[str, int]) -> int | None:
    """By its code or name, with the kind of place before it or not."""
    said = fold(cell)
    return areas.get(said) or areas.get(_KINDS.sub("", said))


def area_words(named: Sequence[tuple[int, Sequence[str]]]) -> dict[str, int]:
    """Every way a list may name an area, as far as it names only one: id, and its code and names."""
    whole: dict[str, set[int]] = {}
    short: dict[str, set[int]] = {}
    for key, words in named:
        for word in {fold(w) for w in words if w}:
            whole.setdefault(word, set()).add(key)
            short.setdefault(_KINDS.sub("", word), set()).add(key)
    merged = {**short, **whole}  # what a whole name says goes before what a part of one says
    return {word: min(keys) for word, keys in merged.items() if len(keys) == 1}
