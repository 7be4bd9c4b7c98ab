"""Doses that were given, and their corrections."""

import pgtrigger
from django.db import models
from django.db.models import Q

from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal.models import Batch, append_only
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Lot, Product, Vial
from balmis.core.vocabulary.clinic import (
    BodySite,
    ConflictEnd,
    CorrectionReason,
    DoseKind,
    Outcome,
    Route,
    StepKind,
    VisitStatus,
)

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


class Visit(models.Model):
    """A person at a site on a day, and where they stand. What happened is in the steps.

    `status` is worked out from the steps; `visits.refresh` alone changes it.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="visits", db_index=False)
    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    booking = models.ForeignKey(Booking, models.PROTECT, null=True)  # null: a walk-in
    on = models.DateField()  # the day at the site
    number = models.PositiveIntegerField()  # called in the waiting room
    status = models.CharField(max_length=12, choices=[(s.value, s.value) for s in VisitStatus])
    status_at = models.DateTimeField()
    room = models.CharField(max_length=40, blank=True, default="", db_default="")  # called to
    seat = models.CharField(max_length=10, blank=True, default="", db_default="")
    seated_at = models.DateTimeField(null=True)
    observed_until = models.DateTimeField(null=True)  # an instant: a restart loses nothing

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "campaign", "site", "on"], name="visit_once"),
            models.UniqueConstraint(fields=["site", "on", "number"], name="visit_number_once"),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in VisitStatus]), name="visit_status_known"
            ),
        ]


class DayNumber(models.Model):
    """The last number given out at a site on a day."""

    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    on = models.DateField()
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "on"], name="day_number_once")]


class Step(models.Model):
    """What happened in a visit: a fact, made on a device that may have had no network."""

    request_id = models.UUIDField(unique=True)  # made on the device
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in StepKind])
    at = models.DateTimeField()  # by the device
    recorded_at = models.DateTimeField()
    actor = models.TextField()
    device = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)

    class Meta:
        triggers = append_only()
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in StepKind]), name="step_kind_known"
            ),
        ]


class Deferral(models.Model):
    """Not before a day, or never with a product: found at a screening, or by the doctor."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="deferrals")
    step = models.OneToOneField(Step, models.PROTECT)
    outcome = models.CharField(max_length=8, choices=[(o.value, o.value) for o in Outcome])
    product = models.CharField(max_length=60, blank=True, default="")  # empty: any
    until = models.DateField(null=True)  # null: no day can be said
    reason = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=Outcome.DEFER.value)
                | Q(outcome=Outcome.NEVER.value, until__isnull=True),
                name="deferral_outcome_known",
            ),
        ]


class LiveDoses(models.Manager["Dose"]):
    """Doses that no correction has taken back. In SQL: the view `clinic_live_dose`."""

    def get_queryset(self) -> "models.QuerySet[Dose]":
        return super().get_queryset().filter(correction__isnull=True)


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
    visit = models.ForeignKey(Visit, models.PROTECT, null=True)
    step = models.ForeignKey(Step, models.PROTECT, null=True, related_name="doses")  # a desk's
    vial = models.ForeignKey(Vial, models.PROTECT, null=True)
    body_site = models.CharField(max_length=12, blank=True, default="", db_default="")
    route = models.CharField(max_length=16, blank=True, default="", db_default="")

    objects = models.Manager["Dose"]()
    live = LiveDoses()

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
            models.CheckConstraint(
                condition=Q(body_site__in=["", *(b.value for b in BodySite)])
                & Q(route__in=["", *(r.value for r in Route)]),
                name="dose_words_known",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "given_on"]),
            models.Index(fields=["campaign", "given_on"]),
        ]

    @property
    def taken_back(self) -> bool:
        return hasattr(self, "correction")


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


class Conflict(models.Model):
    """Two records of a dose for one person on one day: the same dose twice, or two doses?

    The record with the earlier time is the dose of the register; the other is kept here, with
    everything it says, until someone at the site decides. Nothing of it is lost.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="conflicts")
    kept = models.ForeignKey(
        Step, models.PROTECT, null=True, related_name="+"
    )  # null: not of a desk
    dose = models.ForeignKey(Dose, models.PROTECT, null=True, related_name="+")  # then this one
    other = models.OneToOneField(Step, models.PROTECT, related_name="conflict")
    found_at = models.DateTimeField()
    end = models.CharField(
        max_length=10, blank=True, default="", choices=[(e.value, e.value) for e in ConflictEnd]
    )
    settled_at = models.DateTimeField(null=True)
    settled_by = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(end="", settled_at__isnull=True)
                | (Q(end__in=[e.value for e in ConflictEnd]) & Q(settled_at__isnull=False)),
                name="conflict_end_known",
            ),
        ]
        indexes = [models.Index(fields=["visit"], name="conflict_open", condition=Q(end=""))]


class RejectedStep(models.Model):
    """A step that the server refused, handed over by its device with everything it says, so that
    somebody looks at it. Nothing follows from it."""

    request_id = models.UUIDField(unique=True)  # of the step
    campaign = models.ForeignKey(Campaign, models.PROTECT)
    site = models.ForeignKey(Site, models.PROTECT)
    sent = models.JSONField()  # as the device had it
    problem = models.TextField()  # as the server put it
    device = models.CharField(max_length=40)
    actor = models.TextField()
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.TextField(blank=True, default="")
    note = models.TextField(blank=True, default="")  # what was done about it

    class Meta:
        db_table = "clinic_setaside"  # its name before this one; so no table changes
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | ~Q(note=""), name="set_aside_has_a_note"
            )
        ]
