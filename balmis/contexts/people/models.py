"""The population register: who lives here."""

from django.db import models
from django.db.models import F, Q

from balmis.contexts.journal.state_moves import moves
from balmis.contexts.places.models import Area
from balmis.core.states import REGISTRATION
from balmis.core.vocabulary.people import Proof, RegistrationStatus, Sex, TraitKind

HAVE_A_RECORD = (RegistrationStatus.NEAR, RegistrationStatus.KNOWN, RegistrationStatus.NEW)


class Register(models.Model):
    """Where people come from. Of a synthetic register nobody exists."""

    code = models.CharField(max_length=60, unique=True)
    title = models.TextField()
    synthetic = models.BooleanField(default=False)
    provisional = models.BooleanField(default=False, db_default=False)  # they registered themselves
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
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, db_index=False
    )  # the record of the same person that is used instead

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="person_merged", condition=Q(merged_into__isnull=False)
            ),
            models.Index(fields=["area", "register"]),
            models.Index(fields=["born", "name"], name="person_born_name"),
        ]
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
            models.CheckConstraint(
                condition=~Q(merged_into=F("id")), name="not_merged_into_itself"
            ),
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
    """How a person is reached, confirmed by a code that was sent there, or said at a desk.

    A row without an address keeps only that the person wants no messages.
    """

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True)
    phone = models.CharField(max_length=20, blank=True, default="", db_default="")  # E.164
    email = models.CharField(max_length=254, blank=True, default="", db_default="")
    language = models.CharField(max_length=10)
    tell = models.BooleanField(default=True, db_default=True)  # False: only what they ask for
    proof = models.CharField(
        max_length=8,
        choices=[(p.value, p.value) for p in Proof],
        default=Proof.CLAIMED.value,
        db_default=Proof.CLAIMED.value,
    )
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(email="") | Q(tell=False),
                name="contact_has_an_address",
            ),
            models.CheckConstraint(
                condition=Q(proof__in=[p.value for p in Proof]), name="contact_proof_known"
            ),
        ]
        indexes = [models.Index(fields=["phone"], name="contact_phone", condition=~Q(phone=""))]


class Letter(models.Model):
    """A letter to a person with a code that only they have. Good once; only its digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE)
    scope = models.CharField(max_length=60)  # the campaign's slug
    digest = models.BinaryField(unique=True)
    made_at = models.DateTimeField()
    made_by = models.TextField()
    ended_at = models.DateTimeField(null=True)  # used, or another one was written
    used = models.BooleanField(default=False, db_default=False)  # by who proved themselves with it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "scope"],
                condition=Q(ended_at__isnull=True),
                name="one_good_letter",
            ),
            models.CheckConstraint(
                condition=Q(used=False) | Q(ended_at__isnull=False), name="used_letter_ended"
            ),
        ]


class Code(models.Model):
    """A one-time code sent to a person; only its digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE, db_index=False)
    claim = models.UUIDField(
        null=True
    )  # of the browser that asked: others neither use nor spoil it
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
        indexes = [
            models.Index(fields=["person", "made_at"]),
            models.Index(fields=["claim"], name="code_of_claim"),
        ]


class Registration(models.Model):
    """Someone who says who they are without a number, and what became of it."""

    scope = models.CharField(max_length=60)  # the campaign's slug
    name = models.TextField()
    born = models.DateField()
    sex = models.CharField(max_length=1, choices=[(s.value, s.value) for s in Sex])
    area = models.ForeignKey(Area, models.PROTECT)
    address = models.CharField(max_length=254, blank=True)  # phone or mail; blank at a desk
    language = models.CharField(max_length=10)
    made_at = models.DateTimeField()
    digest = models.BinaryField()  # of the code that was sent
    expires_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in RegistrationStatus]
    )
    person = models.ForeignKey(Person, models.PROTECT, null=True)
    decided_by = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        triggers = [moves("registration_moves", REGISTRATION)]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in RegistrationStatus]),
                name="registration_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[s.value for s in HAVE_A_RECORD],
                    person__isnull=False,
                )
                | (~Q(status__in=[s.value for s in HAVE_A_RECORD]) & Q(person__isnull=True)),
                name="decided_has_its_person",
            ),
            models.CheckConstraint(condition=Q(tries__lte=5), name="registration_few_tries"),
        ]
        indexes = [
            models.Index(fields=["address", "made_at"]),
            models.Index(fields=["scope", "-made_at"], name="registrations_by_time"),
            models.Index(
                fields=["scope", "made_at"],
                name="registrations_to_review",
                condition=Q(
                    status__in=[RegistrationStatus.REVIEW.value, RegistrationStatus.NEAR.value]
                ),
            ),
        ]


class Merge(models.Model):
    """Two records were found to be one person; `moved` says what went over, so that it can go back."""

    kept = models.ForeignKey(Person, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.TextField()
    actor = models.TextField()
    at = models.DateTimeField()
    moved = models.JSONField(default=dict)
    settled_at = models.DateTimeField(null=True)  # everything has gone over
    undone_at = models.DateTimeField(null=True)
    undone_by = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="merged_once"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="merge_has_its_reason"),
        ]
