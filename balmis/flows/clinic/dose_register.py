"""A dose in the register, and out of it: everything that must be true at once. For flows in whose
transaction the person is held."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic import services as clinic
from balmis.contexts.clinic.models import Dose
from balmis.contexts.clinic.services import Given
from balmis.contexts.journal import audit, outbox
from balmis.contexts.safety import dose_flags as safety
from balmis.contexts.safety import held_doses
from balmis.contexts.supply import stock_book, stock_moves
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.schedule.spacing import judge, step_for
from balmis.core.supply.draw_flags import drawing_flags
from balmis.core.vocabulary.clinic import CorrectionReason, DoseFlag
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import MoveKind
from balmis.flows.clinic.bookings_of_doses import fulfil


def register(
    given: Given,
    previous: date | None,
    flags: Sequence[DoseFlag] = (),
    *,
    actor: Actor,
    now: datetime,
) -> Dose:
    """The dose and all that follows from it, in a transaction in which the person is held.

    `previous` is the day of the person's last live dose until then; `flags` are what a check before
    the needle left to be reviewed.
    """
    product = given.product
    step = step_for(
        min_age_years=product.min_age_years, min_interval_days=product.min_interval_days
    )
    born = given.person.born
    verdict = judge(step, born=born, previous=previous, given=given.given_on)
    dose = clinic.administer(given, now=now)
    drawn = _draw(given, actor=actor, now=now)
    found = tuple(dict.fromkeys((*verdict.reasons, *drawn, *flags)))
    if found:
        safety.open_review(dose, found, now=now)
    if given.step is None:  # told by somebody: it may have been told before
        held_doses.judge_people([given.person.pk], now=now)
    audit.record(
        "dose.recorded",
        f"dose:{dose.pk}",
        actor=actor.on_request(given.request_id),
        now=now,
        flags=[f.value for f in found],
    )
    kept = given.visit.booking_id if given.visit else None
    fulfil(given.campaign, given.person, given.given_on, but=kept, now=now)
    outbox.publish("dose.recorded.v1", now=now, campaign=given.campaign.pk, dose=dose.pk)
    return dose


def _draw(given: Given, *, actor: Actor, now: datetime) -> tuple[DoseFlag, ...]:
    """The doses leave the shelf where both it and the lot are known; what is wrong with them."""
    left, lot = None, given.lot
    if lot and given.site:
        move = stock_moves.Move(
            request_id=given.request_id,
            kind=MoveKind.DOSE,
            lot=lot,
            site=given.site,
            doses=given.units,
            occurred_on=given.given_on,
        )
        left = stock_moves.draw(move, actor=actor, now=now)
    return drawing_flags(
        expires_on=lot.expires_on if lot else None, given=given.given_on, left=left
    )


def withdraw(
    dose: Dose, why: CorrectionReason, *, request_id: UUID, actor: Actor, now: datetime
) -> None:
    """The correction and its consequences, in a transaction in which the person is held."""
    if (earlier := doses.corrected_by(request_id)) is not None:
        if earlier != dose.pk:
            raise Refusal(Refused.REQUEST_REUSED, request_id=str(request_id))
        return
    clinic.correct(dose, why, request_id=request_id, replaced_by=None, actor=actor, now=now)
    if drawn := stock_book.move_for_request(dose.request_id, MoveKind.DOSE):
        stock_moves.reverse(drawn, request_id=request_id, actor=actor.because(why.value), now=now)
    held_doses.judge_people([dose.person_id], now=now)  # what it seemed to repeat, or repeated it
    audit.record(
        "dose.corrected",
        f"dose:{dose.pk}",
        actor=actor.because(actor.reason or why.value).on_request(request_id),
        now=now,
    )
    outbox.publish("dose.corrected.v1", now=now, campaign=dose.campaign_id, dose=dose.pk)
