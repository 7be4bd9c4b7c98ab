-- What stands against a dose of a person: put off until a day, or never with a vaccine. Not undone, and
-- not lifted by a later word; in Python `core.clinic.deferrals.standing` says the same, and an agreement
-- test holds the two together. The person is the one that is kept where records were merged.
CREATE OR REPLACE VIEW clinic_standing_deferral AS
SELECT
  d.id,
  coalesce(p.merged_into_id, p.id) AS person_id,
  d.outcome,
  d.product,
  d.until,
  s.id AS step_id,
  s.at
FROM
  clinic_deferral d
  JOIN people_person p ON p.id = d.person_id
  JOIN clinic_step s ON s.id = d.step_id
WHERE
  NOT EXISTS (
    SELECT
      1
    FROM
      clinic_step u
    WHERE
      u.visit_id = s.visit_id
      AND u.kind = 'undo'
      AND u.facts ->> 'step' = s.request_id::text)
  AND NOT EXISTS (
    SELECT
      1
    FROM
      people_person q
      JOIN clinic_visit v ON v.person_id = q.id
      JOIN clinic_step w ON w.visit_id = v.id
    WHERE (q.id = coalesce(p.merged_into_id, p.id)
      OR q.merged_into_id = coalesce(p.merged_into_id, p.id))
    AND w.kind IN ('doctor', 'screen')
    AND w.facts ->> 'outcome' = 'proceed'
    AND (w.at,
      w.request_id) > (s.at,
      s.request_id)
    AND (
      CASE WHEN w.kind = 'screen' THEN
        s.kind <> 'doctor'
        AND w.visit_id = s.visit_id
      ELSE
        s.kind <> 'doctor'
        OR d.outcome = 'defer'
        OR coalesce(w.facts ->> 'product', '') = d.product
      END)
    AND NOT EXISTS (
      SELECT
        1
      FROM
        clinic_step u
      WHERE
        u.visit_id = w.visit_id
        AND u.kind = 'undo'
        AND u.facts ->> 'step' = w.request_id::text));
