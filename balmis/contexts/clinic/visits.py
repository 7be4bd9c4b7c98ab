"""Visits and their steps: written here, in the caller's transaction, the person's row locked."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef

from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic.models import Deferral, Dose, Step, Visit
from balmis.contexts.ledger.services import Actor
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.core.clinic import visiting
from balmis.core.clinic.words import Outcome, StepKind, VisitStatus

NEXT_NUMBER = """
INSERT INTO clinic_daynumber (site_id, "on", number) VALUES (%s, %s, 1)
ON CONFLICT ON CONSTRAINT day_number_once DO UPDATE SET number = clinic_daynumber.number + 1
RETURNING number
"""
TOLD_OF = """
SELECT EXISTS (
  SELECT 1 FROM clinic_visit v JOIN clinic_step s ON s.visit_id = v.id
  WHERE v.person_id = %(person)s AND v.campaign_id = %(campaign)s AND v."on" = %(on)s
    AND s.kind = %(dose)s AND s.id <> %(but)s
) OR EXISTS (
  SELECT 1 FROM clinic_dose d
  WHERE d.person_id = %(person)s AND d.campaign_id = %(campaign)s AND d.given_on = %(on)s
)
"""


def visit_of(person_id: int, campaign_id: int, site_id: int, on: date) -> Visit | None:
    return Visit.objects.filter(person=person_id, campaign=campaign_id, site=site_id, on=on).first()


def open_visit(
    campaign: Campaign, person: Person, site: Site, on: date,
    booking: Callable[[], Booking | None], *, at: datetime,
) -> Visit:  # fmt: skip
    """The person's visit at the site on the day; made, with its number, if there is none. Only then
    is the appointment looked for."""
    found = visit_of(person.pk, campaign.pk, site.pk, on)
    if found is not None:
        found.campaign, found.site, found.person = campaign, site, person
        return found
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER, [site.pk, on])
        number = cursor.fetchone()[0]
    return Visit.objects.create(
        campaign=campaign, person=person, site=site, on=on, booking=booking(), number=number,
        status=VisitStatus.WAITING.value, status_at=at,
    )  # fmt: skip


def step_for_request(request_id: UUID) -> Step | None:
    return Step.objects.filter(request_id=request_id).select_related("visit").first()


def add_step(
    visit: Visit, request_id: UUID, kind: StepKind, facts: dict[str, Any], *, at: datetime,
    device: str, actor: Actor, now: datetime,
) -> Step:  # fmt: skip
    return Step.objects.create(
        request_id=request_id, visit=visit, kind=kind.value, facts=facts, at=at, recorded_at=now,
        actor=actor.name, device=device,
    )  # fmt: skip


def steps_of(visit: Visit) -> list[Step]:
    return list(Step.objects.filter(visit=visit))


def standing(steps: Iterable[Step]) -> list[Step]:
    """The steps that count, in the order of their own times."""
    rows = {str(s.request_id): s for s in steps}
    return [rows[s.key] for s in visiting.standing(_plain(rows.values()))]


def _plain(rows: Iterable[Step]) -> list[visiting.Step]:
    return [
        visiting.Step(
            str(r.request_id), StepKind(r.kind), r.at,
            Outcome(r.facts["outcome"]) if "outcome" in r.facts else None, r.facts.get("step"),
        )
        for r in rows
    ]  # fmt: skip


def refresh(visit: Visit, rows: list[Step]) -> Visit:
    """Work out where the visit stands from all its steps; the only writer of what is derived."""
    counted = visiting.standing(_plain(rows))
    by_key = {str(r.request_id): r for r in rows}
    last = {s.kind: by_key[s.key] for s in counted}  # of each kind
    seat, call = last.get(StepKind.SEAT), last.get(StepKind.CALL)
    visit.status = (visiting.status_of(_plain(rows)) if counted else VisitStatus.LEFT).value
    visit.status_at = max((s.at for s in counted), default=visit.status_at)
    visit.room = call.facts["room"] if call else ""
    visit.seat = seat.facts.get("seat", "") if seat else ""
    visit.seated_at = seat.at if seat else None
    visit.observed_until = seat.at + timedelta(minutes=seat.facts["minutes"]) if seat else None
    visit.save(update_fields=["status", "status_at", "room", "seat", "seated_at", "observed_until"])
    return visit


def defer(
    step: Step, person: Person, outcome: Outcome, *, product: str, until: date | None, reason: str
) -> None:
    Deferral.objects.create(person=person, step=step, outcome=outcome.value, product=product,
                            until=until, reason=reason)  # fmt: skip


def deferrals(person_ids: Iterable[int], *, lifted: int | None = None) -> list[Deferral]:
    """Those whose step was not undone, and that are not of the `lifted` visit."""
    rows = Deferral.objects.filter(person__in=list(person_ids)).exclude(step__visit=lifted or 0)
    found = list(rows.select_related("step"))
    if not found:
        return []
    undone = Step.objects.filter(
        kind=StepKind.UNDO.value, visit__in=[d.step.visit_id for d in found]
    ).values_list("facts__step", flat=True)
    gone = set(undone)
    return [d for d in found if str(d.step.request_id) not in gone]


def had_reaction(person_id: int, *, but: int | None) -> bool:
    """Was a reaction noted in a visit, other than this one?"""
    noted = Step.objects.filter(visit__person=person_id, kind=StepKind.REACTION.value)
    return noted.exclude(visit=but or 0).exists()


def doses_from(vial_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Live doses drawn from each vial."""
    live = Dose.objects.filter(vial__in=list(vial_ids), correction__isnull=True)
    return dict(live.values_list("vial").annotate(n=Count("pk")).order_by())


