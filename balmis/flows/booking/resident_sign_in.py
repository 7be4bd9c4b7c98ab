"""Who is it? A resident proves who they are, and is known until the end of the hour.

Number, name and birthday are knowledge, which others have too: they prove nothing. A proof is a code
that came back from an address that is known to be theirs, or the code on their letter, which makes the
address they state theirs. Whether a person is registered is not told to whoever asks: the answer is
the same either way, and a code goes to the owner's address or to nobody.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

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
from balmis.contexts.people import contacts, letters
from balmis.contexts.people import queries as people
from balmis.contexts.people import search as people_search
from balmis.contexts.people.models import Person
from balmis.core.actor import Actor
from balmis.core.booking.signed_text import key_of
from balmis.core.errors import BadInput, Refusal
from balmis.core.people.letter_code import is_mistyped, read_code
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.notices import Medium, Purpose
from balmis.core.vocabulary.people import Proof
from balmis.flows.booking import code_limits
from balmis.flows.booking.notices import facts_from

REGIONS = {"Asia/Seoul": "KR", "Asia/Shanghai": "CN", "Asia/Ho_Chi_Minh": "VN", "Europe/Rome": "IT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What someone says of themselves."""

    number: str  # the code of a letter; or of the register, or a national id
    born: date
    address: str  # phone or e-mail
    language: str
    network: str = ""  # from where it is said


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


def takes_text(number: str) -> bool:
    """May a text message reach an international number? Of a landline it is known that none does."""
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return bool(kind != phonenumbers.PhoneNumberType.FIXED_LINE)


@transaction.atomic(durable=True)
def send_code(slug: str, claim: Claim, *, browser: UUID, now: datetime) -> int | None:
    """Send a code that only this browser can enter: to the address that is known to be the person's, or,
    with the code of their letter, to the one stated. Returns the letter, if there is one.

    Raises BadInput for an address that is none, Refusal(TOO_MANY_TRIES, NO_MORE_CODES).
    """
    campaign = campaigns.campaign(slug)
    medium, address = read_address(claim.address, campaign.time_zone)
    policy = campaigns.policy_of(campaign.pk).identity
    letter_code = read_code(claim.number)
    if is_mistyped(claim.number):  # which is seen without looking anything up
        raise BadInput(
            gettext_noop("A sign of the code is wrong. Look at the letter again."), ("number",)
        )
    whose = letter_code or f"{claim.number.strip().upper()} {claim.born}"
    code_limits.check_asked(slug, whose, policy, network=claim.network, now=now)
    if letter_code is None:
        _send_to_owner(campaign, claim, browser=browser, now=now)
        return None
    letter = letters.letter_with(letter_code, slug, secret=_secret())
    if letter is None or letter.person.born != claim.born:
        _send_to_reader(campaign, letter_code, claim, browser=browser, now=now)
        return None
    check_allowed(campaign, medium, address)
    sent = Sending(To(medium, address, claim.language), browser, claim.network)
    send_code_to(campaign, people.canonical(letter.person), sent, now=now)
    return letter.pk


def _send_to_owner(campaign: Campaign, claim: Claim, *, browser: UUID, now: datetime) -> None:
    """Whoever has only the number gets nothing, and is not told that somebody does."""
    person = people_search.person_by(claim.number, claim.born, campaign.area.path)
    known = contacts.proven_contact(person.pk) if person is not None else None
    if person is None or known is None:
        return
    with suppress(Refusal):
        sent = Sending(notices.address_of(known), browser, claim.network, owner=True)
        send_code_to(campaign, person, sent, now=now)


def _send_to_reader(
    campaign: Campaign, code: str, claim: Claim, *, browser: UUID, now: datetime
) -> None:
    """A letter that was used proves nothing any more, and says whose it is: it is as good as a number."""
    used = letters.used_letter_with(code, campaign.slug, secret=_secret())
    if used is not None and used.person.born == claim.born:
        known = replace(claim, number=people.canonical(used.person).external_id)
        _send_to_owner(campaign, known, browser=browser, now=now)


