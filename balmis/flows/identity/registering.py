"""Someone without a number says who they are: found in the register, looked at, or new.

Exactly one of the register: a code goes out as for a number. Alike to someone: the registration
desk decides before anything is booked. Like nobody: a provisional record, and on to the times.
Whoever asks learns nothing of who is registered until a code sent to an address has come back.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns import services as enrolment
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.notices import services as notices
from balmis.contexts.notices.services import To
from balmis.contexts.people import identity
from balmis.contexts.people import services as people
from balmis.contexts.people.models import Person, Registration
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area
from balmis.core.booking.signing import key_of
from balmis.core.errors import BadInput, Conflict, Refusal
from balmis.core.people.matching import Identity
from balmis.core.roles import Act
from balmis.core.vocabulary import Likeness, Medium, Purpose, RegistrationStatus, Sex
from balmis.flows.booking.identifying import read_address, send_code_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What someone says of themselves, without a number."""

    name: str
    born: date
    sex: Sex
    area: str  # code of the home area
    address: str  # phone or e-mail; may be empty at a desk
    language: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose code to wait for: a known person's, or a registration's."""

    person: int | None = None
    registration: int | None = None


@transaction.atomic(durable=True)
def register(slug: str, stated: Stated, *, now: datetime) -> Asked:
    """Send a code to whoever says so. Raises BadInput, Refusal(TOO_MANY_TRIES)."""
    campaign = campaigns.campaign(slug)
    area = _home(campaign, stated.area)
    medium, address = read_address(stated.address, campaign.time_zone)
    exact = _exact(campaign, _identity(stated, area)) or identity.decided_person(
        slug, address=address, name=stated.name, born=stated.born
    )
    if exact is not None:
        to = To(medium, address, stated.language)
        send_code_to(campaign, exact, to, now=now)
        return Asked(person=exact.pk)
    row, code = identity.keep_registration(
        slug, name=stated.name, born=stated.born, sex=stated.sex, area=area, address=address,
        language=stated.language, secret=_secret(), now=now,
    )  # fmt: skip
    notices.write(f"code:registration:{row.pk}", None, Purpose.CODE,
                  To(medium, address, stated.language), {"code": code}, zone=campaign.time_zone,
                  now=now)  # fmt: skip
    return Asked(registration=row.pk)


def _identity(stated: Stated, area: Area) -> Identity:
    return Identity(name=stated.name, born=stated.born, area=area.path, sex=stated.sex.value)


def _home(campaign: Campaign, code: str) -> Area:
    """Raises BadInput for an area outside the campaign."""
    try:
        area = places.area(code)
    except Refusal:
        raise BadInput("Choose the area in which you live.") from None
    if not area.path.startswith(campaign.area.path):
        raise BadInput("Choose the area in which you live.")
    return area


def _exact(campaign: Campaign, stated: Identity) -> Person | None:
    """The one person of the register who is exactly this; None when there are none or several."""
    alike = identity.people_like(stated, campaign.area.path)
    exact = [p for p, how in alike if how is Likeness.EXACT]
    return exact[0] if len(exact) == 1 else None


@transaction.atomic(durable=True)
def check_code(slug: str, registration_id: int, text: str, *, now: datetime) -> Asked | None:
    """After the right code: the person's own record, new or known, or a registration that waits
    for the desk. None: the code is wrong."""
    campaign = campaigns.campaign(slug)
    row = identity.use_code(registration_id, text.strip(), secret=_secret(), now=now)
    if row is None or row.scope != slug:
        return None
    person = _settle(campaign, row, actor=Actor(f"registration:{row.pk}"), now=now)
    if person is None:
        return Asked(registration=row.pk)
    return Asked(person=person.pk)


def _settle(campaign: Campaign, row: Registration, *, actor: Actor, now: datetime) -> Person | None:
    """New when nobody is alike; else someone looks at it first."""
    if identity.people_like(identity.stated(row), campaign.area.path):
        identity.await_review(row)
        ledger.audit("registration.near", f"registration:{row.pk}", actor=actor, now=now)
        return None
    return _new(campaign, row, actor=actor, now=now)


def _new(campaign: Campaign, row: Registration, *, actor: Actor, now: datetime) -> Person:
    person = identity.provisional_person(row, now=now)
    enrolment.enrol_one(campaign, campaigns.latest_plan(campaign.pk), person.pk)
    _keep_address(campaign, row, person, now)
    identity.decide(row, RegistrationStatus.NEW, person, actor=actor.name, now=now)
    ledger.audit("person.registered", f"person:{person.pk}", actor=actor, now=now,
                 registration=row.pk)  # fmt: skip
    return person


def _keep_address(campaign: Campaign, row: Registration, person: Person, now: datetime) -> None:
    """The address that a code came back from, where none is on file."""
    if row.address and not people.has_contact(person.pk):
        medium, address = read_address(row.address, campaign.time_zone)
        field = "email" if medium is Medium.EMAIL else "phone"
        people.keep_contact(person, language=row.language, now=now, **{field: address})


# ---- the registration desk -------------------------------------------------------------------


@transaction.atomic(durable=True)
def register_at_desk(slug: str, stated: Stated, *, actor: Actor, now: datetime) -> Asked:
    """Someone stands at the desk: the known person, a registration with people alike to choose
    from, or a new record. Raises NotAllowed, BadInput."""
    campaign = campaigns.campaign(slug)
    area = _home(campaign, stated.area)
    check_may(actor, Act.BOOK_FOR_OTHERS, area=area)
    exact = _exact(campaign, _identity(stated, area))
    if exact is not None:
        return Asked(person=exact.pk)
    address = read_address(stated.address, campaign.time_zone)[1] if stated.address else ""
    row, _ = identity.keep_registration(
        slug, name=stated.name, born=stated.born, sex=stated.sex, area=area, address=address,
        language=stated.language, secret=_secret(), now=now,
    )  # fmt: skip
    person = _settle(campaign, row, actor=actor, now=now)
    return Asked(person=person.pk) if person else Asked(registration=row.pk)


@dataclass(frozen=True, slots=True)
class Review:
    row: Registration
    alike: list[tuple[Person, Likeness]]


def reviews(slug: str, paths: list[str]) -> list[Registration]:
    """Registrations that wait for a decision, the oldest first."""
    return identity.to_review(slug, paths)


@transaction.atomic(durable=True)
def open_review(slug: str, registration_id: int, *, actor: Actor, now: datetime) -> Review:
    """A registration and those it may be; the look at them is logged. Raises NotAllowed, Conflict."""
    campaign = campaigns.campaign(slug)
    row = _held(slug, registration_id, actor)
    alike = identity.people_like(identity.stated(row), campaign.area.path)
    ledger.audit("registration.read", f"registration:{row.pk}", actor=actor, now=now,
                 people=[p.pk for p, _ in alike])  # fmt: skip
    return Review(row, alike)


def _held(slug: str, registration_id: int, actor: Actor) -> Registration:
    row = identity.hold_registration(registration_id, slug)
    if row is None:
        raise Conflict("This registration has been decided already.")
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
        alike = identity.people_like(identity.stated(row), campaign.area.path)
        chosen = next((p for p, _ in alike if p.pk == person_id), None)
        if chosen is None:
            raise BadInput("This person is not one of those who are alike.")
        person = chosen
        identity.decide(row, RegistrationStatus.KNOWN, person, actor=actor.name, now=now)
        _keep_address(campaign, row, person, now)
        ledger.audit("registration.known", f"person:{person.pk}", actor=actor, now=now,
                     registration=row.pk)  # fmt: skip
    if row.address:
        medium, address = read_address(row.address, campaign.time_zone)
        link = f"{settings.PUBLIC_URL}/c/{slug}/book/register/"
        notices.write(f"registered:{row.pk}", person, Purpose.REGISTERED,
                      To(medium, address, row.language), {"link": link, "name": row.name},
                      zone=campaign.time_zone, now=now)  # fmt: skip
    return person


def _secret() -> bytes:
    return key_of(settings.SECRET_KEY, "one-time code")
