"""Read the register of equipment, readings and excursions."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet

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
from balmis.core.errors import Refusal
from balmis.core.vocabulary.coldchain import Condition, EquipmentKind, Ruling, Source
from balmis.core.vocabulary.reasons import Refused

WIDEST_GAP = max(measured.GAPS.values())
Span = tuple[datetime, datetime]


def equipment(site_id: int, code: str) -> Equipment:
    """Raises Refusal(NOT_KNOWN)."""
    found = Equipment.objects.filter(site=site_id, code=code).select_related("site__area").first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="equipment", key=code)
    return found


def find_equipment(site_id: int, code: str) -> Equipment | None:
    return Equipment.objects.filter(site=site_id, code=code).first()


def equipment_of(site_ids: Iterable[int], *, retired: bool = False) -> list[Equipment]:
    """Of these sites; what is retired only when asked for."""
    found = Equipment.objects.filter(site__in=list(site_ids))
    if not retired:
        found = found.exclude(condition=Condition.RETIRED.value)
    return list(found.select_related("site__area").order_by("site__code", "code"))


LAST = """
SELECT r.id FROM unnest(%s::bigint[]) AS e(id), LATERAL (
  SELECT r.id FROM coldchain_reading r WHERE r.equipment_id = e.id
    AND NOT EXISTS (SELECT 1 FROM coldchain_withdrawn w WHERE w.reading_id = r.id)
  ORDER BY r.at DESC, r.source LIMIT 1) AS r
"""


def last_readings(equipment_ids: Iterable[int]) -> dict[int, Reading]:
    with connection.cursor() as cursor:
        cursor.execute(LAST, [list(equipment_ids)])
        ids = [row[0] for row in cursor.fetchall()]
    return {r.equipment_id: r for r in Reading.objects.filter(pk__in=ids)}


def readings(equipment: Equipment, span: Span) -> list[measured.TemperatureReading]:
    """In order, one for each moment."""
    rows = Reading.objects.filter(equipment=equipment, at__range=span, withdrawn__isnull=True)
    found = rows.values_list("at", "celsius", "source")
    return measured.ordered(
        (measured.TemperatureReading(at, float(c), Source(s)) for at, c, s in found),
        EquipmentKind(equipment.kind).storage,
    )


def readings_outside(
    equipment: Equipment, span: Span, low: float, high: float
) -> list[measured.TemperatureReading]:
    """In order, those out of range."""
    rows = Reading.objects.filter(
        Q(celsius__lt=low) | Q(celsius__gt=high),
        equipment=equipment,
        at__range=span,
        withdrawn__isnull=True,
    ).values_list("at", "celsius", "source")
    return measured.ordered(
        (measured.TemperatureReading(at, float(c), Source(s)) for at, c, s in rows),
        EquipmentKind(equipment.kind).storage,
    )


IN_RANGE = """
SELECT at FROM coldchain_reading r WHERE equipment_id = %s AND at {side} %s
  AND NOT EXISTS (SELECT 1 FROM coldchain_withdrawn w WHERE w.reading_id = r.id)
GROUP BY at HAVING bool_and(celsius BETWEEN %s AND %s) ORDER BY at {order} LIMIT 1
"""


def span_around(
    equipment: Equipment, first: datetime, last: datetime
) -> tuple[Span, list[Excursion]]:
    """The time that new readings between these moments may change, and the excursions known in it:
    from the reading in range before them to the one after them. Where there is none, the span ends at
    the last reading, and what is out of range there, be it one reading, is known in it. Locked."""
    low, high = measured.RANGES[EquipmentKind(equipment.kind).storage]
    ends, closed = [], []
    for at, side, order, default in (
        (first, "<", "DESC", first - WIDEST_GAP),
        (last, ">", "ASC", last + WIDEST_GAP),
    ):
        with connection.cursor() as cursor:
            cursor.execute(IN_RANGE.format(side=side, order=order), [equipment.pk, at, low, high])
            row = cursor.fetchone()
        edge = Reading.objects.filter(equipment=equipment).aggregate(a=Min("at"), b=Max("at"))
        far = min(default, edge["a"]) if side == "<" else max(default, edge["b"])
        ends.append(row[0] if row else far)
        closed.append("" if row else "e")
    inside = {f"ended_at__gt{closed[0]}": ends[0], f"began_at__lt{closed[1]}": ends[1]}
    rows = Excursion.objects.select_for_update().filter(equipment=equipment, **inside)
    return (ends[0], ends[1]), list(rows.order_by("began_at"))


def reading(reading_id: int, equipment_id: int) -> Reading:
    """Raises Refusal(NOT_KNOWN)."""
    found = Reading.objects.filter(pk=reading_id, equipment=equipment_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="reading", key=reading_id)
    return found


def manual_at(equipment_id: int, at: datetime) -> Reading | None:
    rows = Reading.objects.filter(equipment=equipment_id, at=at, source=Source.MANUAL.value)
    return rows.select_related("withdrawn").first()


def read_by_hand(equipment_id: int, most: int = 10) -> list[Reading]:
    """The last ones, without those that were withdrawn."""
    found = Reading.objects.filter(equipment=equipment_id, source=Source.MANUAL.value)
    return list(found.filter(withdrawn__isnull=True).order_by("-at")[:most])


def excursions_of(equipment_ids: Iterable[int], *, undecided: bool = False) -> QuerySet[Excursion]:
    """The latest first."""
    found = Excursion.objects.filter(equipment__in=list(equipment_ids)).order_by("-began_at")
    return found.filter(ruling="") if undecided else found


def excursion(excursion_id: int) -> Excursion:
    """Raises Refusal(NOT_KNOWN)."""
    whole = Excursion.objects.select_related("equipment__site__area")
    found = whole.filter(pk=excursion_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="excursion", key=excursion_id)
    return found


def quarantines(excursion_id: int) -> list[Quarantine]:
    found = Quarantine.objects.filter(excursion=excursion_id)
    return list(found.select_related("hold__lot__product", "hold__site").order_by("pk"))


def held_for_others(excursion_id: int) -> set[int]:
    """Holds of this excursion that another one needs too, on which nobody has ruled that its lots may
    be used."""
    own = Quarantine.objects.filter(excursion=excursion_id).values("hold")
    others = Quarantine.objects.filter(hold__in=own).exclude(excursion=excursion_id)
    return set(others.exclude(excursion__ruling=Ruling.USE.value).values_list("hold", flat=True))


def stays(site_id: int) -> dict[int, list[tuple[int, Span]]]:
    """For each lot that was put away at the site, in which equipment it was and when."""
    rows = Stowed.objects.filter(equipment__site=site_id)
    found: dict[int, list[tuple[int, Span]]] = {}
    for lot, equipment_id, since, until in rows.values_list("lot", "equipment", "since", "until"):
        end = until or datetime.max.replace(tzinfo=UTC)
        found.setdefault(lot, []).append((equipment_id, (since, end)))
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
