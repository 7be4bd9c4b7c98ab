-- To another place, without a moment in which the person has none.
--
-- Codes: as `booking_take`, and 9 OVER: the booking has ended.
CREATE OR REPLACE FUNCTION booking_move (_now timestamptz, _channel text, _old bigint, _request
  uuid, _pool bigint, _product text, _why text)
  RETURNS booking_answer
  LANGUAGE plpgsql
  AS $$
DECLARE
  _was booking_booking;
  _answer booking_answer;
BEGIN
  -- to another place without a moment in which the person has none; codes as booking_take, and
  -- 9: the booking has ended
  SELECT
    * INTO _was
  FROM
    booking_booking
  WHERE
    id = _old;
  PERFORM
    1
  FROM
    booking_pool p
  WHERE
    p.id IN (_pool, _was.pool_id)
  ORDER BY
    p.id
  FOR NO KEY UPDATE;
  SELECT
    * INTO _was
  FROM
    booking_booking
  WHERE
    id = _old
  FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT
      1
    FROM
      booking_booking
    WHERE
      request_id = _request) THEN
  SELECT
    * INTO _answer
  FROM
    booking_take (_now, _channel, ARRAY[_request], ARRAY[_pool], ARRAY[_was.person_id],
      ARRAY[_was.campaign_id], ARRAY[_was.number], ARRAY[NULL::timestamptz], ARRAY[_product],
      ARRAY[_was.party]);
  RETURN _answer;
END IF;
  IF _was.id IS NULL OR _was.status NOT IN ('held', 'confirmed') OR (_was.status =
    'held' AND _was.hold_until <= _now) THEN
    _answer.place := 1;
    _answer.code := 9;
    _answer.state := _was.status;
    _answer.booking := _was.id;
    RETURN _answer;
  END IF;
  BEGIN
    PERFORM
      booking_end (_now, ARRAY[_old], 'moved', _why);
    UPDATE
      booking_booking
    SET
      news = FALSE
    WHERE
      id = _old;
    SELECT
      * INTO _answer
    FROM
      booking_take (_now, _channel, ARRAY[_request], ARRAY[_pool], ARRAY[_was.person_id],
	ARRAY[_was.campaign_id], ARRAY[_was.number], ARRAY[NULL::timestamptz], ARRAY[_product],
	ARRAY[_was.party]);
    IF _answer.code > 1 THEN
      RAISE EXCEPTION 'not taken'
        USING ERRCODE = 'BK001';
      END IF;
  EXCEPTION
    WHEN SQLSTATE 'BK001' THEN
      NULL;
    -- the old booking stands as it was
  END;
  RETURN _answer;
END
$$;
