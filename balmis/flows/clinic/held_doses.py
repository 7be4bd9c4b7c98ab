"""Doses that cannot be as they were told: out of the figures until somebody has looked at them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import check_may_at
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal import audit, locks, outbox
from balmis.contexts.people import queries as people
from balmis.contexts.safety import dose_flags as reviews
from balmis.contexts.safety import held_doses as held
from balmis.contexts.safety.held_doses import HeldDose
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import CorrectionReason, HeldEnd
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.people_search import paths_of
from balmis.flows.clinic.correct_dose import take_back
from balmis.flows.retry import retried

MOST = 100
SETTLED = gettext_noop("Somebody has looked at this dose meanwhile, or it is explained.")


def find_held(slug: str, *, actor: Actor, now: datetime) -> list[HeldDose]:
    """Those of the people whom the actor serves, what was recorded last first; the look is logged."""
    campaign = campaigns.campaign(slug)
    paths = paths_of(actor, campaign)
    found = [one for path in paths for one in held.held_doses(campaign.pk, path, MOST)][:MOST]
    if found:
        whose = sorted({one.dose.person_id for one in found})
        subject = f"campaign:{campaign.pk}"
        with transaction.atomic():
            audit.record("doses.held_read", subject, actor=actor, now=now, people=whose)
    return found


def count_held(slug: str, *, actor: Actor) -> int:
    """How many `find_held` would find."""
    campaign = campaigns.campaign(slug)
    return sum(held.count_below(campaign.pk, path) for path in paths_of(actor, campaign))


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleHeld:
    """What was found out about a dose that no figure counts."""

    campaign: str
    dose_id: int
    end: HeldEnd
    note: str  # by what it is known


@retried
@transaction.atomic(durable=True)
def settle_held(cmd: SettleHeld, *, actor: Actor, now: datetime) -> None:
    """It stands and counts from now on; or it, or the record that it repeats, is taken back. Raises
    NotAllowed, BadInput without a note, Conflict when it waits no longer, Refusal(NOT_KNOWN)."""
    if len(cmd.note.strip()) < 3:
        raise BadInput(gettext_noop("Say by what you know it."), ("note",))
    campaign, dose = campaigns.campaign(cmd.campaign), doses.dose(cmd.dose_id)
    if dose.campaign_id != campaign.pk:
        raise Refusal(Refused.NOT_KNOWN, what="dose", key=cmd.dose_id)
    check_may_at(actor, Act.CORRECT_DOSE, dose.site or dose.person.area)
    locks.write_facts(locks.STOCK, campaign.pk)
    people.lock_canonical(dose.person_id)
    one = held.held_dose(dose.pk)
    if one is None:
        raise Conflict(SETTLED)
    if cmd.end is HeldEnd.STANDS:
        note_review(dose, cmd.note, actor=actor, now=now)
        return
    wrong, why = _wrong(one, cmd.end)
    check_may_at(actor, Act.CORRECT_DOSE, wrong.site or wrong.person.area)
    request = Made.HELD_DOSE.of(f"{dose.pk} {cmd.end.value}")
    because = actor.because(cmd.note.strip()[:200])
    take_back(wrong, why, request_id=request, actor=because, now=now)


def _wrong(one: HeldDose, end: HeldEnd) -> tuple[Dose, CorrectionReason]:
    """Which record goes, and why."""
    if end is HeldEnd.NOT_GIVEN:
        return one.dose, CorrectionReason.ENTERED_IN_ERROR
    if end is HeldEnd.WRONG_PERSON:
        return one.dose, CorrectionReason.WRONG_PERSON
    if one.alike is None:
        raise BadInput(gettext_noop("There is no other record that this one repeats."), ("end",))
    return (one.dose if end is HeldEnd.EARLIER else one.alike), CorrectionReason.DUPLICATE


def note_review(dose: Dose, note: str, *, actor: Actor, now: datetime) -> None:
    """Somebody looked at the dose, and it stands: whatever held it out of the figures no longer does."""
    said = note.strip()[:500]
    reviews.review(dose, said, actor=actor, now=now)
    audit.record("dose.reviewed", f"dose:{dose.pk}", actor=actor, now=now, note=said)
    outbox.publish("dose.reviewed.v1", now=now, campaign=dose.campaign_id, dose=dose.pk)
