"""Equipment that keeps goods cold, its readings, and what was out of range."""

from django.db import models
from django.db.models import Q

from balmis.contexts.journal.models import append_only
from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Lot, LotHold
from balmis.core.vocabulary.coldchain import Condition, EquipmentKind, Ruling, Side, Source


class Equipment(models.Model):
    """A refrigerator, freezer, cold room or cold box of a site."""

    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    code = models.SlugField(max_length=30)  # on its label
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in EquipmentKind])
    make = models.TextField(blank=True, default="")  # maker and model, or its PQS code
    litres = models.DecimalField(max_digits=8, decimal_places=1)  # net vaccine storage capacity
    holdover_hours = models.PositiveSmallIntegerField(null=True)  # without power, at 43 °C
    qualified_until = models.DateField(null=True)
    serviced_on = models.DateField(null=True)
    condition = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Condition])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="equipment_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in EquipmentKind])
                & Q(condition__in=[c.value for c in Condition]),
                name="equipment_words_known",
            ),
            models.CheckConstraint(condition=Q(litres__gt=0), name="equipment_has_room"),
        ]

    def __str__(self) -> str:
        return self.code


class Sensor(models.Model):
    """A device that sends the readings of one piece of equipment. Its secret is known to it alone."""

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="sensors")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret
    made_at = models.DateTimeField()
    made_by = models.TextField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["equipment"], condition=Q(revoked_at__isnull=True), name="one_sensor"
            )
        ]


class Reading(models.Model):
    """How warm it was. A fact: never changed."""

    equipment = models.ForeignKey(Equipment, models.PROTECT, db_index=False)
    at = models.DateTimeField()
    celsius = models.DecimalField(max_digits=5, decimal_places=2)
    source = models.CharField(max_length=8, choices=[(s.value, s.value) for s in Source])
    recorded_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["equipment", "at", "source"], name="reading_once"),
            models.CheckConstraint(
                condition=Q(source__in=[s.value for s in Source])
                & Q(celsius__gte=-100, celsius__lte=80),
                name="reading_sane",
            ),
        ]


class Withdrawn(models.Model):
    """The reading was wrong: mistyped, or of a loose wire. It counts for nothing, and stays."""

    reading = models.OneToOneField(Reading, models.PROTECT, related_name="withdrawn")
    reason = models.TextField()
    at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="withdrawn_has_a_reason")
        ]


class Stowed(models.Model):
    """A lot was put into a piece of equipment; until it was put elsewhere."""

    equipment = models.ForeignKey(Equipment, models.PROTECT)
    lot = models.ForeignKey(Lot, models.PROTECT)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    actor = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["equipment", "lot"], condition=Q(until__isnull=True), name="stowed_once"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")),
                name="stowed_before_taken",
            ),
        ]


class Excursion(models.Model):
    """A time out of range, worked out from the readings (`services.set_excursions` alone writes what was
    measured), and what a person decided. A decision on less than is known now is open again."""

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="excursions")
    side = models.CharField(max_length=4, choices=[(s.value, s.value) for s in Side])
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    ended = models.BooleanField()
    peak = models.FloatField()  # °C
    degree_minutes = models.FloatField()
    alarm = models.BooleanField()
    found_at = models.DateTimeField()
    ruling = models.CharField(
        max_length=8, blank=True, default="", choices=[(r.value, r.value) for r in Ruling]
    )
    ground = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.TextField(blank=True, default="")
    decided_on = models.JSONField(null=True)  # minutes, degree-minutes and peak, then

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["equipment", "side", "began_at"], name="excursion_once"
            ),
            models.CheckConstraint(
                condition=Q(side__in=[s.value for s in Side])
                & Q(ended_at__gte=models.F("began_at")),
                name="excursion_sane",
            ),
            models.CheckConstraint(
                condition=Q(ruling="", decided_at__isnull=True)
                | (
                    Q(ruling__in=[r.value for r in Ruling])
                    & Q(decided_at__isnull=False)
                    & ~Q(ground="")
                ),
                name="excursion_ruling_has_a_ground",
            ),
        ]


class Quarantine(models.Model):
    """A lot is on hold because of an excursion."""

    excursion = models.ForeignKey(Excursion, models.PROTECT, related_name="quarantines")
    hold = models.ForeignKey(LotHold, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["excursion", "hold"], name="quarantine_once")
        ]
