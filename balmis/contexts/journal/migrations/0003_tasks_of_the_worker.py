from django.db import migrations

# Jobs that wait name their task by its module, which is balmis.worker.jobs now.
RENAME = """
UPDATE procrastinate_jobs
SET task_name = replace(task_name, 'balmis.flows.jobs.', 'balmis.worker.jobs.')
WHERE starts_with(task_name, 'balmis.flows.jobs.') AND status = 'todo';
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_reference"), ("procrastinate", "0001_initial")]
    operations = [migrations.RunSQL(RENAME, migrations.RunSQL.noop)]
