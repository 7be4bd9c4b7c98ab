-- The first day on which a person may be born, as core.birth_date has it.
CREATE OR REPLACE FUNCTION people_earliest (born date, known text)
  RETURNS date
  LANGUAGE sql
  IMMUTABLE PARALLEL SAFE
  AS $$
  SELECT
    CASE WHEN known = 'about' THEN
      make_date(extract(year FROM born)::int - 2, 1, 1)
    ELSE
      born
    END
$$;
