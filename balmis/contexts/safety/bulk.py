"""Flags for a staged list of doses, set-based. The twin of `judge` and `drawing_flags`."""

from datetime import datetime

from django.db import connection

from balmis.core.schedule.spacing import DAYS_A_YEAR, Step

FLAG = """
INSERT INTO safety_flag (dose_id, reason, raised_at)
SELECT d.id, broken.reason, %(now)s
FROM (
  SELECT request_id, 'born_after_dose' AS reason FROM dose_in WHERE given_on < born
  UNION ALL
  SELECT request_id, 'too_young' FROM dose_in WHERE given_on >= born
    AND given_on < born + floor(min_age_years * %(year)s)::int - %(grace)s
  UNION ALL
  SELECT request_id, 'too_soon' FROM dose_in WHERE given_on >= born
    AND given_on < previous + min_interval_days - %(grace)s
  UNION ALL
  SELECT request_id, 'lot_expired' FROM dose_in WHERE given_on > expires_on
  UNION ALL
  SELECT request_id, 'stock_short' FROM dose_in WHERE left_after < 0
) AS broken
JOIN clinic_dose d ON d.request_id = broken.request_id
ORDER BY d.id, broken.reason
"""


def flag_staged(*, now: datetime) -> int:
    """Flag the staged doses that broke a rule; returns how many flags."""
    with connection.cursor() as cursor:
        cursor.execute(FLAG, {"now": now, "year": DAYS_A_YEAR, "grace": Step(0).grace})
        return int(cursor.rowcount)
