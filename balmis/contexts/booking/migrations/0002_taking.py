"""The only writers of `pool.taken`.

All of them lock pools first, in the order of their ids, and bookings after; people are
inserted in the order of their ids. So no two of them wait for each other in a circle. Bookings
are looked up one by one through an index (LATERAL with LIMIT, no sequential scans): the plans are
made while the table is empty and kept while an opening fills it.
Codes of `booking_take`: 0 taken; 1 the same booking as before; 2 a live booking for this dose
exists; 3 sold out; 4 the request was used for something else; 5 not open yet; 6 no such pool;
7 lost a race, ask again; 8 another of the party failed, so nothing was taken.
"""

from django.db import migrations

ANSWER = """
CREATE TYPE booking_answer AS (
  place int, code smallint, booking bigint, state text, until timestamptz, pool bigint)
"""

EXPIRE = """
CREATE FUNCTION booking_expire(_now timestamptz, _pools bigint[]) RETURNS int
LANGUAGE sql AS $$
  -- the caller has locked the pools; a booking that is being confirmed is passed over
  WITH gone AS (
    SELECT id FROM booking_booking
    WHERE pool_id = ANY (_pools) AND status = 'held' AND hold_until <= _now
    ORDER BY id FOR UPDATE SKIP LOCKED
  ), ended AS (
    UPDATE booking_booking b
    SET status = 'expired', ended_at = _now, why_ended = 'ran_out'
    FROM gone WHERE b.id = gone.id RETURNING b.pool_id
  ), counted AS (
    UPDATE booking_pool p SET taken = p.taken - e.n
    FROM (SELECT pool_id, count(*) AS n FROM ended GROUP BY pool_id) e
    WHERE p.id = e.pool_id RETURNING e.n
  )
  SELECT coalesce(sum(n), 0)::int FROM counted
$$
"""

SWEEP = """
CREATE FUNCTION booking_sweep(_now timestamptz, _most int) RETURNS int
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  _pools bigint[];
BEGIN
  _pools := ARRAY(
    SELECT p.id FROM booking_pool p
    WHERE p.id = ANY (ARRAY(
      SELECT b.pool_id FROM booking_booking b
      WHERE b.status = 'held' AND b.hold_until <= _now ORDER BY b.hold_until LIMIT _most))
    ORDER BY p.id FOR NO KEY UPDATE SKIP LOCKED);
  RETURN booking_expire(_now, _pools);
END $$
"""

