"""Studies: what was asked of the planning studio, how far it is, what came out."""

from django.db import models
from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal.state_moves import moves
from balmis.core.states import STUDY
from balmis.core.vocabulary.planning import StudyState


class Study(models.Model):
    """A question with all that it depends on, and its answer as plain values. What was asked and what came
    out never change; a study that is kept has a name."""

    request_id = models.UUIDField(unique=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT)
    title = models.CharField(max_length=120, blank=True, default="")
    asked = models.JSONField()  # the scenario's text, what differs, the day after which, how deep
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in StudyState])
    made_by = models.TextField()
    made_at = models.DateTimeField()
    doing = models.CharField(max_length=40, blank=True, default="")
    done = models.PositiveIntegerField(default=0)  # steps, of `steps`
    steps = models.PositiveIntegerField(default=0)
    heard_at = models.DateTimeField(null=True)  # of the worker, last
    stop = models.BooleanField(default=False)  # somebody wants it to end
    ended_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    problem = models.TextField(blank=True, default="")

    class Meta:
        triggers = [moves("study_moves", STUDY, field="state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in StudyState]), name="study_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=StudyState.DONE.value, result__isnull=False)
                | (~Q(state=StudyState.DONE.value) & Q(result__isnull=True)),
                name="study_done_has_its_result",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "-made_at"], name="study_latest")]
