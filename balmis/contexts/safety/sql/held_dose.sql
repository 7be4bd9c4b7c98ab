-- A dose held out of the figures, and why: it is dated before birth, or it seems to be one that was told
-- before; until the flag is lifted, or somebody has said that the dose stands.
CREATE OR REPLACE VIEW safety_held_dose AS
SELECT
  f.dose_id,
  f.id AS flag_id,
  f.reason,
  f.raised_at
FROM
  safety_flag f
WHERE
  f.reason IN ('born_after_dose', 'possible_duplicate')
  AND NOT EXISTS (
    SELECT
      1
    FROM
      safety_liftedflag l
    WHERE
      l.flag_id = f.id)
  AND NOT EXISTS (
    SELECT
      1
    FROM
      safety_review r
    WHERE
      r.dose_id = f.dose_id
      AND r.at >= f.raised_at);
