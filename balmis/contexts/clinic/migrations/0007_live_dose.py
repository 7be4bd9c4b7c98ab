from django.db import migrations

from balmis.contexts.journal.sql_files import load_sql


class Migration(migrations.Migration):
    dependencies = [("clinic", "0006_steps_of_doses")]
    operations = load_sql("clinic", "live_dose")
