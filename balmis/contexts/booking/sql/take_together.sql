-- All wishes or none. Where one fails nothing is taken.
--
-- Codes: as `booking_take`, and 8 OTHER_OF_PARTY for those who failed only with the others.
CREATE OR REPLACE FUNCTION booking_take_together (_now timestamptz, _channel text, _request uuid[],
  _pool bigint[], _person bigint[], _campaign bigint[], _number smallint[], _hold_until
  timestamptz[], _product text[], _party uuid[])
  RETURNS SETOF booking_answer
  LANGUAGE plpgsql
  AS $$
DECLARE
  _answers booking_answer[];
BEGIN
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
  EXCEPTION
    WHEN SQLSTATE 'BK001' THEN
      RETURN QUERY
      SELECT
        t.place,
        CASE WHEN t.code = 0 THEN
          8::smallint
        ELSE
          t.code
        END,
        CASE WHEN t.code <> 0 THEN
          t.booking
        END,
        CASE WHEN t.code <> 0 THEN
          t.state
        END,
        CASE WHEN t.code <> 0 THEN
          t.until
        END,
        CASE WHEN t.code <> 0 THEN
          t.pool
        END
      FROM
        unnest(_answers) t;
  RETURN;
  END;
  RETURN QUERY
  SELECT
    *
  FROM
    unnest(_answers);
END
$$;
