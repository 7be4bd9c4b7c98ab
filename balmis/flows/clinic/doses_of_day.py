"""The doses of one person on one day are right in the register, whatever came in what order.

One function puts it right; every act that may change it ends with it: a desk's record, an undo, a
correction, a ruling, a merge of two records of a person.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import places
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import duplicate_doses, visits
from balmis.contexts.clinic.duplicate_doses import RecordsOfDay
from balmis.contexts.clinic.models import Conflict, Dose, Step
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.core.actor import Actor
from balmis.core.clinic.duplicate_doses import ELSEWHERE
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import ConflictEnd, CorrectionReason
from balmis.flows.clinic.bookings_of_doses import book_again
from balmis.flows.clinic.dose_of_step import Known, record_step
from balmis.flows.clinic.dose_register import withdraw
from balmis.flows.retry import retried

ALONE = "one of the two records was taken back"


def settle_day(
    campaign: Campaign, person: Person, on: date, *, actor: Actor, now: datetime
) -> RecordsOfDay:
    """In a transaction in which the person is held, under the record that is used for them."""
    day = duplicate_doses.day_of(person.pk, campaign.pk, on)
    for step in day.steps.values():
        step.visit.person = person  # whose visit it is, also where a merged record had it
    register = day.register
    for key, live in day.live.items():
        for dose in live[1:] if key in register.doses else live:
            _supersede(dose, actor=actor, now=now)
    for key in register.doses:
        if key not in day.live:
            record_step(day.steps[key], twice=key in register.twice, actor=actor, now=now)
    for key in register.waiting:
        _keep_waiting(day, key, register.kept, now)
    for key, conflict in day.conflicts.items():
        if not conflict.end and key not in register.waiting:
            duplicate_doses.rule(conflict, ConflictEnd.WITHDRAWN, ALONE, actor=actor, now=now)
    _keep_bookings(day, now)
    return day


def _supersede(dose: Dose, *, actor: Actor, now: datetime) -> None:
    withdraw(
        dose,
        CorrectionReason.SUPERSEDED,
        actor=actor,
        now=now,
        request_id=Made.DOSE_AGAIN.of(f"{dose.pk} gives way"),
    )


def _keep_waiting(day: RecordsOfDay, key: str, kept: str | None, now: datetime) -> None:
    step = day.steps[kept] if kept else None
    known = day.conflicts.get(key)
    if known is None or known.end or known.kept_id != (step.pk if step else None):
        dose = day.elsewhere if kept == ELSEWHERE else None
        day.conflicts[key] = duplicate_doses.keep_conflict(day.steps[key], step, dose, now=now)


def _keep_bookings(day: RecordsOfDay, now: datetime) -> None:
    """An appointment was kept while a dose of its visit stands; else it is open as before."""
    given = {day.steps[key].visit_id for key in day.register.doses}
    by_visit = {s.visit_id: s.visit.booking_id for s in day.steps.values()}
    booked = {pk: b for pk, b in by_visit.items() if b is not None}
    if kept := [b for pk, b in booked.items() if pk in given]:
        places.keep(kept, now=now)
    if open_ := [b for pk, b in booked.items() if pk not in given]:
        places.unkeep(open_)


def first_of_day(step: Step, known: Known, *, actor: Actor, now: datetime) -> None:
    """What `settle_day` does, for a person of whom no other dose is told that day."""
    record_step(step, known, actor=actor, now=now)
    if step.visit.booking_id is not None:
        places.keep([step.visit.booking_id], now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoDose:
    """A step's dose was not given as recorded, and the step that says so."""

    undone: Step
    by: Step
    reason: str


def undo_dose(cmd: UndoDose, person: Person, *, actor: Actor, now: datetime) -> list[Booking]:
    """Take the dose back. If another record of it waits in a conflict, that one is the dose now; else what
    was booked for it is booked again. Returns appointments whose place is gone."""
    dose = visits.live_dose_of(cmd.undone)
    if dose is not None:
        withdraw(
            dose,
            CorrectionReason.ENTERED_IN_ERROR,
            request_id=cmd.by.request_id,
            actor=actor.because(cmd.reason),
            now=now,
        )
    visit = cmd.undone.visit
    day = settle_day(visit.campaign, person, visit.on, actor=actor, now=now)
    if day.register.doses:
        return []
    return book_again(visit.campaign, person, visit.on, actor=actor, now=now)


@retried
@transaction.atomic(durable=True)
def settle(
    conflict_id: int, end: ConflictEnd, reason: str, *, actor: Actor, now: datetime
) -> Conflict:
    """Someone who was there says whether it was one dose or two.

    Raises NotAllowed, BadInput without a reason, Refusal(NOT_KNOWN) when it is settled already.
    """
    if len(reason.strip()) < 3:
        raise BadInput(gettext_noop("Say what was found out about the two records."))
    if end is ConflictEnd.WITHDRAWN:
        raise BadInput(gettext_noop("Say whether it was the same dose or two doses."))
    visit = duplicate_doses.conflict(conflict_id).visit
    check_may(actor, Act.CORRECT_DOSE, site=visit.site)
    locks.write_facts(locks.STOCK, visit.campaign_id)
    person = people.lock_canonical(visit.person_id)
    conflict = duplicate_doses.conflict(conflict_id)
    duplicate_doses.rule(conflict, end, reason.strip()[:500], actor=actor, now=now)
    settle_day(visit.campaign, person, visit.on, actor=actor, now=now)
    audit.record(
        "conflict.settled",
        f"conflict:{conflict.pk}",
        actor=actor,
        now=now,
        end=end.value,
        reason=reason,
    )
    return conflict
