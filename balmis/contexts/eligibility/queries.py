"""Read schedules, runs and what people may have next."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache

import msgspec
from django.db import connection
from django.db.models import F, Sum

from balmis.contexts.eligibility.models import (
    DueCount,
    NextDose,
    Run,
    ScheduleLoad,
    ScheduleVersion,
)
from balmis.core.schedule.format import ScheduleFile
from balmis.core.schedule.rules import Schedule, ready
from balmis.core.vocabulary.people import BirthPrecision
from balmis.core.vocabulary.schedule import Finding


def schedule_in_force(slug: str) -> ScheduleLoad | None:
    """The last load of the schedule."""
    found = ScheduleLoad.objects.filter(slug=slug).select_related("version")
    return found.order_by("-id").first()


@lru_cache(maxsize=16)
def schedule_of(digest: str) -> Schedule:
    """A version's rules, ready to judge. Versions never change, so they can be kept."""
    content = ScheduleVersion.objects.values_list("content", flat=True).get(digest=digest)
    return ready(msgspec.json.decode(content, type=ScheduleFile))


def last_run(campaign_id: int) -> Run | None:
    found = Run.objects.filter(campaign_id=campaign_id).select_related("rules__schedule")
    return found.order_by("-id").first()


def next_dose(campaign_id: int, person_id: int) -> NextDose | None:
    return NextDose.objects.filter(campaign_id=campaign_id, person_id=person_id).first()


@dataclass(frozen=True, slots=True)
class Due:
    """People counted alike."""

    area_id: int
    group_id: int | None
    status: str
    reason: str
    phase: str | None
    role: str
    product: str | None
    from_on: date | None
    people: int


def due_counts(campaign_id: int, areas: frozenset[int] | None = None) -> list[Due]:
    """The counts of the last run, of all areas or of some."""
    found = DueCount.objects.filter(campaign_id=campaign_id)
    if areas is not None:
        found = found.filter(area_id__in=areas)
    columns = ("area_id", "group_id", "status", "reason", "phase", "role", "product", "from_on")
    return [Due(**row) for row in found.values(*columns).annotate(people=Sum("people"))]


def counts_by(campaign_id: int, *columns: str) -> list[dict[str, object]]:
    found = DueCount.objects.filter(campaign_id=campaign_id).values(*columns)
    return list(found.annotate(number=Sum("people")).order_by(F("number").desc()))


@dataclass(frozen=True, slots=True)
class Ready:
    """People who would be added by an offer; `ready` on the day or only later."""

    area_id: int
    group_id: int | None
    ready: bool
    people: int


READY_PEOPLE = """
SELECT n.person_id, p.area_id, m.group_id, n.ready_on <= %(on)s AS ready
FROM eligibility_nextdose n
JOIN people_person p ON p.id = n.person_id
JOIN campaigns_member m ON m.person_id = n.person_id AND m.campaign_id = n.campaign_id
WHERE n.campaign_id = %(campaign)s AND n.ready_on IS NOT NULL
  AND NOT (n.from_on IS NOT NULL AND n.from_on <= %(on)s)
  AND p.area_id = ANY(%(areas)s)
  AND (%(groups)s::bigint[] IS NULL OR m.group_id = ANY(%(groups)s))
  AND (cardinality(%(roles)s::text[]) = 0 OR n.role = ANY(%(roles)s))
  AND (cardinality(%(products)s::varchar[]) = 0 OR n.suitable && %(products)s::varchar[])
  AND (%(until)s::date IS NULL OR n.ready_on <= %(until)s)
"""


@dataclass(frozen=True, slots=True)
class Offered:
    """Whom an offer would add: of these areas, groups (None: any), roles and products (none: any)."""

    campaign: int
    on: date
    areas: list[int]
    roles: list[str]
    products: list[str]
    groups: list[int] | None
    until: date | None


def ready_counts(offered: Offered) -> list[Ready]:
    """Of those who may not have a dose by the day as things stand: who would be ready if offered."""
    query = f"SELECT area_id, group_id, ready, count(*) FROM ({READY_PEOPLE}) r GROUP BY 1, 2, 3"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, asdict(offered))
        return [Ready(*row) for row in cursor.fetchall()]


def statuses(campaign_id: int, people: list[int]) -> dict[int, str]:
    """The stored answer of each of these people."""
    found = NextDose.objects.filter(campaign_id=campaign_id, person_id__in=people)
    return dict(found.values_list("person_id", "status"))


def next_doses(campaign_id: int, people: list[int]) -> list[NextDose]:
    return list(NextDose.objects.filter(campaign=campaign_id, person__in=people))


def answers_of(people: Iterable[int]) -> list[NextDose]:
    """Every stored answer of these people, in every campaign, with whom and what it is about."""
    found = NextDose.objects.filter(person__in=list(people), person__merged_into=None)
    return list(found.select_related("campaign__area", "person__area").order_by("pk"))


AGES = (Finding.DUE_LATER, Finding.NO_SERIES, Finding.AGED_OUT)


def waiting_for_age(campaign_id: int, areas: Sequence[int], most: int) -> list[int]:
    """People of whom only a month or year of birth is known and whom the schedule lets wait, or no more:
    perhaps because of their age."""
    found = NextDose.objects.filter(
        campaign=campaign_id, person__area__in=areas, reason__in=[f.value for f in AGES]
    ).exclude(person__born_precision=BirthPrecision.DAY.value)
    return list(found.order_by("person_id").values_list("person_id", flat=True)[:most])
