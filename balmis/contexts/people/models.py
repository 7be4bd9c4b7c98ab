"""The population register: who lives here."""

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q

from balmis.contexts.journal.state_moves import moves
from balmis.contexts.places.models import Area, Site
from balmis.core.states import LISTED_CHANGE, REGISTRATION
from balmis.core.vocabulary.people import (
    BirthPrecision,
    DetailKind,
    ListedStatus,
    Proof,
    RegistrationStatus,
    Sex,
    TraitKind,
)

HAVE_A_RECORD = (RegistrationStatus.NEAR, RegistrationStatus.KNOWN, RegistrationStatus.NEW)

# `people.identities.acting` says who changes it; without that nothing is changed
FORMER = """
IF coalesce(current_setting('balmis.who', true), '') = '' THEN
  RAISE EXCEPTION 'an identity changes without who and why' USING ERRCODE = 'BA001';
END IF;
INSERT INTO people_formeridentity
  (person_id, external_id, national_id, name, romanised_name, born, born_precision, sex, until, actor, why)
VALUES (OLD.id, OLD.external_id, OLD.national_id, OLD.name, OLD.romanised_name, OLD.born, OLD.born_precision,
  OLD.sex, current_setting('balmis.at', true)::timestamptz, current_setting('balmis.who', true),
  current_setting('balmis.why', true));
RETURN NULL;
"""


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
    born = models.DateField()  # the day, or the first of the month or year that is known
    born_precision = models.CharField(
        max_length=5,
        choices=[(p.value, p.value) for p in BirthPrecision],
        default=BirthPrecision.DAY.value,
        db_default=BirthPrecision.DAY.value,
    )
    sex = models.CharField(max_length=1, choices=[(s.value, s.value) for s in Sex])
    area = models.ForeignKey(Area, models.PROTECT, db_index=False)
    came_with = models.ForeignKey(
        "ListImport", models.PROTECT, null=True, db_index=False
    )  # the list that brought them first
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
            models.Index(
                fields=["came_with"], name="person_of_list", condition=Q(came_with__isnull=False)
            ),
            GinIndex(
                Func(F("name"), F("romanised_name"), function="people_words"), name="person_words"
            ),
            models.Index(Func(F("external_id"), function="people_bare"), name="person_by_key"),
            models.Index(
                Func(F("national_id"), function="people_bare"),
                name="person_by_national_id",
                condition=Q(national_id__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keeps_former_identity",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "name",
                    "romanised_name",
                    "born",
                    "born_precision",
                    "sex",
                    "national_id",
                    "external_id",
                ),
                condition=pgtrigger.AnyChange(
                    "name",
                    "romanised_name",
                    "born",
                    "born_precision",
                    "sex",
                    "national_id",
                    "external_id",
                ),
                func=FORMER,
            )
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
            models.UniqueConstraint(
                F("register"),
                Func(F("external_id"), function="people_code"),
                name="person_key_once",
            ),
            models.CheckConstraint(condition=Q(born__gte="1880-01-01"), name="person_born_sane"),
            models.CheckConstraint(
                condition=Q(born_precision=BirthPrecision.DAY.value)
                | Q(born_precision=BirthPrecision.MONTH.value, born__day=1)
                | Q(
                    born_precision__in=[BirthPrecision.YEAR.value, BirthPrecision.ABOUT.value],
                    born__day=1,
                    born__month=1,
                ),
                name="person_born_as_known",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("id")), name="not_merged_into_itself"
            ),
        ]


class FormerIdentity(models.Model):
    """What identified a person until it was changed: written by the database, with who did it and why."""

    person = models.ForeignKey(Person, models.CASCADE)
    external_id = models.CharField(max_length=60)
    national_id = models.CharField(max_length=40, null=True)
    name = models.TextField()
    romanised_name = models.TextField(blank=True)
    born = models.DateField()
    born_precision = models.CharField(max_length=5)
    sex = models.CharField(max_length=1)
    until = models.DateTimeField()
    actor = models.TextField()
    why = models.TextField()

    class Meta:
        triggers = [
            pgtrigger.Protect(name="former_stays", operation=pgtrigger.Update)
        ]  # who is forgotten is forgotten here too
        constraints = [
            models.CheckConstraint(condition=~Q(actor=""), name="former_identity_has_its_actor")
        ]