TAKE = """
CREATE FUNCTION booking_take(
  _now timestamptz, _channel text, _request uuid[], _pool bigint[], _person bigint[],
  _campaign bigint[], _number smallint[], _hold_until timestamptz[], _product text[],
  _party uuid[]
) RETURNS SETOF booking_answer
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  _due bigint[];
  _free bigint[];
BEGIN
  -- places whose hold ran out are free again; looked for only where a pool is full
  _due := ARRAY(
    SELECT p.id FROM booking_pool p
    WHERE p.id = ANY (_pool) AND p.taken >= p.capacity AND (
      SELECT true FROM booking_booking b
      WHERE b.pool_id = p.id AND b.status = 'held' AND b.hold_until <= _now LIMIT 1));
  -- a full pool is only read: answers that it is sold out write nothing
  _free := ARRAY(
    SELECT p.id FROM booking_pool p
    WHERE p.id = ANY (_pool) AND p.opens_at <= _now
      AND (p.taken < p.capacity OR p.id = ANY (_due))
    ORDER BY p.id FOR NO KEY UPDATE);
  IF cardinality(_due) > 0 THEN
    PERFORM booking_expire(_now, _free);
  END IF;

  IF cardinality(_free) = 0 THEN  -- the short way, for a rush on what is gone
    RETURN QUERY
    SELECT a.place::int,
      (CASE WHEN b.id IS NULL THEN CASE WHEN l.id IS NOT NULL THEN 2 WHEN p.id IS NULL THEN 6
          WHEN p.opens_at > _now THEN 5 ELSE 3 END
        WHEN (b.person_id, b.campaign_id, b.number) = (a.person, a.campaign, a.number) THEN 1
        ELSE 4 END)::smallint,
      coalesce(CASE WHEN b.person_id = a.person THEN b.id END, l.id),
      coalesce(CASE WHEN b.person_id = a.person THEN b.status END, l.status)::text,
      CASE WHEN b.person_id = a.person THEN b.hold_until WHEN b.id IS NULL THEN l.hold_until END,
      CASE WHEN b.person_id = a.person THEN b.pool_id WHEN b.id IS NULL THEN l.pool_id END
    FROM unnest(_request, _pool, _person, _campaign, _number)
      WITH ORDINALITY AS a (request, pool, person, campaign, number, place)
    LEFT JOIN booking_pool p ON p.id = a.pool
    LEFT JOIN LATERAL (
      SELECT * FROM booking_booking b WHERE b.request_id = a.request LIMIT 1) b ON true
    LEFT JOIN LATERAL (
      SELECT * FROM booking_booking b
      WHERE b.person_id = a.person AND b.campaign_id = a.campaign AND b.number = a.number
        AND b.status IN ('held', 'confirmed') LIMIT 1) l ON true
    ORDER BY a.place;
    RETURN;
  END IF;

  RETURN QUERY
  WITH asked AS (
    SELECT a.*, a.place::int AS nr FROM unnest(
      _request, _pool, _person, _campaign, _number, _hold_until, _product, _party
    ) WITH ORDINALITY AS a (request, pool, person, campaign, number, hold_until, product, party, place)
  ), before AS (
    SELECT a.nr, b.id, b.status, b.hold_until, b.pool_id,
      (b.person_id, b.campaign_id, b.number) = (a.person, a.campaign, a.number) AS same
    FROM asked a
    CROSS JOIN LATERAL (SELECT * FROM booking_booking b WHERE b.request_id = a.request LIMIT 1) b
  ), live AS (
    SELECT a.nr, b.id, b.status, b.hold_until, b.pool_id
    FROM asked a CROSS JOIN LATERAL (
      SELECT * FROM booking_booking b
      WHERE b.person_id = a.person AND b.campaign_id = a.campaign AND b.number = a.number
        AND b.status IN ('held', 'confirmed') LIMIT 1
    ) b
  ), fresh AS (
    SELECT DISTINCT ON (a.person, a.campaign, a.number) a.*
    FROM asked a
    WHERE a.pool = ANY (_free)
      AND NOT EXISTS (SELECT 1 FROM before b WHERE b.nr = a.nr)
      AND NOT EXISTS (SELECT 1 FROM live l WHERE l.nr = a.nr)
    ORDER BY a.person, a.campaign, a.number, a.nr
  ), fits AS (
    SELECT r.* FROM (
      SELECT f.*, row_number() OVER (PARTITION BY f.pool ORDER BY f.nr) AS nth FROM fresh f
    ) r JOIN booking_pool p ON p.id = r.pool
    WHERE r.nth <= p.capacity - p.taken
  ), made AS (
    INSERT INTO booking_booking AS b (
      request_id, pool_id, campaign_id, person_id, number, status, product, party, channel,
      made_at, hold_until, confirmed_at, news)
    SELECT f.request, f.pool, f.campaign, f.person, f.number,
      CASE WHEN f.hold_until IS NULL THEN 'confirmed' ELSE 'held' END,
      f.product, f.party, _channel, _now, f.hold_until,
      CASE WHEN f.hold_until IS NULL THEN _now END, f.hold_until IS NULL
    FROM fits f ORDER BY f.person, f.number
    ON CONFLICT DO NOTHING
    RETURNING b.id, b.request_id, b.pool_id, b.person_id, b.number
  ), counted AS (
    UPDATE booking_pool p SET taken = p.taken + m.n
    FROM (SELECT pool_id, count(*) AS n FROM made GROUP BY pool_id) m
    WHERE p.id = m.pool_id
  )
  SELECT a.nr,
    (CASE
      WHEN m.id IS NOT NULL THEN 0
      WHEN b.nr IS NOT NULL THEN CASE WHEN b.same THEN 1 ELSE 4 END
      WHEN l.nr IS NOT NULL THEN 2
      WHEN f.nr IS NOT NULL THEN 7
      WHEN p.id IS NULL THEN 6
      WHEN p.opens_at > _now THEN 5
      WHEN EXISTS (SELECT 1 FROM fits t WHERE t.person = a.person AND t.campaign = a.campaign
        AND t.number = a.number) THEN 2
      ELSE 3 END)::smallint,
    coalesce(m.id, CASE WHEN b.same THEN b.id END, CASE WHEN b.nr IS NULL THEN l.id END),
    CASE WHEN m.id IS NOT NULL
      THEN CASE WHEN a.hold_until IS NULL THEN 'confirmed' ELSE 'held' END
      WHEN b.same THEN b.status::text WHEN b.nr IS NULL THEN l.status::text END,
    CASE WHEN m.id IS NOT NULL THEN a.hold_until
      WHEN b.same THEN b.hold_until WHEN b.nr IS NULL THEN l.hold_until END,
    CASE WHEN m.id IS NOT NULL THEN m.pool_id
      WHEN b.same THEN b.pool_id WHEN b.nr IS NULL THEN l.pool_id END
  FROM asked a
  LEFT JOIN made m ON m.request_id = a.request AND m.person_id = a.person AND m.number = a.number
  LEFT JOIN before b ON b.nr = a.nr
  LEFT JOIN live l ON l.nr = a.nr
  LEFT JOIN fits f ON f.nr = a.nr
  LEFT JOIN booking_pool p ON p.id = a.pool
  ORDER BY a.nr;
END $$
"""

