"""Help is called, sent and comes; each step has the time of the device it was tapped on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from balmis.contexts.access.services import check_may, may, may_somewhere
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic.visits import visit_at
from balmis.contexts.journal import audit, locks
from balmis.contexts.journal.requests import check_same
from balmis.contexts.places import queries as places
from balmis.contexts.safety import reactions, response
from balmis.contexts.safety.models import Incident, Team
from balmis.contexts.safety.response import Call
from balmis.core.actor import Actor
from balmis.core.dates import CLOCK_ERROR
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.safety.response_times import Times, Waited, times
from balmis.core.states import INCIDENT, check_move
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import IncidentStatus, TeamKind
from balmis.flows.retry import retried

TARGET = {TeamKind.CLINICAL: 5.0, TeamKind.INVESTIGATION: 48 * 60.0}  # minutes to the site
BY_TEAM = (
    IncidentStatus.ACKNOWLEDGED,
    IncidentStatus.EN_ROUTE,
    IncidentStatus.ON_SITE,
    IncidentStatus.UNDER_CONTROL,
    IncidentStatus.HANDED_OVER,
    IncidentStatus.DECLINED,
)


@dataclass(frozen=True, slots=True)
class OnBoard:
    """An incident as the wall shows it."""

    incident: Incident
    waited: timedelta  # since it was raised
    in_state: timedelta
    unheard: bool  # sent, and nobody has said that they heard it
    next: tuple[IncidentStatus, ...]


@dataclass(frozen=True, slots=True)
class ResponseBoard:
    incidents: tuple[OnBoard, ...]
    teams: tuple[tuple[Team, Incident | None], ...]
    clinical: Times
    investigation: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class CallForHelp:
    """Help is asked for at a site, perhaps for a visit, perhaps of a team at once."""

    campaign: str
    site: str
    call: Call
    visit_id: int | None = None
    team: str = ""


@retried
@transaction.atomic(durable=True)
def call_for_help(cmd: CallForHelp, *, actor: Actor, now: datetime) -> Incident:
    """Raise an incident, and send a team at once if one is named; a retry gives back the first.

    Raises NotAllowed, BadInput, Refusal.
    """
    campaign, place = campaigns.campaign(cmd.campaign), places.site(cmd.site)
    check_may(actor, Act.SEND_TEAM, site=place)
    campaigns.check_within(campaign, place.area, what="site", key=cmd.site)
    if not cmd.call.what.strip() or cmd.call.urgency not in (1, 2, 3):
        raise BadInput(gettext_noop("Say what happened and how urgent it is."), ("what",))
    locks.lock_request(cmd.call.request_id)
    visit = visit_at(cmd.visit_id, place.pk) if cmd.visit_id else None
    full = Call(
        request_id=cmd.call.request_id,
        kind=cmd.call.kind,
        urgency=cmd.call.urgency,
        what=cmd.call.what.strip()[:200],
        place=cmd.call.place.strip()[:80],
        visit=visit,
        case=(reactions.case_of_visit(visit.pk) if visit else None) or cmd.call.case,
    )
    incident, made = response.raise_incident(full, campaign, place, now=now)
    if not made:
        check_same(
            full.request_id,
            (
                incident.campaign_id,
                incident.site_id,
                incident.kind,
                incident.urgency,
                incident.what,
            ),
            (campaign.pk, place.pk, full.kind.value, full.urgency, full.what),
        )
        return incident
    response.step(
        incident,
        cmd.call.request_id,
        IncidentStatus.RAISED,
        team=None,
        text=full.what,
        at=now,
        actor=actor,
        now=now,
    )
    audit.record("incident.raised", f"incident:{incident.pk}", actor=actor, now=now, site=cmd.site)
    if cmd.team:
        _send(incident, cmd.team, _second(cmd.call.request_id), actor=actor, now=now)
    return incident


def _second(request_id: UUID) -> UUID:
    """A request that follows from another has an id that does, too."""
    return UUID(int=request_id.int ^ 1)


@retried
@transaction.atomic(durable=True)
def send(key: int, team: str, request_id: UUID, *, actor: Actor, now: datetime) -> Incident:
    """Send a team, the first or another. Raises NotAllowed, Conflict, Refusal(TEAM_BUSY)."""
    incident = response.lock_incident(key)
    check_may(actor, Act.SEND_TEAM, site=incident.site)
    earlier = response.step_for_request(request_id)
    if earlier is None:
        _send(incident, team, request_id, actor=actor, now=now)
        return incident
    kept = (earlier.incident_id, earlier.team.code if earlier.team else "")
    check_same(request_id, kept, (key, team))
    return incident


def _send(incident: Incident, code: str, request_id: UUID, *, actor: Actor, now: datetime) -> None:
    team = response.lock_team(code)
    if team.kind != incident.kind:
        raise BadInput(gettext_noop("This team is of another kind."), ("team",))
    if not team.ready:
        raise BadInput(gettext_noop("This team is off duty, or nobody is in it."), ("team",))
    here, theirs = incident.site.area.path, team.area.path
    if not (here.startswith(theirs) or theirs.startswith(here)):
        raise BadInput(gettext_noop("This team does not come to that area."), ("team",))
    if response.is_busy(team, but=incident):
        raise Refusal(Refused.TEAM_BUSY, team=team.name)
    check_move(INCIDENT, IncidentStatus(incident.status), IncidentStatus.DISPATCHED)
    response.step(
        incident,
        request_id,
        IncidentStatus.DISPATCHED,
        team=team,
        text="",
        at=now,
        actor=actor,
        now=now,
    )
    audit.record("incident.dispatched", f"incident:{incident.pk}", actor=actor, now=now, team=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A button on the phone card, pressed then; it may arrive later."""

    request_id: UUID
    to: IncidentStatus
    at: datetime
    text: str = ""


