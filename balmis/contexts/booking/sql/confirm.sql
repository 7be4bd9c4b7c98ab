-- What was held is booked; what was held together is confirmed together.
--
-- Codes: 0 TAKEN (confirmed now), 1 AS_BEFORE, 3 SOLD_OUT (the hold is over), 6 NO_PLACE.
CREATE OR REPLACE FUNCTION booking_confirm (_now timestamptz, _request uuid[], _person bigint[])
  RETURNS SETOF booking_answer
  LANGUAGE plpgsql
  SET enable_seqscan = OFF
  AS $$
DECLARE
  _mine bigint[];
BEGIN
  -- codes: 0 confirmed now; 1 confirmed before; 3 the hold is over; 6 no such booking
  _mine := ARRAY (
    SELECT
      b.id
    FROM
      booking_booking b
      JOIN unnest(_request, _person) a (request,
        person) ON a.request = b.request_id
        AND a.person = b.person_id);
  -- what was held together is confirmed together: no second dose without its first
  _mine := ARRAY (
    SELECT
      b.id
    FROM
      booking_booking b
    WHERE
      b.id = ANY (_mine)
      OR b.id = ANY (ARRAY (
          SELECT
            other.id
          FROM
            booking_booking one
            JOIN booking_booking other ON other.person_id = one.person_id
              AND other.party = one.party
          WHERE
            one.id = ANY (_mine)
            AND one.party IS NOT NULL))
      ORDER BY
        b.id
      FOR NO KEY UPDATE);
  RETURN QUERY WITH made AS (
    UPDATE
      booking_booking b
    SET
      status = 'confirmed',
      confirmed_at = _now,
      news = TRUE
    WHERE
      b.id = ANY (_mine)
      AND b.status = 'held'
      AND b.hold_until > _now
    RETURNING
      b.id
)
  SELECT
    a.place::int,
    (
      CASE WHEN m.id IS NOT NULL THEN
        0
      WHEN b.id IS NULL THEN
        6
      WHEN b.status IN ('confirmed', 'kept') THEN
        1
      ELSE
        3
      END)::smallint,
    b.id,
    CASE WHEN m.id IS NOT NULL THEN
      'confirmed'
    ELSE
      b.status::text
    END,
    b.hold_until,
    b.pool_id
  FROM
    unnest(_request, _person)
  WITH ORDINALITY a (request, person, place)
  LEFT JOIN booking_booking b ON b.request_id = a.request
    AND b.person_id = a.person
  LEFT JOIN made m ON m.id = b.id
ORDER BY
  a.place;
END
$$;
