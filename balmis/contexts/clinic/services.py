"""Record doses as facts, and corrections as further facts."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic.models import Dose, DoseCorrection, Step, Visit
from balmis.contexts.journal.rows import insert
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Lot, Product, Vial
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.schedule.primary_course import completes_course
from balmis.core.vocabulary.clinic import CorrectionReason, DoseKind
from balmis.core.vocabulary.reasons import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A dose that has been given, with everything looked up."""

    request_id: UUID
    campaign: Campaign
    person: Person
    product: Product
    lot: Lot | None
    site: Site | None
    kind: DoseKind
    units: Decimal
    given_at: datetime
    given_on: date
    by: str
    step: Step | None = None
    visit: Visit | None = None
    vial: Vial | None = None
    body_site: str = ""
    route: str = ""


def administer(given: Given, *, now: datetime) -> Dose:
    return insert(
        Dose(
            request_id=given.request_id,
            campaign=given.campaign,
            person=given.person,
            product=given.product,
            lot=given.lot,
            site=given.site,
            kind=given.kind.value,
            completes=completes_course(given.kind, primary_doses=given.product.primary_doses),
            units=given.units,
            given_at=given.given_at,
            given_on=given.given_on,
            recorded_at=now,
            actor=given.by,
            step=given.step,
            visit=given.visit,
            vial=given.vial,
            body_site=given.body_site,
            route=given.route,
        )
    )


def correct(
    dose: Dose,
    why: CorrectionReason,
    *,
    request_id: UUID,
    replaced_by: Dose | None,
    actor: Actor,
    now: datetime,
) -> DoseCorrection:
    """Mark a dose as not given as recorded. Raises Refusal(ALREADY_CORRECTED)."""
    if DoseCorrection.objects.filter(dose=dose).exists():
        raise Refusal(Refused.ALREADY_CORRECTED, dose=dose.pk)
    return DoseCorrection.objects.create(
        dose=dose,
        request_id=request_id,
        reason=why.value,
        replaced_by=replaced_by,
        recorded_at=now,
        actor=actor.name,
    )


# ---- two records of one person ---------------------------------------------------------------


def bring_over(kept: int, merged: int) -> list[int]:
    """Doses of a merged record to the one that is kept; which. The merge must be noted first."""
    found = Dose.objects.filter(person=merged)
    ids = list(found.values_list("pk", flat=True))
    found.update(person=kept)
    return ids


def give_back(doses: list[int], *, kept: int, merged: int) -> None:
    """And what was recorded since then in a visit of the merged record."""
    theirs = Q(pk__in=doses) | Q(visit__person=merged)
    Dose.objects.filter(theirs, person=kept).update(person=merged)
