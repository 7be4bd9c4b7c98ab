"""What a registration desk writes down of somebody who is there: their group, or who they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal import audit
from balmis.contexts.people import details, identities
from balmis.contexts.people import queries as people
from balmis.contexts.people import services as registers
from balmis.contexts.people.models import Detail, FormerIdentity, Person, Trait
from balmis.contexts.safety import held_doses
from balmis.core.actor import Actor
from balmis.core.birth_date import BirthDate
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.people.national_id import read_national_id
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.people import Sex
from balmis.core.written_forms import tidy
from balmis.flows.booking.people_search import check_serves
from balmis.flows.campaigns.enrol import count_again

NO_GROUP = gettext_noop("The plan has no group that asks for this.")
NO_NAME = gettext_noop("Write the name.")
NOT_BORN_YET = gettext_noop("The birthday is in the future.")
NO_DOCUMENT = gettext_noop("Say which document you have seen.")
NOTHING_CHANGES = gettext_noop("Nothing is different from what is known.")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of somebody beside name and birthday."""

    group: str | None  # of the plan, its code
    traits: Sequence[Trait]
    former: Sequence[FormerIdentity]
    details: Mapping[str, Detail]  # address and guardian, by kind


def facts_of(campaign: Campaign, person: Person) -> Facts:
    """To be shown with a person who was opened, which is what is logged."""
    traits = Trait.objects.filter(person=person).order_by("kind", "code")
    return Facts(
        _group(campaign, person),
        list(traits),
        identities.former(person.pk),
        details.details(person.pk),
    )


def _group(campaign: Campaign, person: Person) -> str | None:
    """None too for whoever is no member yet."""
    try:
        return campaigns.group_of(campaign.pk, person.pk)
    except Refusal:
        return None


def opened(slug: str, person_id: int, actor: Actor, now: datetime) -> tuple[Campaign, Person]:
    """Locked, for a desk that serves them. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    campaign = campaigns.campaign(slug)
    person = people.lock_canonical(person_id)
    check_serves(actor, person, now)
    campaigns.check_within(campaign, person.area, what="person", key=person_id)
    return campaign, person


@transaction.atomic(durable=True)
def note_group(slug: str, person_id: int, group: str, *, actor: Actor, now: datetime) -> None:
    """The person is of this group, as the desk has seen or was told. Raises NotAllowed, BadInput,
    Refusal(NOT_KNOWN)."""
    campaign, person = opened(slug, person_id, actor, now)
    trait = next(
        (
            t
            for g in campaigns.latest_plan(campaign.pk).groups
            if g.code == group
            for known in g.known_by
            if (t := known.trait()) is not None
        ),
        None,
    )
    if trait is None:
        raise BadInput(NO_GROUP, ("group",))
    kind, code = trait
    registers.note_trait(
        person, kind, code, source=actor.name, on=local_day(now, campaign.time_zone)
    )
    _settle(campaign, person, now)
    audit.record(
        "person.group_noted",
        f"person:{person.pk}",
        actor=actor,
        now=now,
        kind=kind.value,
        code=code,
    )


@transaction.atomic(durable=True)
def end_trait(
    slug: str, person_id: int, trait_id: int, why: str, *, actor: Actor, now: datetime
) -> None:
    """It is so no longer, or never was. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    campaign, person = opened(slug, person_id, actor, now)
    found = Trait.objects.filter(pk=trait_id, person=person).first()
    if found is None:
        return  # it is gone, which is what was asked for
    kind, code = found.kind, found.code
    registers.drop_traits([found.pk])
    _settle(campaign, person, now)
    audit.record(
        "person.group_ended",
        f"person:{person.pk}",
        actor=actor.because(why.strip()[:200]),
        now=now,
        kind=kind,
        code=code,
    )


def _settle(campaign: Campaign, person: Person, now: datetime) -> None:
    if enrolment.enrol_people(campaign, campaigns.latest_plan(campaign.pk), [person.pk]):
        count_again([person.pk], now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Who somebody is, as a document says."""

    campaign: str
    person: int
    name: str
    romanised_name: str
    born: BirthDate
    sex: Sex
    national_id: str
    document: str  # which one the desk has seen


@transaction.atomic(durable=True)
def correct_identity(cmd: Correct, *, actor: Actor, now: datetime) -> None:
    """What a document says stands from now on; what was known is kept. Raises NotAllowed, BadInput,
    Refusal(NOT_KNOWN)."""
    campaign, person = opened(cmd.campaign, cmd.person, actor, now)
    changes = _changes(cmd, campaign, person, local_day(now, campaign.time_zone))
    if not changes:
        raise BadInput(NOTHING_CHANGES)
    identities.acting(actor, f"document: {cmd.document.strip()}", now=now)
    Person.objects.filter(pk=person.pk).update(**changes)
    held_doses.judge_people([person.pk], now=now)
    _settle(campaign, person, now)
    count_again([person.pk], now=now)
    audit.record(
        "person.corrected",
        f"person:{person.pk}",
        actor=actor.because(cmd.document.strip()[:200]),
        now=now,
        what=sorted(changes),
    )


def _changes(
    cmd: Correct, campaign: Campaign, person: Person, today: date
) -> dict[str, str | date | None]:
    name = tidy(cmd.name)
    if not name:
        raise BadInput(NO_NAME, ("name",))
    if cmd.born.earliest > today:
        raise BadInput(NOT_BORN_YET, ("born",))
    if len(cmd.document.strip()) < 3:
        raise BadInput(NO_DOCUMENT, ("document",))
    plan = campaigns.latest_plan(campaign.pk)
    style = plan.naming.national_id if plan.naming else "none"
    number: str | None = None
    if cmd.national_id.strip():
        try:
            number = read_national_id(cmd.national_id, style)
        except ValueError as error:
            raise BadInput(str(error), ("national_id",)) from None
        if Person.objects.filter(register=person.register_id, national_id=number).exclude(
            pk=person.pk
        ):
            raise BadInput(TAKEN, ("national_id",))
    wanted: dict[str, str | date | None] = {
        "name": name,
        "romanised_name": tidy(cmd.romanised_name),
        "born": cmd.born.day,
        "born_precision": cmd.born.precision.value,
        "sex": cmd.sex.value,
        "national_id": number,
    }
    return {k: v for k, v in wanted.items() if getattr(person, k) != v}


TAKEN = gettext_noop(
    "Another record of this register has this number. Look whether it is the same person."
)
