"""Count days; close days."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection

from balmis.contexts.campaigns.models import Campaign, PlanRevision
from balmis.contexts.clinic import queries as doses
from balmis.contexts.journal import locks, outbox, seals
from balmis.contexts.reporting.models import ClosedDay
from balmis.core.actor import Actor
from balmis.core.reporting.report import Figures, plain_figures

# Who is newly reached: the person's first counted dose, first completing dose, first booster,
# in the order of days; of two on one day the one recorded first. ('+ 0': see DAYS_TOUCHED.)
COUNT = """
WITH live AS (
  SELECT d.given_on, d.product_id, d.site_id, d.kind, d.units, d.lot_id, d.completes,
    p.area_id, m.group_id,
    before.any IS NULL AS covers,
    d.completes AND before.completed IS NOT TRUE AS completed_now,
    d.kind LIKE 'booster%%' AND before.boosted IS NOT TRUE AS boosted_now
  FROM safety_counted_dose d
  JOIN people_person p ON p.id = d.person_id
  LEFT JOIN campaigns_member m ON m.campaign_id = d.campaign_id AND m.person_id = d.person_id
  LEFT JOIN LATERAL (
    SELECT true AS any, bool_or(e.completes) AS completed, bool_or(e.kind LIKE 'booster%%') AS boosted
    FROM safety_counted_dose e
    WHERE e.person_id = d.person_id AND e.campaign_id + 0 = d.campaign_id
      AND (e.given_on < d.given_on OR (e.given_on = d.given_on AND e.id < d.id))
    HAVING count(*) > 0
  ) AS before ON true
  WHERE d.campaign_id = %(campaign)s AND d.given_on = ANY(%(days)s)
)
INSERT INTO reporting_tally (campaign_id, day, dimension, area_id, group_id, site_id, product_id,
  kind, doses, drawn, covered, completed, boosted)
SELECT %(campaign)s, given_on,
  CASE WHEN grouping(area_id) = 0 THEN 'area' WHEN grouping(group_id) = 0 THEN 'group'
    WHEN grouping(kind) = 1 THEN 'stock' WHEN grouping(site_id) = 0 THEN 'site'
    WHEN grouping(product_id) = 0 THEN 'product' ELSE 'all' END,
  area_id, group_id, site_id, product_id, kind, count(*),
  coalesce(sum(units) FILTER (WHERE lot_id IS NOT NULL AND site_id IS NOT NULL), 0),
  count(*) FILTER (WHERE covers), count(*) FILTER (WHERE completed_now),
  count(*) FILTER (WHERE boosted_now)
FROM live
GROUP BY given_on, GROUPING SETS (
  (kind), (kind, area_id), (kind, group_id), (kind, site_id), (kind, product_id),
  (site_id, product_id))
"""


def count_days(campaign_id: int, days: Iterable[date]) -> None:
    """Count these days anew from the doses of the figures. The only writer of tallies."""
    values: dict[str, Any] = {"campaign": campaign_id, "days": sorted(set(days))}
    if not values["days"]:
        return
    # one counter of a campaign at a time: two would write the same rows twice
    locks.take(locks.Lock.COUNTING, campaign_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM reporting_tally WHERE campaign_id = %(campaign)s AND day = ANY(%(days)s)",
            values,
        )
        cursor.execute(COUNT, values)


def take_messages(messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """The consumer 'tallies': count the days that these facts touch."""
    touched: dict[int, tuple[list[int], list[int]]] = {}
    for _, payload in messages:
        single, batches = touched.setdefault(payload["campaign"], ([], []))
        if "dose" in payload:
            single.append(payload["dose"])
        if "batch" in payload:
            batches.append(payload["batch"])
    for campaign_id in sorted(touched):
        single, batches = touched[campaign_id]
        count_days(campaign_id, doses.days_touched(campaign_id, doses=single, batches=batches))


def catch_up(*, now: datetime, wait: bool = True) -> int:
    """Count everything that waits; returns how many messages that were.

    Without `wait`, whoever finds another counting leaves it to them.
    """
    total = 0
    while taken := outbox.deliver("tallies", take_messages, now=now, wait=wait):
        total += taken
    return total


def rebuild(campaign_id: int) -> int:
    """Throw the campaign's tallies away and count all days anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT given_on FROM clinic_dose WHERE campaign_id = %s", [campaign_id]
        )
        days = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM reporting_tally WHERE campaign_id = %s", [campaign_id])
    count_days(campaign_id, days)
    return len(days)


LAST_FACTS = """
SELECT (SELECT coalesce(max(id), 0) FROM clinic_dose),
  (SELECT coalesce(max(id), 0) FROM clinic_dosecorrection),
  (SELECT coalesce(max(id), 0) FROM supply_stockmove),
  (SELECT coalesce(max(id), 0) FROM safety_eventreport)
"""


def freeze(
    campaign: Campaign,
    day: date,
    revision: PlanRevision,
    figures: Figures,
    *,
    actor: Actor,
    now: datetime,
) -> ClosedDay:
    """Keep the figures. The caller has stopped facts, so the last number of each is exact."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_FACTS)
        last_dose, last_correction, last_move, last_event = cursor.fetchone()
    return ClosedDay.objects.create(
        campaign=campaign,
        day=day,
        revision=revision,
        figures=plain_figures(figures),
        closed_at=now,
        last_dose=last_dose,
        last_correction=last_correction,
        last_move=last_move,
        last_event=last_event,
        actor=actor.name,
        trail_head=str(seals.head() or ""),
    )
