-- By what a person is found by name: every end of every word of their names, so that any part of a word
-- begins one.
CREATE OR REPLACE FUNCTION people_words (name text, romanised text)
  RETURNS tsvector
  LANGUAGE sql
  IMMUTABLE PARALLEL SAFE
  AS $$
  SELECT
    array_to_tsvector (coalesce(array_agg(DISTINCT substr(word, n)) FILTER (WHERE word <>
      ''), '{}'))
  FROM
    regexp_split_to_table(public.people_fold (name || ' ' || romanised), ' ') word,
  generate_series(1, length(word)) n
$$;
