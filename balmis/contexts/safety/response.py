"""Incidents and the teams that are sent to them, in the caller's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic.models import Visit
from balmis.contexts.places.models import Area, Site
from balmis.contexts.safety.models import Case, Incident, IncidentStep, Team, TeamMember
from balmis.contexts.safety.models.response import ON_THE_JOB
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.states import INCIDENT
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import IncidentStatus, TeamKind

OVER = [IncidentStatus.CLOSED.value, IncidentStatus.STOOD_DOWN.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Help is asked for."""

    request_id: UUID
    kind: TeamKind
    urgency: int
    what: str
    place: str = ""
    visit: Visit | None = None
    case: Case | None = None


def keep_team(
    code: str,
    name: str,
    kind: TeamKind,
    area: Area,
    members: Iterable[str],
    *,
    on_duty: bool = True,
) -> Team:
    """Create or change a team and who is in it."""
    team, _ = Team.objects.update_or_create(
        code=code, defaults={"name": name, "kind": kind.value, "area": area, "on_duty": on_duty}
    )
    wanted = set(members)
    team.members.exclude(actor__in=wanted).delete()
    for actor in sorted(wanted):
        TeamMember.objects.get_or_create(team=team, actor=actor)
    return team


def lock_team(code: str) -> Team:
    """Locked to the end of the transaction: it is sent to one place. Raises Refusal(NOT_KNOWN)."""
    rows = Team.objects.select_for_update(of=("self",)).select_related("area")
    found = rows.filter(code=code).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="team", key=code)
    return found


def teams(area_path: str) -> list[Team]:
    """Those of an area and below it."""
    found = Team.objects.filter(area__path__startswith=area_path)
    return list(found.select_related("area").prefetch_related("members").order_by("kind", "name"))


def teams_of(actor: str) -> list[Team]:
    return list(Team.objects.filter(members__actor=actor).select_related("area"))


def raise_incident(
    call: Call, campaign: Campaign, site: Site, *, now: datetime
) -> tuple[Incident, bool]:
    return Incident.objects.get_or_create(
        request_id=call.request_id,
        defaults={
            "campaign": campaign,
            "site": site,
            "kind": call.kind.value,
            "urgency": call.urgency,
            "what": call.what,
            "place": call.place,
            "visit": call.visit,
            "case": call.case,
            "status": IncidentStatus.RAISED.value,
            "raised_at": now,
            "status_at": now,
        },
    )


def lock_incident(key: int) -> Incident:
    """Locked to the end of the transaction. Raises Refusal(NOT_KNOWN)."""
    found = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("site__area", "campaign__area", "team")
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="incident", key=key)
    return found


def step_for_request(request_id: UUID) -> IncidentStep | None:
    found = IncidentStep.objects.filter(request_id=request_id)
    return found.select_related("incident", "team").first()


def step(
    incident: Incident,
    request_id: UUID,
    to: IncidentStatus,
    *,
    team: Team | None,
    text: str,
    counts: bool = True,
    at: datetime,
    actor: Actor,
    now: datetime,
) -> IncidentStep:
    """What was done. One that can no longer follow (a phone was without a network) is kept, and
    changes nothing."""
    begins = to is IncidentStatus.RAISED and not incident.steps.exists()
    applies = counts and (begins or to in INCIDENT[IncidentStatus(incident.status)])
    if applies:
        incident.status, incident.status_at = to.value, at
        if team is not None:
            incident.team = team
        incident.save()
    return IncidentStep.objects.create(
        request_id=request_id,
        incident=incident,
        status=to.value,
        team=team or incident.team,
        text=text,
        applied=applies,
        at=at,
        recorded_at=now,
        actor=actor.name,
    )


def is_busy(team: Team, *, but: Incident) -> bool:
    """Was it sent to another incident, or is it there?"""
    found = Incident.objects.filter(team=team, status__in=ON_THE_JOB)
    return found.exclude(pk=but.pk).exists()


def busy_teams(teams: Iterable[int]) -> set[int]:
    """Those that were sent somewhere, or are there."""
    found = Incident.objects.filter(team__in=list(teams), status__in=ON_THE_JOB)
    return {key for key in found.values_list("team", flat=True) if key is not None}


def was_sent(incident: Incident, teams: Iterable[Team]) -> bool:
    """Is one of these the team that was sent, now or before?"""
    ids = [t.pk for t in teams]
    return incident.team_id in ids or incident.steps.filter(team__in=ids).exists()


def open_incidents(campaign_id: int, sites: Iterable[int] | None = None) -> list[Incident]:
    found = Incident.objects.filter(campaign=campaign_id).exclude(status__in=OVER)
    if sites is not None:
        found = found.filter(site__in=list(sites))
    whole = found.select_related("site", "team", "visit__person").prefetch_related("steps")
    return list(whole.order_by("urgency", "raised_at"))


def incidents_of(teams: Iterable[Team], campaign_id: int) -> list[Incident]:
    """Open ones that these teams were sent to."""
    found = Incident.objects.filter(team__in=[t.pk for t in teams], campaign=campaign_id)
    found = found.exclude(status__in=[*OVER, IncidentStatus.DECLINED.value])
    whole = found.select_related("site", "team", "visit__person").prefetch_related("steps")
    return list(whole.order_by("urgency", "raised_at"))


def incident(key: int) -> Incident:
    """Raises Refusal(NOT_KNOWN)."""
    whole = Incident.objects.select_related("site__area", "campaign__area", "team", "visit__person")
    found = whole.prefetch_related("steps__team").filter(pk=key).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="incident", key=key)
    return found


def since(campaign_id: int, kind: TeamKind, first: datetime) -> list[Incident]:
    """All of a kind raised since then, but those stood down before anybody came."""
    found = Incident.objects.filter(campaign=campaign_id, kind=kind.value, raised_at__gte=first)
    stood_down = Q(status=IncidentStatus.STOOD_DOWN.value)
    return list(found.exclude(stood_down).prefetch_related("steps").order_by("raised_at"))


def at(incident: Incident, status: IncidentStatus) -> datetime | None:
    """When it first came to that state."""
    times = [s.at for s in incident.steps.all() if s.status == status and s.applied]
    return min(times, default=None)


def calls_of_visits(visit_ids: Iterable[int]) -> dict[int, list[Incident]]:
    """Help that was called to these visits and is not over, the first first."""
    rows = Incident.objects.filter(visit__in=list(visit_ids)).exclude(status__in=OVER)
    found: dict[int, list[Incident]] = {}
    for incident in rows.select_related("team").order_by("raised_at"):
        if incident.visit_id is not None:
            found.setdefault(incident.visit_id, []).append(incident)
    return found


def of_visit(visit_id: int) -> list[Incident]:
    """Help that was called to a visit, the first first."""
    found = Incident.objects.filter(visit=visit_id).select_related("team")
    return list(found.order_by("raised_at"))
