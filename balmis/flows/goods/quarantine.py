"""Something was too warm or too cold: which lots, what do their data say, and what is decided?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking.models import Session
from balmis.contexts.clinic import queries as doses
from balmis.contexts.coldchain import queries, services
from balmis.contexts.coldchain.models import Equipment, Excursion
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.supply import queries as supply
from balmis.contexts.supply import vials
from balmis.contexts.supply.models import Lot, LotHold
from balmis.core.coldchain.excursions import RANGES
from balmis.core.coldchain.stability import Points, advise
from balmis.core.coldchain.words import Advice, EquipmentKind, Ruling
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.vocabulary import Storage
from balmis.core.wording import gettext_noop
from balmis.flows.goods.holds import end_hold, place_hold
from balmis.flows.goods.stability import stability_of

HOLDING = UUID("7c0e6c9e-5b0a-4b5c-9a30-000000000008")  # names the holds of an excursion


@dataclass(frozen=True, slots=True)
class Concerned:
    """A lot that was, as far as anyone knows, in the equipment."""

    lot: Lot
    left: float  # doses on the shelf, by the book
    given: int  # doses at the site since it began
    advice: Advice
    warm: timedelta  # above 8 °C in this equipment, in all
    budget: float | None  # hours that its data allow in the mildest band
    hold: LotHold | None  # that stands, for whatever reason


@dataclass(frozen=True, slots=True)
class Looked:
    excursion: Excursion
    lots: tuple[Concerned, ...]
    holds: tuple[LotHold, ...]  # placed because of it


@dataclass(frozen=True, slots=True)
class Quarantined:
    holds: tuple[LotHold, ...]
    short: tuple[Session, ...]  # sessions that have more bookings than usable doses now


def look(excursion_id: int, *, actor: Actor) -> Looked:
    """What is concerned, and what the data say. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    excursion = queries.excursion(excursion_id)
    check_may(actor, Act.MOVE_STOCK, site=excursion.equipment.site)
    placed = tuple(q.hold for q in queries.quarantines(excursion.pk))
    return Looked(excursion, tuple(_concerned(excursion)), placed)


def _concerned(excursion: Excursion) -> list[Concerned]:
    equipment = excursion.equipment
    site = equipment.site
    stowed = queries.stowed_in(site.pk, (excursion.began_at, excursion.ended_at))
    since, given = supply.here_since(site.pk), doses.given_since(site.pk, excursion.began_at)
    shelf = {s.lot.pk: s for s in vials.shelves(site.pk)}
    held = {h.lot_id: h for h in vials.holds(site.pk)}
    lots = {
        **{pk: s.lot for pk, s in shelf.items()},
        **supply.lots_by_id(given.keys() - shelf.keys()),
    }
    curves = _curves(excursion)
    found = []
    for lot in lots.values():
        came = since.get(lot.pk)
        if came is not None and came > excursion.ended_at:
            continue  # it was not here yet
        if not _was_in(equipment, lot, stowed):
            continue
        data = stability_of(lot.product.code)
        suffered = [c for ended, c in curves if came is None or ended >= came]
        advice, warm = advise(data, suffered)
        if EquipmentKind(equipment.kind).storage is not Storage.REFRIGERATED:
            advice = Advice.UNKNOWN  # the data are of vials kept at 2 to 8 °C
        budget = data.bands[0].hours if data and data.bands else None
        left = shelf[lot.pk].doses if lot.pk in shelf else 0.0
        found.append(
            Concerned(lot, left, given.get(lot.pk, 0), advice, warm, budget, held.get(lot.pk))
        )
    return sorted(found, key=lambda c: (-c.left, c.lot.number))


def _was_in(equipment: Equipment, lot: Lot, stowed: dict[int, set[int]]) -> bool:
    """By the record of where it was put; without one, wherever goods of its kind are kept."""
    if lot.pk in stowed:
        return equipment.pk in stowed[lot.pk]
    storage = EquipmentKind(equipment.kind).storage
    return storage is Storage.REFRIGERATED or lot.product.storage == storage


