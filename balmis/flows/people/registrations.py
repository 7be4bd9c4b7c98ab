"""Someone without a letter says who they are: a provisional record, and a provisional appointment.

A code goes to the stated address in any case. What is stated proves nothing: nobody learns who is in
the register, and nothing of a known person is shown or changed. Whoever comes back with the code has a
record that holds what they said themselves. If it may be somebody of the register, the registration
desk looks, with the document, and so may the owner once they have proven themselves.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from balmis.contexts.access.services import check_may, may
from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.contexts.notices.services import To
from balmis.contexts.people import contacts, matches, registrations
from balmis.contexts.people import queries as people_
from balmis.contexts.people.models import Person, Registration
from balmis.contexts.people.registrations import Stated
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area
from balmis.core.actor import Actor
from balmis.core.booking import short_link
from balmis.core.booking.signed_text import key_of
from balmis.core.errors import BadInput, Conflict, Refusal
from balmis.core.people.likeness import Identity
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.booking import EndReason
from balmis.core.vocabulary.notices import Purpose
from balmis.core.vocabulary.people import Likeness, Proof, RegistrationStatus
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.code_limits import check_sent
from balmis.flows.booking.notices import facts_from, facts_of
from balmis.flows.booking.reservations import cancel_booking
from balmis.flows.booking.resident_sign_in import (
    check_allowed,
    keep_stated,
    plain_code,
    read_address,
)
from balmis.flows.booking.short_links import link_to
from balmis.flows.people.merge import merge_people
from balmis.flows.retry import retried


@transaction.atomic(durable=True)
def register(slug: str, stated: Stated, *, network: str = "", now: datetime) -> int:
    """Send a code to the stated address, whoever it is; returns the registration.

    Raises BadInput, Refusal(TOO_MANY_TRIES, NO_MORE_CODES).
    """
    campaign = campaigns.campaign(slug)
    area = _home(campaign, stated.area)
    medium, address = read_address(stated.address, campaign.time_zone)
    check_allowed(campaign, medium, address)
    place = _scope(campaign, area)
    check_sent(slug, medium, address, place.policy, network=network, now=now)
    row, code = registrations.keep_registration(stated, place, address, secret=_secret(), now=now)
    notices.write(
        f"code:registration:{row.pk}",
        None,
        Purpose.CODE,
        To(medium, address, stated.language),
        {"code": code},
        zone=campaign.time_zone,
        now=now,
    )
    return row.pk


def _scope(campaign: Campaign, area: Area) -> registrations.Scope:
    policy = campaigns.policy_of(campaign.pk).identity
    return registrations.Scope(campaign.slug, area, policy)


def _identity(stated: Stated, area: Area) -> Identity:
    return Identity(name=stated.name, born=stated.born, area=area.path, sex=stated.sex.value)


def _home(campaign: Campaign, code: str) -> Area:
    """Raises BadInput for an area outside the campaign."""
    try:
        area = places.area(code)
    except Refusal:
        raise BadInput(gettext_noop("Choose the area in which you live."), ("area",)) from None
    if not area.path.startswith(campaign.area.path):
        raise BadInput(gettext_noop("Choose the area in which you live."), ("area",))
    return area


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a right code: a person who is known now; or, without, a registration that waits for
    the desk, as the address has registered many."""

    person: int | None = None


@retried
@transaction.atomic(durable=True)
def check_code(slug: str, registration_id: int, text: str, *, now: datetime) -> Found | None:
    """After the right code. None: the code is wrong."""
    campaign = campaigns.campaign(slug)
    policy = campaigns.policy_of(campaign.pk).identity
    row = registrations.use_code(
        registration_id, plain_code(text), policy, secret=_secret(), now=now
    )
    if row is None or row.scope != slug:
        return None
    actor = Actor(f"registration:{row.pk}")  # who registers acts for themselves
    matches.lock_likes(row.born, row.area_id)
    known = _owner(campaign, row)
    if known is None:
        person = _settle(campaign, row, actor=actor, now=now)
        return Found(person=person.pk if person else None)
    registrations.decide(row, RegistrationStatus.KNOWN, known, actor=actor.name, now=now)
    audit.record("person.identified", f"person:{known.pk}", actor=actor, now=now, by="name")
    return Found(person=known.pk)


