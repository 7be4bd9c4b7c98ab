"""How are you after the dose? Asked by message on days 1, 3 and 7, later where an event asks for it;
a red flag opens a draft report and starts the clock of a call."""

from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit, locks
from balmis.contexts.notices import services as notices
from balmis.contexts.people import contacts
from balmis.contexts.people import queries as people
from balmis.contexts.safety import cases
from balmis.contexts.safety import diary as kept
from balmis.contexts.safety.models import Contact
from balmis.core.actor import Actor
from balmis.core.booking.signed_text import key_of
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.safety.diary import (
    LATER,
    Answer,
    AnswerRate,
    rate,
    red_flags,
)
from balmis.core.safety.diary_link import Question, read, sign
from balmis.core.vocabulary.notices import Purpose
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import (
    Care,
    CaseNoteKind,
    ContactStatus,
    Serious,
    Source,
    Symptom,
)
from balmis.flows.booking.notices import facts_from
from balmis.flows.booking.short_links import question_link
from balmis.flows.retry import retried
from balmis.flows.safety import reference_data

MOST = 2000  # a round
LINK_LASTS = timedelta(days=60)  # to an answer about one day
ASKER = Actor.system("diary")


def ask_all(*, now: datetime) -> int:
    """A round for every campaign; returns how many were asked."""
    return sum(ask(campaign, now=now) for campaign in campaigns.campaigns())


@transaction.atomic(durable=True)
def ask(campaign: Campaign, *, now: datetime) -> int:
    """Who is due today is asked; whom no message reaches is put on the list of calls."""
    today = local_day(now, campaign.time_zone)
    policy = campaigns.policy_of(campaign.pk).safety
    for day in policy.diary_days:
        kept.schedule(campaign.pk, today - timedelta(days=day), day, MOST)
    special = [e.code for e in reference_data.events().values() if e.special]
    for day in LATER:
        kept.schedule_later(campaign.pk, today, day, special)
    kept.expire(campaign.pk, today - timedelta(days=policy.diary_open_days))
    sent = 0
    for contact in kept.to_send(campaign.pk, today, MOST):
        sent += _send(campaign, contact, now)
    return sent


def _send(campaign: Campaign, contact: Contact, now: datetime) -> bool:
    to = contacts.contact(people.canonical_id(contact.person_id))
    if to is None or not to.tell or not (to.phone or to.email):
        kept.move(contact, ContactStatus.BOUNCED)
        return False
    facts = facts_from(campaign) | {
        "link": question_link(campaign, contact.pk),
        "name": contact.person.name,
        "shared": contacts.is_shared(to),
    }
    notices.write(
        f"diary:{contact.pk}",
        contact.person,
        Purpose.DIARY,
        notices.address_of(to),
        facts,
        zone=campaign.time_zone,
        now=now,
    )
    kept.move(contact, ContactStatus.SENT, sent_at=now)
    return True


def token_of(contact: Contact) -> str:
    return token_for(contact.pk)


def token_for(question_id: int) -> str:
    """For the link to a question."""
    return sign(Question(question_id), _key())


def _key() -> bytes:
    return key_of(settings.SECRET_KEY, "diary")


@transaction.atomic(durable=True)
def opened(slug: str, token: str, *, now: datetime) -> Contact:
    """The question behind a link. Raises Refusal(NOT_KNOWN)."""
    contact = _of_token(slug, token, now)
    if contact.status == ContactStatus.SENT:
        kept.move(contact, ContactStatus.OPENED, opened_at=now)
    return contact


def _is_over(contact: Contact, now: datetime) -> bool:
    return contact.sent_at is not None and now - contact.sent_at > LINK_LASTS


def _of_token(slug: str, token: str, now: datetime) -> Contact:
    found = read(token, _key())
    contact = kept.lock_contact(found.contact) if found else None
    if contact is None or contact.campaign.slug != slug or _is_over(contact, now):
        raise Refusal(Refused.NOT_KNOWN, what="question", key="")
    return contact


@retried
@transaction.atomic(durable=True)
def answer(slug: str, token: str, said: Answer, *, now: datetime) -> Contact:
    """What the person said; said once, it stands. Raises BadInput, Refusal(NOT_KNOWN)."""
    contact = _of_token(slug, token, now)
    _keep(contact, said, actor=Actor(f"person:{contact.person_id}"), by_phone=False, now=now)
    return contact


