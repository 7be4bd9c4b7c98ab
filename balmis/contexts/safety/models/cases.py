"""Reports of events, the cases they are merged into, and what was asked and found."""

from enum import StrEnum

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal.models import append_only
from balmis.contexts.journal.state_moves import moves
from balmis.contexts.people.models import Person
from balmis.core.states import CASE, CONTACT
from balmis.core.vocabulary.safety import (
    CaseNoteKind,
    CaseStatus,
    CausalClass,
    Certainty,
    ContactStatus,
    EventEnd,
    KnownEvent,
    Serious,
    Severity,
    Source,
)


def words(kind: type[StrEnum]) -> list[tuple[str, str]]:
    return [(v.value, v.value) for v in kind]


def known(field: str, kind: type[StrEnum], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": [v.value for v in kind]}), name=name
    )


class EventReport(models.Model):
    """An event as somebody told of it. Never changed: news is another report of the same case."""

    request_id = models.UUIDField(unique=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT)
    person = models.ForeignKey(Person, models.PROTECT, null=True)
    dose = models.ForeignKey(Dose, models.PROTECT, null=True)
    event = models.CharField(
        max_length=40, default=KnownEvent.OTHER.value, db_default=KnownEvent.OTHER.value
    )
    source = models.CharField(
        max_length=10, choices=words(Source), default=Source.STAFF, db_default=Source.STAFF.value
    )
    onset_on = models.DateField()
    serious = models.BooleanField()
    died = models.BooleanField()
    facts = models.JSONField(default=dict, db_default={})  # the form, as it was filled in
    noticed_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.CheckConstraint(
                condition=Q(died=False) | Q(serious=True), name="a_death_is_serious"
            ),
            known("source", Source, "report_source_known"),
        ]


class Case(models.Model):
    """One event of one person, whoever told of it and how often."""

    campaign = models.ForeignKey(Campaign, models.PROTECT)
    person = models.ForeignKey(Person, models.PROTECT, null=True)
    dose = models.ForeignKey(Dose, models.PROTECT, null=True)
    event = models.CharField(max_length=40)
    status = models.CharField(max_length=14, choices=words(CaseStatus))
    onset_on = models.DateField()
    onset_at = models.DateTimeField(null=True)
    why_serious = ArrayField(models.CharField(max_length=20), default=list)
    severity = models.CharField(max_length=10, choices=words(Severity))
    certainty = models.CharField(max_length=10, choices=words(Certainty))
    level = models.PositiveSmallIntegerField(null=True)  # of its case definition
    end = models.CharField(max_length=14, choices=words(EventEnd))
    narrative = models.TextField(blank=True)
    noticed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            known("status", CaseStatus, "case_status_known"),
            known("severity", Severity, "case_severity_known"),
            known("certainty", Certainty, "case_certainty_known"),
            known("end", EventEnd, "case_end_known"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) ^ Q(status=CaseStatus.MERGED.value),
                name="case_merged_into",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="case_not_into_itself"),
            models.CheckConstraint(
                condition=~Q(end=EventEnd.DIED.value)
                | Q(why_serious__contains=[Serious.DEATH.value]),
                name="case_died_is_serious",
            ),
            models.UniqueConstraint(  # "other" says nothing of what it was: people decide
                fields=["dose", "event"],
                name="one_case_of_dose_and_event",
                condition=~Q(status__in=[CaseStatus.MERGED.value, CaseStatus.NULLIFIED.value])
                & ~Q(event=KnownEvent.OTHER.value),
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "status"], name="cases_by_status"),
            models.Index(fields=["person"], name="cases_of_person"),
        ]
        triggers = [
            moves("case_moves", CASE),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    @property
    def serious(self) -> bool:
        return bool(self.why_serious)


class CaseNote(models.Model):
    """What happened to a case: a report joined, a step was taken, a value changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    report = models.ForeignKey(EventReport, models.PROTECT, null=True, related_name="notes")
    kind = models.CharField(max_length=20, choices=words(CaseNoteKind))
    text = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [known("kind", CaseNoteKind, "case_note_known")]
        indexes = [models.Index(fields=["case", "kind"], name="notes_of_case")]


class Assessment(models.Model):
    """What one assessor found, not knowing what the other did; or what was decided between them."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="assessments")
    round = models.PositiveSmallIntegerField()  # a case that is opened again begins another
    final = models.BooleanField()
    answers = models.JSONField()
    classification = models.CharField(max_length=14, choices=words(CausalClass))
    note = models.TextField()
    at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round", "actor"],
                name="each_assessor_once",
                condition=Q(final=False),
            ),
            models.UniqueConstraint(
                fields=["case", "round"], name="one_final_class", condition=Q(final=True)
            ),
            known("classification", CausalClass, "assessment_class_known"),
        ]


class Contact(models.Model):
    """How is the person, so many days after the dose? Asked by message, or by phone."""

    dose = models.ForeignKey(Dose, models.PROTECT, related_name="contacts")
    person = models.ForeignKey(Person, models.PROTECT, related_name="diary")
    campaign = models.ForeignKey(Campaign, models.PROTECT)
    day = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    status = models.CharField(max_length=10, choices=words(ContactStatus))
    sent_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    by_phone = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dose", "day"], name="contact_once"),
            known("status", ContactStatus, "contact_status_known"),
            models.CheckConstraint(
                condition=Q(
                    status=ContactStatus.COMPLETED.value,
                    answer__isnull=False,
                    answered_at__isnull=False,
                )
                | (~Q(status=ContactStatus.COMPLETED.value) & Q(answer__isnull=True)),
                name="completed_has_its_answer",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "status", "due_on"], name="contacts_by_status")]
        triggers = [moves("contact_moves", CONTACT)]