TOGETHER = """
CREATE FUNCTION booking_take_together(
  _now timestamptz, _channel text, _request uuid[], _pool bigint[], _person bigint[],
  _campaign bigint[], _number smallint[], _hold_until timestamptz[], _product text[],
  _party uuid[]
) RETURNS SETOF booking_answer
LANGUAGE plpgsql AS $$
DECLARE
  _answers booking_answer[];
BEGIN
  BEGIN
    _answers := ARRAY(SELECT t FROM booking_take(
      _now, _channel, _request, _pool, _person, _campaign, _number, _hold_until, _product,
      _party) t);
    IF EXISTS (SELECT 1 FROM unnest(_answers) t WHERE t.code > 1) THEN
      RAISE EXCEPTION 'not all' USING ERRCODE = 'BK001';
    END IF;
  EXCEPTION WHEN SQLSTATE 'BK001' THEN
    RETURN QUERY SELECT t.place, CASE WHEN t.code = 0 THEN 8::smallint ELSE t.code END,
      CASE WHEN t.code <> 0 THEN t.booking END, CASE WHEN t.code <> 0 THEN t.state END,
      CASE WHEN t.code <> 0 THEN t.until END, CASE WHEN t.code <> 0 THEN t.pool END
      FROM unnest(_answers) t;
    RETURN;
  END;
  RETURN QUERY SELECT * FROM unnest(_answers);
END $$
"""

