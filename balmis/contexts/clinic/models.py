"""Doses that were given, and their corrections."""

import pgtrigger
from django.db import models
from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.ledger.models import Batch, append_only
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Lot, Product
from balmis.core.vocabulary import CorrectionReason, DoseKind

# A dose goes over to the record that a merge keeps, and back when it is undone; nothing else.
MERGED = """
IF to_jsonb(NEW) - 'person_id' <> to_jsonb(OLD) - 'person_id' OR NOT EXISTS (
  SELECT 1 FROM people_merge m WHERE
    (m.merged_id = OLD.person_id AND m.kept_id = NEW.person_id AND m.undone_at IS NULL)
    OR (m.kept_id = OLD.person_id AND m.merged_id = NEW.person_id AND m.undone_at IS NOT NULL))
THEN
  RAISE EXCEPTION 'append_only: Cannot update rows from % table', TG_TABLE_NAME;
END IF;
RETURN NEW;
"""


class Dose(models.Model):
    """A dose given to one person. A fact: never changed, only corrected by new rows.

    Whose it is may change, when two records are found to be one person.
    """

    request_id = models.UUIDField(unique=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT, db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True)
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, db_index=False
    )  # null: given elsewhere
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in DoseKind])
    completes = models.BooleanField()
    units = models.DecimalField(max_digits=4, decimal_places=2)  # of a full dose
    given_at = models.DateTimeField()  # the device's or the source's word
    given_on = models.DateField()  # the calendar day at the place of care
    recorded_at = models.DateTimeField()  # when the server heard of it
    actor = models.TextField()
    batch = models.ForeignKey(Batch, models.PROTECT, null=True)

    class Meta:
        triggers = [
            *append_only()[1:],
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="append_only", when=pgtrigger.Before, operation=pgtrigger.Update, func=MERGED
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in DoseKind]), name="dose_kind_known"
            ),
            models.CheckConstraint(condition=Q(units__gt=0), name="dose_units_positive"),
        ]
        indexes = [
            models.Index(fields=["person", "given_on"]),
            models.Index(fields=["campaign", "given_on"]),
        ]


class DoseCorrection(models.Model):
    """This dose was not given as recorded. The dose that was, if any, is a row of its own."""

    dose = models.OneToOneField(Dose, models.PROTECT, related_name="correction")
    request_id = models.UUIDField(unique=True)
    reason = models.CharField(max_length=20, choices=[(r.value, r.value) for r in CorrectionReason])
    replaced_by = models.ForeignKey(Dose, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=[r.value for r in CorrectionReason]),
                name="correction_reason_known",
            ),
        ]
        indexes = [models.Index(fields=["recorded_at"])]
