"""Who is fully vaccinated as recorded, who by the schedule, and of whom the two differ."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from balmis.contexts.access.services import areas_for, works_in
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.clinic.models import Dose
from balmis.contexts.eligibility import queries as eligibility
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.reporting import courses
from balmis.contexts.reporting.courses import Courses
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed
from balmis.core.roles import Act
from balmis.core.vocabulary.schedule import Finding

MOST = 200  # that one look shows


@dataclass(frozen=True, slots=True)
class Differs:
    """Somebody whose course is complete as recorded, and not by the schedule."""

    person: Person
    doses: tuple[Dose, ...]
    finding: Finding  # what the schedule says of the next dose


def count_courses(slug: str, *, actor: Actor) -> tuple[date, Courses] | None:
    """As of the last eligibility run; None without one. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    if not works_in(actor, Act.READ_PLAN, campaign.area):
        raise NotAllowed(f"{actor.name} may not read the plan of {slug}")
    run = eligibility.last_run(campaign.pk)
    return None if run is None else (run.as_of, courses.count_courses(campaign.pk))


def list_differences(slug: str, *, actor: Actor, now: datetime) -> list[Differs]:
    """Those of the areas in which the actor may look people up; the look is logged."""
    campaign = campaigns.campaign(slug)
    paths = areas_for(actor, Act.READ_PERSON, campaign.area)
    found = courses.recorded_only(campaign.pk, paths, MOST) if paths else []
    if not found:
        return []
    whole = {p.pk: p for p in people.people_of([key for key, _ in found])}
    doses: dict[int, list[Dose]] = {}
    for dose in clinic.doses_in(campaign.pk, list(whole)):
        doses.setdefault(dose.person_id, []).append(dose)
    with transaction.atomic():
        audit.record(
            "courses.differences_read",
            f"campaign:{campaign.pk}",
            actor=actor,
            now=now,
            people=sorted(whole),
        )
    return [Differs(whole[key], tuple(doses.get(key, ())), finding) for key, finding in found]
