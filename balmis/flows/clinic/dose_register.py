"""A dose in the register, and out of it: everything that must be true at once. For flows in whose
transaction the person is held."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic import services as clinic
from balmis.contexts.clinic.models import Dose, Step, Visit
from balmis.contexts.journal import audit, outbox
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.contexts.safety import dose_flags as safety
from balmis.contexts.supply import lots, products, stock_book, stock_moves
from balmis.contexts.supply.models import Lot, Vial
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.schedule.spacing import judge, step_for
from balmis.core.supply.draw_flags import drawing_flags
from balmis.core.vocabulary.clinic import CorrectionReason, DoseKind
from balmis.core.vocabulary.reasons import Reason
from balmis.core.vocabulary.supply import MoveKind


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
        if not Decimal("0.01") <= self.units < 100:
            raise BadInput(f"The units of a dose are {self.units}; state 0.01 to 99.99.")
        if self.given_at.tzinfo is None:
            raise BadInput("The time of a dose lacks its offset; write 2021-06-17T09:30+09:00.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtDesk:
    """What a clinic's desk knows of a dose beside: the visit, the vial, where it went in, and
    what the check before the needle left to be reviewed."""

    step: Step
    visit: Visit
    lot: Lot
    vial: Vial | None
    body_site: str
    route: str
    doses: list[Dose]  # of the person, that live
    flags: tuple[Reason, ...] = ()


def _draw(
    cmd: RecordDose, lot: Lot | None, site: Site | None, on: date, *, actor: Actor, now: datetime
) -> tuple[Reason, ...]:
    """The doses leave the shelf where both it and the lot are known; what is wrong with them."""
    left = None
    if lot and site:
        move = stock_moves.Move(
            request_id=cmd.request_id,
            kind=MoveKind.DOSE,
            lot=lot,
            site=site,
            doses=cmd.units,
            occurred_on=on,
        )
        left = stock_moves.draw(move, actor=actor, now=now)
    return drawing_flags(expires_on=lot.expires_on if lot else None, given=on, left=left)


def give(
    cmd: RecordDose,
    campaign: Campaign,
    site: Site | None,
    person: Person,
    *,
    desk: AtDesk | None = None,
    actor: Actor,
    now: datetime,
) -> Dose:
    """The dose and all that follows from it, in a transaction in which the person is held."""
    given_on = local_day(cmd.given_at, site.time_zone if site else campaign.time_zone)
    lot = desk.lot if desk else lots.lot(cmd.lot_id) if cmd.lot_id else None
    product = lot.product if lot else products.product(cmd.product)
    if product.code != cmd.product:
        raise Refusal(Reason.LOT_OF_OTHER_PRODUCT, lot=lot and lot.number, product=cmd.product)
    verdict = judge(
        step_for(min_age_years=product.min_age_years, min_interval_days=product.min_interval_days),
        born=person.born,
        previous=_previous(person, given_on, desk),
        given=given_on,
    )

    dose = clinic.administer(
        clinic.Given(
            request_id=cmd.request_id,
            campaign=campaign,
            person=person,
            product=product,
            lot=lot,
            site=site,
            kind=cmd.kind,
            units=cmd.units,
            given_at=cmd.given_at,
            given_on=given_on,
            step=desk.step if desk else None,
            visit=desk.visit if desk else None,
            by=desk.step.actor if desk else actor.name,
            vial=desk.vial if desk else None,
            body_site=desk.body_site if desk else "",
            route=desk.route if desk else "",
        ),
        now=now,
    )
    flags = verdict.reasons + _draw(cmd, lot, site, given_on, actor=actor, now=now)
    if desk is not None:
        flags = tuple(dict.fromkeys(flags + desk.flags))
    if flags:
        safety.open_review(dose, flags, now=now)
    audit.record(
        "dose.recorded",
        f"dose:{dose.pk}",
        actor=actor.on_request(cmd.request_id),
        now=now,
        flags=[f.value for f in flags],
    )
    outbox.publish("dose.recorded.v1", now=now, campaign=campaign.pk, dose=dose.pk)
    return dose


def _previous(person: Person, given_on: date, desk: AtDesk | None) -> date | None:
    if desk is None:
        return doses.last_dose_on(person.pk, until=given_on)
    return max((d.given_on for d in desk.doses if d.given_on <= given_on), default=None)


def take_back(
    dose: Dose, why: CorrectionReason, *, request_id: UUID, actor: Actor, now: datetime
) -> None:
    """The correction and its consequences, in a transaction in which the person is held."""
    if (earlier := doses.corrected_by(request_id)) is not None:
        if earlier != dose.pk:
            raise Refusal(Reason.REQUEST_REUSED, request_id=str(request_id))
        return
    clinic.correct(dose, why, request_id=request_id, replaced_by=None, actor=actor, now=now)
    if drawn := stock_book.move_for_request(dose.request_id, MoveKind.DOSE):
        stock_moves.reverse(drawn, request_id=request_id, actor=actor.because(why.value), now=now)
    audit.record(
        "dose.corrected",
        f"dose:{dose.pk}",
        actor=actor.because(actor.reason or why.value).on_request(request_id),
        now=now,
    )
    outbox.publish("dose.corrected.v1", now=now, campaign=dose.campaign_id, dose=dose.pk)
