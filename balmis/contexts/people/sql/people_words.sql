-- All by which a person is found: every end of every word of their names, so that any part of a word
-- begins one; and their numbers, without leading zeros, behind a '#'.
CREATE OR REPLACE FUNCTION people_words (name text, romanised text, key text, citizen text)
  RETURNS tsvector
  LANGUAGE sql
  IMMUTABLE PARALLEL SAFE
  AS $$
  SELECT
    array_to_tsvector (coalesce(array_agg(DISTINCT part) FILTER (WHERE part <> ''), '{}'))
  FROM (
    SELECT
      substr(word, n) AS part
    FROM
      regexp_split_to_table(public.people_fold (name || ' ' || romanised), ' ') word,
      generate_series(1, length(word)) n
    UNION ALL
    SELECT
      '#' || coalesce(nullif (ltrim(bare, '0'), ''),
      LEFT (bare, 1))
    FROM
      unnest(ARRAY[key, citizen]) number,
      LATERAL (
        SELECT
          regexp_replace(public.people_code (number), '[^[:alnum:]]', '', 'g') AS bare) b
      WHERE
        number <> '') parts
$$;
