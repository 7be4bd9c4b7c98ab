"""Doses from a staged list, set-based. The twin of `services.administer`.

The stage is the temporary table `dose_in` that `flows.clinic.import_doses` fills; its columns
are listed there.
"""

from datetime import datetime

from django.db import connection

from balmis.core.vocabulary.clinic import DoseKind

SKIP_KNOWN = """
DELETE FROM dose_in USING clinic_dose d WHERE d.request_id = dose_in.request_id
"""
# a list tells of what a desk recorded that day: its record stands, with its lot and its vial
SKIP_OF_DESKS = """
DELETE FROM dose_in USING clinic_live_dose d
WHERE d.person_id = dose_in.person_id AND d.given_on = dose_in.given_on AND d.campaign_id = %s
  AND d.step_id IS NOT NULL
"""

PREVIOUS = """
UPDATE dose_in SET previous = greatest(
  (SELECT max(d.given_on) FROM clinic_live_dose d
   WHERE d.person_id = dose_in.person_id AND d.given_on <= dose_in.given_on),
  w.previous)
FROM (
  SELECT row, max(given_on) OVER (
    PARTITION BY person_id ORDER BY given_at, row
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous
  FROM dose_in
) AS w
WHERE w.row = dose_in.row
"""

INSERT = """
INSERT INTO clinic_dose (request_id, campaign_id, person_id, product_id, lot_id, site_id, kind,
  completes, units, given_at, given_on, recorded_at, actor, batch_id)
SELECT request_id, %(campaign)s, person_id, product_id, lot_id, site_id, kind,
  kind = %(after_infection)s
    OR (kind = ANY(%(primary)s) AND right(kind, 1)::int >= primary_doses),
  units, given_at, given_on, %(now)s, %(actor)s, %(batch)s
FROM dose_in ORDER BY given_at, row
"""


def skip_known(campaign_id: int) -> int:
    """Drop staged rows that were recorded before, by the same request or by a desk; how many."""
    with connection.cursor() as cursor:
        cursor.execute(SKIP_KNOWN)
        known = int(cursor.rowcount)
        cursor.execute(SKIP_OF_DESKS, [campaign_id])
        return known + int(cursor.rowcount)


def find_previous() -> None:
    """For each staged dose, the day of the person's last live dose before it."""
    with connection.cursor() as cursor:
        cursor.execute(PREVIOUS)


def administer_staged(*, campaign_id: int, batch_id: int, actor: str, now: datetime) -> int:
    primary = [k.value for k in DoseKind if k.value.startswith("primary")]
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            {
                "campaign": campaign_id,
                "batch": batch_id,
                "actor": actor,
                "now": now,
                "primary": primary,
                "after_infection": DoseKind.AFTER_INFECTION.value,
            },
        )
        return int(cursor.rowcount)


# whatever is added, taken back, put off, ruled out, or learnt of a lot's expiry changes the sum
DOSE_DIGEST = """
CREATE TEMPORARY TABLE dose_digest ON COMMIT DROP AS
SELECT person_id, concat_ws('/', g.digest, f.digest) AS digest FROM (
SELECT d.person_id, count(*) || ':' || sum(
  hashtextextended(concat_ws('|', d.id, c.id, l.expires_on), 0)::numeric) AS digest
FROM clinic_dose d
LEFT JOIN clinic_dosecorrection c ON c.dose_id = d.id
LEFT JOIN supply_lot l ON l.id = d.lot_id
WHERE EXISTS (SELECT 1 FROM campaigns_member m WHERE m.person_id = d.person_id AND m.campaign_id = %s)
GROUP BY d.person_id
) g FULL JOIN (
  SELECT person_id, string_agg(concat_ws(':', outcome, product, until), ',' ORDER BY id) AS digest
  FROM clinic_standing_deferral GROUP BY person_id
) f USING (person_id)
"""
PUT_OFF = """
SELECT f.person_id, f.outcome, f.product, f.until
FROM clinic_standing_deferral f JOIN asked a ON a.person_id = f.person_id
"""
LIVE_DOSES = """
SELECT d.person_id, p.code, d.given_on, l.expires_on
FROM clinic_live_dose d
JOIN asked a ON a.person_id = d.person_id
JOIN supply_product p ON p.id = d.product_id
LEFT JOIN supply_lot l ON l.id = d.lot_id
ORDER BY d.person_id, d.given_on, d.id
"""


def digest_doses(campaign_id: int) -> None:
    """For each member, a digest of all doses and corrections; into `dose_digest`."""
    with connection.cursor() as cursor:
        cursor.execute(DOSE_DIGEST, [campaign_id])
        cursor.execute("ANALYZE dose_digest")