@retried
@transaction.atomic(durable=True)
def answer_by_phone(slug: str, key: int, said: Answer, *, actor: Actor, now: datetime) -> Contact:
    """What somebody heard on the phone. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.WORK_CASES, area=campaign.area)
    contact = kept.lock_contact(key)
    if contact.campaign_id != campaign.pk:
        raise Refusal(Refused.NOT_KNOWN, what="question", key=key)
    _keep(contact, said, actor=actor, by_phone=True, now=now)
    return contact


def read_answer(said: Answer) -> Answer:
    """Raises BadInput for words that are not of the form."""
    if said.care not in ("", *Care) or set(said.symptoms) - set(Symptom):
        raise BadInput(gettext_noop("Choose from the list."))
    if not said.well and not said.symptoms and not said.words.strip():
        raise BadInput(gettext_noop("Say what is wrong, or that you are well."))
    return said


def _keep(contact: Contact, said: Answer, *, actor: Actor, by_phone: bool, now: datetime) -> None:
    if contact.status == ContactStatus.COMPLETED:
        return  # a second press of the button
    read_answer(said)
    locks.write_facts(contact.campaign_id)
    people.lock_canonical(contact.person_id)
    kept.move(
        contact,
        ContactStatus.COMPLETED,
        answer=msgspec.to_builtins(said),
        answered_at=now,
        by_phone=by_phone,
    )
    audit.record("diary.answered", f"contact:{contact.pk}", actor=actor, now=now, day=contact.day)
    if flags := red_flags(said):
        _draft(contact, said, flags, actor=actor, now=now)


def _draft(
    contact: Contact, said: Answer, flags: tuple[str, ...], *, actor: Actor, now: datetime
) -> None:
    """A report that somebody calls about; the rest of the form is asked then."""
    why = (Serious.HOSPITAL,) if said.care == Care.HOSPITAL else ()
    # it began since they last said how they were; the earliest day of that is taken
    on = contact.dose.given_on + timedelta(days=kept.last_answered(contact))
    told = cases.ToldEvent(
        request_id=Made.DIARY_DRAFT.of(contact.pk),
        onset_on=on,
        serious=bool(why),
        died=False,
        dose_id=contact.dose_id,
        source=Source.DIARY,
        why_serious=why,
        noticed_at=now,
        words=said.words.strip() or ", ".join(said.symptoms),
        facts={"symptoms": list(said.symptoms), "care": said.care, "day": contact.day},
    )
    _, case, made = cases.record_event(told, contact.campaign, actor=actor, now=now)
    if made:
        cases.note(
            case,
            CaseNoteKind.RED_FLAG,
            ", ".join(flags),
            at=now,
            actor=actor,
            now=now,
            day=contact.day,
        )
        audit.record("case.red_flag", f"case:{case.pk}", actor=actor, now=now, flags=flags)


def phone_list(slug: str, *, actor: Actor, now: datetime) -> list[tuple[Contact, str]]:
    """Whom to call, with the number that is known. The look at them is logged. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.WORK_CASES, area=campaign.area)
    silent = campaigns.policy_of(campaign.pk).safety.diary_silent_days
    found = kept.to_call(campaign.pk, local_day(now, campaign.time_zone), silent)
    phones = contacts.phones([c.person_id for c in found])
    audit.record(
        "diary.calls_read",
        f"campaign:{campaign.pk}",
        actor=actor,
        now=now,
        people=[c.person_id for c in found],
    )
    return [(c, phones.get(c.person_id, "")) for c in found]


def rates(slug: str, *, actor: Actor) -> list[tuple[int, AnswerRate, dict[str, AnswerRate]]]:
    """For each day: who sought care, and each symptom; with the share that answered and both ends.
    Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.READ_REPORT, area=campaign.area)
    return [
        (
            t.day,
            rate(t.asked, t.answered, t.care),
            {
                s: rate(t.asked, t.answered, n)
                for s, n in sorted(t.symptoms.items(), key=lambda x: -x[1])
            },
        )
        for t in kept.tallies(campaign.pk)
    ]
