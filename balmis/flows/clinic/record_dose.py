"""A dose has been given: everything that must be true at once."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may_at
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic import visits
from balmis.contexts.clinic.models import Dose
from balmis.contexts.clinic.services import Given
from balmis.contexts.journal import locks
from balmis.contexts.journal.requests import check_same
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.supply import lots, products
from balmis.core.actor import Actor
from balmis.core.dates import CLOCK_ERROR, PLAUSIBLE_YEARS, local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import DoseFlag, DoseKind
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.clinic.dose_register import register
from balmis.flows.clinic.doses_of_day import settle_day
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDose:
    """What the one who gave the dose, or heard of it, reports.

    Without `site` the dose was given elsewhere; without `lot` its lot is not known.
    Stock is drawn only when both are stated. `units` is the part of a full dose.
    """

    request_id: UUID  # made on the device; a retry carries the same one
    campaign: str
    person_id: int
    product: str
    kind: DoseKind
    given_at: datetime  # device time; `now` is when the server heard of it
    lot_id: int | None = None
    site: str | None = None
    units: Decimal = field(default=Decimal(1))

    def __post_init__(self) -> None:
        fits = self.units.is_finite() and 0 < self.units < 100  # a longer one cannot be rounded
        if not (fits and Decimal("0.01") <= round(self.units, 2) < 100):
            raise BadInput(f"The units of a dose are {self.units}; state 0.01 to 99.99.")
        if self.given_at.tzinfo is None:
            raise BadInput("The time of a dose lacks its offset; write 2021-06-17T09:30+09:00.")


@retried
@transaction.atomic(durable=True)
def record_dose(cmd: RecordDose, *, actor: Actor, now: datetime) -> Dose:
    """Record a dose that has been given, with all that must be true at once.

    A fact is recorded even when it breaks a rule: it is flagged and reviewed, and so is one that
    somebody records alone, without a visit. If a desk recorded a dose of the person that day, somebody
    is asked whether it is the same one. Raises NotAllowed, Refusal(NOT_KNOWN) for a person of another
    area than the campaign's, Refusal(REQUEST_REUSED) when the request was used for another dose. On
    any error nothing is written.
    """
    if cmd.given_at.year not in PLAUSIBLE_YEARS or cmd.given_at > now + CLOCK_ERROR:
        raise BadInput(f"A dose cannot have been given at {cmd.given_at.isoformat()}.")
    campaign = campaigns.campaign(cmd.campaign)
    site = _site_of(campaign, cmd.site) if cmd.site else None
    check_may_at(actor, Act.RECORD_DOSE, site or campaign.area)
    locks.write_facts(locks.STOCK, campaign.pk)
    locks.lock_request(cmd.request_id)
    person = people.lock(cmd.person_id)  # one writer per person; a retry waits here
    home = places.area_of(person.area_id)
    campaigns.check_within(campaign, home, what="person", key=cmd.person_id)
    if earlier := doses.dose_for_request(cmd.request_id):
        check_same(cmd.request_id, _kept(earlier), _asked(cmd, campaign))
        return earlier
    given = _given(cmd, campaign, site, person, actor)
    previous = doses.last_dose_on(person.pk, until=given.given_on)
    alone = not actor.trusted and not visits.consented_on(person.pk, campaign.pk, given.given_on)
    dose = register(given, previous, [DoseFlag.NO_VISIT] if alone else [], actor=actor, now=now)
    if visits.came_on(person.pk, campaign.pk, dose.given_on):
        settle_day(campaign, person, dose.given_on, actor=actor, now=now)
    return dose


def _kept(dose: Dose) -> tuple[Any, ...]:
    return (
        *(people.canonical_id(dose.person_id), dose.campaign_id, dose.product.code, dose.lot_id),
        *(dose.site.code if dose.site else None, dose.kind, dose.units, dose.given_at),
    )


def _asked(cmd: RecordDose, campaign: Campaign) -> tuple[Any, ...]:
    """As it was said, without looking anything up: a retry is answered whatever became of it since."""
    return (
        *(people.canonical_id(cmd.person_id), campaign.pk, cmd.product, cmd.lot_id),
        *(cmd.site, cmd.kind.value, round(cmd.units, 2), cmd.given_at),
    )


def _given(
    cmd: RecordDose, campaign: Campaign, site: Site | None, person: Person, actor: Actor
) -> Given:
    """Everything looked up. Raises Refusal(LOT_OF_OTHER_PRODUCT, NOT_KNOWN)."""
    lot = lots.lot(cmd.lot_id) if cmd.lot_id is not None else None
    product = lot.product if lot else products.product(cmd.product)
    if product.code != cmd.product:
        raise Refusal(Refused.LOT_OF_OTHER_PRODUCT, lot=lot and lot.number, product=cmd.product)
    return Given(
        request_id=cmd.request_id,
        campaign=campaign,
        person=person,
        product=product,
        lot=lot,
        site=site,
        kind=cmd.kind,
        units=cmd.units,
        given_at=cmd.given_at,
        given_on=local_day(cmd.given_at, site.time_zone if site else campaign.time_zone),
        by=actor.name,
    )


def _site_of(campaign: Campaign, code: str) -> Site:
    """The site, which must lie in the campaign's area. Raises Refusal(NOT_KNOWN)."""
    site = places.site(code)
    campaigns.check_within(campaign, site.area, what="site", key=code)
    return site
