-- A dose of the figures: it lives, and is not one that cannot be so (before birth, or as it seems told
-- twice) and that nobody has looked at. Reports, targets and rates count these.
CREATE OR REPLACE VIEW safety_counted_dose AS
SELECT
  d.*
FROM
  clinic_live_dose d
WHERE
  NOT EXISTS (
    SELECT
      1
    FROM
      safety_held_dose h
    WHERE
      h.dose_id = d.id);
