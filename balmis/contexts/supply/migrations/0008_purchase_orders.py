from django.db import migrations


class Migration(migrations.Migration):
    """The table keeps its name; nothing in the database changes."""

    dependencies = [("supply", "0007_safety_work")]
    operations = [
        migrations.AlterModelTable(name="order", table="supply_order"),
        migrations.RenameModel(old_name="Order", new_name="PurchaseOrder"),
    ]
