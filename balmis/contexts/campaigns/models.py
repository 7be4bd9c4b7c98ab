"""Campaigns, their approved plan revisions, their groups and who is in them."""

from django.db import models
from django.db.models import Q

from balmis.contexts.journal.models import append_only, reference_rows
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Area
from balmis.core.vocabulary.campaigns import Progress


class Campaign(models.Model):
    """A campaign of one region. What it plans stands in its revisions."""

    slug = models.SlugField(max_length=60, unique=True)
    area = models.ForeignKey(Area, models.PROTECT)
    time_zone = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        triggers = reference_rows()

    def __str__(self) -> str:
        return self.slug


class PlanRevision(models.Model):
    """The whole plan as it was in force from a day on. Never changed; a new one follows."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    in_force_on = models.DateField()
    title = models.TextField()
    source = models.TextField(blank=True)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = [*append_only(), *reference_rows()]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="revision_number_once"),
        ]


class Group(models.Model):
    """A priority group; `rank` is its place in the order of the plan in force."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="groups")
    code = models.CharField(max_length=60)
    rank = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=[(p.value, p.value) for p in Progress])

    class Meta:
        triggers = reference_rows()
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="group_once"),
            models.CheckConstraint(
                condition=Q(status__in=[p.value for p in Progress]), name="group_status_known"
            ),
        ]


class Member(models.Model):
    """A person of a campaign's population, in the first group that takes them.

    Derived from the plan and the register; `campaigns.services.enrol` writes it.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, db_index=False)
    group = models.ForeignKey(Group, models.PROTECT, null=True, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "campaign"], name="member_once"),
        ]


class Headcount(models.Model):
    """Members by area and group, counted when `enrol` ran."""

    campaign = models.ForeignKey(Campaign, models.CASCADE)
    area = models.ForeignKey(Area, models.PROTECT)
    group = models.ForeignKey(Group, models.PROTECT, null=True)
    people = models.PositiveIntegerField()