def check_allowed(campaign: Campaign, medium: Medium, address: str) -> None:
    """Text messages go to phones of the campaign's country, unless it allows others, and to no landline.
    Raises BadInput."""
    policy = campaigns.policy_of(campaign.pk).identity
    if medium is Medium.SMS and not policy.abroad and not is_of(address, campaign.time_zone):
        raise BadInput(
            gettext_noop("Enter a phone number of this country, or an e-mail address."),
            ("address",),
        )
    if medium is Medium.SMS and not takes_text(address):
        raise BadInput(
            gettext_noop(
                "A text message does not reach this number. Enter a mobile number, or an e-mail address."
            ),
            ("address",),
        )


@dataclass(frozen=True, slots=True)
class Sending:
    """Where a code goes, and which browser asked for it, from which network."""

    to: To
    browser: UUID
    network: str
    owner: bool = False  # to the address that is known to be theirs


def send_code_to(campaign: Campaign, person: Person, sent: Sending, *, now: datetime) -> None:
    """A code, in the caller's transaction. Raises Refusal(TOO_MANY_TRIES, NO_MORE_CODES)."""
    policy, to = campaigns.policy_of(campaign.pk).identity, sent.to
    code_limits.check_sent(
        campaign.slug,
        to.medium,
        to.address,
        policy,
        network=sent.network,
        owner=sent.owner,
        now=now,
    )
    code = contacts.make_code(
        person, to.address, policy, claim=sent.browser, secret=_secret(), now=now
    )
    notices.write(
        f"code:{person.pk}:{sent.browser}:{now.timestamp()}",
        person,
        Purpose.CODE,
        to,
        facts_from(campaign) | {"code": code, "minutes": str(policy.code_minutes)},
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
def check_code(
    slug: str, text: str, *, browser: UUID, letter: int | None, language: str, now: datetime
) -> int | None:
    """Who it is; None when the code is wrong. With a letter, the address that the code came back from is
    the person's from now on, and the letter is used."""
    campaign = campaigns.campaign(slug)
    policy = campaigns.policy_of(campaign.pk).identity
    found = contacts.use_code(browser, plain_code(text), policy, secret=_secret(), now=now)
    if found is None:
        for key in contacts.whose_codes(browser, now=now):
            name = f"person:{key}"
            audit.record("person.identify_failed", name, actor=Actor("client:browser"), now=now)
        return None
    person = people.canonical(people.person_of(found[0]))
    known = contacts.proven_contact(person.pk)
    if known is None or found[1] not in (known.phone, known.email):
        if letter is None or not _proves(letter, person, now):
            return None
        keep_stated(campaign, person, found[1], language=language, proof=Proof.LETTER, now=now)
    audit.record("person.identified", f"person:{person.pk}", actor=_resident(person.pk), now=now)
    return person.pk


@transaction.atomic(durable=True)
def identify_by_provider(slug: str, number: str, born: date, *, now: datetime) -> int | None:
    """Who the region's identity provider has named, by national number and birthday; None where the register
    has nobody, or more than one."""
    campaign = campaigns.campaign(slug)
    person = (
        people_search.person_by_national_id(number, born, campaign.area.path) if number else None
    )
    if person is None:
        return None
    audit.record(
        "person.identified",
        f"person:{person.pk}",
        actor=_resident(person.pk),
        now=now,
        by="identity provider",
    )
    return person.pk


def _proves(letter_id: int, person: Person, now: datetime) -> bool:
    letter = letters.use_letter(letter_id, now=now)
    return letter is not None and people.canonical(letter.person).pk == person.pk


def keep_stated(
    campaign: Campaign,
    person: Person,
    stated: str,
    *,
    language: str,
    proof: Proof,
    now: datetime,
) -> None:
    """The address that somebody stated is the person's from now on, by this proof."""
    medium, address = read_address(stated, campaign.time_zone)
    email, phone = (address, "") if medium is Medium.EMAIL else ("", address)
    contacts.keep_contact(person, language=language, proof=proof, now=now, email=email, phone=phone)


def plain_code(text: str) -> str:
    """As it is compared: people type spaces as the message shows them."""
    return "".join(text.split()).replace("-", "")


def _resident(person_id: int) -> Actor:
    return Actor(f"person:{person_id}")


def _secret() -> bytes:
    return key_of(settings.SECRET_KEY, "one-time code")