def _owner(campaign: Campaign, row: Registration) -> Person | None:
    """Who it is, if the code came back from the address that is known to be theirs: whose an earlier
    registration with the same words was, or somebody who is exactly this."""
    alike = matches.people_like(registrations.stated(row), campaign.area.path)
    exact = [p for p, how in alike if how is Likeness.EXACT]
    for person in (registrations.earlier_person(campaign.slug, row), *exact):
        known = contacts.proven_contact(person.pk) if person is not None else None
        if known is not None and row.address in (known.phone, known.email):
            return person
    return None


def _exact(campaign: Campaign, stated: Identity) -> Person | None:
    """The one person of the register who is exactly this; None when there are none or several."""
    alike = matches.people_like(stated, campaign.area.path)
    exact = [p for p, how in alike if how is Likeness.EXACT]
    return exact[0] if len(exact) == 1 else None


def _settle(campaign: Campaign, row: Registration, *, actor: Actor, now: datetime) -> Person | None:
    """A provisional record, which is looked at when somebody is alike; when the address has registered
    many, somebody looks first."""
    alike = matches.people_like(registrations.stated(row), campaign.area.path)
    most = campaigns.policy_of(campaign.pk).identity.people_an_address
    if registrations.registered_by(row.address) >= most:
        registrations.await_review(row)
        audit.record("registration.near", f"registration:{row.pk}", actor=actor, now=now)
        return None
    status = RegistrationStatus.NEAR if alike else RegistrationStatus.NEW
    return new_person(campaign, row, status, actor=actor, now=now)


def new_person(
    campaign: Campaign,
    row: Registration,
    status: RegistrationStatus = RegistrationStatus.NEW,
    *,
    actor: Actor,
    now: datetime,
) -> Person:
    """A provisional record with what was stated, reached where the code came back from."""
    synthetic = people_.any_synthetic(campaign.area.path)
    person = registrations.provisional_person(row, synthetic=synthetic, now=now)
    enrolment.enrol_one(campaign, campaigns.latest_plan(campaign.pk), person.pk)
    if row.address:
        keep_stated(campaign, person, row.address, language=row.language, proof=Proof.OWN, now=now)
    registrations.decide(row, status, person, actor=actor.name, now=now)
    audit.record(
        "person.registered",
        f"person:{person.pk}",
        actor=actor,
        now=now,
        registration=row.pk,
        near=status is RegistrationStatus.NEAR,
    )
    return person


# ---- the registration desk -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AtDesk:
    """The person, known or new; or a registration with people alike to choose from."""

    person: int | None = None
    registration: int | None = None


@transaction.atomic(durable=True)
def register_at_desk(slug: str, stated: Stated, *, actor: Actor, now: datetime) -> AtDesk:
    """Someone stands at the desk. Raises NotAllowed, BadInput."""
    campaign = campaigns.campaign(slug)
    area = _home(campaign, stated.area)
    check_may(actor, Act.BOOK_FOR_OTHERS, area=area)
    matches.lock_likes(stated.born, area.pk)
    exact = _exact(campaign, _identity(stated, area))
    if exact is not None:
        return AtDesk(person=exact.pk)
    address = read_address(stated.address, campaign.time_zone)[1] if stated.address else ""
    place = _scope(campaign, area)
    row, _ = registrations.keep_registration(stated, place, address, secret=_secret(), now=now)
    if matches.people_like(registrations.stated(row), campaign.area.path):
        registrations.await_review(row)
        return AtDesk(registration=row.pk)
    return AtDesk(person=new_person(campaign, row, actor=actor, now=now).pk)


@dataclass(frozen=True, slots=True)
class Review:
    row: Registration
    alike: list[tuple[Person, Likeness]]  # those of the registrar's own areas
    elsewhere: list[Area]  # where others live who are alike: their desk may decide


def waiting_reviews(slug: str, paths: list[str]) -> int:
    """How many registrations wait for a decision."""
    return registrations.to_review(slug, paths)[0]


@transaction.atomic(durable=True)
def reviews(
    slug: str, paths: list[str], *, actor: Actor, now: datetime
) -> tuple[int, list[Registration]]:
    """How many registrations wait for a decision, and the oldest of them; the look is logged."""
    waiting, rows = registrations.to_review(slug, paths)
    audit.record(
        "registrations.read",
        f"campaign:{slug}",
        actor=actor,
        now=now,
        registrations=[r.pk for r in rows],
        people=[r.person_id for r in rows if r.person_id is not None],
    )
    return waiting, rows


