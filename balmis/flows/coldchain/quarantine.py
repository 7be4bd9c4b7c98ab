"""Something was too warm or too cold: which lots, what do their data say, and what is decided?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from balmis.contexts.access.services import check_may, may
from balmis.contexts.booking.models import Session
from balmis.contexts.clinic import queries as doses
from balmis.contexts.coldchain import queries, services
from balmis.contexts.coldchain.models import Excursion
from balmis.contexts.journal import audit
from balmis.contexts.supply import lot_holds, stock_book
from balmis.contexts.supply import lots as supply_lots
from balmis.contexts.supply.models import Lot, LotHold
from balmis.core.actor import Actor
from balmis.core.coldchain.stability import advise
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.coldchain import Advice, EquipmentKind, Ruling
from balmis.core.vocabulary.supply import Storage
from balmis.flows.coldchain.lot_history import Lives
from balmis.flows.coldchain.stability import stability_of
from balmis.flows.holds.lot_holds import Held, PlaceHold, end_hold, place_hold
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True)
class Concerned:
    """A lot that was, as far as anyone knows, in the equipment."""

    lot: Lot
    left: float  # doses on the shelf, by the book
    given: int  # doses at the site since it began
    gone: float  # doses that left the site since then: somebody has to follow them
    advice: Advice
    warm: timedelta  # above 8 °C in all, wherever it was
    budget: float | None  # hours that its data allow in the mildest band
    hold: LotHold | None  # that stands for this excursion
    held_else: bool  # a hold stands, for whatever cause


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
    if not may(actor, Act.HOLD_LOT, site=excursion.equipment.site):
        check_may(actor, Act.MOVE_STOCK, site=excursion.equipment.site)
    placed = tuple(q.hold for q in queries.quarantines(excursion.pk))
    return Looked(excursion, tuple(_concerned(excursion)), placed)


def _concerned(excursion: Excursion) -> list[Concerned]:
    equipment, site = excursion.equipment, excursion.equipment.site
    given = doses.given_since(site.pk, excursion.began_at)
    gone = stock_book.gone_since(site.pk, local_day(excursion.began_at, site.time_zone))
    shelf = {s.lot.pk: s for s in stock_book.shelves(site.pk)}
    held = {
        q.hold.lot_id: q.hold for q in queries.quarantines(excursion.pk) if not q.hold.released_at
    }
    others = {h.lot_id for h in lot_holds.holds(site.pk)}
    lots = {pk: s.lot for pk, s in shelf.items()}
    lots |= supply_lots.lots_by_id((given.keys() | gone.keys()) - shelf.keys())
    lives, found = Lives(lots.values()), []
    known = lives.place(site.pk)
    for pk, lot in lots.items():
        at = known.came.get(pk)
        if at is not None and at > excursion.ended_at:
            continue  # it was not here yet
        if not known.was_in(lot, equipment, excursion.began_at, excursion.ended_at):
            continue
        data = stability_of(lot.product.code)
        advice, warm = advise(data, lives.suffered(lot, site.pk))
        if EquipmentKind(equipment.kind).storage is not Storage.REFRIGERATED:
            advice = Advice.UNKNOWN  # the data are of vials kept at 2 to 8 °C
        found.append(
            Concerned(
                lot,
                shelf[pk].doses if pk in shelf else 0.0,
                given.get(pk, 0),
                gone.get(pk, 0.0),
                advice,
                warm,
                data.bands[0].hours if data and data.bands else None,
                held.get(pk),
                pk in others,
            )
        )
    return sorted(found, key=lambda c: (-c.left, c.lot.number))


@retried
@transaction.atomic(durable=True)
def quarantine(
    excursion_id: int, lot_ids: list[int], *, actor: Actor, now: datetime
) -> Quarantined:
    """Hold these of the lots concerned at the site: red at the scanner, frozen in booking, until it
    is decided. Again changes nothing. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    excursion = _held_open(excursion_id, actor)
    concerned = {c.lot.pk: c.lot for c in _concerned(excursion)}
    if not lot_ids or not set(lot_ids) <= concerned.keys():
        raise BadInput(gettext_noop("Choose among the lots that were in the equipment."))
    placed = _hold(excursion, [concerned[pk] for pk in sorted(lot_ids)], actor=actor, now=now)
    short = {s.pk: s for held in placed for s in held.short}
    audit.record(
        "excursion.quarantined",
        f"excursion:{excursion.pk}",
        actor=actor,
        now=now,
        lots=sorted(lot_ids),
    )
    return Quarantined(tuple(h.hold for h in placed), tuple(short.values()))


def _held_open(excursion_id: int, actor: Actor) -> Excursion:
    """The excursion, its equipment locked; nobody has ruled on it. Raises BadInput."""
    excursion = queries.excursion(excursion_id)
    check_may(actor, Act.HOLD_LOT, site=excursion.equipment.site)
    services.lock_equipment(excursion.equipment_id)
    excursion = queries.excursion(excursion_id)  # readings may have changed it meanwhile
    if excursion.ruling:
        raise BadInput(gettext_noop("It is decided already."))
    return excursion


def _hold(excursion: Excursion, lots: list[Lot], *, actor: Actor, now: datetime) -> list[Held]:
    site, placed = excursion.equipment.site, []
    reason = f"{excursion.equipment.code}: {excursion.peak:.1f} °C"
    standing = {q.hold.lot_id for q in queries.quarantines(excursion.pk) if not q.hold.released_at}
    for lot in sorted(lots, key=lambda x: (x.product_id, x.pk)):
        if lot.pk in standing:
            continue
        held = place_hold(
            PlaceHold(
                request_id=uuid4(),
                lot=lot,
                where=site,
                reason=reason,
                cause=f"excursion:{excursion.pk}",
            ),
            actor=actor,
            now=now,
        )
        services.note_quarantine(excursion, held.hold)
        placed.append(held)
    return placed


@retried
@transaction.atomic(durable=True)
def decide(
    excursion_id: int, ruling: Ruling, ground: str, *, actor: Actor, now: datetime
) -> Excursion:
    """May the lots be given? If so, what was held for it is free again, unless it is held for another
    cause too; else every lot concerned is on hold until it is discarded.

    Raises NotAllowed, BadInput without a ground, or when it is decided.
    """
    excursion = _held_open(excursion_id, actor)
    ground = ground.strip()[:500]
    if len(ground) < 3:
        raise BadInput(gettext_noop("Say what was decided about the lots, and on what ground."))
    if ruling is Ruling.USE:
        needed = queries.held_for_others(excursion.pk)
        for q in queries.quarantines(excursion.pk):
            if q.hold.released_at is None and q.hold_id not in needed:
                end_hold(q.hold_id, ground, actor=actor, now=now)
    else:
        left = [c.lot for c in _concerned(excursion) if c.left > 0]
        _hold(excursion, left, actor=actor, now=now)
    services.decide(excursion, ruling, ground, actor=actor, now=now)
    audit.record(
        "excursion.decided",
        f"excursion:{excursion.pk}",
        actor=actor,
        now=now,
        ruling=ruling.value,
        ground=ground,
    )
    return excursion
