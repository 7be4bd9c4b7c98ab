import django.db.models.deletion
from django.db import migrations, models


# A hold without a site held everywhere. What an order placed holds in the area of its campaign; what
# somebody placed by hand goes on holding in every region, as one hold for each.
SOMEWHERE = """
DO $$ BEGIN
  IF to_regclass('safety_holdorder') IS NOT NULL THEN
    UPDATE supply_lothold h SET area_id = c.area_id
    FROM safety_holdorder o JOIN campaigns_campaign c ON c.id = o.campaign_id
    WHERE h.site_id IS NULL AND h.cause = 'order:' || o.id;
  END IF;
END $$;
INSERT INTO supply_lothold (request_id, lot_id, area_id, cause, soft, reason, placed_at, placed_by,
  released_at, released_by, decision)
SELECT gen_random_uuid(), h.lot_id, a.id, h.cause, h.soft, h.reason, h.placed_at, h.placed_by,
  h.released_at, h.released_by, h.decision
FROM supply_lothold h JOIN places_area a ON a.parent_id IS NULL
WHERE h.site_id IS NULL AND h.area_id IS NULL
  AND a.id <> (SELECT min(id) FROM places_area WHERE parent_id IS NULL);
UPDATE supply_lothold SET area_id = (SELECT min(id) FROM places_area WHERE parent_id IS NULL)
WHERE site_id IS NULL AND area_id IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;  -- an index cannot be made while they wait
"""


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0003_reference'),
        ('supply', '0008_purchase_orders'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='lothold',
            name='hold_once',
        ),
        migrations.AddField(
            model_name='lothold',
            name='area',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='places.area'),
        ),
        migrations.RunSQL(SOMEWHERE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='lothold',
            constraint=models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('lot', 'site', 'area', 'cause'), name='hold_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='lothold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('area__isnull', False), ('site__isnull', True)), models.Q(('area__isnull', True), ('site__isnull', False)), _connector='OR'), name='hold_is_somewhere'),
        ),
    ]
