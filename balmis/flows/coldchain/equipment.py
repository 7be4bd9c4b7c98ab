"""How do the fridges do: of a site, or of a province?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from balmis.contexts.coldchain import queries
from balmis.contexts.coldchain.models import Equipment, Reading
from balmis.contexts.places import queries as places
from balmis.contexts.supply import area_stock, purchase_orders, stock_book
from balmis.core.coldchain.excursions import RANGES
from balmis.core.policy import SupplyPolicy
from balmis.core.vocabulary.coldchain import Condition, EquipmentKind

LATELY = timedelta(days=30)
AHEAD, LATE = timedelta(days=30), timedelta(days=30)  # of receipts that need room


class Look(StrEnum):
    """What the register's page says first of a piece of equipment; the worse outranks."""

    BROKEN = "broken"
    WARM = "warm"
    COLD = "cold"
    SILENT = "silent"  # nobody has read it lately
    DUE = "due"  # for qualification
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Fridge:
    equipment: Equipment
    last: Reading | None
    look: Look
    lately: int  # excursions of the last 30 days
    undecided: int
    has_sensor: bool

    @property
    def range(self) -> tuple[float, float]:
        return RANGES[EquipmentKind(self.equipment.kind).storage]


def fridges_of(site_ids: Iterable[int], policy: SupplyPolicy, *, now: datetime) -> list[Fridge]:
    """What needs a look first."""
    found = queries.equipment_of(site_ids)
    ids = [e.pk for e in found]
    last, counts = queries.last_readings(ids), queries.counts_by_equipment(ids, now - LATELY)
    sensors = queries.sensors_of(ids)
    rows = [
        Fridge(
            e,
            last.get(e.pk),
            _look(e, last.get(e.pk), timedelta(hours=policy.silent_hours), now),
            *counts.get(e.pk, (0, 0)),
            has_sensor=e.pk in sensors,
        )
        for e in found
    ]
    order = list(Look)
    return sorted(
        rows,
        key=lambda f: (order.index(f.look), -f.undecided, f.equipment.site.code, f.equipment.code),
    )


def _look(e: Equipment, last: Reading | None, silent: timedelta, now: datetime) -> Look:
    if e.condition == Condition.BROKEN:
        return Look.BROKEN
    low, high = RANGES[EquipmentKind(e.kind).storage]
    if last is None or now - last.at > silent:
        return Look.SILENT
    if last.celsius > high:
        return Look.WARM
    if last.celsius < low:
        return Look.COLD
    if e.qualified_until is not None and e.qualified_until < now.date():
        return Look.DUE
    return Look.FINE


@dataclass(frozen=True, slots=True)
class SiteCold:
    """A site's room for cold goods, and what it holds."""

    code: str
    names: dict[str, str]
    fridges: tuple[Fridge, ...]
    litres: float  # of what works
    doses: float  # on the shelf, by the book
    coming: float  # expected within 30 days: ordered, promised or on the way
    fits: float | None  # how many doses of the bulkiest vaccine it has room for

    @property
    def look(self) -> Look | None:
        """The worst of its equipment; None: it has none."""
        return self.fridges[0].look if self.fridges else None

    @property
    def share(self) -> float | None:
        return self.doses / self.fits if self.fits else None

    @property
    def share_then(self) -> float | None:
        """Of its room, when what is expected lies there too and nothing was given."""
        return (self.doses + self.coming) / self.fits if self.fits else None


def review(
    area_code: str,
    volumes: dict[str, float],
    policy: SupplyPolicy,
    *,
    only: set[str] | None = None,
    now: datetime,
) -> list[SiteCold]:
    """The sites of the area, or `only` these of them; `volumes` are cm3 a dose in its carton, by
    product. What is worst first."""
    sites = [s for s in places.sites_below(area_code) if only is None or s.code in only]
    by_site: dict[int, list[Fridge]] = {s.id: [] for s in sites}
    for fridge in fridges_of(by_site, policy, now=now):
        by_site[fridge.equipment.site_id].append(fridge)
    held, coming = stock_book.doses_by_product(by_site), _coming(by_site, now)
    found = []
    for s in sites:
        litres = sum(
            float(f.equipment.litres)
            for f in by_site[s.id]
            if f.equipment.condition == Condition.WORKING
        )
        shelf, then = held.get(s.id, {}), coming.get(s.id, {})
        sizes = [volumes[code] for code in {*shelf, *then} if code in volumes]
        fits = litres * 1000 / max(sizes) if sizes and litres else None
        found.append(
            SiteCold(
                s.code,
                s.names,
                tuple(by_site[s.id]),
                litres,
                sum(shelf.values()),
                sum(then.values()),
                fits,
            )
        )
    order: list[Look | None] = [*list(Look)[:-1], None, Look.FINE]
    return sorted(found, key=lambda s: (order.index(s.look), s.code))


def _coming(sites: Iterable[int], now: datetime) -> dict[int, dict[str, float]]:
    """Doses expected by site and product, late ones too."""
    ids, found = list(sites), dict[int, dict[str, float]]()
    moving = area_stock.coming_to(ids, now.date())
    ordered = purchase_orders.outstanding(ids, now.date() - LATE, now.date() + AHEAD)
    for (site, code), doses in [*moving.items(), *ordered.items()]:
        rows = found.setdefault(site, {})
        rows[code] = rows.get(code, 0.0) + doses
    return found
