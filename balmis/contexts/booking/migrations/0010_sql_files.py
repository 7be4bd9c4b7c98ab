from django.db import migrations

from balmis.contexts.journal.sql_files import load_sql


class Migration(migrations.Migration):
    dependencies = [("booking", "0009_leftover")]
    operations = load_sql(
        "booking", "expire", "sweep", "take", "take_together", "take_parties", "confirm", "end",
        "move", "keep", "unkeep", "join",
    )
