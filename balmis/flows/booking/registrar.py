"""The registration desk: find a person, see what they may have, book for them at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from balmis.contexts.booking import bookings as booking_bookings
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import deferrals
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.contexts.people import contacts, letters
from balmis.contexts.people import merges as people_merges
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Contact, Merge, Person
from balmis.core.actor import Actor
from balmis.core.booking.passes import Pass
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.notices import masked
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.booking import Channel, EndReason
from balmis.core.vocabulary.notices import Medium
from balmis.core.vocabulary.people import Proof
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.booking.passes import pass_for
from balmis.flows.booking.people_search import check_serves
from balmis.flows.booking.reservations import Hold, cancel_booking, hold_places
from balmis.flows.booking.resident_sign_in import read_address


@dataclass(frozen=True, slots=True)
class Seen:
    """A person at the desk: what they may book, or why not, and what they have."""

    person: Person
    held: Pass | None
    why_not: Refusal | None
    bookings: list[Booking]
    doses: list[Dose]  # given, the last ones first
    contact: Contact | None
    merges: list[Merge]  # other records that were found to be this person's
    ended: list[Booking]  # lately, as two records became one
    stops: list[deferrals.StandingDeferral]  # what stands against a dose, by a chair's word


@transaction.atomic(durable=True)
def open_person(slug: str, person_id: int, *, actor: Actor, now: datetime) -> Seen:
    """The look is logged. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    campaign = campaigns.campaign(slug)
    person = people.canonical(people.person_of(person_id))
    check_serves(actor, person, now)
    campaigns.check_within(campaign, person.area, what="person", key=person_id)
    audit.record("person.read", f"person:{person.pk}", actor=actor, now=now, page="registrar")
    today = local_day(now, campaign.time_zone)
    try:
        held, why_not = pass_for(campaign, person, now=now), None
    except Refusal as refusal:
        held, why_not = None, refusal
    return Seen(
        person,
        held,
        why_not,
        booking_bookings.live_bookings(person.pk, campaign.pk),
        sorted(clinic.live_doses(person.pk), key=lambda d: d.given_on, reverse=True),
        contacts.contact(person.pk),
        people_merges.merges_of(person.pk),
        booking_bookings.ended_as_twice(person.pk, campaign.pk, since=now - STILL_TOLD),
        [s for s in deferrals.standing_of([person.pk]) if s.holds_on(today)],
    )


STILL_TOLD = timedelta(days=1)  # that an appointment ended as two records became one
NEEDS_DOCUMENT = gettext_noop(
    "They sign in from the address that is on file. See their document before you change it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAddress:
    """How a person says at the desk that they are reached."""

    campaign: str
    person_id: int
    address: str  # '': not at all
    language: str
    document: (
        bool  # the desk has seen one of the person: the address proves who they are from now on
    )


@transaction.atomic(durable=True)
def keep_address(cmd: KeepAddress, *, actor: Actor, now: datetime) -> None:
    """How the person is reached from now on, as they say at the desk; '': not at all.

    Raises NotAllowed, BadInput, Refusal(NOT_KNOWN).
    """
    campaign = campaigns.campaign(cmd.campaign)
    person = people.canonical(people.person_of(cmd.person_id))
    check_serves(actor, person, now)
    campaigns.check_within(campaign, person.area, what="person", key=cmd.person_id)
    known = contacts.contact(person.pk)
    email, phone = "", ""
    before = notices.address_of(known).address if known else ""
    new = read_address(cmd.address, campaign.time_zone)[1] if cmd.address.strip() else ""
    if contacts.proven_contact(person.pk) is not None and new != before and not cmd.document:
        raise BadInput(NEEDS_DOCUMENT, ("document",))
    if cmd.address.strip():
        medium, written = read_address(cmd.address, campaign.time_zone)
        email, phone = (written, "") if medium is Medium.EMAIL else ("", written)
        kept = Proof(known.proof) if known is not None and before == written else Proof.CLAIMED
        proof = Proof.DESK if cmd.document else kept
        if cmd.document:
            letters.end_letters(person.pk, now=now)
        contacts.keep_contact(
            person, email=email, phone=phone, language=cmd.language, proof=proof, now=now
        )
    else:
        contacts.drop_address(person.pk, now=now)
    audit.record(
        "person.address_kept",
        f"person:{person.pk}",
        actor=actor,
        now=now,
        before=masked(before) if before else "",
        after=masked(email or phone),
        document=cmd.document,
        language=cmd.language,
    )


def book_for(
    slug: str, person_id: int, wanted: Hold, *, actor: Actor, now: datetime
) -> list[Booking]:
    """Book for a person who is there or on the phone; confirmed at once. Raises Refusal."""
    seen = open_person(slug, person_id, actor=actor, now=now)
    if seen.held is None:
        assert seen.why_not is not None
        raise seen.why_not
    made = hold_places([seen.held], wanted, channel=Channel.REGISTRAR, now=now, confirm=True)
    with transaction.atomic(durable=True):
        audit.record(
            "booking.made",
            f"person:{person_id}",
            actor=actor.on_request(wanted.request_id),
            now=now,
            bookings=[b.pk for b in made],
        )
    return made


def cancel_for(slug: str, booking_id: int, *, actor: Actor, now: datetime) -> Booking:
    """Raises NotAllowed, Refusal(BOOKING_OVER, NOT_KNOWN)."""
    found = booking_bookings.booking(booking_id)
    if found.campaign.slug != slug:
        raise Refusal(Refused.NOT_KNOWN, what=f"booking of {slug}", key=booking_id)
    check_serves(actor, found.person, now)
    cancel_booking(found, why=EndReason.BY_STAFF, actor=actor, now=now)
    return found
