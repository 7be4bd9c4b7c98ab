"""Areas as a tree, and the sites in them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from balmis.contexts.journal.models import reference_rows
from balmis.core.vocabulary.places import SiteKind, SiteStatus


class Area(models.Model):
    """A part of the region. `path` holds the codes from the root: '/KR-49/KR-49-1/'."""

    code = models.CharField(max_length=40, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    kind = models.CharField(max_length=30)
    names = models.JSONField()  # language -> name
    path = models.TextField(unique=True)
    depth = models.PositiveSmallIntegerField()
    latitude = models.FloatField(null=True)  # degrees, of where most of its people live
    longitude = models.FloatField(null=True)

    class Meta:
        triggers = reference_rows()
        constraints = [
            models.CheckConstraint(
                condition=Q(path__startswith="/", path__endswith="/"), name="area_path_form"
            ),
            models.CheckConstraint(
                condition=~Q(parent=models.F("id")), name="area_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Site(models.Model):
    """A place where doses are given or kept."""

    code = models.CharField(max_length=60, unique=True)
    area = models.ForeignKey(Area, models.PROTECT)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in SiteKind])
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in SiteStatus])
    names = models.JSONField()
    address = models.TextField(blank=True)
    time_zone = models.TextField()
    parking_places = models.PositiveIntegerField(null=True)
    observation_seats = models.PositiveIntegerField(null=True)
    stations = models.PositiveIntegerField(null=True)
    opening = models.JSONField(default=list)
    latitude = models.FloatField(null=True)  # degrees
    longitude = models.FloatField(null=True)
    access = ArrayField(models.CharField(max_length=20), default=list)  # for whom it is fit

    class Meta:
        triggers = reference_rows()
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in SiteKind]), name="site_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in SiteStatus]), name="site_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.code
