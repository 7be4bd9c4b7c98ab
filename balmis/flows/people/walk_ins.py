"""Somebody comes to a desk and is not known there: a provisional record, which waits for nothing.

The desk's device makes it, with a network or without, and serves the person at once. Here it is found out
whose it is: the one person of the register who is exactly this, or nobody, and then the record stays; it
is looked at when somebody is alike. The device's request makes one person, however often it is sent.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import matches, registrations, walk_ins
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person, Registration
from balmis.contexts.people.walk_ins import Came
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area
from balmis.core.actor import Actor
from balmis.core.birth_date import BirthDate
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.people.likeness import FIRST_YEAR
from balmis.core.people.national_id import read_national_id
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.people import Likeness, RegistrationStatus, Sex
from balmis.core.vocabulary.reasons import Refused
from balmis.core.written_forms import fold_code, tidy
from balmis.flows.access.actors import check_moment, doer, of_then
from balmis.flows.booking.resident_sign_in import read_address
from balmis.flows.clinic.visit_steps import Desk, at_desk
from balmis.flows.people.registrations import new_person
from balmis.flows.retry import retried

NO_NAME = gettext_noop("Write the name.")
NO_SUCH_DAY = gettext_noop("Nobody who comes today was born then. Look at the birth date.")
NO_HOME = gettext_noop("Choose the area in which the person lives.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkIn:
    """What a walk-in says of themselves, as a device sends it."""

    request_id: UUID
    at: datetime
    by: str  # who wrote it down on the device; empty: who sends it
    name: str
    born: BirthDate
    sex: Sex
    area: str  # code of the home area
    phone: str
    national_id: str
    language: str


@retried
@transaction.atomic(durable=True)
def register_walk_in(desk: Desk, cmd: WalkIn, *, actor: Actor, now: datetime) -> Person:
    """The person of the register who is exactly this, else a provisional record; a retry gives back the
    first. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    actor = of_then(actor, cmd.at, now)
    campaign, site = at_desk(desk.slug, desk.site, actor)
    actor = doer(cmd.by, cmd.at, site, actor, now).on_request(cmd.request_id)
    check_moment(cmd.at, now)
    locks.lock_request(cmd.request_id)
    earlier = walk_ins.walk_in(cmd.request_id)
    if earlier is not None:
        return _again(earlier, desk)
    came = _came(cmd, campaign, local_day(cmd.at, site.time_zone))
    matches.lock_likes(came.born.day, came.area.pk)
    row = walk_ins.keep_walk_in(came, campaign.slug, site, now=now)
    alike = matches.people_like(registrations.stated(row), campaign.area.path)
    exact = [p for p, how in alike if how is Likeness.EXACT]
    if len(exact) == 1:
        known = exact[0]
        registrations.decide(row, RegistrationStatus.KNOWN, known, actor=actor.name, now=now)
        audit.record(
            "person.identified",
            f"person:{known.pk}",
            actor=actor,
            now=now,
            by="walk-in",
            registration=row.pk,
        )
        return known
    status = RegistrationStatus.NEAR if alike else RegistrationStatus.NEW
    return new_person(campaign, row, status, actor=actor, now=now)


def _again(earlier: Registration, desk: Desk) -> Person:
    """Raises Refusal(REQUEST_REUSED) for one that another campaign's desk made."""
    if earlier.person is None or earlier.scope != desk.slug:
        raise Refusal(Refused.REQUEST_REUSED, request_id=str(earlier.request_id))
    return people.canonical(earlier.person)


def _came(cmd: WalkIn, campaign: Campaign, today: date) -> Came:
    """What was said, as it is kept. Raises BadInput."""
    name = tidy(cmd.name)
    if not name:
        raise BadInput(NO_NAME, ("name",))
    if cmd.born.day.year < FIRST_YEAR or cmd.born.earliest > today:
        raise BadInput(NO_SUCH_DAY, ("born",))
    return Came(
        request_id=cmd.request_id,
        name=name,
        born=cmd.born,
        sex=cmd.sex,
        area=_home(campaign, cmd.area),
        address=_phone(cmd.phone, campaign),
        national_id=_number(cmd.national_id, campaign),
        language=cmd.language,
    )


def _home(campaign: Campaign, code: str) -> Area:
    try:
        area = places.area(code)
        campaigns.check_within(campaign, area, what="area", key=code)
    except Refusal:
        raise BadInput(NO_HOME, ("area",)) from None
    return area


def _phone(text: str, campaign: Campaign) -> str:
    """As it is called. One that is none holds nobody up who stands at the desk: it is asked again later."""
    try:
        return read_address(text, campaign.time_zone)[1] if text.strip() else ""
    except BadInput:
        return ""


def _number(text: str, campaign: Campaign) -> str:
    """As the country writes it; else as it was written, for whoever looks at it."""
    naming = campaigns.latest_plan(campaign.pk).naming
    try:
        number = read_national_id(text, naming.national_id if naming else "none")
    except ValueError:
        number = fold_code(text)
    return number[:40] if text.strip() else ""
