"""An open vial is at its end: what is left of it is wasted, with a reason, or was never there."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may, may
from balmis.contexts.clinic import visits
from balmis.contexts.journal import audit, locks
from balmis.contexts.supply import stock_moves, vials
from balmis.contexts.supply.models import Vial
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.vocabulary.supply import MoveKind, WastageReason


@transaction.atomic(durable=True)
def close_vial(vial_id: UUID, why: WastageReason | None, *, actor: Actor, now: datetime) -> Vial:
    """What was not drawn is wasted for this reason; more drawn than on the label is noted as extra.

    A vial that is closed stays as it is. Raises NotAllowed, BadInput when doses are left and no
    reason is given, Refusal(NOT_KNOWN).
    """
    vial = vials.vial(vial_id)
    if not may(actor, Act.RUN_CLINIC, site=vial.site):
        check_may(actor, Act.MOVE_STOCK, site=vial.site)
    locks.write_facts(locks.STOCK)
    vial = vials.lock_vial(vial_id)
    drawn = visits.doses_from([vial.pk]).get(vial.pk, 0)
    left = vial.doses - drawn
    if vial.closed_at is not None:
        return vial
    if left > 0 and why is None:
        raise BadInput(gettext_noop("Doses are left in the vial: say why they are wasted."))
    vials.close_vial(vial, wasted=max(left, 0), why=why if left > 0 else None, actor=actor, now=now)
    _post(vial, left, why, actor, now)
    audit.record(
        "vial.closed",
        f"vial:{vial.pk}",
        actor=actor,
        now=now,
        wasted=max(left, 0),
        why=why.value if why else "",
    )
    return vial


def _post(vial: Vial, left: int, why: WastageReason | None, actor: Actor, now: datetime) -> None:
    """In the book: wasted doses leave the shelf, extra ones have come onto it."""
    if left == 0:
        return
    kind = MoveKind.WASTAGE if left > 0 else MoveKind.EXTRA_DRAWN
    move = stock_moves.Move(
        request_id=Made.VIAL_END.of(vial.pk),
        kind=kind,
        lot=vial.lot,
        site=vial.site,
        doses=Decimal(abs(left)),
        occurred_on=local_day(vial.opened_at, vial.site.time_zone),
        reason=f"{why.value if why else ''} open vial".strip(),
    )
    if left > 0:
        stock_moves.waste(move, why or WastageReason.OTHER, actor=actor, now=now)
    else:
        stock_moves.post(move, actor=actor, now=now)
