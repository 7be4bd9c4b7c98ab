"""Daily tallies, and the days that were closed."""

from django.db import models
from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign, Group, PlanRevision
from balmis.contexts.journal.models import append_only
from balmis.contexts.places.models import Area, Site
from balmis.contexts.supply.models import Product
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.reporting import Dimension

DIMENSIONS = tuple(d.value for d in Dimension)


class Tally(models.Model):
    """Doses of a day counted along one dimension. Derived: `count_days` rebuilds it."""

    campaign = models.ForeignKey(Campaign, models.CASCADE)
    day = models.DateField()
    dimension = models.CharField(max_length=8)
    area = models.ForeignKey(Area, models.PROTECT, null=True)
    group = models.ForeignKey(Group, models.PROTECT, null=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True)
    product = models.ForeignKey(Product, models.PROTECT, null=True)
    kind = models.CharField(max_length=16, null=True)
    doses = models.IntegerField()
    drawn = models.DecimalField(max_digits=12, decimal_places=2)  # full doses taken from stock
    covered = models.IntegerField()  # people whose first dose this was
    completed = models.IntegerField()  # people whose course this completed
    boosted = models.IntegerField()  # people whose first booster this was

    class Meta:
        indexes = [models.Index(fields=["campaign", "day"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(dimension__in=DIMENSIONS), name="tally_dimension_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__isnull=True) | Q(kind__in=[k.value for k in DoseKind]),
                name="tally_kind_known",
            ),
        ]


class ClosedDay(models.Model):
    """The report of a day as of 24:00, frozen."""

    campaign = models.ForeignKey(Campaign, models.PROTECT)
    day = models.DateField()
    revision = models.ForeignKey(PlanRevision, models.PROTECT)
    figures = models.JSONField()
    closed_at = models.DateTimeField()
    # the last facts that were known: what has a higher number came later
    last_dose = models.BigIntegerField()
    last_correction = models.BigIntegerField()
    last_move = models.BigIntegerField()
    last_event = models.BigIntegerField()
    actor = models.TextField()
    trail_head = models.CharField(
        max_length=100, blank=True
    )  # the newest seal of the trail by then

    class Meta:
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["campaign", "day"], name="day_closed_once"),
        ]
