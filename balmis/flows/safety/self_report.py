"""A person tells of an event after their own dose, without having been asked."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as doses
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import queries as people
from balmis.contexts.safety import cases
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.safety.diary import Answer, red_flags
from balmis.core.vocabulary.safety import Care, CaseNoteKind, Serious, Source, Symptom
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    request_id: UUID
    dose: int
    onset_on: date
    symptoms: tuple[str, ...]
    care: str
    words: str


@retried
@transaction.atomic(durable=True)
def tell(slug: str, person_id: int, told: Told, *, now: datetime) -> bool:
    """The report of a person who has shown who they are; a red flag starts the clock of a call, and
    that is returned.

    Raises BadInput for what is not of the form, or not their own dose.
    """
    campaign = campaigns.campaign(slug)
    locks.write_facts(campaign.pk)
    person = people.lock_canonical(person_id)
    today = local_day(now, campaign.time_zone)
    dose = next(
        (
            d
            for d in doses.live_doses(person.pk)
            if d.pk == told.dose and d.campaign_id == campaign.pk
        ),
        None,
    )
    if dose is None or set(told.symptoms) - set(Symptom) or told.care not in ("", *Care):
        raise BadInput(gettext_noop("Choose from the list."))
    if not told.symptoms and not told.words.replace("\x00", "").strip():
        raise BadInput(gettext_noop("Say what happened."), ("words",))
    if not dose.given_on <= told.onset_on <= today:
        raise BadInput(gettext_noop("It must have begun between the dose and today."), ("onset",))
    most = campaigns.policy_of(campaign.pk).safety.self_reports_a_day
    if cases.told_since(person.pk, told.request_id, Source.RESIDENT, today) >= most:
        raise BadInput(gettext_noop("You have told us several times today. Please call us."))
    why = (Serious.HOSPITAL,) if told.care == Care.HOSPITAL else ()
    event = cases.ToldEvent(
        request_id=told.request_id,
        onset_on=told.onset_on,
        serious=bool(why),
        died=False,
        dose_id=dose.pk,
        person_id=person.pk,
        source=Source.RESIDENT,
        why_serious=why,
        noticed_at=now,
        words=told.words.replace("\x00", "").strip()[:4000] or ", ".join(told.symptoms),
        facts={"symptoms": list(told.symptoms), "care": told.care},
    )
    actor = Actor(f"person:{person.pk}")
    _, case, made = cases.record_event(event, campaign, actor=actor, now=now)
    flags = red_flags(Answer(well=False, symptoms=told.symptoms, care=told.care))
    if made and flags:
        cases.note(case, CaseNoteKind.RED_FLAG, ", ".join(flags), at=now, actor=actor, now=now)
    if made:
        audit.record(
            "event.told", f"case:{case.pk}", actor=actor.on_request(told.request_id), now=now
        )
    return bool(flags)
