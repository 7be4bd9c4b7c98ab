"""What was done, by whom and why; what others must be told; facts that came together."""

from uuid import uuid4

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers that make a table append-only in the database itself."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func="RAISE EXCEPTION 'append_only: Cannot truncate %', TG_TABLE_NAME;",
        ),
    ]


EMPTIED = """
IF OLD.{words} = '' OR NEW.{words} <> '' OR to_jsonb(NEW) - '{words}' <> to_jsonb(OLD) - '{words}' THEN
  RAISE EXCEPTION 'append_only: Cannot update rows from % table', TG_TABLE_NAME;
END IF;
RETURN NEW;
"""


def append_only_but_words(column: str) -> list[pgtrigger.Trigger]:
    """Append-only, but the words of this column may be emptied: whoever is forgotten is forgotten there, too.
    `grants.CHANGED` gives the program's role the right to this column."""
    return [
        *append_only()[1:],
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            func=EMPTIED.format(words=column),
        ),
    ]


CHANGED = """
IF current_setting('balmis.reference_changed', true) IS DISTINCT FROM txid_current()::text THEN
  PERFORM set_config('balmis.reference_changed', txid_current()::text, true);
  UPDATE ledger_referencetoken SET token = gen_random_uuid();
END IF;
RETURN NULL;
"""


def reference_rows() -> list[pgtrigger.Trigger]:
    """For tables whose rows are kept by processes: every change makes the token another. At the end
    of the transaction, so that the token is the last row it locks."""
    return [
        pgtrigger.Trigger(
            name="reference_changed",
            level=pgtrigger.Row,
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            timing=pgtrigger.Deferred,
            func=CHANGED,
        )
    ]


class ReferenceToken(models.Model):
    """One row: another token means that a row of the reference tables has changed."""

    token = models.UUIDField(default=uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_reference_token")]


class AuditEntry(models.Model):
    """One state change: who did what to what, why, on which request."""

    at = models.DateTimeField()
    actor = models.TextField()
    action = models.TextField()
    subject = models.TextField()
    reason = models.TextField(blank=True)
    request_id = models.UUIDField(null=True)
    facts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        triggers = append_only()
        indexes = [
            models.Index(fields=["subject", "at"]),
            models.Index(fields=["actor", "at"]),
            BrinIndex(
                fields=["at"], autosummarize=True, name="audit_at"
            ),  # lines come in its order
            models.Index(
                fields=["request_id"], condition=Q(request_id__isnull=False), name="audit_request"
            ),
        ]


class AuditSeal(models.Model):
    """The lines of the trail from one to another as they were, chained to the seal before.

    `digest` is made with the installation's secret: whoever can write to the database alone cannot make
    another that fits.
    """

    first = models.BigIntegerField()
    last = models.BigIntegerField()
    lines = models.PositiveIntegerField()
    digest = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["first"], name="sealed_once"),
            models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="seal_sane"),
        ]


class AuditMark(models.Model):
    """One row: how far the trail had come when it was last looked at, and which transactions might still
    add a line below."""

    last = models.BigIntegerField(default=0)
    newest = models.TextField(default="0")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_audit_mark")]


class Message(models.Model):
    """The outbox: written with the fact it tells of, delivered at least once."""

    topic = models.TextField()
    payload = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        triggers = append_only()


class Delivery(models.Model):
    """A message that a consumer has still to take; gone once taken."""

    message = models.ForeignKey(Message, models.CASCADE)
    consumer = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["consumer", "id"])]
        constraints = [
            models.UniqueConstraint(fields=["message", "consumer"], name="one_delivery_a_consumer")
        ]


class Batch(models.Model):
    """Facts that came together: a line list, a replayed day, a synthetic register."""

    kind = models.TextField()
    source = models.TextField()
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        indexes = [models.Index(fields=["kind", "digest"])]
