-- The dose was not given after all: the booking is open again, unless another one is.
CREATE OR REPLACE FUNCTION booking_unkeep (_ids bigint[])
  RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  -- the dose was not given after all: the booking is open again; its place was used all along
  UPDATE
    booking_booking b
  SET
    status = 'confirmed',
    ended_at = NULL
  WHERE
    b.id = ANY (_ids)
    AND b.status = 'kept'
    AND NOT EXISTS (
      SELECT
        1
      FROM
        booking_booking o
      WHERE
        o.person_id = b.person_id
        AND o.campaign_id = b.campaign_id
        AND o.number = b.number
        AND o.id <> b.id
        AND o.status IN ('held', 'confirmed'));
END
$$;
