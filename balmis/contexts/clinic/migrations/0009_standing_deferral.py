from django.db import migrations

from balmis.contexts.journal.sql_files import load_sql


class Migration(migrations.Migration):
    dependencies = [("clinic", "0008_rejected_steps")]
    operations = load_sql("clinic", "standing_deferral")
