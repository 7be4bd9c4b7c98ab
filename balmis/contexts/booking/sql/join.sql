-- Join the waiting room of an opening: who has a ticket keeps it, the others get theirs one after
-- another.
CREATE OR REPLACE FUNCTION booking_join (_now timestamptz, _rush bigint[], _person bigint[])
  RETURNS TABLE (
    place int,
    ticket bigint,
    turn_at timestamptz)
  LANGUAGE plpgsql
  SET enable_seqscan = OFF
  AS $$
  --  variable_conflict use_column
DECLARE
  _one booking_rush;
  _new bigint[];
  _step interval;
  _from timestamptz;
BEGIN
  -- who has a ticket keeps it; the others get theirs under the lock of the rush, one after
  -- another: before the opening without a turn, later with the next moment that is free
  FOR _one IN
  SELECT
    *
  FROM
    booking_rush r
  WHERE
    r.doors_at <= _now
    AND r.closes_at > _now
    AND r.id IN (
      SELECT
        a.rush
      FROM
        unnest(_rush, _person) a (rush,
          person)
      WHERE
        NOT EXISTS (
          SELECT
            1
          FROM
            booking_ticket t
          WHERE
            t.rush_id = a.rush
            AND t.person_id = a.person))
    ORDER BY
      r.id
    FOR NO KEY UPDATE LOOP
      _new := ARRAY (
        SELECT
          a.person
        FROM
          unnest(_rush, _person)
          WITH ORDINALITY a (rush, person, nr)
        WHERE
          a.rush = _one.id
          AND NOT EXISTS (
            SELECT
              1
            FROM
              booking_ticket t
            WHERE
              t.rush_id = a.rush
              AND t.person_id = a.person)
          GROUP BY
            a.person
          ORDER BY
            min(a.nr));
          IF _now < _one.opens_at THEN
            INSERT INTO booking_ticket (rush_id, person_id, joined_at)
            SELECT
              _one.id,
              p,
              _now
            FROM
              unnest(_new) p;
              UPDATE
                booking_rush
              SET
                early = early + cardinality(_new)
              WHERE
                id = _one.id;
              ELSE
                _step := interval '1 minute' / _one.per_minute;
                _from := greatest (_now, coalesce(_one.next_at, _one.opens_at + _one.early * _step));
            INSERT INTO booking_ticket (rush_id, person_id, joined_at, turn_at)
            SELECT
              _one.id,
              p,
              _now,
              _from + (nr - 1) * _step
            FROM
              unnest(_new)
  WITH ORDINALITY a (p, nr);
  UPDATE
    booking_rush
  SET
    next_at = _from + cardinality(_new) * _step
  WHERE
    id = _one.id;
          END IF;
    END LOOP;
    RETURN QUERY
    SELECT
      a.nr::int,
      t.id,
      t.turn_at
    FROM
      unnest(_rush, _person)
  WITH ORDINALITY a (rush, person, nr)
  LEFT JOIN booking_ticket t ON t.rush_id = a.rush
    AND t.person_id = a.person
  ORDER BY
    a.nr;
END
$$;
