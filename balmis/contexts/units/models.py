"""Units: employers and institutions that enrol their people."""

from django.db import models
from django.db.models import Q

from balmis.contexts.access.models import User
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal.models import append_only_but_words
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Area
from balmis.core.vocabulary.units import Willingness


class Unit(models.Model):
    """An organisation of one campaign, and how many of its people it may enrol."""

    campaign = models.ForeignKey(Campaign, models.PROTECT)
    code = models.CharField(max_length=60)
    title = models.TextField()
    category = models.CharField(max_length=60, blank=True)  # a group of the plan
    area = models.ForeignKey(Area, models.PROTECT)
    quota = models.PositiveIntegerField(null=True)
    attested_by = models.TextField(blank=True)  # that its people are of the category
    attested_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="unit_once"),
        ]


class UnitLink(models.Model):
    """The link with which people join a unit's roster by themselves; another token makes the one before
    void, and without a row nobody joins.

    The token is random (192 bits) and kept as it is: whoever leads the unit looks at it again, and it opens
    nothing of anybody. Whoever follows it shows who they are first.
    """

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="link")
    token = models.CharField(max_length=64, unique=True)
    request_id = models.UUIDField()  # a retry gives back the same link
    made_at = models.DateTimeField()


class Coordinator(models.Model):
    """A user who leads a unit."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="coordinators")
    user = models.ForeignKey(User, models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "user"], name="coordinator_once"),
        ]


class Membership(models.Model):
    """A person on a unit's roster, from a day and perhaps until one."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="roster", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT)
    position = models.TextField(blank=True)
    by_link = models.BooleanField(default=False, db_default=False)  # joined by themselves
    trait = models.BigIntegerField(null=True)  # of the person, made when the category was attested
    seen_since = models.DateTimeField(null=True)  # the member lets this unit see where they stand
    joined_on = models.DateField()
    left_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "person"], condition=Q(left_on__isnull=True), name="on_roster_once"
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=models.F("joined_on")),
                name="left_after_joining",
            ),
        ]


class Answer(models.Model):
    """What a member said; the last counts. A reason is theirs to give or not."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=8, choices=[(w.value, w.value) for w in Willingness])
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only_but_words("reason")
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__in=[w.value for w in Willingness]), name="answer_known"
            ),
        ]


class RosterCount(models.Model):
    """What a unit is told of its roster as a whole: as it was at one moment, and kept for a while.

    Who changes one member and looks again sees the same. `states` are of the members whom the unit does
    not see by name; they are never shown.
    """

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="count")
    at = models.DateTimeField()
    total = models.PositiveIntegerField()
    vaccinated = models.PositiveIntegerField(null=True)  # None: too few to be told
    booked = models.PositiveIntegerField(null=True)
    states = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(vaccinated__isnull=True, booked__isnull=True)
                | Q(vaccinated__isnull=False, booked__isnull=False),
                name="roster_count_whole",
            ),
        ]
