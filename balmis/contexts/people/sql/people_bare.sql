-- A number for finding, as core.written_forms.fold_number does it: letters and digits, without leading zeros.
CREATE OR REPLACE FUNCTION people_bare (written text)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE PARALLEL SAFE STRICT
  AS $$
  SELECT
    ltrim(regexp_replace(public.people_code (written), '[^[:alnum:]]', '', 'g'), '0')
$$;