@retried
@transaction.atomic(durable=True)
def tap(key: int, tapped: Tap, *, actor: Actor, now: datetime) -> Incident:
    """A step of the team, or of whoever leads. A retry gives back the first; one that comes too late
    is kept and changes nothing. Raises NotAllowed, BadInput, Refusal."""
    if tapped.at.tzinfo is None or tapped.at > now + CLOCK_ERROR:
        raise BadInput(gettext_noop("The time is in the future. Check the clock of the phone."))
    locks.lock_request(tapped.request_id)
    incident = response.lock_incident(key)
    _check_tap(incident, tapped, actor)
    earlier = response.step_for_request(tapped.request_id)
    if earlier is not None:
        kept = (earlier.incident_id, earlier.status)
        check_same(tapped.request_id, kept, (key, tapped.to.value))
        return incident
    made = response.step(
        incident,
        tapped.request_id,
        tapped.to,
        team=None,
        counts=_counts(incident, actor),
        text=tapped.text.strip()[:300],
        at=max(tapped.at, incident.raised_at),
        actor=actor,
        now=now,
    )
    audit.record(
        f"incident.{tapped.to}",
        f"incident:{key}",
        actor=actor.on_request(tapped.request_id),
        now=now,
        applied=made.applied,
    )
    return incident


def _counts(incident: Incident, actor: Actor) -> bool:
    """What a team did that was replaced meanwhile is kept, and changes nothing."""
    if may(actor, Act.SEND_TEAM, site=incident.site):
        return True
    return incident.team in response.teams_of(actor.name)


def _check_tap(incident: Incident, tapped: Tap, actor: Actor) -> None:
    """The team's own buttons are the team's; to close and to stand down is for who sends teams. A team
    is sent by sending it."""
    if tapped.to in (IncidentStatus.RAISED, IncidentStatus.DISPATCHED):
        raise BadInput(gettext_noop("This button is not one of the card."), ("to",))
    if may(actor, Act.SEND_TEAM, site=incident.site):
        return
    mine = response.teams_of(actor.name)
    if tapped.to not in BY_TEAM or not response.was_sent(incident, mine):
        raise NotAllowed(f"{actor.name} may not {tapped.to} at incident {incident.pk}")


def _note_look(found: list[OnBoard], seen: Collection[int], actor: Actor, now: datetime) -> None:
    """One line for those that were not shown before: the pages renew themselves every few seconds."""
    fresh = [b.incident for b in found if b.incident.pk not in seen]
    if fresh:
        audit.record(
            "incidents.read",
            "incidents",
            actor=actor,
            now=now,
            incidents=[i.pk for i in fresh],
            people=sorted({i.visit.person_id for i in fresh if i.visit is not None}),
        )


@transaction.atomic
def board(slug: str, *, seen: Collection[int] = (), actor: Actor, now: datetime) -> ResponseBoard:
    """All open incidents, the most urgent and longest unheard first; the look at those not `seen` before
    is logged. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.SEND_TEAM, area=campaign.area)
    found = [on_board(i, now) for i in response.open_incidents(campaign.pk)]
    _note_look(found, seen, actor, now)
    found.sort(key=lambda b: (not b.unheard, b.incident.urgency, b.incident.raised_at))
    at = {i.incident.team_id: i.incident for i in reversed(found) if i.incident.team_id}
    month = now - timedelta(days=28)
    return ResponseBoard(
        tuple(found),
        tuple((t, at.get(t.pk)) for t in response.teams(campaign.area.path)),
        _times(campaign.pk, TeamKind.CLINICAL, month, now),
        _times(campaign.pk, TeamKind.INVESTIGATION, month, now),
    )


def on_board(incident: Incident, now: datetime) -> OnBoard:
    sent = incident.status == IncidentStatus.DISPATCHED
    waits = now - incident.status_at
    minutes = campaigns.policy_of(incident.campaign_id).safety.unheard_minutes
    unheard = (sent and waits >= timedelta(minutes=minutes)) or incident.status in (
        IncidentStatus.RAISED,
        IncidentStatus.DECLINED,
    )
    return OnBoard(
        incident,
        now - incident.raised_at,
        waits,
        unheard,
        tuple(s for s in IncidentStatus if s in INCIDENT[IncidentStatus(incident.status)]),
    )


def _times(campaign_id: int, kind: TeamKind, first: datetime, now: datetime) -> Times:
    waits = []
    for incident in response.since(campaign_id, kind, first):
        there = response.at(incident, IncidentStatus.ON_SITE)
        if there is None and incident.status in response.OVER:
            continue  # closed without anybody having to come
        minutes = ((there or now) - incident.raised_at).total_seconds() / 60
        waits.append(Waited(max(minutes, 0.0), there is not None))
    return times(waits, TARGET[kind])


@transaction.atomic
def card(slug: str, *, seen: Collection[int] = (), actor: Actor, now: datetime) -> list[OnBoard]:
    """What the phone of a team's member shows; the look is logged as the board's. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    if not may_somewhere(actor, Act.BE_SENT):
        raise NotAllowed(f"{actor.name} is in no team")
    mine = response.teams_of(actor.name)
    found = [on_board(i, now) for i in response.incidents_of(mine, campaign.pk)]
    _note_look(found, seen, actor, now)
    return found
