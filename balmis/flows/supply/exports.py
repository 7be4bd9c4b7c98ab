"""What was wasted and what was out of range, row by row, for other programs."""

from collections.abc import Iterable
from datetime import date, datetime

from balmis.contexts.coldchain import queries as coldchain
from balmis.contexts.coldchain.models import Excursion
from balmis.contexts.places.models import Site
from balmis.contexts.supply import area_stock
from balmis.contexts.supply.area_stock import Wasted
from balmis.core.request_ids import Made


def wasted_since(sites: Iterable[Site], since: date) -> list[tuple[Wasted, bool]]:
    """Each act of throwing away, and whether the doses were left in an opened vial."""
    ids = [s.pk for s in sites]
    opened = {Made.VIAL_END.of(key) for key in area_stock.wasting_vials(ids, since)}
    return [(w, w.request_id in opened) for w in area_stock.thrown_away(ids, since)]


def excursions_since(sites: Iterable[Site], since: datetime) -> list[Excursion]:
    """Of all equipment there ever was at the sites, the first first."""
    every = coldchain.equipment_of([s.pk for s in sites], retired=True)
    found = coldchain.excursions_of([e.pk for e in every]).filter(began_at__gte=since)
    return list(found.select_related("equipment__site").order_by("began_at", "pk"))
