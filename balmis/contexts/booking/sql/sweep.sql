-- Once more for the oldest of them all: at most `_most` holds that ran out, whatever their pool.
CREATE OR REPLACE FUNCTION booking_sweep (_now timestamptz, _most int)
  RETURNS int
  LANGUAGE plpgsql
  SET enable_seqscan = OFF
  AS $$
DECLARE
  _pools bigint[];
BEGIN
  _pools := ARRAY (
    SELECT
      p.id
    FROM
      booking_pool p
    WHERE
      p.id = ANY (ARRAY (
          SELECT
            b.pool_id
          FROM
            booking_booking b
          WHERE
            b.status = 'held'
            AND b.hold_until <= _now
          ORDER BY
            b.hold_until
          LIMIT _most))
    ORDER BY
      p.id
      FOR NO KEY UPDATE
        SKIP LOCKED);
  RETURN booking_expire (_now, _pools);
END
$$;
