"""Schedules in use, and what everyone may have next. All but the schedules is derived."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign, Group, PlanRevision
from balmis.contexts.journal.models import append_only, reference_rows
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Area
from balmis.core.vocabulary.schedule import Eligibility, Finding


class ScheduleVersion(models.Model):
    """A dose schedule as loaded. Never changed; a changed file is a new version.

    The content is text, not jsonb: the order of products is part of the rules.
    """

    slug = models.CharField(max_length=60)
    version = models.TextField()
    digest = models.CharField(max_length=16, unique=True)  # names the exact rules
    content = models.TextField()

    class Meta:
        triggers = append_only()


class ScheduleLoad(models.Model):
    """A version was put in force; of a schedule the last load counts."""

    slug = models.CharField(max_length=60)
    version = models.ForeignKey(ScheduleVersion, models.PROTECT)
    preset = models.BooleanField()  # came with the program; a newer preset replaces it
    loaded_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = [*append_only(), *reference_rows()]
        indexes = [models.Index(fields=["slug", "id"])]


class RuleVersion(models.Model):
    """The rules of a run: a schedule, a plan and a program, each exactly. Never changed."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, db_index=False)
    schedule = models.ForeignKey(ScheduleVersion, models.PROTECT)
    revision = models.ForeignKey(PlanRevision, models.PROTECT)
    digest = models.CharField(max_length=32)  # schedule, offers and the program's own rules
    made_at = models.DateTimeField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["campaign", "digest"], name="rule_version_once"),
        ]


def _known(field: str, values: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


class NextDose(models.Model):
    """What one member of a campaign may have next, as of a day, and until when that holds.

    Derived; `flows.eligibility.run` alone writes it and `balmis eligibility run --everyone`
    rebuilds it. `basis` is a digest of the person's facts it rests on.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, db_index=False)
    status = models.CharField(max_length=12, choices=[(s.value, s.value) for s in Eligibility])
    reason = models.CharField(max_length=24, choices=[(f.value, f.value) for f in Finding])
    number = models.PositiveSmallIntegerField(null=True)  # which dose would be next
    role = models.CharField(max_length=12, blank=True)
    ready_on = models.DateField(null=True)  # by schedule and deferral alone
    from_on = models.DateField(null=True)  # with the campaign's phases
    past_due = models.DateField(null=True)
    phase = models.CharField(max_length=60, null=True)
    products = ArrayField(models.CharField(max_length=60))  # offered, preferred ones first
    suitable = ArrayField(models.CharField(max_length=60))  # by the schedule alone
    as_of = models.DateField()
    valid_until = models.DateField(null=True)  # the first day on which it may change by itself
    rules = models.ForeignKey(RuleVersion, models.PROTECT, db_index=False)
    basis = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "campaign"], name="next_dose_once"),
            _known("status", [s.value for s in Eligibility], "eligibility_known"),
            _known("reason", [f.value for f in Finding], "eligibility_reason_known"),
            models.CheckConstraint(
                condition=~Q(status=Eligibility.ELIGIBLE.value) | Q(from_on__lte=models.F("as_of")),
                name="eligible_since_a_day",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=models.F("as_of")),
                name="holds_for_a_day_at_least",
            ),
        ]


class DueCount(models.Model):
    """People by what they may have next; rewritten by each run, so that pages need not count."""

    campaign = models.ForeignKey(Campaign, models.CASCADE)
    area = models.ForeignKey(Area, models.PROTECT, db_index=False)
    group = models.ForeignKey(Group, models.PROTECT, null=True, db_index=False)
    status = models.CharField(max_length=12)
    reason = models.CharField(max_length=24)
    phase = models.CharField(max_length=60, null=True)
    role = models.CharField(max_length=12)
    product = models.CharField(max_length=60, null=True)  # the first of the person's products
    from_on = models.DateField(null=True)
    people = models.PositiveIntegerField()


class Run(models.Model):
    """One pass over a campaign's members."""

    campaign = models.ForeignKey(Campaign, models.PROTECT)
    rules = models.ForeignKey(RuleVersion, models.PROTECT)
    as_of = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    people = models.PositiveIntegerField()
    evaluated = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    engine = models.CharField(max_length=20)
    actor = models.TextField()