PARTIES = """
CREATE FUNCTION booking_take_parties(
  _now timestamptz, _channel text, _request uuid[], _pool bigint[], _person bigint[],
  _campaign bigint[], _number smallint[], _hold_until timestamptz[], _product text[],
  _party uuid[]
) RETURNS SETOF booking_answer
LANGUAGE plpgsql AS $$
DECLARE
  _answers booking_answer[];
  _one record;
BEGIN
  -- many parties in one transaction, each whole or not at all: all at once while everything is
  -- free, and one after another when something was not
  PERFORM 1 FROM booking_pool p WHERE p.id = ANY (_pool) ORDER BY p.id FOR NO KEY UPDATE;
  BEGIN
    _answers := ARRAY(SELECT t FROM booking_take(
      _now, _channel, _request, _pool, _person, _campaign, _number, _hold_until, _product,
      _party) t);
    IF EXISTS (SELECT 1 FROM unnest(_answers) t WHERE t.code > 1) THEN
      RAISE EXCEPTION 'not all' USING ERRCODE = 'BK001';
    END IF;
    RETURN QUERY SELECT * FROM unnest(_answers);
    RETURN;
  EXCEPTION WHEN SQLSTATE 'BK001' THEN NULL;
  END;
  FOR _one IN
    SELECT array_agg(a.place::int ORDER BY a.place) AS places, a.party
    FROM unnest(_party) WITH ORDINALITY a (party, place) GROUP BY a.party ORDER BY min(a.place)
  LOOP
    RETURN QUERY SELECT _one.places[t.place], t.code, t.booking, t.state, t.until, t.pool
    FROM booking_take_together(
      _now, _channel,
      ARRAY(SELECT _request[i] FROM unnest(_one.places) i),
      ARRAY(SELECT _pool[i] FROM unnest(_one.places) i),
      ARRAY(SELECT _person[i] FROM unnest(_one.places) i),
      ARRAY(SELECT _campaign[i] FROM unnest(_one.places) i),
      ARRAY(SELECT _number[i] FROM unnest(_one.places) i),
      ARRAY(SELECT _hold_until[i] FROM unnest(_one.places) i),
      ARRAY(SELECT _product[i] FROM unnest(_one.places) i),
      ARRAY(SELECT _party[i] FROM unnest(_one.places) i)) t;
  END LOOP;
END $$
"""

CONFIRM = """
CREATE FUNCTION booking_confirm(_now timestamptz, _request uuid[], _person bigint[])
RETURNS SETOF booking_answer
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  _mine bigint[];
BEGIN
  -- codes: 0 confirmed now; 1 confirmed before; 3 the hold is over; 6 no such booking
  _mine := ARRAY(
    SELECT b.id FROM booking_booking b
    JOIN unnest(_request, _person) a (request, person)
      ON a.request = b.request_id AND a.person = b.person_id);
  -- what was held together is confirmed together: no second dose without its first
  _mine := ARRAY(
    SELECT b.id FROM booking_booking b
    WHERE b.id = ANY (_mine) OR b.id = ANY (ARRAY(
      SELECT other.id FROM booking_booking one
      JOIN booking_booking other ON other.person_id = one.person_id AND other.party = one.party
      WHERE one.id = ANY (_mine) AND one.party IS NOT NULL))
    ORDER BY b.id FOR NO KEY UPDATE);
  RETURN QUERY
  WITH made AS (
    UPDATE booking_booking b SET status = 'confirmed', confirmed_at = _now, news = true
    WHERE b.id = ANY (_mine) AND b.status = 'held' AND b.hold_until > _now
    RETURNING b.id
  )
  SELECT a.place::int,
    (CASE WHEN m.id IS NOT NULL THEN 0 WHEN b.id IS NULL THEN 6
      WHEN b.status IN ('confirmed', 'kept') THEN 1 ELSE 3 END)::smallint,
    b.id, CASE WHEN m.id IS NOT NULL THEN 'confirmed' ELSE b.status::text END,
    b.hold_until, b.pool_id
  FROM unnest(_request, _person) WITH ORDINALITY a (request, person, place)
  LEFT JOIN booking_booking b ON b.request_id = a.request AND b.person_id = a.person
  LEFT JOIN made m ON m.id = b.id
  ORDER BY a.place;
END $$
"""

