-- The places of these pools whose hold ran out are free again; how many there were.
CREATE OR REPLACE FUNCTION booking_expire (_now timestamptz, _pools bigint[])
  RETURNS int
  LANGUAGE sql
  AS $$
  -- the caller has locked the pools; a booking that is being confirmed is passed over
  WITH gone AS (
    SELECT
      id
    FROM
      booking_booking
    WHERE
      pool_id = ANY (_pools)
      AND status = 'held'
      AND hold_until <= _now
    ORDER BY
      id
    FOR UPDATE
      SKIP LOCKED
),
ended AS (
  UPDATE
    booking_booking b
  SET
    status = 'expired',
    ended_at = _now,
    why_ended = 'ran_out'
  FROM
    gone
  WHERE
    b.id = gone.id
  RETURNING
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
  RETURNING
    e.n
)
SELECT
  coalesce(sum(n), 0)::int
FROM
  counted
$$;