def _curves(excursion: Excursion) -> list[tuple[datetime, Points]]:
    """This excursion and those before it, each with its end: budgets are of a vial's whole life."""
    found: list[tuple[datetime, Points]] = []
    for e in queries.excursions_of([excursion.equipment_id]).filter(
        began_at__lte=excursion.began_at
    ):
        inside = queries.readings(excursion.equipment_id, (e.began_at, e.ended_at))
        low, high = _limits(excursion.equipment)
        edge = high if e.side == "warm" else low
        points = [(r.at, r.celsius) for r in inside]
        if not points or points[0][0] > e.began_at:
            points.insert(0, (e.began_at, edge))
        if e.ended and points[-1][0] < e.ended_at:
            points.append((e.ended_at, edge))
        found.append((e.ended_at, points))
    return found


def _limits(equipment: Equipment) -> tuple[float, float]:
    return RANGES[EquipmentKind(equipment.kind).storage]


@transaction.atomic(durable=True)
def quarantine(
    excursion_id: int, lot_ids: list[int], *, actor: Actor, now: datetime
) -> Quarantined:
    """Hold these of the lots concerned at the site: red at the scanner, frozen in booking, until it
    is decided. Again changes nothing. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    excursion = queries.excursion(excursion_id)
    site = excursion.equipment.site
    check_may(actor, Act.HOLD_LOT, site=site)
    services.hold_equipment(excursion.equipment_id)
    concerned = {c.lot.pk: c.lot for c in _concerned(excursion)}
    if not lot_ids or not set(lot_ids) <= concerned.keys():
        raise BadInput(gettext_noop("Choose among the lots that were in the equipment."))
    reason = f"{excursion.equipment.code}: {excursion.peak:.1f} °C"
    placed = []
    for pk in sorted(lot_ids):
        held = place_hold(uuid5(HOLDING, f"{excursion.pk} {pk} {now.isoformat()}"), concerned[pk], site,
                          reason, actor=actor, now=now)  # fmt: skip
        if held.made or queries.excursions_holding(held.hold.pk):  # else it has a reason of its own
            services.note_quarantine(excursion, held.hold)
        placed.append(held)
    short = {s.pk: s for held in placed for s in held.short}
    ledger.audit("excursion.quarantined", f"excursion:{excursion.pk}", actor=actor, now=now,
                 lots=sorted(lot_ids))  # fmt: skip
    return Quarantined(tuple(h.hold for h in placed), tuple(short.values()))


@transaction.atomic(durable=True)
def decide(
    excursion_id: int, ruling: Ruling, ground: str, *, actor: Actor, now: datetime
) -> Excursion:
    """May the lots be given? If so, those that were held for it are free again, all of them; else they
    stay on hold until they are discarded. Raises NotAllowed, BadInput without a ground."""
    excursion = queries.excursion(excursion_id)
    check_may(actor, Act.HOLD_LOT, site=excursion.equipment.site)
    ground = ground.strip()[:500]
    if len(ground) < 3:
        raise BadInput(gettext_noop("Say what was decided about the lots, and on what ground."))
    services.hold_equipment(excursion.equipment_id)
    excursion = queries.excursion(excursion_id)
    if excursion.ruling:
        raise BadInput(gettext_noop("It is decided already."))
    if ruling is Ruling.USE:
        for q in queries.quarantines(excursion.pk):
            if q.hold.released_at is None and not _held_for_another(q.hold, excursion):
                end_hold(q.hold_id, ground, actor=actor, now=now)
    services.decide(excursion, ruling, ground, actor=actor, now=now)
    ledger.audit("excursion.decided", f"excursion:{excursion.pk}", actor=actor, now=now,
                 ruling=ruling.value, ground=ground)  # fmt: skip
    return excursion


def _held_for_another(hold: LotHold, but: Excursion) -> bool:
    """Does another excursion, on which nobody has decided that it may be used, hold the lot too?"""
    others = queries.excursions_holding(hold.pk)
    return any(e.pk != but.pk and e.ruling != Ruling.USE for e in others)
