"""Doses that cannot be as they were told, held out of all figures until somebody has looked.

A dose is impossible when it is dated before its person can have been born. It is possibly one that was
told before when no desk of ours saw it given and the person has an earlier record of the campaign: of
the same day; of the same vaccine within three days, as two sources date one needle; or of the same
number (both "the first") in less than the shortest interval. The later record is the one held.
Compare CDC's and AIRA's guidance on deduplicating vaccination events (MIROW, 2006): alike in vaccine
and near in date are selected, and where sources differ a person decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from balmis.contexts.clinic.models import Dose
from balmis.core.schedule.spacing import Step
from balmis.core.vocabulary.clinic import DoseFlag

HELD = (DoseFlag.BORN_AFTER_DOSE, DoseFlag.POSSIBLE_DUPLICATE)
NEAR = 3  # days between two dates of one needle

# who is judged is a query that the caller names: some people, or all of a staged list
JUDGE = """
WITH judged AS ({who}),
wanted AS (
  SELECT d.id AS dose_id, 'born_after_dose' AS reason
  FROM clinic_live_dose d JOIN judged USING (person_id)
  JOIN people_person p ON p.id = d.person_id
  WHERE d.given_on < people_earliest(p.born, p.born_precision)
  UNION ALL
  SELECT d.id, 'possible_duplicate'
  FROM clinic_live_dose d JOIN judged USING (person_id)
  JOIN supply_product v ON v.id = d.product_id
  WHERE d.step_id IS NULL AND EXISTS (
    SELECT FROM clinic_live_dose e
    WHERE e.person_id = d.person_id AND e.campaign_id = d.campaign_id AND e.id < d.id
      AND (e.given_on = d.given_on
        OR (e.product_id = d.product_id AND abs(e.given_on - d.given_on) <= %(near)s)
        OR (e.kind = d.kind AND abs(e.given_on - d.given_on) < v.min_interval_days - %(grace)s)))
),
had AS (
  SELECT f.id, f.dose_id, f.reason, l.id AS lifted
  FROM clinic_dose d JOIN judged USING (person_id) JOIN safety_flag f ON f.dose_id = d.id
  LEFT JOIN safety_liftedflag l ON l.flag_id = f.id
  WHERE f.reason = ANY(%(held)s)
),
raised AS (
  INSERT INTO safety_flag (dose_id, reason, raised_at)
  SELECT dose_id, reason, %(now)s FROM wanted ORDER BY dose_id, reason
  ON CONFLICT (dose_id, reason) DO NOTHING RETURNING dose_id
),
gone AS (
  INSERT INTO safety_liftedflag (flag_id, at)
  SELECT had.id, %(now)s FROM had
  WHERE lifted IS NULL AND NOT EXISTS (
    SELECT FROM wanted w WHERE w.dose_id = had.dose_id AND w.reason = had.reason)
  RETURNING flag_id
),
again AS (
  DELETE FROM safety_liftedflag l USING had JOIN wanted w USING (dose_id, reason)
  WHERE l.id = had.lifted RETURNING l.id
)
SELECT (SELECT count(*) FROM raised), (SELECT count(*) FROM gone), (SELECT count(*) FROM again)
"""
SOME = "SELECT unnest(%(people)s::bigint[]) AS person_id"
STAGED = "SELECT DISTINCT person_id FROM dose_in"


def judge_people(people: Iterable[int], *, now: datetime) -> bool:
    """Raise and lift these flags on all doses of these people; has any changed? For a transaction in
    which they are held."""
    return _judge(SOME, now=now, people=sorted(set(people)))


def judge_staged(*, now: datetime) -> None:
    """The same for everybody of a staged list of doses, after its doses were recorded."""
    _judge(STAGED, now=now)


def _judge(who: str, *, now: datetime, **values: Any) -> bool:
    held = [reason.value for reason in HELD]
    fixed: dict[str, Any] = {
        "near": NEAR,
        "grace": Step(0).grace,
        "now": now,
        "held": held,
        **values,
    }
    with connection.cursor() as cursor:
        cursor.execute(JUDGE.format(who=who), fixed)
        return any(cursor.fetchone())


@dataclass(frozen=True, slots=True)
class HeldDose:
    """A dose out of the figures, why, and the record that it seems to repeat."""

    dose: Dose
    reasons: tuple[DoseFlag, ...]
    alike: Dose | None


COUNT_HELD = """
SELECT count(DISTINCT d.id) FROM safety_held_dose h JOIN clinic_live_dose d ON d.id = h.dose_id
WHERE d.campaign_id = %s AND d.given_on <= %s
"""


def count_held(campaign_id: int, until: date) -> int:
    """Live doses of the campaign up to and on the day that no figure counts."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_HELD, [campaign_id, until])
        return int(cursor.fetchone()[0])


COUNT_BELOW = """
SELECT count(DISTINCT d.id) FROM safety_held_dose h JOIN clinic_live_dose d ON d.id = h.dose_id
JOIN people_person p ON p.id = d.person_id JOIN places_area a ON a.id = p.area_id
WHERE d.campaign_id = %s AND starts_with(a.path, %s)
"""


def count_below(campaign_id: int, path: str) -> int:
    """Those of people who live in the area."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_BELOW, [campaign_id, path])
        return int(cursor.fetchone()[0])


FIND_HELD = """
SELECT h.dose_id, array_agg(h.reason ORDER BY h.reason)
FROM safety_held_dose h JOIN clinic_live_dose d ON d.id = h.dose_id
JOIN people_person p ON p.id = d.person_id JOIN places_area a ON a.id = p.area_id
WHERE d.campaign_id = %s AND starts_with(a.path, %s)
GROUP BY h.dose_id ORDER BY h.dose_id DESC LIMIT %s
"""
ONE_HELD = """
SELECT h.dose_id, array_agg(h.reason ORDER BY h.reason)
FROM safety_held_dose h JOIN clinic_live_dose d ON d.id = h.dose_id
WHERE h.dose_id = %s GROUP BY h.dose_id
"""


def held_doses(campaign_id: int, path: str, most: int) -> list[HeldDose]:
    """Those of people who live in the area; what was recorded last first."""
    return _whole(FIND_HELD, [campaign_id, path, most])


def held_dose(dose_id: int) -> HeldDose | None:
    """The dose, if it waits for somebody to look."""
    return next(iter(_whole(ONE_HELD, [dose_id])), None)


def _whole(query: str, values: list[int | str]) -> list[HeldDose]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows = cursor.fetchall()
    whole = Dose.live.select_related("person__area", "product", "lot", "site__area", "batch")
    found = whole.in_bulk([key for key, _ in rows])
    others = whole.filter(person__in={d.person_id for d in found.values()}).order_by("pk")
    by_person: dict[int, list[Dose]] = {}
    for dose in others:
        by_person.setdefault(dose.person_id, []).append(dose)
    return [
        HeldDose(
            dose=found[key],
            reasons=tuple(DoseFlag(r) for r in reasons),
            alike=_alike(found[key], by_person)
            if DoseFlag.POSSIBLE_DUPLICATE.value in reasons
            else None,
        )
        for key, reasons in rows
    ]


def _alike(dose: Dose, by_person: dict[int, list[Dose]]) -> Dose | None:
    """The nearest by day of those that were recorded before."""
    earlier = [
        d
        for d in by_person.get(dose.person_id, ())
        if d.pk < dose.pk and d.campaign_id == dose.campaign_id
    ]
    return min(earlier, key=lambda d: (abs(d.given_on - dose.given_on), d.pk), default=None)