@transaction.atomic(durable=True)
def open_review(slug: str, registration_id: int, *, actor: Actor, now: datetime) -> Review:
    """A registration and those it may be; the look at them is logged. Raises NotAllowed, Conflict."""
    campaign = campaigns.campaign(slug)
    row = _held(slug, registration_id, actor)
    like = matches.people_like(registrations.stated(row), campaign.area.path)
    every = [(p, how) for p, how in like if p.pk != row.person_id]
    alike = [(p, how) for p, how in every if may(actor, Act.BOOK_FOR_OTHERS, area=p.area)]
    elsewhere = {p.area for p, _ in every} - {p.area for p, _ in alike}
    audit.record(
        "registration.read",
        f"registration:{row.pk}",
        actor=actor,
        now=now,
        people=[p.pk for p, _ in alike] + [row.person_id] * (row.person_id is not None),
    )
    return Review(row, alike, sorted(elsewhere, key=lambda a: a.code))


def _held(slug: str, registration_id: int, actor: Actor) -> Registration:
    row = registrations.lock_registration(registration_id, slug)
    if row is None:
        raise Conflict(gettext_noop("This registration has been decided already."))
    check_may(actor, Act.BOOK_FOR_OTHERS, area=row.area)
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """Whose a registration is."""

    campaign: str
    registration: int
    person: int | None  # one of the register; None: nobody known
    document: str = ""  # which document of the person the desk has before it
    reached: bool = False  # the person says that the address of the registration is theirs


def decide(cmd: Decide, *, actor: Actor, now: datetime) -> Person:
    """The registration is this person, whose document the desk has seen, or nobody known. They are told
    that they can book. Raises NotAllowed, Conflict, BadInput.

    Two records become one in a transaction of their own: the decision stands when they have.
    """
    if cmd.person is None:
        return _is_nobody(cmd, actor=actor, now=now)
    if len(cmd.document.strip()) < 3:
        raise BadInput(
            gettext_noop("Say which document you have seen. Without one the registration waits."),
            ("document",),
        )
    made, chosen = _to_decide(cmd, actor=actor, now=now)
    if made is not None:
        merge_people(chosen, made, reason=cmd.document, actor=actor, now=now)
    return _is_known(cmd, chosen, actor=actor, now=now)


@transaction.atomic(durable=True)
def _is_nobody(cmd: Decide, *, actor: Actor, now: datetime) -> Person:
    campaign = campaigns.campaign(cmd.campaign)
    row = _held(cmd.campaign, cmd.registration, actor)
    if row.person is None:
        person = new_person(campaign, row, actor=actor, now=now)
    else:
        person = people_.canonical(row.person)
        registrations.decide(row, RegistrationStatus.NEW, row.person, actor=actor.name, now=now)
        audit.record("registration.new", f"person:{person.pk}", actor=actor, now=now, of=row.pk)
    _tell(campaign, row, person, now)
    return person


@transaction.atomic(durable=True)
def _to_decide(cmd: Decide, *, actor: Actor, now: datetime) -> tuple[int | None, int]:
    """The record that is to be merged, if there is one, and the one that the registration is of."""
    campaign = campaigns.campaign(cmd.campaign)
    row = _held(cmd.campaign, cmd.registration, actor)
    made = row.person_id
    if made is not None and made != cmd.person == people_.canonical_id(made):
        return None, cmd.person  # merged by an earlier try
    alike = matches.people_like(registrations.stated(row), campaign.area.path)
    chosen = next((p for p, _ in alike if p.pk == cmd.person and p.pk != made), None)
    if chosen is None:
        raise BadInput(gettext_noop("This person is not one of those who are alike."))
    check_may(actor, Act.BOOK_FOR_OTHERS, area=chosen.area)
    return made, chosen.pk


