"""Visits and their steps: written here, in the caller's transaction, the person's row locked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q

from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic.models import Dose, Step, Visit
from balmis.contexts.journal.rows import insert, rows_of
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.core.actor import Actor
from balmis.core.clinic import visit_status
from balmis.core.errors import Refusal
from balmis.core.vocabulary.clinic import Outcome, StepKind, VisitStatus
from balmis.core.vocabulary.reasons import Refused

NEXT_NUMBER = """
INSERT INTO clinic_daynumber (site_id, "on", number) VALUES (%s, %s, 1)
ON CONFLICT ON CONSTRAINT day_number_once DO UPDATE SET number = clinic_daynumber.number + 1
RETURNING number
"""
# a person's visits are also those that a record had which was merged into theirs
OF_PERSON = "person_id IN (SELECT id FROM people_person WHERE id = %s OR merged_into_id = %s)"
DAY = f'WHERE {OF_PERSON} AND campaign_id = %s AND "on" = %s ORDER BY id'


def visit_of(person_id: int, campaign_id: int, site_id: int, on: date) -> Visit | None:
    return Visit.objects.filter(person=person_id, campaign=campaign_id, site=site_id, on=on).first()


def visit_at(visit_id: int, site_id: int) -> Visit:
    """A visit of the site. Raises Refusal(NOT_KNOWN)."""
    found = (
        Visit.objects.select_related("person", "site", "campaign")
        .filter(pk=visit_id, site=site_id)
        .first()
    )
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="visit", key=visit_id)
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """A person's day, and whether the request was heard before."""

    visits: list[Visit]
    steps: list[Step]  # of these visits
    earlier: Step | None

    def at(self, site: Site, person: Person) -> Visit | None:
        """The visit at the site; the person's own rather than one of a merged record."""
        here = [v for v in self.visits if v.site_id == site.pk]
        return min(here, key=lambda v: (v.person_id != person.pk, v.pk), default=None)

    def steps_of(self, visit: Visit) -> list[Step]:
        return [s for s in self.steps if s.visit_id == visit.pk]


def seen(campaign: Campaign, person: Person, on: date, request_id: UUID) -> Seen:
    visits = rows_of(Visit, DAY, [person.pk, person.pk, campaign.pk, on])
    steps = rows_of(
        Step, "WHERE visit_id = ANY(%s) OR request_id = %s", [[v.pk for v in visits], request_id]
    )
    earlier = next((s for s in steps if s.request_id == request_id), None)
    ids = {v.pk for v in visits}
    return Seen(visits, [s for s in steps if s.visit_id in ids], earlier)


def begin_visit(
    campaign: Campaign,
    person: Person,
    site: Site,
    on: date,
    booking: Booking | None,
    *,
    at: datetime,
) -> Visit:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER, [site.pk, on])
        number = cursor.fetchone()[0]
    return insert(
        Visit(
            campaign=campaign,
            person=person,
            site=site,
            on=on,
            booking=booking,
            number=number,
            status=VisitStatus.WAITING.value,
            status_at=at,
        )
    )


def step_for_request(request_id: UUID) -> Step | None:
    return Step.objects.filter(request_id=request_id).select_related("visit").first()


def add_step(
    visit: Visit,
    request_id: UUID,
    kind: StepKind,
    facts: dict[str, Any],
    *,
    at: datetime,
    device: str,
    actor: Actor,
    now: datetime,
) -> Step:
    return insert(
        Step(
            request_id=request_id,
            visit=visit,
            kind=kind.value,
            facts=facts,
            at=at,
            recorded_at=now,
            actor=actor.name,
            device=device,
        )
    )


def steps_of(visit: Visit) -> list[Step]:
    return list(Step.objects.filter(visit=visit))


def standing(steps: Iterable[Step]) -> list[Step]:
    """The steps that count, in the order of their own times."""
    rows = {str(s.request_id): s for s in steps}
    return [rows[s.key] for s in visit_status.standing(_plain(rows.values()))]


def _plain(rows: Iterable[Step]) -> list[visit_status.VisitStep]:
    return [
        visit_status.VisitStep(
            str(r.request_id),
            StepKind(r.kind),
            r.at,
            Outcome(r.facts["outcome"]) if "outcome" in r.facts else None,
            r.facts.get("step"),
        )
        for r in rows
    ]


def refresh(visit: Visit, rows: list[Step]) -> Visit:
    """Work out where the visit stands from all its steps; the only writer of what is derived."""
    counted = visit_status.standing(_plain(rows))
    by_key = {str(r.request_id): r for r in rows}
    last = {s.kind: by_key[s.key] for s in counted}  # of each kind
    seat, call = last.get(StepKind.SEAT), last.get(StepKind.CALL)
    visit.status = (visit_status.status_of(_plain(rows)) if counted else VisitStatus.LEFT).value
    visit.status_at = max((s.at for s in counted), default=visit.status_at)
    visit.room = call.facts["room"] if call else ""
    visit.seat = seat.facts.get("seat", "") if seat else ""
    visit.seated_at = seat.at if seat else None
    visit.observed_until = seat.at + timedelta(minutes=seat.facts["minutes"]) if seat else None
    with connection.cursor() as cursor:
        cursor.execute(
            REFRESH,
            [
                visit.status,
                visit.status_at,
                visit.room,
                visit.seat,
                visit.seated_at,
                visit.observed_until,
                visit.pk,
            ],
        )
    return visit


REFRESH = """
UPDATE clinic_visit SET status = %s, status_at = %s, room = %s, seat = %s, seated_at = %s,
  observed_until = %s WHERE id = %s
"""


