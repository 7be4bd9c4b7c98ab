-- Bookings end before the visit, and their places are free again. Those that had ended are not
-- returned.
CREATE OR REPLACE FUNCTION booking_end (_now timestamptz, _ids bigint[], _status text, _why text)
  RETURNS TABLE (
    booking bigint,
    pool bigint)
  LANGUAGE plpgsql
  AS $$
BEGIN
  -- only live bookings end; those that had ended before are not returned
  PERFORM
    1
  FROM
    booking_pool p
  WHERE
    p.id IN (
      SELECT
        b.pool_id
      FROM
        booking_booking b
      WHERE
        b.id = ANY (_ids))
  ORDER BY
    p.id
  FOR NO KEY UPDATE;
  PERFORM
    1
  FROM
    booking_booking b
  WHERE
    b.id = ANY (_ids)
  ORDER BY
    b.id
  FOR NO KEY UPDATE;
  RETURN QUERY WITH ended AS (
    UPDATE
      booking_booking b
    SET
      status = _status,
      ended_at = _now,
      why_ended = _why,
      news = b.status = 'confirmed'
    WHERE
      b.id = ANY (_ids)
      AND b.status IN ('held', 'confirmed')
    RETURNING
      b.id,
      b.pool_id
),
counted AS (
  UPDATE
    booking_pool p
  SET
    taken = p.taken - e.n
  FROM (
    SELECT
      pool_id,
      count(*) AS n
    FROM
      ended
    GROUP BY
      pool_id) e
  WHERE
    p.id = e.pool_id
)
SELECT
  e.id,
  e.pool_id
FROM
  ended e
ORDER BY
  e.id;
END
$$;