END = """
CREATE FUNCTION booking_end(_now timestamptz, _ids bigint[], _status text, _why text)
RETURNS TABLE (booking bigint, pool bigint)
LANGUAGE plpgsql AS $$
BEGIN
  -- only live bookings end; those that had ended before are not returned
  PERFORM 1 FROM booking_pool p
    WHERE p.id IN (SELECT b.pool_id FROM booking_booking b WHERE b.id = ANY (_ids))
    ORDER BY p.id FOR NO KEY UPDATE;
  PERFORM 1 FROM booking_booking b WHERE b.id = ANY (_ids) ORDER BY b.id FOR NO KEY UPDATE;
  RETURN QUERY
  WITH ended AS (
    UPDATE booking_booking b
    SET status = _status, ended_at = _now, why_ended = _why, news = b.status = 'confirmed'
    WHERE b.id = ANY (_ids) AND b.status IN ('held', 'confirmed')
    RETURNING b.id, b.pool_id
  ), counted AS (
    UPDATE booking_pool p SET taken = p.taken - e.n
    FROM (SELECT pool_id, count(*) AS n FROM ended GROUP BY pool_id) e
    WHERE p.id = e.pool_id
  )
  SELECT e.id, e.pool_id FROM ended e ORDER BY e.id;
END $$
"""

MOVE = """
CREATE FUNCTION booking_move(
  _now timestamptz, _channel text, _old bigint, _request uuid, _pool bigint, _product text,
  _why text
) RETURNS booking_answer
LANGUAGE plpgsql AS $$
DECLARE
  _was booking_booking;
  _answer booking_answer;
BEGIN
  -- to another place without a moment in which the person has none; codes as booking_take, and
  -- 9: the booking has ended
  SELECT * INTO _was FROM booking_booking WHERE id = _old;
  PERFORM 1 FROM booking_pool p WHERE p.id IN (_pool, _was.pool_id)
    ORDER BY p.id FOR NO KEY UPDATE;
  SELECT * INTO _was FROM booking_booking WHERE id = _old FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM booking_booking WHERE request_id = _request) THEN
    SELECT * INTO _answer FROM booking_take(_now, _channel, ARRAY[_request], ARRAY[_pool],
      ARRAY[_was.person_id], ARRAY[_was.campaign_id], ARRAY[_was.number], ARRAY[NULL::timestamptz],
      ARRAY[_product], ARRAY[_was.party]);
    RETURN _answer;
  END IF;
  IF _was.id IS NULL OR _was.status NOT IN ('held', 'confirmed')
     OR (_was.status = 'held' AND _was.hold_until <= _now) THEN
    _answer.place := 1; _answer.code := 9; _answer.state := _was.status; _answer.booking := _was.id;
    RETURN _answer;
  END IF;
  BEGIN
    PERFORM booking_end(_now, ARRAY[_old], 'moved', _why);
    UPDATE booking_booking SET news = false WHERE id = _old;
    SELECT * INTO _answer FROM booking_take(_now, _channel, ARRAY[_request], ARRAY[_pool],
      ARRAY[_was.person_id], ARRAY[_was.campaign_id], ARRAY[_was.number], ARRAY[NULL::timestamptz],
      ARRAY[_product], ARRAY[_was.party]);
    IF _answer.code > 1 THEN
      RAISE EXCEPTION 'not taken' USING ERRCODE = 'BK001';
    END IF;
  EXCEPTION WHEN SQLSTATE 'BK001' THEN NULL;  -- the old booking stands as it was
  END;
  RETURN _answer;
END $$
"""

DROPS = (
    "DROP FUNCTION booking_move", "DROP FUNCTION booking_end", "DROP FUNCTION booking_confirm",
    "DROP FUNCTION booking_take_parties", "DROP FUNCTION booking_take_together", "DROP FUNCTION booking_take",
    "DROP FUNCTION booking_sweep", "DROP FUNCTION booking_expire", "DROP TYPE booking_answer",
)


class Migration(migrations.Migration):
    dependencies = [("booking", "0001_initial")]

    operations = [
        migrations.RunSQL(made, dropped)
        for made, dropped in zip(
            (ANSWER, EXPIRE, SWEEP, TAKE, TOGETHER, PARTIES, CONFIRM, END, MOVE), reversed(DROPS), strict=True
        )
    ]
