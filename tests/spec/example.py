"""What a rule by example is made of: a small schedule, doses, and what is expected."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

BORN = date(2000, 1, 31)
BASE: dict[str, Any] = {
    "format": "balmis-schedule/1",
    "id": "example",
    "version": "1",
    "title": {"en": "Example"},
    "sources": {"example": "made up to show a rule"},
    "products": {
        "alpha": {
            "name": "Alpha",
            "manufacturer": "A-works",
            "platform": "vector",
            "antigens": [{"antigen": "X"}],
        },
        "beta": {
            "name": "Beta",
            "manufacturer": "B-works",
            "platform": "mrna",
            "antigens": [{"antigen": "X"}],
        },
    },
    "vaccine_groups": {"X": {"antigens": ["X"]}},
    "observations": {
        "allergy": {"title": "Severe allergy"},
        "illness": {"title": "Acute illness"},
        "immune": {"title": "Laboratory evidence of immunity"},
    },
}
BOTH = [{"product": "alpha"}, {"product": "beta"}]


def one(**dose: Any) -> dict[str, Any]:
    """A series of one dose."""
    return series([dose])


def two(**dose: Any) -> dict[str, Any]:
    """A series of two doses, the second with these rules; the first asks for nothing."""
    return series([{}, dose])


def series(doses: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "id": more.pop("id", "standard"),
        "title": "Example",
        "antigen": "X",
        "vaccine_group": "X",
        "source": "example",
        **more,
        "doses": [{"number": n, "preferable": BOTH, **d} for n, d in enumerate(doses, 1)],
    }


@dataclass(frozen=True)
class Example:
    """Doses as 'product@day: status reason …', and what is expected of the next."""

    title: str
    on: date
    doses: tuple[str, ...] = ()
    status: str = "not_complete"
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None
    products: tuple[str, ...] | None = None
    observed: tuple[tuple[str, date | None, date | None], ...] = ()
    born: date = BORN


@dataclass(frozen=True)
class Rule:
    name: str
    title: str
    text: str
    series: tuple[dict[str, Any], ...]
    examples: tuple[Example, ...]
    also: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    def schedule(self) -> dict[str, Any]:
        return deepcopy(BASE | {"series": list(self.series)} | self.also)


def d(text: str) -> date:
    return date.fromisoformat(text)
