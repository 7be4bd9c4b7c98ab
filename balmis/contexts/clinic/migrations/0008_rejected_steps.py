from django.db import migrations


class Migration(migrations.Migration):
    """The table keeps its name; nothing in the database changes."""

    dependencies = [("clinic", "0007_live_dose")]
    operations = [
        migrations.AlterModelTable(name="setaside", table="clinic_setaside"),
        migrations.RenameModel(old_name="SetAside", new_name="RejectedStep"),
    ]
