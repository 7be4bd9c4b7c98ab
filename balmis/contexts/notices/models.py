"""Messages to people: written with the fact they tell of, sent later, told once."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from balmis.contexts.journal.state_moves import moves
from balmis.contexts.people.models import Person
from balmis.core.states import NOTICE
from balmis.core.vocabulary.notices import Medium, NoticeStatus, Purpose


class Notice(models.Model):
    """One message to one person. `key` names what it tells: the same is never told twice."""

    key = models.CharField(max_length=80, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, null=True)  # null: not registered yet
    purpose = models.CharField(max_length=16, choices=[(p.value, p.value) for p in Purpose])
    medium = models.CharField(max_length=6, choices=[(m.value, m.value) for m in Medium])
    address = models.CharField(max_length=254)
    language = models.CharField(max_length=10)
    facts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    made_at = models.DateTimeField()
    not_before = models.DateTimeField()
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in NoticeStatus])
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        triggers = [moves("notice_moves", NOTICE)]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=[p.value for p in Purpose]), name="purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(medium__in=[m.value for m in Medium]), name="medium_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in NoticeStatus]), name="notice_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=NoticeStatus.SENT.value) | Q(sent_at__isnull=False),
                name="sent_has_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before"],
                name="notices_waiting",
                condition=Q(status=NoticeStatus.WAITING.value),
            ),
            models.Index(
                fields=["made_at"],
                name="invitations_by_time",
                condition=Q(purpose=Purpose.INVITATION.value),
            ),
        ]
