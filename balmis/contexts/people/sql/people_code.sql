-- A key as two lists may write it and mean one, as core.written_forms.fold_code does it.
CREATE OR REPLACE FUNCTION people_code (written text)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE PARALLEL SAFE STRICT
  AS $$
  SELECT
    upper(regexp_replace(regexp_replace(regexp_replace(normalize (written, NFKC), '[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]',
      '', 'g'), '[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]', '-', 'g'), '\s+',
      '', 'g'))
$$;