def day_visits(
    campaign_id: int, site_id: int, on: date, *, since: datetime | None = None
) -> list[Visit]:
    """The visits of a day with their steps; with `since` those that had one since then."""
    found = Visit.objects.filter(campaign=campaign_id, site=site_id, on=on)
    if since is not None:
        recent = Step.objects.filter(visit=OuterRef("pk"), recorded_at__gte=since)
        found = found.filter(Exists(recent))
    return list(
        found.select_related("booking__pool__slot__session__site")
        .prefetch_related("steps", "conflicts").order_by("number")
    )  # fmt: skip


INSIDE = [s.value for s in VisitStatus if s.is_inside]


def inside(site_id: int, on: date) -> int:
    """People whose visit of the day is not over."""
    return Visit.objects.filter(site=site_id, on=on, status__in=INSIDE).count()


def people_dosed_on(campaign_id: int, person_ids: Iterable[int], on: date) -> set[int]:
    live = Dose.objects.filter(campaign=campaign_id, person__in=list(person_ids), given_on=on,
                               correction__isnull=True)  # fmt: skip
    return set(live.values_list("person_id", flat=True))


def people_with_reaction(person_ids: Iterable[int], *, but: Iterable[int]) -> set[int]:
    """Those with a reaction noted in a visit, other than in these."""
    noted = Step.objects.filter(kind=StepKind.REACTION.value, visit__person__in=list(person_ids))
    return set(noted.exclude(visit__in=list(but)).values_list("visit__person_id", flat=True))


def dose_of_day(person_id: int, campaign_id: int, on: date) -> Dose | None:
    """A live dose of the campaign that the person has had on the day."""
    live = Dose.objects.filter(person=person_id, campaign=campaign_id, given_on=on,
                               correction__isnull=True)  # fmt: skip
    return live.order_by("given_at", "pk").first()


def live_dose_of(step: Step) -> Dose | None:
    """The dose of the register that the step tells of; None while the step waits, or was undone."""
    live = Dose.objects.filter(step=step, correction__isnull=True)
    return live.select_related("product", "lot__product", "vial").first()


def came_on(person_id: int, campaign_id: int, on: date) -> bool:
    return Visit.objects.filter(person=person_id, campaign=campaign_id, on=on).exists()


def doses_told_of(person_id: int, campaign_id: int, on: date, *, but: Step) -> bool:
    """Is there another record of a dose of the person that day, by a desk or by anyone?"""
    with connection.cursor() as cursor:
        cursor.execute(TOLD_OF, {"person": person_id, "campaign": campaign_id, "on": on,
                                 "but": but.pk, "dose": StepKind.DOSE.value})  # fmt: skip
        return bool(cursor.fetchone()[0])
