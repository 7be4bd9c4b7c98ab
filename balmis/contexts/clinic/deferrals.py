"""Who is put off, or must never have a vaccine, and by whose word."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from balmis.contexts.clinic.models import Deferral, Step
from balmis.contexts.people.models import Person
from balmis.core.clinic.deferrals import MayHave, PutOff, standing
from balmis.core.vocabulary.clinic import Outcome, StepKind

NO_DAY = date.max  # the end of a deferral that nobody can say
LIFTING = (StepKind.DOCTOR.value, StepKind.SCREEN.value)


def defer(
    step: Step, person: Person, outcome: Outcome, *, product: str, until: date | None, reason: str
) -> None:
    Deferral.objects.create(
        person=person, step=step, outcome=outcome.value, product=product, until=until, reason=reason
    )


def has_any(person_id: int) -> bool:
    """Was anything ever said against a dose of theirs?"""
    whose = Q(person=person_id) | Q(person__merged_into=person_id)
    return bool(Deferral.objects.filter(whose).exists())


@dataclass(frozen=True, slots=True)
class StandingDeferral:
    """What stands against a dose of this person: until a day, or with a vaccine for good."""

    person: int
    outcome: Outcome
    product: str  # empty: any
    until: date | None
    reason: str
    by: str  # who said it
    at: datetime
    kind: StepKind
    visit: int
    site: int

    def holds_on(self, day: date) -> bool:
        return self.outcome is Outcome.NEVER or (self.until or NO_DAY) > day


def standing_of(person_ids: Iterable[int], *, by: datetime | None = None) -> list[StandingDeferral]:
    """Of these people, what was not undone and not lifted; `by`: by what was said until then."""
    ids = list(person_ids)
    rows = Deferral.objects.filter(Q(person__in=ids) | Q(person__merged_into__in=ids))
    if by is not None:
        rows = rows.filter(step__at__lte=by)
    found = list(rows.select_related("step__visit", "person"))
    if not found:
        return []
    words = _words({_root(d.person) for d in found}, by)
    gone = _undone(
        {d.step.visit_id for d in found} | {w.visit for ws in words.values() for w in ws}
    )
    by_person: dict[int, dict[str, Deferral]] = defaultdict(dict)
    for d in found:
        if str(d.step.request_id) not in gone:
            by_person[_root(d.person)][str(d.step.request_id)] = d
    result = []
    for person, theirs in by_person.items():
        lifts = [w for w in words.get(person, ()) if w.key not in gone]
        for p in standing((_plain(key, d) for key, d in theirs.items()), lifts):
            result.append(_standing(person, theirs[p.key]))
    return result


def people_put_off(campaign_id: int, site_id: int, since: date) -> list[int]:
    """Whom somebody put off or ruled out at the site since that day, whether it still stands or not."""
    rows = Deferral.objects.filter(
        step__visit__campaign=campaign_id, step__visit__site=site_id, step__visit__on__gte=since
    )
    return [
        kept or own for own, kept in rows.values_list("person", "person__merged_into").distinct()
    ]


BELOW = """
SELECT f.person_id
FROM clinic_standing_deferral f
JOIN clinic_step s ON s.id = f.step_id JOIN clinic_visit v ON v.id = s.visit_id
JOIN people_person p ON p.id = f.person_id JOIN places_area a ON a.id = p.area_id
WHERE v.campaign_id = %(campaign)s AND a.path LIKE ANY(%(below)s)
  AND (f.outcome = 'never' OR f.until IS NULL OR f.until > %(on)s)
GROUP BY f.person_id ORDER BY max(f.at) DESC, f.person_id LIMIT %(most)s
"""


def people_put_off_below(campaign_id: int, paths: list[str], on: date, most: int) -> list[int]:
    """Who lives there and is put off or ruled out on that day; of whom it was said last first."""
    below = [f"{path}%" for path in paths]
    values: dict[str, Any] = {"campaign": campaign_id, "below": below, "on": on, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(BELOW, values)
        return [row[0] for row in cursor.fetchall()]


def _root(person: Person) -> int:
    return person.merged_into_id or person.pk


def _plain(key: str, d: Deferral) -> PutOff:
    step = d.step
    outcome = Outcome(d.outcome)
    return PutOff(key, step.at, step.visit_id, StepKind(step.kind), outcome, d.product, d.until)


def _standing(person: int, d: Deferral) -> StandingDeferral:
    return StandingDeferral(
        person=person,
        outcome=Outcome(d.outcome),
        product=d.product,
        until=d.until,
        reason=d.reason,
        by=d.step.actor,
        at=d.step.at,
        kind=StepKind(d.step.kind),
        visit=d.step.visit_id,
        site=d.step.visit.site_id,
    )


def _words(people: set[int], by: datetime | None) -> dict[int, list[MayHave]]:
    """The steps that say "go on", by person."""
    said = Step.objects.filter(
        Q(visit__person__in=people) | Q(visit__person__merged_into__in=people),
        kind__in=LIFTING,
        facts__outcome=Outcome.PROCEED.value,
    )
    if by is not None:
        said = said.filter(at__lte=by)
    found: dict[int, list[MayHave]] = defaultdict(list)
    for s in said.select_related("visit__person"):
        found[_root(s.visit.person)].append(
            MayHave(
                str(s.request_id), s.at, s.visit_id, StepKind(s.kind), s.facts.get("product", "")
            )
        )
    return found


def _undone(visits: set[int]) -> set[str]:
    undos = Step.objects.filter(kind=StepKind.UNDO.value, visit__in=visits)
    return set(undos.values_list("facts__step", flat=True))