class ListImport(models.Model):
    """A list that was taken in, as one change: what it brought, and whether it was taken back."""

    scope = models.CharField(max_length=60)  # the campaign's slug
    register = models.ForeignKey(Register, models.PROTECT)
    file = models.TextField()  # its name
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    actor = models.TextField()
    decided = models.JSONField(default=dict)  # columns, order of days and months, encoding
    rows = models.PositiveIntegerField()
    added = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    same = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.TextField(blank=True, default="", db_default="")
    kept = models.PositiveIntegerField(default=0, db_default=0)  # that could not be taken back

    class Meta:
        indexes = [models.Index(fields=["scope", "-at"], name="lists_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by="")
                | (Q(undone_at__isnull=False) & ~Q(undone_by="")),
                name="undone_by_somebody",
            ),
        ]


class ListFile(models.Model):
    """A list that somebody sent and looks at before it is taken in; gone after a day."""

    id = models.UUIDField(primary_key=True)
    scope = models.CharField(max_length=60)  # the campaign's slug
    actor = models.TextField()  # who alone sees it
    file = models.TextField()  # its name
    digest = models.CharField(max_length=64)
    content = models.BinaryField()  # compressed
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="list_files_by_time")]


class ListedChange(models.Model):
    """What a row of a list changes of somebody who was known: done, or waiting for somebody to look."""

    list = models.ForeignKey(ListImport, models.PROTECT, related_name="changes")
    row = models.PositiveIntegerField()
    person = models.ForeignKey(Person, models.CASCADE)
    before = models.JSONField()  # of what changes only
    after = models.JSONField()
    status = models.CharField(max_length=8, choices=[(s.value, s.value) for s in ListedStatus])
    decided_by = models.TextField(blank=True, default="", db_default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        triggers = [moves("listed_change_moves", LISTED_CHANGE)]
        indexes = [
            models.Index(
                fields=["list", "row"],
                name="listed_changes_waiting",
                condition=Q(status=ListedStatus.WAITING.value),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in ListedStatus]), name="listed_status_known"
            ),
            models.UniqueConstraint(fields=["list", "person"], name="one_change_a_list"),
        ]


class Trait(models.Model):
    """Something known of a person that a plan's groups may ask for, who says so, and since when."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="traits", db_index=False)
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in TraitKind])
    code = models.CharField(max_length=60)
    source = models.TextField(blank=True, default="", db_default="")
    noted_on = models.DateField(null=True)
    came_with = models.ForeignKey(ListImport, models.PROTECT, null=True, db_index=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["came_with"], name="trait_of_list", condition=Q(came_with__isnull=False)
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "code"], name="trait_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in TraitKind]), name="trait_kind_known"
            ),
        ]


class Detail(models.Model):
    """Something kept of a person that no rule asks for: address, guardian; who says so, and since when."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="details", db_index=False)
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in DetailKind])
    value = models.CharField(max_length=250)
    source = models.TextField(blank=True, default="", db_default="")
    noted_on = models.DateField(null=True)
    came_with = models.ForeignKey(ListImport, models.PROTECT, null=True, db_index=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["came_with"], name="detail_of_list", condition=Q(came_with__isnull=False)
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="detail_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in DetailKind]), name="detail_kind_known"
            ),
            models.CheckConstraint(condition=~Q(value=""), name="detail_says_something"),
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


class Serving(models.Model):
    """A desk serves a person of another desk's area: for a day, with its reason."""

    person = models.ForeignKey(Person, models.CASCADE)
    actor = models.TextField()
    why = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="serving_has_its_reason"),
            models.CheckConstraint(condition=Q(until__gt=F("at")), name="serving_ends_later"),
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
    born_precision = models.CharField(
        max_length=5,
        choices=[(p.value, p.value) for p in BirthPrecision],
        default=BirthPrecision.DAY.value,
        db_default=BirthPrecision.DAY.value,
    )
    national_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    request_id = models.UUIDField(null=True, unique=True)  # of a walk-in: made on the desk's device
    site = models.ForeignKey(Site, models.PROTECT, null=True)  # at which a walk-in came
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
            models.CheckConstraint(
                condition=Q(born_precision__in=[p.value for p in BirthPrecision]),
                name="registration_precision_known",
            ),
            models.CheckConstraint(
                condition=Q(request_id__isnull=True, site__isnull=True)
                | Q(request_id__isnull=False, site__isnull=False),
                name="walk_in_has_its_site",
            ),
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
