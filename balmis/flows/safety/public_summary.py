"""What everyone may know of events after doses: counts with their doses, small ones left out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.safety.exposure import Onset, doses_by, onsets
from balmis.contexts.supply import products as supply_products
from balmis.core.dates import end_of_day, local_day
from balmis.core.reporting.suppression import is_small, rows_to_hide


@dataclass(frozen=True, slots=True)
class PublicRow:
    """Events of a kind, or after doses of a kind. None: a count from 1 to 4, or one that would give
    such a count away."""

    key: str
    doses: int
    reports: int | None
    serious: int | None

    @property
    def per_100_000(self) -> float | None:
        return (
            self.reports / self.doses * 100_000 if self.reports is not None and self.doses else None
        )


@dataclass(frozen=True, slots=True)
class PublicFigures:
    """As of the end of a day."""

    day: Any
    doses: int
    total: PublicRow
    deaths: int | None
    by_event: tuple[PublicRow, ...]
    by_sex: tuple[PublicRow, ...]
    by_product: tuple[PublicRow, ...]


def figures(slug: str, *, now: datetime) -> PublicFigures:
    """Cases that were known by the end of yesterday, and the doses given until then."""
    campaign = campaigns.campaign(slug)
    day = local_day(now, campaign.time_zone) - timedelta(days=1)
    found = onsets(campaign.pk, campaign.time_zone, end_of_day(day, campaign.time_zone))
    doses = int(sum(r[-1] for r in doses_by(campaign.pk, (), day)))
    sexes = {str(k): int(n) for k, n in doses_by(campaign.pk, ("sex",), day)}
    products = {int(k): int(n) for k, n in doses_by(campaign.pk, ("product",), day)}
    names = {p.pk: p.name for p in supply_products.products_by_id().values()}
    events = {c.event for c in found}
    deaths = sum(c.died for c in found)
    total = _row("all", doses, found)
    return PublicFigures(
        day,
        doses,
        total,
        None if is_small(deaths) else deaths,
        _rows(dict.fromkeys(events, doses), found, lambda c: c.event),
        _rows(sexes, found, lambda c: c.sex),
        _rows({names[k]: n for k, n in products.items()}, found, lambda c: names[c.product]),
    )


def _row(key: str, doses: int, found: Iterable[Onset]) -> PublicRow:
    cases = list(found)
    serious = sum(c.serious for c in cases)
    n = len(cases)
    return PublicRow(
        key,
        doses,
        None if is_small(n) else n,
        None if is_small(serious) or is_small(n - serious) else serious,
    )


def _rows(
    doses: dict[str, int], found: list[Onset], key: Callable[[Onset], str]
) -> tuple[PublicRow, ...]:
    """Rows that add up to a published total: those with small counts go, and enough of the others
    that nobody can work them out."""
    seen, serious = Counter(map(key, found)), Counter(key(c) for c in found if c.serious)
    keys = sorted(doses, key=lambda k: (-seen[k], k))
    counts = [defaultdict(int, reports=seen[k], serious=serious[k]) for k in keys]
    hidden = rows_to_hide(counts)
    return tuple(
        PublicRow(
            k, doses[k], None if i in hidden else seen[k], None if i in hidden else serious[k]
        )
        for i, k in enumerate(keys)
    )