def _undone(steps: list[Step]) -> set[str]:
    """What was undone in the visits of these steps."""
    if not steps:
        return set()
    undos = Step.objects.filter(kind=StepKind.UNDO.value, visit__in={s.visit_id for s in steps})
    return set(undos.values_list("facts__step", flat=True))


def had_reaction(person_id: int, *, but: int | None) -> bool:
    """Was a reaction noted in a visit, other than this one?"""
    return bool(people_with_reaction([person_id], but=[but] if but else []))


def doses_from(vial_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Live doses drawn from each vial."""
    live = Dose.live.filter(vial__in=list(vial_ids))
    return dict(live.values_list("vial").annotate(n=Count("pk")).order_by())


def day_visits(
    campaign_id: int,
    site_id: int,
    on: date,
    *,
    since: datetime | None = None,
    people: Iterable[int] | None = None,
) -> list[Visit]:
    """The visits of a day (of these people) with their steps; with `since` those that had one since then."""
    found = Visit.objects.filter(campaign=campaign_id, site=site_id, on=on)
    if people is not None:
        found = found.filter(person__in=list(people))
    if since is not None:
        recent = Step.objects.filter(visit=OuterRef("pk"), recorded_at__gte=since)
        found = found.filter(Exists(recent))
    return list(
        found.select_related("booking__pool__slot__session__site")
        .prefetch_related("steps", "conflicts")
        .order_by("number")
    )


def calls_since(campaign_id: int, site_id: int, on: date, since: datetime) -> list[Step]:
    """Who was called to a room since then, by the server's clock, the last first: tablets' clocks run
    fast and slow. Calls that were undone are none."""
    called = Step.objects.filter(
        visit__campaign=campaign_id,
        visit__site=site_id,
        visit__on=on,
        kind=StepKind.CALL.value,
        recorded_at__gte=since,
    ).select_related("visit")
    found = list(called.order_by("-recorded_at", "-pk")[:40])
    gone = _undone(found)
    return [s for s in found if str(s.request_id) not in gone]


def waiting_by_status(campaign_id: int, site_id: int, on: date) -> dict[str, int]:
    """People inside by where they stand."""
    rows = Visit.objects.filter(campaign=campaign_id, site=site_id, on=on, status__in=INSIDE)
    return dict(rows.values_list("status").annotate(n=Count("pk")).order_by())


INSIDE = [s.value for s in VisitStatus if s.is_inside]


def inside(site_id: int, on: date) -> int:
    """People whose visit of the day is not over."""
    return Visit.objects.filter(site=site_id, on=on, status__in=INSIDE).count()


def inside_with_lot(campaign_id: int, site_id: int, on: date, lots: Iterable[int]) -> list[int]:
    """People who are still at the site and have had a dose of these lots there today."""
    given = Dose.live.filter(campaign=campaign_id, site=site_id, given_on=on, lot__in=list(lots))
    here = Visit.objects.filter(campaign=campaign_id, site=site_id, on=on, status__in=INSIDE)
    rows = given.filter(person__in=here.values("person")).order_by("given_at")
    return list(rows.values_list("person_id", flat=True))


def people_dosed_on(campaign_id: int, person_ids: Iterable[int], on: date) -> set[int]:
    live = Dose.live.filter(campaign=campaign_id, person__in=list(person_ids), given_on=on)
    return set(live.values_list("person_id", flat=True))


def people_with_reaction(person_ids: Iterable[int], *, but: Iterable[int]) -> set[int]:
    """Those with a reaction noted in a visit, other than in these, and not taken back."""
    ids = list(person_ids)
    noted = Step.objects.filter(
        Q(visit__person__in=ids) | Q(visit__person__merged_into__in=ids),
        kind=StepKind.REACTION.value,
    ).exclude(visit__in=list(but))
    found = list(noted.select_related("visit__person"))
    gone = _undone(found)
    return {
        s.visit.person.merged_into_id or s.visit.person_id
        for s in found
        if str(s.request_id) not in gone
    }


def dose_of_day(person_id: int, campaign_id: int, on: date) -> Dose | None:
    """A live dose of the campaign that the person has had on the day."""
    live = Dose.live.filter(person=person_id, campaign=campaign_id, given_on=on)
    return live.order_by("given_at", "pk").first()


def live_dose_of(step: Step) -> Dose | None:
    """The dose of the register that the step tells of; None while the step waits, or was undone."""
    live = Dose.live.filter(step=step)
    return live.select_related("product", "lot__product", "vial").first()


def dose_days(person_id: int, campaign_id: int) -> list[date]:
    """The days on which a desk recorded a dose of the person, whatever became of it."""
    told = Step.objects.filter(
        Q(visit__person=person_id) | Q(visit__person__merged_into=person_id),
        kind=StepKind.DOSE.value,
        visit__campaign=campaign_id,
    )
    return list(told.values_list("visit__on", flat=True).distinct().order_by("visit__on"))


def came_on(person_id: int, campaign_id: int, on: date) -> bool:
    return bool(rows_of(Visit, DAY, [person_id, person_id, campaign_id, on]))


CONSENTED = [
    VisitStatus.CONSENTED.value,
    VisitStatus.VACCINATED.value,
    VisitStatus.OBSERVED.value,
    VisitStatus.DISCHARGED.value,
]


def consented_on(person_id: int, campaign_id: int, on: date) -> bool:
    """Did the person consent at a desk that day?"""
    found = rows_of(Visit, DAY, [person_id, person_id, campaign_id, on])
    return any(visit.status in CONSENTED for visit in found)
