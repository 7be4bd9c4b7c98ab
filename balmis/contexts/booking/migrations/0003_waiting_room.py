"""The waiting room of an opening, and the one statement by which people join it."""

import django.db.models.deletion
from django.db import migrations, models

JOIN = """
CREATE FUNCTION booking_join(_now timestamptz, _rush bigint[], _person bigint[])
RETURNS TABLE (place int, ticket bigint, turn_at timestamptz)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  _one booking_rush;
  _new bigint[];
  _step interval;
  _from timestamptz;
BEGIN
  -- who has a ticket keeps it; the others get theirs under the lock of the rush, one after
  -- another: before the opening without a turn, later with the next moment that is free
  FOR _one IN
    SELECT * FROM booking_rush r
    WHERE r.doors_at <= _now AND r.closes_at > _now AND r.id IN (
      SELECT a.rush FROM unnest(_rush, _person) a (rush, person)
      WHERE NOT EXISTS (SELECT 1 FROM booking_ticket t
                        WHERE t.rush_id = a.rush AND t.person_id = a.person))
    ORDER BY r.id FOR NO KEY UPDATE
  LOOP
    _new := ARRAY(
      SELECT a.person FROM unnest(_rush, _person) WITH ORDINALITY a (rush, person, nr)
      WHERE a.rush = _one.id AND NOT EXISTS (
        SELECT 1 FROM booking_ticket t WHERE t.rush_id = a.rush AND t.person_id = a.person)
      GROUP BY a.person ORDER BY min(a.nr));
    IF _now < _one.opens_at THEN
      INSERT INTO booking_ticket (rush_id, person_id, joined_at)
        SELECT _one.id, p, _now FROM unnest(_new) p;
      UPDATE booking_rush SET early = early + cardinality(_new) WHERE id = _one.id;
    ELSE
      _step := interval '1 minute' / _one.per_minute;
      _from := greatest(_now, coalesce(_one.next_at, _one.opens_at + _one.early * _step));
      INSERT INTO booking_ticket (rush_id, person_id, joined_at, turn_at)
        SELECT _one.id, p, _now, _from + (nr - 1) * _step
        FROM unnest(_new) WITH ORDINALITY a (p, nr);
      UPDATE booking_rush SET next_at = _from + cardinality(_new) * _step WHERE id = _one.id;
    END IF;
  END LOOP;
  RETURN QUERY SELECT a.nr::int, t.id, t.turn_at
    FROM unnest(_rush, _person) WITH ORDINALITY a (rush, person, nr)
    LEFT JOIN booking_ticket t ON t.rush_id = a.rush AND t.person_id = a.person
    ORDER BY a.nr;
END $$
"""

BIG = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0002_taking"), ("campaigns", "__first__"), ("people", "__first__"),
    ]

    operations = [
        # made anew: nothing has been written to them
        migrations.DeleteModel("Ticket"),
        migrations.DeleteModel("Rush"),
        migrations.CreateModel(
            name="Rush",
            fields=[
                ("id", BIG),
                ("doors_at", models.DateTimeField()),
                ("opens_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                ("per_minute", models.PositiveIntegerField()),
                ("wave_minutes", models.PositiveSmallIntegerField(default=0)),
                ("first_digit", models.PositiveSmallIntegerField(default=0)),
                ("seed", models.BinaryField()),
                ("early", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("campaign", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="campaigns.campaign")),
            ],
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", BIG),
                ("joined_at", models.DateTimeField()),
                ("turn_at", models.DateTimeField(null=True)),
                ("person", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.person")),
                ("rush", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="booking.rush")),
            ],
        ),
        migrations.AddConstraint(
            model_name="rush",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_digit__lte", 9), ("per_minute__gte", 1), ("wave_minutes__lte", 240),
                                   ("closes_at__gte", models.F("opens_at")), ("opens_at__gte", models.F("doors_at"))),
                name="rush_sane",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(fields=("rush", "person"), name="one_ticket"),
        ),
        migrations.RunSQL(JOIN, "DROP FUNCTION booking_join"),
    ]
