"""Who may sign in, in which roles, for which areas and sites."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from balmis.contexts.places.models import Area, Site
from balmis.core.vocabulary.access import Role


class User(AbstractUser):
    """A person or device that signs in. Roles are grants, not Django groups."""


class Grant(models.Model):
    """A role, everywhere or only below an area or at a site."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=[(r.value, r.value) for r in Role])
    area = models.ForeignKey(Area, models.PROTECT, null=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[r.value for r in Role]), name="grant_role_known"
            ),
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(site__isnull=True), name="grant_area_or_site"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "area", "site"],
                nulls_distinct=False,
                name="grant_once",
            ),
        ]


class Allowance(models.Model):
    """How often somebody still may try something; kept until it is full again."""

    key = models.CharField(max_length=64, primary_key=True)  # digest of what, and of whose
    full_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["full_at"], name="allowance_full")]
