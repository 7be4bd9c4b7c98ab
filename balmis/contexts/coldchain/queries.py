"""Read the register of equipment, readings and excursions."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from balmis.contexts.coldchain.models import (
    Equipment,
    Excursion,
    Quarantine,
    Reading,
    Sensor,
    Stowed,
)
from balmis.contexts.coldchain.services import digest_of
from balmis.core.coldchain import excursions as measured
from balmis.core.coldchain.words import Condition, Source
from balmis.core.errors import Refusal
from balmis.core.vocabulary import Reason

WIDEST_GAP = max(measured.GAPS.values())
Span = tuple[datetime, datetime]


def equipment(site_id: int, code: str) -> Equipment:
    """Raises Refusal(NOT_KNOWN)."""
    found = Equipment.objects.filter(site=site_id, code=code).select_related("site__area").first()
    if found is None:
        raise Refusal(Reason.NOT_KNOWN, what="equipment", key=code)
    return found


def equipment_of(site_ids: Iterable[int]) -> list[Equipment]:
    """Of these sites, without what is retired."""
    found = Equipment.objects.filter(site__in=list(site_ids))
    found = found.exclude(condition=Condition.RETIRED.value)
    return list(found.select_related("site__area").order_by("site__code", "code"))


def last_readings(equipment_ids: Iterable[int]) -> dict[int, Reading]:
    ids = list(equipment_ids)
    last = Reading.objects.filter(equipment__in=ids).order_by("equipment", "-at", "source")
    return {r.equipment_id: r for r in last.distinct("equipment")}


def readings(equipment_id: int, span: Span) -> list[measured.Reading]:
    """In order, one for each moment."""
    rows = Reading.objects.filter(equipment=equipment_id, at__range=span)
    found = rows.values_list("at", "celsius", "source")
    return measured.ordered(measured.Reading(at, float(c), Source(s)) for at, c, s in found)


def span_around(equipment_id: int, first: datetime, last: datetime) -> tuple[Span, list[Excursion]]:
    """The time that new readings between these moments may change, and the excursions known in
    it: these, and whatever is close enough to be joined to them."""
    start, end, found = first - WIDEST_GAP, last + WIDEST_GAP, list[Excursion]()
    while True:
        rows = Excursion.objects.select_for_update().filter(
            equipment=equipment_id, began_at__lte=end, ended_at__gte=start
        )
        near = list(rows)
        if len(near) == len(found):
            return (start, end), near
        found = near
        start = min([start, *(e.began_at - WIDEST_GAP for e in near)])
        end = max([end, *(e.ended_at + WIDEST_GAP for e in near)])


def excursions_of(equipment_ids: Iterable[int], *, undecided: bool = False) -> QuerySet[Excursion]:
    """The latest first."""
    found = Excursion.objects.filter(equipment__in=list(equipment_ids)).order_by("-began_at")
    return found.filter(ruling="") if undecided else found


def excursion(excursion_id: int) -> Excursion:
    """Raises Refusal(NOT_KNOWN)."""
    whole = Excursion.objects.select_related("equipment__site__area")
    found = whole.filter(pk=excursion_id).first()
    if found is None:
        raise Refusal(Reason.NOT_KNOWN, what="excursion", key=excursion_id)
    return found


def quarantines(excursion_id: int) -> list[Quarantine]:
    found = Quarantine.objects.filter(excursion=excursion_id)
    return list(found.select_related("hold__lot__product", "hold__site").order_by("pk"))


def excursions_holding(hold_id: int) -> list[Excursion]:
    """Those for which a hold was placed, or found standing."""
    return list(Excursion.objects.filter(quarantines__hold=hold_id))


def stowed_in(site_id: int, span: Span) -> dict[int, set[int]]:
    """For each lot that was put away at the site, the equipment it was in at any time of these."""
    rows = Stowed.objects.filter(
        Q(until__isnull=True) | Q(until__gte=span[0]), equipment__site=site_id, since__lte=span[1]
    )
    found: dict[int, set[int]] = {}
    for lot, equipment_id in rows.values_list("lot", "equipment"):
        found.setdefault(lot, set()).add(equipment_id)
    return found


def where_stowed(site_id: int) -> dict[int, Equipment]:
    rows = Stowed.objects.filter(equipment__site=site_id, until__isnull=True)
    return {s.lot_id: s.equipment for s in rows.select_related("equipment")}


def sensor(secret: str) -> Sensor | None:
    found = Sensor.objects.filter(digest=digest_of(secret), revoked_at__isnull=True)
    return found.select_related("equipment__site__area").first()


def sensors_of(equipment_ids: Iterable[int]) -> set[int]:
    """The equipment that has a sensor which may send."""
    found = Sensor.objects.filter(equipment__in=list(equipment_ids), revoked_at__isnull=True)
    return set(found.values_list("equipment", flat=True))


def counts_by_equipment(
    equipment_ids: Iterable[int], since: datetime
) -> dict[int, tuple[int, int]]:
    """Excursions that began since then, and how many of all are undecided."""
    rows = Excursion.objects.filter(equipment__in=list(equipment_ids))
    found = rows.values_list("equipment").annotate(
        n=Count("pk", filter=Q(began_at__gte=since)), open=Count("pk", filter=Q(ruling=""))
    )
    return {e: (n, open_) for e, n, open_ in found.order_by()}


def last_reading_at(equipment_id: int) -> datetime | None:
    last: datetime | None = Reading.objects.filter(equipment=equipment_id).aggregate(m=Max("at"))[
        "m"
    ]
    return last


def days_before(at: datetime, days: int) -> Span:
    return at - timedelta(days=days), at
