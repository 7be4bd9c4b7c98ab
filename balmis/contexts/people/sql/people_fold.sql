-- A name for finding, as core.written_forms.fold does it: words of letters and digits, without case, marks,
-- width and punctuation. A test compares the two.
CREATE OR REPLACE FUNCTION people_fold (written text)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE PARALLEL SAFE STRICT
  AS $$
  SELECT
    btrim(regexp_replace(normalize
      (replace(replace(replace(replace(translate(regexp_replace(normalize (lower(normalize
      (written, NFKC)), NFKD), '[\u00ad\u0300-\u036f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff''’‘ʼ`´ʹ]', '', 'g'), 'đðøłħŧı',
      'ddolhti'), 'æ', 'ae'), 'œ', 'oe'),
      'ß', 'ss'), 'þ', 'th'), NFC), '[^[:alnum:]]+',
      ' ', 'g'))
$$;
