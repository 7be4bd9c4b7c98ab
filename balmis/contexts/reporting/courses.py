"""Two readings of "fully vaccinated", side by side.

As recorded: a dose that counts in figures completes the course by its number (the second of two). By the
schedule: the last eligibility run finds the course complete, or a later dose (additional, booster) next;
it also asks whether each dose was valid: at the age, after the interval, of a fitting vaccine. A course
of which the run says neither, as further doses are ruled out, is told apart.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from balmis.core.vocabulary.schedule import Finding

COMPLETE = (Finding.COMPLETE, Finding.IMMUNE, Finding.PROTECTED)
LATER = ("additional", "booster")  # roles of doses after the primary course
UNTOLD = (Finding.CONTRAINDICATED, Finding.AGED_OUT, Finding.NO_SERIES)

RECORDED = """
SELECT DISTINCT person_id FROM safety_counted_dose WHERE campaign_id = %(campaign)s AND completes
"""
JUDGED = """
SELECT person_id, reason,
  CASE WHEN reason = ANY(%(complete)s) OR role = ANY(%(later)s) THEN 'valid'
    WHEN reason = ANY(%(untold)s) THEN 'untold' ELSE 'not_valid' END AS by_schedule
FROM eligibility_nextdose WHERE campaign_id = %(campaign)s
"""
COUNT = f"""
SELECT r.person_id IS NOT NULL, coalesce(j.by_schedule, 'untold'), coalesce(j.reason, ''), count(*)
FROM ({RECORDED}) r
FULL JOIN ({JUDGED}) j USING (person_id)
WHERE r.person_id IS NOT NULL OR j.by_schedule = 'valid'
GROUP BY 1, 2, 3
"""  # noqa: S608
DIFFER = f"""
SELECT j.person_id, j.reason FROM ({JUDGED}) j JOIN ({RECORDED}) r USING (person_id)
JOIN people_person p ON p.id = j.person_id JOIN places_area a ON a.id = p.area_id
WHERE j.by_schedule = 'not_valid' AND a.path LIKE ANY(%(below)s)
ORDER BY j.person_id LIMIT %(most)s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Courses:
    """People by the two readings."""

    both: int
    recorded_only: int
    schedule_only: int
    untold: int  # recorded, and the schedule says neither
    why: tuple[
        tuple[Finding, int], ...
    ]  # what the schedule says of those recorded only, most first

    @property
    def recorded(self) -> int:
        return self.both + self.recorded_only + self.untold

    @property
    def by_schedule(self) -> int:
        return self.both + self.schedule_only


def _values(campaign_id: int) -> dict[str, Any]:
    return {
        "campaign": campaign_id,
        "complete": [f.value for f in COMPLETE],
        "later": list(LATER),
        "untold": [f.value for f in UNTOLD],
    }


def count_courses(campaign_id: int) -> Courses:
    """By today's doses and the last run."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, _values(campaign_id))
        rows = cursor.fetchall()

    def people(recorded: bool, by_schedule: str) -> int:
        return sum(n for r, s, _, n in rows if r is recorded and s == by_schedule)

    why = [(Finding(w), n) for r, s, w, n in rows if r and s == "not_valid"]
    return Courses(
        both=people(True, "valid"),
        recorded_only=people(True, "not_valid"),
        schedule_only=people(False, "valid"),
        untold=people(True, "untold"),
        why=tuple(sorted(why, key=lambda row: (-row[1], row[0]))),
    )


def recorded_only(campaign_id: int, paths: list[str], most: int) -> list[tuple[int, Finding]]:
    """People below these areas whose course is complete as recorded, and not by the schedule; and why."""
    below = [f"{path}%" for path in paths]
    with connection.cursor() as cursor:
        cursor.execute(DIFFER, _values(campaign_id) | {"below": below, "most": most})
        return [(person, Finding(reason)) for person, reason in cursor.fetchall()]
