-- Take places: each row is one wish, answered on its own. The only way to a place.
--
-- All functions that write `pool.taken` lock pools first, in the order of their ids, and bookings
-- after; people are inserted in the order of their ids. So no two of them wait for each other in a
-- circle. Bookings are looked up one by one through an index (LATERAL with LIMIT, no sequential
-- scans): the plans are made while the table is empty and kept while an opening fills it.
--
-- Codes (`core.booking.take_codes.Answer`): 0 TAKEN, 1 AS_BEFORE, 2 ALREADY_BOOKED, 3 SOLD_OUT,
-- 4 REQUEST_REUSED, 5 NOT_OPEN_YET, 6 NO_PLACE, 7 AGAIN, 10 MERGED.
CREATE OR REPLACE FUNCTION booking_take (_now timestamptz, _channel text, _request uuid[], _pool
  bigint[], _person bigint[], _campaign bigint[], _number smallint[], _hold_until timestamptz[],
  _product text[], _party uuid[])
  RETURNS SETOF booking_answer
  LANGUAGE plpgsql
  SET enable_seqscan = OFF
  AS $$
DECLARE
  _due bigint[];
  _free bigint[];
BEGIN
  -- places whose hold ran out are free again; looked for only where a pool is full
  _due := ARRAY (
    SELECT
      p.id
    FROM
      booking_pool p
    WHERE
      p.id = ANY (_pool)
      AND p.taken >= p.capacity
      AND (
        SELECT
          TRUE
        FROM
          booking_booking b
        WHERE
          b.pool_id = p.id
          AND b.status = 'held'
          AND b.hold_until <= _now
        LIMIT 1));
  -- a full pool is only read: answers that it is sold out write nothing
  _free := ARRAY (
    SELECT
      p.id
    FROM
      booking_pool p
    WHERE
      p.id = ANY (_pool)
      AND p.opens_at <= _now
      AND (p.taken < p.capacity
        OR p.id = ANY (_due))
    ORDER BY
      p.id
    FOR NO KEY UPDATE);
  IF cardinality(_due) > 0 THEN
    PERFORM
      booking_expire (_now, _free);
  END IF;
  IF cardinality(_free) = 0 THEN
    -- the short way, for a rush on what is gone
    RETURN QUERY
    SELECT
      a.place::int,
      (
        CASE WHEN b.id IS NULL THEN
          CASE WHEN l.id IS NOT NULL THEN
            2
          WHEN p.id IS NULL THEN
            6
          WHEN p.opens_at > _now THEN
            5
          ELSE
            3
          END
        WHEN (b.person_id,
          b.campaign_id,
          b.number) = (a.person,
          a.campaign,
          a.number) THEN
          1
        ELSE
          4
        END)::smallint,
      coalesce(
        CASE WHEN b.person_id = a.person THEN
          b.id
        END, l.id),
      coalesce(
        CASE WHEN b.person_id = a.person THEN
          b.status
        END, l.status)::text,
      CASE WHEN b.person_id = a.person THEN
        b.hold_until
      WHEN b.id IS NULL THEN
        l.hold_until
      END,
      CASE WHEN b.person_id = a.person THEN
        b.pool_id
      WHEN b.id IS NULL THEN
        l.pool_id
      END
    FROM
      unnest(_request, _pool, _person, _campaign, _number)
  WITH ORDINALITY AS a (request, pool, person, campaign, number, place)
  LEFT JOIN booking_pool p ON p.id = a.pool
  LEFT JOIN LATERAL (
    SELECT
      *
    FROM
      booking_booking b
    WHERE
      b.request_id = a.request
    LIMIT 1) b ON TRUE
  LEFT JOIN LATERAL (
    SELECT
      *
    FROM
      booking_booking b
    WHERE
      b.person_id = a.person
      AND b.campaign_id = a.campaign
      AND b.number = a.number
      AND b.status IN ('held', 'confirmed')
    LIMIT 1) l ON TRUE
