from django.db import migrations

KEEP = """
CREATE FUNCTION booking_keep(_now timestamptz, _ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  -- the person came and had the dose: the booking ends, and its place stays used, so that nobody
  -- else is booked into the same minute
  UPDATE booking_booking SET status = 'kept', ended_at = _now, why_ended = '', news = false
    WHERE id = ANY (_ids) AND status = 'confirmed';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("booking", "0004_no_bookings_for_merged_records")]
    operations = [migrations.RunSQL(KEEP, "DROP FUNCTION booking_keep")]
