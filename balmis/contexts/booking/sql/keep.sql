-- The person came and had the dose: the booking ends, and its place stays used.
CREATE OR REPLACE FUNCTION booking_keep (_now timestamptz, _ids bigint[])
  RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  -- the person came and had the dose: the booking ends, and its place stays used, so that nobody
  -- else is booked into the same minute
  UPDATE
    booking_booking
  SET
    status = 'kept',
    ended_at = _now,
    why_ended = '',
    news = FALSE
  WHERE
    id = ANY (_ids)
    AND status = 'confirmed';
END
$$;
