"""Doses that need a second look."""

from django.db import models
from django.db.models import Q

from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal.models import append_only
from balmis.core.vocabulary.clinic import DoseFlag


class Flag(models.Model):
    """A recorded dose broke a rule: it stands, and is reviewed."""

    dose = models.ForeignKey(Dose, models.PROTECT, related_name="flags")
    reason = models.CharField(max_length=20, choices=[(r.value, r.value) for r in DoseFlag])
    raised_at = models.DateTimeField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["dose", "reason"], name="flag_once"),
            models.CheckConstraint(
                condition=Q(reason__in=[r.value for r in DoseFlag]), name="flag_reason_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["dose"],
                name="flag_held",  # out of the figures: `held_doses`
                condition=Q(
                    reason__in=[DoseFlag.BORN_AFTER_DOSE.value, DoseFlag.POSSIBLE_DUPLICATE.value]
                ),
            )
        ]


class LiftedFlag(models.Model):
    """What was known later explains the flag: a consent that a tablet sent after the dose."""

    flag = models.OneToOneField(Flag, models.PROTECT, related_name="lifted")
    at = models.DateTimeField()


class Review(models.Model):
    """Somebody looked at the flags that a dose had then, and said what was found."""

    dose = models.ForeignKey(Dose, models.PROTECT, related_name="reviews")
    note = models.TextField()
    at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [models.CheckConstraint(condition=~Q(note=""), name="review_has_a_note")]
