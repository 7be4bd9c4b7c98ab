"""Someone without a number says who they are: found in the register, looked at, or new.

A code goes to the stated address in any case: nobody learns who is registered before one has come
back. Then: exactly one of the register is used (a further code goes to the address on file, if
that is another); alike to someone, the registration desk decides before anything is booked; like
nobody, a provisional record.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from balmis.contexts.access.services import check_may, may
from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns import services as enrolment
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
from balmis.core.booking.signed_text import key_of
from balmis.core.errors import BadInput, Conflict, Refusal
from balmis.core.people.matching import Identity
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.notices import Medium, Purpose
from balmis.core.vocabulary.people import Likeness, RegistrationStatus
from balmis.flows.booking.resident_sign_in import is_of, read_address, send_code_to
from balmis.flows.retry import retried


@transaction.atomic(durable=True)
def register(slug: str, stated: Stated, *, now: datetime) -> int:
    """Send a code to the stated address, whoever it is; returns the registration.

    Raises BadInput, Refusal(TOO_MANY_TRIES).
    """
    campaign = campaigns.campaign(slug)
    area = _home(campaign, stated.area)
    medium, address = read_address(stated.address, campaign.time_zone)
    if medium is Medium.SMS and not is_of(address, campaign.time_zone):
        raise BadInput(
            gettext_noop("Enter a phone number of this country, or an e-mail address."),
            ("address",),
        )
    place = _scope(campaign, area)
    registrations.check_rate(slug, address, place.policy, now=now)
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
    """What came of a right code: a person who is known now; one whose own address has got a
    further code; or, with neither, a registration that waits for the desk."""

    person: int | None = None
    code_sent_to: int | None = None


@retried
@transaction.atomic(durable=True)
def check_code(slug: str, registration_id: int, text: str, *, now: datetime) -> Found | None:
    """After the right code. None: the code is wrong."""
    campaign = campaigns.campaign(slug)
    policy = campaigns.policy_of(campaign.pk).identity
    row = registrations.use_code(registration_id, text.strip(), policy, secret=_secret(), now=now)
    if row is None or row.scope != slug:
        return None
    actor = _self(row)
    matches.lock_likes(row.born, row.area_id)
    decided = registrations.decided_person(slug, row)
    exact = decided or _exact(campaign, registrations.stated(row))
    if exact is None:
        person = _settle(campaign, row, actor=actor, now=now)
        return Found(person=person.pk if person else None)
    return _as_known(campaign, row, exact, trusted=decided is not None, now=now)


def _self(row: Registration) -> Actor:
    """Who registers acts for themselves."""
    return Actor(f"registration:{row.pk}")


def _as_known(
    campaign: Campaign,
    row: Registration,
    person: Person,
    *,
    trusted: bool,
    now: datetime,
) -> Found:
    """Someone of the register by name, birthday and home. An address on file is asked too; who
    has appointments and no address is looked at by the desk."""
    actor = _self(row)
    contact = contacts.contact(person.pk)
    if contact is not None and row.address not in (contact.phone, contact.email):
        send_code_to(campaign, person, notices.address_of(contact), now=now)
        registrations.decide(row, RegistrationStatus.KNOWN, person, actor=actor.name, now=now)
        return Found(code_sent_to=person.pk)
    if contact is None and not trusted and bookings.live_bookings(person.pk, campaign.pk):
        registrations.await_review(row)
        audit.record("registration.near", f"registration:{row.pk}", actor=actor, now=now)
        return Found()
    _keep_address(campaign, row, person, now, by_name=True)
    registrations.decide(row, RegistrationStatus.KNOWN, person, actor=actor.name, now=now)
    audit.record("person.identified", f"person:{person.pk}", actor=actor, now=now, by="name")
    return Found(person=person.pk)


def _exact(campaign: Campaign, stated: Identity) -> Person | None:
    """The one person of the register who is exactly this; None when there are none or several."""
    alike = matches.people_like(stated, campaign.area.path)
    exact = [p for p, how in alike if how is Likeness.EXACT]
    return exact[0] if len(exact) == 1 else None


def _settle(campaign: Campaign, row: Registration, *, actor: Actor, now: datetime) -> Person | None:
    """New when nobody is alike; else, or when the address has registered many, someone looks."""
    alike = matches.people_like(registrations.stated(row), campaign.area.path)
    most = campaigns.policy_of(campaign.pk).identity.people_an_address
    if alike or registrations.registered_by(row.address) >= most:
        registrations.await_review(row)
        audit.record("registration.near", f"registration:{row.pk}", actor=actor, now=now)
        return None
    return _new(campaign, row, actor=actor, now=now)


def _new(campaign: Campaign, row: Registration, *, actor: Actor, now: datetime) -> Person:
    synthetic = people_.any_synthetic(campaign.area.path)
    person = registrations.provisional_person(row, synthetic=synthetic, now=now)
    enrolment.enrol_one(campaign, campaigns.latest_plan(campaign.pk), person.pk)
    _keep_address(campaign, row, person, now)
    registrations.decide(row, RegistrationStatus.NEW, person, actor=actor.name, now=now)
    audit.record(
        "person.registered", f"person:{person.pk}", actor=actor, now=now, registration=row.pk
    )
    return person


def _keep_address(
    campaign: Campaign, row: Registration, person: Person, now: datetime, *, by_name: bool = False
) -> None:
    """The address that a code came back from, where none is on file."""
    if row.address and not contacts.has_contact(person.pk):
        medium, address = read_address(row.address, campaign.time_zone)
        email, phone = (address, "") if medium is Medium.EMAIL else ("", address)
        contacts.keep_contact(
            person, language=row.language, by_name=by_name, now=now, email=email, phone=phone
        )


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
    return AtDesk(person=_new(campaign, row, actor=actor, now=now).pk)


@dataclass(frozen=True, slots=True)
class Review:
    row: Registration
    alike: list[tuple[Person, Likeness]]  # those of the registrar's own areas
    elsewhere: list[Area]  # where others live who are alike: their desk may decide


def reviews(slug: str, paths: list[str]) -> tuple[int, list[Registration]]:
    """How many registrations wait for a decision, and the oldest of them."""
    return registrations.to_review(slug, paths)


@transaction.atomic(durable=True)
def open_review(slug: str, registration_id: int, *, actor: Actor, now: datetime) -> Review:
    """A registration and those it may be; the look at them is logged. Raises NotAllowed, Conflict."""
    campaign = campaigns.campaign(slug)
    row = _held(slug, registration_id, actor)
    every = matches.people_like(registrations.stated(row), campaign.area.path)
    alike = [(p, how) for p, how in every if may(actor, Act.BOOK_FOR_OTHERS, area=p.area)]
    elsewhere = {p.area for p, _ in every} - {p.area for p, _ in alike}
    audit.record(
        "registration.read",
        f"registration:{row.pk}",
        actor=actor,
        now=now,
        people=[p.pk for p, _ in alike],
    )
    return Review(row, alike, sorted(elsewhere, key=lambda a: a.code))


def _held(slug: str, registration_id: int, actor: Actor) -> Registration:
    row = registrations.lock_registration(registration_id, slug)
    if row is None:
        raise Conflict(gettext_noop("This registration has been decided already."))
    check_may(actor, Act.BOOK_FOR_OTHERS, area=row.area)
    return row


@transaction.atomic(durable=True)
def decide(
    slug: str, registration_id: int, person_id: int | None, *, actor: Actor, now: datetime
) -> Person:
    """The registration is this person, or with None nobody known: a provisional record. They are
    told that they can book. Raises NotAllowed, Conflict, BadInput."""
    campaign = campaigns.campaign(slug)
    row = _held(slug, registration_id, actor)
    if person_id is None:
        person = _new(campaign, row, actor=actor, now=now)
    else:
        alike = matches.people_like(registrations.stated(row), campaign.area.path)
        chosen = next((p for p, _ in alike if p.pk == person_id), None)
        if chosen is None:
            raise BadInput(gettext_noop("This person is not one of those who are alike."))
        check_may(actor, Act.BOOK_FOR_OTHERS, area=chosen.area)
        person = chosen
        registrations.decide(row, RegistrationStatus.KNOWN, person, actor=actor.name, now=now)
        _keep_address(campaign, row, person, now)
        audit.record(
            "registration.known", f"person:{person.pk}", actor=actor, now=now, registration=row.pk
        )
    if row.address:
        medium, address = read_address(row.address, campaign.time_zone)
        link = f"{settings.PUBLIC_URL}/c/{slug}/book/register/"
        notices.write(
            f"registered:{row.pk}",
            person,
            Purpose.REGISTERED,
            To(medium, address, row.language),
            {"link": link, "name": row.name},
            zone=campaign.time_zone,
            now=now,
        )
    return person


@transaction.atomic(durable=True)
def forget_unproven(*, now: datetime) -> int:
    """Registrations whose code never came back are not kept for more than a day."""
    return registrations.forget_unproven(now=now)


def _secret() -> bytes:
    return key_of(settings.SECRET_KEY, "one-time code")
