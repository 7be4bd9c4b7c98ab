"""The rapid response team: who is called where, and when they were there."""

import pgtrigger
from django.db import models
from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic.models import Visit
from balmis.contexts.journal.models import append_only
from balmis.contexts.journal.state_moves import moves
from balmis.contexts.places.models import Area, Site
from balmis.contexts.safety.models.cases import Case, known, words
from balmis.core.states import INCIDENT
from balmis.core.vocabulary.safety import IncidentStatus, TeamKind


class Team(models.Model):
    """People who come. Clinical teams within minutes, investigators within hours."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=14, choices=words(TeamKind))
    area = models.ForeignKey(Area, models.PROTECT)
    on_duty = models.BooleanField(default=True)

    class Meta:
        constraints = [known("kind", TeamKind, "team_kind_known")]

    @property
    def ready(self) -> bool:
        """On duty, and with people in it: a team of nobody comes to nobody."""
        return self.on_duty and bool(self.members.all())


class TeamMember(models.Model):
    """A user of the program who answers for the team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    actor = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "actor"], name="team_member_once")]


ON_THE_JOB = [
    s.value
    for s in (
        IncidentStatus.DISPATCHED,
        IncidentStatus.ACKNOWLEDGED,
        IncidentStatus.EN_ROUTE,
        IncidentStatus.ON_SITE,
        IncidentStatus.UNDER_CONTROL,
    )
]


class Incident(models.Model):
    """Help was asked for. Where it stands is what its last step says."""

    request_id = models.UUIDField(unique=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT)
    site = models.ForeignKey(Site, models.PROTECT)
    kind = models.CharField(max_length=14, choices=words(TeamKind))
    urgency = models.PositiveSmallIntegerField()  # 1: life at risk, 2: soon, 3: can wait
    what = models.CharField(max_length=200)
    place = models.CharField(max_length=80, blank=True)  # the seat, the room
    visit = models.ForeignKey(Visit, models.PROTECT, null=True)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="incidents")
    team = models.ForeignKey(Team, models.PROTECT, null=True)
    status = models.CharField(max_length=14, choices=words(IncidentStatus))
    raised_at = models.DateTimeField()
    status_at = models.DateTimeField()

    class Meta:
        constraints = [
            known("kind", TeamKind, "incident_kind_known"),
            known("status", IncidentStatus, "incident_status_known"),
            models.CheckConstraint(condition=Q(urgency__in=[1, 2, 3]), name="urgency_known"),
            models.CheckConstraint(
                condition=Q(team__isnull=False)
                | Q(
                    status__in=[
                        IncidentStatus.RAISED.value,
                        IncidentStatus.DECLINED.value,
                        IncidentStatus.STOOD_DOWN.value,
                        IncidentStatus.CLOSED.value,
                    ]
                ),
                name="incident_has_its_team",
            ),
            models.UniqueConstraint(
                fields=["team"], name="a_team_is_at_one_place", condition=Q(status__in=ON_THE_JOB)
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "status"], name="incidents_by_status"),
        ]
        triggers = [
            moves("incident_moves", INCIDENT),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]


class IncidentStep(models.Model):
    """What someone did about it, at the time of their own device."""

    request_id = models.UUIDField(unique=True)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="steps")
    status = models.CharField(max_length=14, choices=words(IncidentStatus))
    team = models.ForeignKey(Team, models.PROTECT, null=True)
    text = models.CharField(max_length=300, blank=True)
    applied = models.BooleanField()  # False: it came too late to count, and is kept
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [known("status", IncidentStatus, "incident_step_known")]
