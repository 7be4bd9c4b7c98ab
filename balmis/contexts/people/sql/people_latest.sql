-- The last day on which a person may be born, as core.birth_date has it.
CREATE OR REPLACE FUNCTION people_latest (born date, known text)
  RETURNS date
  LANGUAGE sql
  IMMUTABLE PARALLEL SAFE
  AS $$
  SELECT
    CASE known
    WHEN 'day' THEN
      born
    WHEN 'month' THEN
      (born + interval '1 month' - interval '1 day')::date
    WHEN 'year' THEN
      make_date(extract(year FROM born)::int, 12, 31)
    ELSE
      make_date(extract(year FROM born)::int + 2, 12, 31)
    END
$$;
