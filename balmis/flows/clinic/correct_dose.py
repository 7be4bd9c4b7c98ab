"""A recorded dose was not given as recorded."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may_at
from balmis.contexts.booking.models import Booking
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic import visits
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal import locks
from balmis.contexts.people import queries as people
from balmis.core.actor import Actor
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import CorrectionReason
from balmis.flows.clinic.bookings_of_doses import book_again
from balmis.flows.clinic.dose_register import withdraw
from balmis.flows.clinic.doses_of_day import settle_day
from balmis.flows.retry import retried


@retried
@transaction.atomic(durable=True)
def correct_dose(
    dose_id: int, why: CorrectionReason, *, request_id: UUID, actor: Actor, now: datetime
) -> list[Booking]:
    """Take back a recorded dose: its stock is on the shelf, and if a desk's record of the same day
    waits behind it, that one is the dose now. Else what was booked for it is booked again, where its
    place is free; returns appointments whose place is gone.

    A retry of the same request changes nothing. Raises NotAllowed, BadInput, Refusal(
    ALREADY_CORRECTED, REQUEST_REUSED).
    """
    if why is CorrectionReason.SUPERSEDED:
        raise BadInput("Say in which way the dose was not given as recorded.")
    dose = doses.dose(dose_id)
    check_may_at(actor, Act.CORRECT_DOSE, dose.site or dose.campaign.area)
    locks.write_facts(locks.STOCK, dose.campaign_id)
    return take_back(dose, why, request_id=request_id, actor=actor, now=now)


def take_back(
    dose: Dose, why: CorrectionReason, *, request_id: UUID, actor: Actor, now: datetime
) -> list[Booking]:
    """The same in a transaction that may write facts of the stock."""
    person = people.lock_canonical(dose.person_id)
    withdraw(dose, why, request_id=request_id, actor=actor, now=now)
    if visits.came_on(person.pk, dose.campaign_id, dose.given_on):
        settle_day(dose.campaign, person, dose.given_on, actor=actor, now=now)
    return book_again(dose.campaign, person, dose.given_on, actor=actor, now=now)
