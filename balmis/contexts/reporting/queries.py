"""Read tallies and closed days."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from balmis.contexts.reporting.models import ClosedDay, Tally
from balmis.core.vocabulary.reporting import Dimension, RestatementReason


@dataclass(frozen=True, slots=True)
class Count:
    """Sums of one cell, of the day and up to it."""

    dimension: str
    key: int | None  # area, group, site or product; None for 'all' and for unknown
    product: int | None  # beside the site, in the dimension 'stock'
    kind: str | None
    doses: int
    day_doses: int
    drawn: Decimal
    day_drawn: Decimal
    covered: int
    completed: int
    boosted: int
    day_covered: int
    day_completed: int
    day_boosted: int


CELLS = """
SELECT dimension,
  CASE dimension WHEN 'area' THEN area_id WHEN 'group' THEN group_id WHEN 'site' THEN site_id
    WHEN 'stock' THEN site_id WHEN 'product' THEN product_id END,
  CASE dimension WHEN 'stock' THEN product_id END,
  kind, sum(doses), coalesce(sum(doses) FILTER (WHERE day = %(day)s), 0),
  sum(drawn), coalesce(sum(drawn) FILTER (WHERE day = %(day)s), 0),
  sum(covered), sum(completed), sum(boosted),
  coalesce(sum(covered) FILTER (WHERE day = %(day)s), 0),
  coalesce(sum(completed) FILTER (WHERE day = %(day)s), 0),
  coalesce(sum(boosted) FILTER (WHERE day = %(day)s), 0)
FROM reporting_tally
WHERE campaign_id = %(campaign)s AND day <= %(day)s
GROUP BY 1, 2, 3, 4
"""


def counts_to(campaign_id: int, day: date) -> list[Count]:
    """All cells of all dimensions, up to and including the day."""
    with connection.cursor() as cursor:
        cursor.execute(CELLS, {"campaign": campaign_id, "day": day})
        return [Count(*row) for row in cursor.fetchall()]


def doses_by_day(campaign_id: int, *, until: date) -> list[tuple[date, str, int]]:
    """(day, kind, doses), in the order of days."""
    found = Tally.objects.filter(
        campaign_id=campaign_id, dimension=Dimension.ALL.value, day__lte=until
    )
    summed = found.values_list("day", "kind").annotate(doses=Sum("doses"))
    return [(day, str(kind), n) for day, kind, n in summed.order_by("day", "kind")]


def last_week(campaign_id: int, *, until: date, groups: list[int] | None = None) -> dict[str, int]:
    """Sums of the seven days up to and including `until`, of all or of these groups."""
    found = Tally.objects.filter(
        campaign_id=campaign_id,
        dimension=(Dimension.ALL if groups is None else Dimension.GROUP).value,
        day__lte=until,
        day__gt=until - timedelta(days=7),
    )
    if groups is not None:
        found = found.filter(group_id__in=groups)
    sums = found.aggregate(
        doses=Sum("doses"),
        covered=Sum("covered"),
        completed=Sum("completed"),
        boosted=Sum("boosted"),
    )
    return {name: value or 0 for name, value in sums.items()}


def closed_day(campaign_id: int, day: date) -> ClosedDay | None:
    return ClosedDay.objects.filter(campaign_id=campaign_id, day=day).first()


def last_closed(campaign_id: int) -> date | None:
    found = ClosedDay.objects.filter(campaign_id=campaign_id).order_by("-day")
    return found.values_list("day", flat=True).first()


def closed_days(campaign_id: int) -> list[date]:
    found = ClosedDay.objects.filter(campaign_id=campaign_id).order_by("-day")
    return list(found.values_list("day", flat=True))


def last_counted(campaign_id: int) -> date | None:
    found = Tally.objects.filter(campaign_id=campaign_id, dimension=Dimension.ALL.value).order_by(
        "-day"
    )
    return found.values_list("day", flat=True).first()


LATE = """
SELECT
  (SELECT count(*) FROM clinic_dose WHERE campaign_id = %(campaign)s AND given_on <= %(day)s
     AND id > %(dose)s),
  (SELECT count(*) FROM clinic_dosecorrection c JOIN clinic_dose d ON d.id = c.dose_id
   WHERE d.campaign_id = %(campaign)s AND d.given_on <= %(day)s AND c.id > %(correction)s),
  (SELECT count(*) FROM supply_stockmove m WHERE m.kind NOT IN ('dose', 'reversal')
     AND m.occurred_on <= %(day)s AND m.id > %(move)s
     AND EXISTS (SELECT 1 FROM places_site s JOIN places_area a ON a.id = s.area_id
       JOIN campaigns_campaign c ON c.id = %(campaign)s JOIN places_area root ON root.id = c.area_id
       WHERE s.id = m.site_id AND starts_with(a.path, root.path))),
  (SELECT count(*) FROM safety_eventreport WHERE campaign_id = %(campaign)s
     AND onset_on <= %(day)s AND id > %(event)s),
  (SELECT count(DISTINCT c.id) FROM safety_casenote n JOIN safety_case c ON c.id = n.case_id
   WHERE c.campaign_id = %(campaign)s AND c.onset_on <= %(day)s AND n.recorded_at > %(closed)s
     AND n.kind IN ('changed', 'from_site', 'merged', 'unmerged', 'nullified')),
  (SELECT count(*) FROM safety_review r JOIN clinic_dose d ON d.id = r.dose_id
   WHERE d.campaign_id = %(campaign)s AND d.given_on <= %(day)s AND r.at > %(closed)s
     AND EXISTS (SELECT FROM safety_flag f WHERE f.dose_id = r.dose_id AND f.raised_at <= r.at
       AND f.reason IN ('born_after_dose', 'possible_duplicate')))
"""


def late_facts(closed: ClosedDay) -> dict[str, int]:
    """Facts that belong to the day or before and were heard of after it was closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            LATE,
            {
                "campaign": closed.campaign_id,
                "day": closed.day,
                "dose": closed.last_dose,
                "correction": closed.last_correction,
                "move": closed.last_move,
                "event": closed.last_event,
                "closed": closed.closed_at,
            },
        )
        late_doses, corrections, moves, events, cases, reviews = cursor.fetchone()
    return {
        RestatementReason.DOSES_REPORTED_LATE.value: late_doses,
        RestatementReason.DOSES_TAKEN_BACK.value: corrections,
        RestatementReason.STOCK_MOVES_REPORTED_LATE.value: moves,
        RestatementReason.EVENTS_REPORTED_LATE.value: events,
        RestatementReason.CASES_CHANGED.value: cases,
        RestatementReason.HELD_DOSES_REVIEWED.value: reviews,
    }


def trail_heads() -> list[str]:
    """The newest seals of the audit trail that closed days have published."""
    found = ClosedDay.objects.exclude(trail_head="").order_by("trail_head")
    return list(found.values_list("trail_head", flat=True).distinct())
