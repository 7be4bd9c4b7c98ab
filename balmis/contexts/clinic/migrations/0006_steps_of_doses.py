from django.db import migrations

# the rows that a desk recorded before the column was there; the table is append-only otherwise
FILL = """
ALTER TABLE clinic_dose DISABLE TRIGGER USER;
UPDATE clinic_dose d SET step_id = s.id FROM clinic_step s
  WHERE s.request_id = d.request_id AND d.step_id IS NULL;
ALTER TABLE clinic_dose ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0005_set_aside")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