@transaction.atomic(durable=True)
def _is_known(cmd: Decide, person_id: int, *, actor: Actor, now: datetime) -> Person:
    campaign, person = campaigns.campaign(cmd.campaign), people_.person_of(person_id)
    row = _held(cmd.campaign, cmd.registration, actor)
    registrations.decide(row, RegistrationStatus.KNOWN, person, actor=actor.name, now=now)
    if cmd.reached and row.address and contacts.proven_contact(person.pk) is None:
        keep_stated(campaign, person, row.address, language=row.language, proof=Proof.DESK, now=now)
    audit.record(
        "registration.known",
        f"person:{person.pk}",
        actor=actor.because(cmd.document.strip()[:200]),
        now=now,
        registration=row.pk,
    )
    if cmd.reached:
        _tell(campaign, row, person, now)
    _tell_of_ended(campaign, row, person, now)
    return person


def _tell_of_ended(campaign: Campaign, row: Registration, person: Person, now: datetime) -> None:
    """Appointments that ended as two records became one: told where they were booked from, so that nobody
    comes for nothing. Of the person it says nothing else."""
    ended = bookings.ended_as_twice(person.pk, campaign.pk, since=now)
    if not ended or not row.address:
        return
    medium, address = read_address(row.address, campaign.time_zone)
    notices.write(
        f"cancelled:{'+'.join(str(b.pk) for b in ended)}"[:80],
        person,
        Purpose.CANCELLED,
        To(medium, address, row.language),
        facts_of(ended) | {"name": row.name},
        zone=campaign.time_zone,
        now=now,
    )


def _tell(campaign: Campaign, row: Registration, person: Person, now: datetime) -> None:
    """They are told that they can book."""
    if not row.address:
        return
    medium, address = read_address(row.address, campaign.time_zone)
    notices.write(
        f"registered:{row.pk}",
        person,
        Purpose.REGISTERED,
        To(medium, address, row.language),
        facts_from(campaign)
        | {"link": link_to(short_link.REGISTER, campaign), "name": row.name, "shared": True},
        zone=campaign.time_zone,
        now=now,
    )


# ---- what others registered in somebody's name -----------------------------------------------


def claims_on(slug: str, person_id: int) -> list[Registration]:
    """Registrations that state exactly this person, who has proven who they are, and wait. A record of
    one's own proves nothing: others may have one with the same words."""
    person = people_.person_of(person_id)
    known = contacts.proven_contact(person.pk)
    if person.register.provisional or known is None or known.proof == Proof.OWN:
        return []
    near = registrations.near_to(slug, matches.identity_of(person))
    return [row for row in near if row.person is None or people_.canonical(row.person) != person]


def settle_claim(
    slug: str, person_id: int, registration_id: int, *, mine: bool, now: datetime
) -> None:
    """It was the person themselves: what was booked is theirs. Or it was somebody else: it is given up.
    Raises Refusal(NOT_KNOWN) for what is no claim on them."""
    row = next((r for r in claims_on(slug, person_id) if r.pk == registration_id), None)
    if row is None or row.person_id is None:
        raise Refusal(Refused.NOT_KNOWN, what="registration", key=registration_id)
    actor, made = Actor(f"person:{person_id}"), row.person_id
    if mine:
        merge_people(
            person_id, made, reason="by the owner", actor=replace(actor, trusted=True), now=now
        )
    else:
        for booking in bookings.live_bookings(made, campaigns.campaign(slug).pk):
            with suppress(Refusal):  # it ended meanwhile
                cancel_booking(booking, why=EndReason.BY_PERSON, actor=actor, now=now)
    _close_claim(slug, row.pk, person_id, mine=mine, actor=actor, now=now)


@transaction.atomic(durable=True)
def _close_claim(
    slug: str, registration_id: int, person_id: int, *, mine: bool, actor: Actor, now: datetime
) -> None:
    row = registrations.lock_registration(registration_id, slug)
    if row is None:  # the desk was quicker
        return
    to = RegistrationStatus.KNOWN if mine else RegistrationStatus.NEW
    person = people_.person_of(person_id) if mine else row.person
    registrations.decide(row, to, person, actor=actor.name, now=now)
    audit.record(
        "registration.taken_over" if mine else "registration.denied",
        f"person:{person_id}",
        actor=actor,
        now=now,
        registration=row.pk,
    )


@transaction.atomic(durable=True)
def forget_unproven(*, now: datetime) -> int:
    """Registrations whose code never came back are not kept for more than a day."""
    return registrations.forget_unproven(now=now)


def _secret() -> bytes:
    return key_of(settings.SECRET_KEY, "one-time code")
