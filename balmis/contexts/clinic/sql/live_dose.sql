-- A live dose: it was given, and no correction has taken it back. Everything that counts doses
-- reads this view; in Python the manager `Dose.live` says the same.
CREATE OR REPLACE VIEW clinic_live_dose AS
SELECT
  d.id,
  d.request_id,
  d.campaign_id,
  d.person_id,
  d.product_id,
  d.lot_id,
  d.site_id,
  d.kind,
  d.completes,
  d.units,
  d.given_at,
  d.given_on,
  d.recorded_at,
  d.actor,
  d.batch_id,
  d.visit_id,
  d.step_id,
  d.vial_id,
  d.body_site,
  d.route
FROM
  clinic_dose d
WHERE
  NOT EXISTS (
    SELECT
      1
    FROM
      clinic_dosecorrection c
    WHERE
      c.dose_id = d.id);
