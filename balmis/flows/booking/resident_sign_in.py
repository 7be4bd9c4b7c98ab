"""Who is it? A resident names themselves, gets a code, and is known until the end of the hour.

Whether a person is registered is not told to whoever asks: the answer is the same either way.
A code goes to the address on file; where there is none, to the one stated, which is kept once
the code has come back from it. The photo document is looked at when they come.
"""

from dataclasses import dataclass
from datetime import date, datetime

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.contexts.notices.services import To
from balmis.contexts.people import contacts
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.core.actor import Actor
from balmis.core.booking.signed_text import key_of
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.notices import Medium, Purpose

REGIONS = {"Asia/Seoul": "KR", "Asia/Shanghai": "CN", "Asia/Ho_Chi_Minh": "VN", "Europe/Rome": "IT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What someone says of themselves."""

    number: str  # of the invitation, or national id
    born: date
    address: str  # phone or e-mail
    language: str


def read_address(text: str, zone: str) -> tuple[Medium, str]:
    """A phone number in its international form, or an e-mail address. Raises BadInput."""
    text = text.strip()
    if "@" in text:
        try:
            validate_email(text)
        except ValidationError:
            raise BadInput(gettext_noop("This is not an e-mail address.")) from None
        return Medium.EMAIL, text.lower()
    try:
        number = phonenumbers.parse(text, REGIONS.get(zone))
    except phonenumbers.NumberParseException:
        raise BadInput(gettext_noop("This is not a phone number.")) from None
    if not phonenumbers.is_valid_number(number):
        raise BadInput(gettext_noop("This is not a phone number."))
    return Medium.SMS, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_of(number: str, zone: str) -> bool:
    """Is an international number of the campaign's country? Where the country is not known: yes."""
    region = REGIONS.get(zone)
    return (
        region is None or phonenumbers.region_code_for_number(phonenumbers.parse(number)) == region
    )


@transaction.atomic(durable=True)
def send_code(slug: str, claim: Claim, *, now: datetime) -> int | None:
    """Send a code to the person who is meant; returns who, or None when nobody is.

    Raises BadInput for an address that is none.
    """
    campaign = campaigns.campaign(slug)
    medium, address = read_address(claim.address, campaign.time_zone)
    person = people.person_by(claim.number, claim.born, campaign.area.path)
    if person is None:
        return None
    send_code_to(campaign, person, To(medium, address, claim.language), now=now)
    return person.pk


def send_code_to(campaign: Campaign, person: Person, stated: To, *, now: datetime) -> None:
    """A code to the person's address on file, or, where there is none that was proven by who
    knows the number, to the one stated."""
    known = contacts.contact(person.pk)
    to = notices.address_of(known) if known and not known.by_name else stated
    try:
        policy = campaigns.policy_of(campaign.pk).identity
        code = contacts.make_code(person, to.address, policy, secret=_secret(), now=now)
    except Refusal:  # so many an hour; saying so would tell that the person is registered
        return
    notices.write(
        f"code:{person.pk}:{now.timestamp()}",
        person,
        Purpose.CODE,
        to,
        {"code": code},
        zone=campaign.time_zone,
        now=now,
    )
    audit.record(
        "person.code_sent",
        f"person:{person.pk}",
        actor=_resident(person.pk),
        now=now,
        medium=to.medium.value,
    )


@transaction.atomic(durable=True)
def check_code(slug: str, person_id: int, text: str, *, language: str, now: datetime) -> bool:
    """Is it the person? A right code keeps the address it was sent to, if none was on file."""
    campaign = campaigns.campaign(slug)
    policy = campaigns.policy_of(campaign.pk).identity
    address = contacts.use_code(person_id, text.strip(), policy, secret=_secret(), now=now)
    if address is None:
        return False
    known = contacts.contact(person_id)
    if known is None or (known.by_name and address not in (known.phone, known.email)):
        medium, _ = read_address(address, campaign.time_zone)
        email, phone = (address, "") if medium is Medium.EMAIL else ("", address)
        contacts.keep_contact(
            people.person_of(person_id), language=language, now=now, email=email, phone=phone
        )
    audit.record("person.identified", f"person:{person_id}", actor=_resident(person_id), now=now)
    return True


def _resident(person_id: int) -> Actor:
    return Actor(f"person:{person_id}")


def _secret() -> bytes:
    return key_of(settings.SECRET_KEY, "one-time code")
