-- Many parties in one transaction, each whole or not at all.
--
-- Codes: as `booking_take_together`.
CREATE OR REPLACE FUNCTION booking_take_parties (_now timestamptz, _channel text, _request uuid[],
  _pool bigint[], _person bigint[], _campaign bigint[], _number smallint[], _hold_until
  timestamptz[], _product text[], _party uuid[])
  RETURNS SETOF booking_answer
  LANGUAGE plpgsql
  AS $$
DECLARE
  _answers booking_answer[];
  _one record;
BEGIN
  -- many parties in one transaction, each whole or not at all: all at once while everything is
  -- free, and one after another when something was not
  PERFORM
    1
  FROM
    booking_pool p
  WHERE
    p.id = ANY (_pool)
  ORDER BY
    p.id
  FOR NO KEY UPDATE;
  BEGIN
    _answers := ARRAY (
      SELECT
        t
      FROM
        booking_take (_now, _channel, _request, _pool, _person, _campaign, _number, _hold_until, _product, _party) t);
    IF EXISTS (
      SELECT
        1
      FROM
        unnest(_answers) t
      WHERE
        t.code > 1) THEN
    RAISE EXCEPTION 'not all'
      USING ERRCODE = 'BK001';
    END IF;
    RETURN QUERY
    SELECT
      *
    FROM
      unnest(_answers);
    RETURN;
  EXCEPTION
    WHEN SQLSTATE 'BK001' THEN
      NULL;
  END;
  FOR _one IN
  SELECT
    array_agg(a.place::int ORDER BY a.place) AS places,
    a.party
  FROM
    unnest(_party)
  WITH ORDINALITY a (party, place)
GROUP BY
  a.party
ORDER BY
  min(a.place)
  LOOP
    RETURN QUERY
    SELECT
      _one.places[t.place],
      t.code,
      t.booking,
      t.state,
      t.until,
      t.pool
    FROM
      booking_take_together (_now, _channel, ARRAY (
          SELECT
            _request[i]
          FROM unnest(_one.places) i), ARRAY (
  SELECT
    _pool[i]
  FROM unnest(_one.places) i), ARRAY (
  SELECT
    _person[i]
  FROM unnest(_one.places) i), ARRAY (
  SELECT
    _campaign[i]
  FROM unnest(_one.places) i), ARRAY (
  SELECT
    _number[i]
  FROM unnest(_one.places) i), ARRAY (
  SELECT
    _hold_until[i]
  FROM unnest(_one.places) i), ARRAY (
  SELECT
    _product[i]
  FROM unnest(_one.places) i), ARRAY (
  SELECT
    _party[i]
  FROM unnest(_one.places) i)) t;
    END LOOP;
END
$$;
