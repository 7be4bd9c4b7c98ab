"""`booking_take` makes no booking for a record that was merged into another (code 10)."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("balmis.contexts.booking.migrations.0002_taking").TAKE.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
CHANGES = (
    (
        "      AND NOT EXISTS (SELECT 1 FROM live l WHERE l.nr = a.nr)\n",
        "      AND NOT EXISTS (SELECT 1 FROM live l WHERE l.nr = a.nr)\n"
        "      AND NOT EXISTS (SELECT 1 FROM people_person q\n"
        "        WHERE q.id = a.person AND q.merged_into_id IS NOT NULL)\n",
    ),
    (
        "      WHEN p.id IS NULL THEN 6\n      WHEN p.opens_at > _now THEN 5\n      WHEN EXISTS",
        "      WHEN p.id IS NULL THEN 6\n      WHEN p.opens_at > _now THEN 5\n"
        "      WHEN EXISTS (SELECT 1 FROM people_person q\n"
        "        WHERE q.id = a.person AND q.merged_into_id IS NOT NULL) THEN 10\n      WHEN EXISTS",
    ),
)


def changed() -> str:
    text = BEFORE
    for old, new in CHANGES:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return str(text)


class Migration(migrations.Migration):
    dependencies = [("booking", "0003_waiting_room"), ("people", "0003_identity")]

    operations = [migrations.RunSQL(changed(), BEFORE)]
