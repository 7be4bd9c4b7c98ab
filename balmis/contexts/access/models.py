"""Who may sign in, in which roles, for which areas and sites."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from balmis.contexts.places.models import Area, Site
from balmis.core.vocabulary.access import (
    FactorKind,
    FactorRule,
    LookupSign,
    Role,
    SignInEnd,
    SignInMeans,
)


class User(AbstractUser):
    """A person or device that signs in. Roles are grants, not Django groups."""

    second_factor = models.CharField(
        max_length=10, choices=[(r.value, r.value) for r in FactorRule], default=FactorRule.BY_ROLE
    )
    provider = models.CharField(
        max_length=64, null=True, unique=True
    )  # `subject_of` the identity provider
    pin = models.CharField(max_length=128, blank=True)  # digest; for the way back at a shared desk
    language = models.CharField(max_length=10, blank=True)  # of the page of their last sign-in

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(second_factor__in=[r.value for r in FactorRule]),
                name="user_second_factor_known",
            )
        ]


class Grant(models.Model):
    """A role, everywhere or only below an area or at a site; for good, or until a moment."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=[(r.value, r.value) for r in Role])
    area = models.ForeignKey(Area, models.PROTECT, null=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True)
    until = models.DateTimeField(null=True)
    emergency = models.CharField(max_length=300, blank=True)  # why they took it themselves

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
            models.CheckConstraint(
                condition=Q(emergency="") | Q(until__isnull=False), name="grant_emergency_ends"
            ),
        ]


class Allowance(models.Model):
    """How often somebody still may try something; kept until it is full again."""

    key = models.CharField(max_length=64, primary_key=True)  # digest of what, and of whose
    full_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["full_at"], name="allowance_full")]


class Invitation(models.Model):
    """A link with which somebody chooses a password, once. Only the link's digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("made_at")), name="invitation_ends"
            )
        ]


class Factor(models.Model):
    """Something that a user has: an authenticator app, or a passkey."""

    user = models.ForeignKey(User, models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in FactorKind])
    name = models.CharField(max_length=60)
    secret = models.BinaryField()  # an app's: sealed; a passkey's: its public key
    credential = models.BinaryField(null=True, unique=True)  # a passkey's own name
    count = models.BigIntegerField(default=0)  # an app's last step; how often a passkey has signed
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=FactorKind.APP, credential__isnull=True)
                | Q(kind=FactorKind.PASSKEY, credential__isnull=False),
                name="factor_kind_known",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(kind=FactorKind.APP), name="factor_one_app"
            ),
        ]


class RecoveryCode(models.Model):
    """One code for who has lost the factor; good once. Only a digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")
        ]


class SignIn(models.Model):
    """One time that somebody signed in, on one browser: open, locked or over, by its moments."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    means = models.CharField(max_length=15, choices=[(m.value, m.value) for m in SignInMeans])
    browser = models.CharField(max_length=40)  # the browser's own word, of its cookie
    client = models.CharField(max_length=45, blank=True)  # address
    agent = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    seen_at = models.DateTimeField()
    locks_after = models.DurationField()
    locked_at = models.DateTimeField(null=True)
    wrong = models.PositiveSmallIntegerField(default=0)  # PINs in a row
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user"], condition=Q(ended_at__isnull=True), name="sign_in_open_of_user"
            ),
            models.Index(
                fields=["browser"],
                condition=Q(ended_at__isnull=True),
                name="sign_in_open_of_browser",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(means__in=[m.value for m in SignInMeans]), name="sign_in_means_known"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="")
                | Q(ended_at__isnull=False, end__in=[e.value for e in SignInEnd]),
                name="sign_in_end_known",
            ),
            models.CheckConstraint(
                condition=Q(seen_at__gte=models.F("at")), name="sign_in_seen_after"
            ),
        ]


class LookupAlarm(models.Model):
    """Something unusual about looks at people on a day; settled with words by whoever read the trail."""

    sign = models.CharField(max_length=10, choices=[(s.value, s.value) for s in LookupSign])
    about = models.CharField(max_length=40)  # as the trail names them: 'user:7', 'person:12'
    on = models.DateField()
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sign__in=[s.value for s in LookupSign]), name="lookup_sign_known"
            ),
            models.UniqueConstraint(fields=["sign", "about", "on"], name="lookup_alarm_once_a_day"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by="", note="")
                | (Q(settled_at__isnull=False) & ~Q(settled_by="") & ~Q(note="")),
                name="lookup_alarm_settled_with_words",
            ),
        ]
        indexes = [
            models.Index(
                fields=["on"], condition=Q(settled_at__isnull=True), name="lookup_alarm_open"
            )
        ]