ORDER BY
  a.place;
    RETURN;
  END IF;
  RETURN QUERY WITH asked AS (
    SELECT
      a.*,
      a.place::int AS nr
    FROM
      unnest(_request, _pool, _person, _campaign, _number, _hold_until, _product, _party)
      WITH ORDINALITY AS a (request, pool, person, campaign, number, hold_until, product, party, place)
),
BEFORE AS (
SELECT
  a.nr,
  b.id,
  b.status,
  b.hold_until,
  b.pool_id,
  (b.person_id,
    b.campaign_id,
    b.number) = (a.person,
    a.campaign,
    a.number) AS same
FROM
  asked a
  CROSS JOIN LATERAL (
    SELECT
      *
    FROM
      booking_booking b
    WHERE
      b.request_id = a.request
    LIMIT 1) b
),
live AS (
  SELECT
    a.nr,
    b.id,
    b.status,
    b.hold_until,
    b.pool_id
  FROM
    asked a
    CROSS JOIN LATERAL (
      SELECT
        *
      FROM
        booking_booking b
      WHERE
        b.person_id = a.person
        AND b.campaign_id = a.campaign
        AND b.number = a.number
        AND b.status IN ('held', 'confirmed')
      LIMIT 1) b
),
fresh AS (
  SELECT DISTINCT ON (a.person,
    a.campaign,
    a.number)
    a.*
  FROM
    asked a
  WHERE
    a.pool = ANY (_free)
    AND NOT EXISTS (
      SELECT
        1
      FROM
        BEFORE b
      WHERE
        b.nr = a.nr)
      AND NOT EXISTS (
        SELECT
          1
        FROM
          live l
        WHERE
          l.nr = a.nr)
        AND NOT EXISTS (
          SELECT
            1
          FROM
            people_person q
          WHERE
            q.id = a.person
            AND q.merged_into_id IS NOT NULL)
        ORDER BY
          a.person,
          a.campaign,
          a.number,
          a.nr
),
fits AS (
  SELECT
    r.*
  FROM (
    SELECT
      f.*,
      row_number() OVER (PARTITION BY f.pool ORDER BY f.nr) AS nth
    FROM
      fresh f) r
    JOIN booking_pool p ON p.id = r.pool
  WHERE
    r.nth <= p.capacity - p.taken
),
made AS (
INSERT INTO booking_booking AS b (request_id, pool_id, campaign_id, person_id, number, status,
  product, party, channel, made_at, hold_until, confirmed_at, news)
  SELECT
    f.request,
    f.pool,
    f.campaign,
    f.person,
    f.number,
    CASE WHEN f.hold_until IS NULL THEN
      'confirmed'
    ELSE
      'held'
    END,
    f.product,
    f.party,
    _channel,
    _now,
    f.hold_until,
    CASE WHEN f.hold_until IS NULL THEN
      _now
    END,
    f.hold_until IS NULL
  FROM
    fits f
  ORDER BY
    f.person,
    f.number
  ON CONFLICT
    DO NOTHING
  RETURNING
    b.id,
    b.request_id,
    b.pool_id,
    b.person_id,
    b.number
),
counted AS (
  UPDATE
    booking_pool p
  SET
    taken = p.taken + m.n
  FROM (
    SELECT
      pool_id,
      count(*) AS n
    FROM
      made
    GROUP BY
      pool_id) m
  WHERE
    p.id = m.pool_id
)
SELECT
  a.nr,
  (
    CASE WHEN m.id IS NOT NULL THEN
      0
    WHEN b.nr IS NOT NULL THEN
      CASE WHEN b.same THEN
        1
      ELSE
        4
      END
    WHEN l.nr IS NOT NULL THEN
      2
    WHEN f.nr IS NOT NULL THEN
      7
    WHEN p.id IS NULL THEN
      6
    WHEN p.opens_at > _now THEN
      5
    WHEN EXISTS (
      SELECT
        1
      FROM
        people_person q
      WHERE
        q.id = a.person
        AND q.merged_into_id IS NOT NULL) THEN
      10
    WHEN EXISTS (
      SELECT
        1
      FROM
        fits t
      WHERE
        t.person = a.person
        AND t.campaign = a.campaign
        AND t.number = a.number) THEN
      2
    ELSE
      3
    END)::smallint,
  coalesce(m.id, CASE WHEN b.same THEN
      b.id
    END, CASE WHEN b.nr IS NULL THEN
      l.id
    END),
CASE WHEN m.id IS NOT NULL THEN
  CASE WHEN a.hold_until IS NULL THEN
    'confirmed'
  ELSE
    'held'
  END
WHEN b.same THEN
  b.status::text
WHEN b.nr IS NULL THEN
  l.status::text
END,
CASE WHEN m.id IS NOT NULL THEN
  a.hold_until
WHEN b.same THEN
  b.hold_until
WHEN b.nr IS NULL THEN
  l.hold_until
END,
CASE WHEN m.id IS NOT NULL THEN
  m.pool_id
WHEN b.same THEN
  b.pool_id
WHEN b.nr IS NULL THEN
  l.pool_id
END
FROM
  asked a
  LEFT JOIN made m ON m.request_id = a.request
    AND m.person_id = a.person
    AND m.number = a.number
  LEFT JOIN BEFORE b ON b.nr = a.nr
  LEFT JOIN live l ON l.nr = a.nr
  LEFT JOIN fits f ON f.nr = a.nr
  LEFT JOIN booking_pool p ON p.id = a.pool
ORDER BY
  a.nr;
END
$$;
