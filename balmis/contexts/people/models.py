"""The population register: who lives here."""

from django.db import models
from django.db.models import Q

from balmis.contexts.places.models import Area
from balmis.core.vocabulary import Sex, TraitKind


class Register(models.Model):
    """Where people come from. Of a synthetic register nobody exists."""

    code = models.CharField(max_length=60, unique=True)
    title = models.TextField()
    synthetic = models.BooleanField(default=False)
    made_at = models.DateTimeField()


class Person(models.Model):
    """One person of one register."""

    register = models.ForeignKey(Register, models.PROTECT, db_index=False)
    external_id = models.CharField(max_length=60)  # the register's own key
    national_id = models.CharField(max_length=40, null=True)
    name = models.TextField()
    romanised_name = models.TextField(blank=True, default="", db_default="")
    born = models.DateField()
    sex = models.CharField(max_length=1, choices=[(s.value, s.value) for s in Sex])
    area = models.ForeignKey(Area, models.PROTECT, db_index=False)

    class Meta:
        indexes = [
            models.Index(fields=["area", "register"]),
            models.Index(fields=["born", "name"], name="person_born_name"),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(fields=["register", "external_id"], name="person_once"),
            models.UniqueConstraint(
                fields=["register", "national_id"],
                condition=Q(national_id__isnull=False),
                name="national_id_once",
            ),
            models.CheckConstraint(
                condition=Q(sex__in=[s.value for s in Sex]), name="person_sex_known"
            ),
            models.CheckConstraint(condition=Q(born__gte="1880-01-01"), name="person_born_sane"),
        ]


class Trait(models.Model):
    """Something known of a person that a plan's groups may ask for."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="traits", db_index=False)
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in TraitKind])
    code = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "code"], name="trait_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in TraitKind]), name="trait_kind_known"
            ),
        ]


class Contact(models.Model):
    """How a person is reached, confirmed by a code that was sent there."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True)
    phone = models.CharField(max_length=20, blank=True, default="", db_default="")  # E.164
    email = models.CharField(max_length=254, blank=True, default="", db_default="")
    language = models.CharField(max_length=10)
    tell = models.BooleanField(default=True, db_default=True)  # False: only what they ask for
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(email=""), name="contact_has_an_address"
            ),
        ]
        indexes = [models.Index(fields=["phone"], name="contact_phone", condition=~Q(phone=""))]


class Code(models.Model):
    """A one-time code sent to a person; only its digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE, db_index=False)
    address = models.CharField(max_length=254)
    digest = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="few_tries"),
        ]
        indexes = [models.Index(fields=["person", "made_at"])]
