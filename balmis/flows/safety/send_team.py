"""The red button: a clinical team to a seat, the nearest that is free."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.safety import response
from balmis.contexts.safety.models import Incident, Team
from balmis.contexts.safety.response import Call
from balmis.core.actor import Actor
from balmis.core.vocabulary.safety import TeamKind
from balmis.flows.safety.response import CallForHelp, call_for_help


@dataclass(frozen=True, slots=True, kw_only=True)
class RedButton:
    request_id: UUID
    campaign: str
    site: str
    visit_id: int
    what: str
    place: str = ""  # the seat
    sends: bool = True  # whoever is free; else people decide at the board


def call_team(cmd: RedButton, *, actor: Actor, now: datetime) -> Incident:
    """Raise an incident of the highest urgency and send whoever is free; when nobody is, it stands on the
    board, unheard. A retry gives back the first. Raises NotAllowed, BadInput, Refusal."""
    team = _free(places.site(cmd.site)) if cmd.sends else None
    call = Call(
        request_id=cmd.request_id,
        kind=TeamKind.CLINICAL,
        urgency=1,
        what=cmd.what,
        place=cmd.place,
    )
    asked = CallForHelp(
        campaign=cmd.campaign,
        site=cmd.site,
        call=call,
        visit_id=cmd.visit_id,
        team=team.code if team else "",
    )
    return call_for_help(asked, actor=actor, now=now)


def _free(site: Site) -> Team | None:
    """A clinical team on duty, with people in it, that comes here and is at no other incident; the one
    with the smallest area first."""
    here = site.area.path
    ready = [
        t
        for t in response.teams("/")
        if t.kind == TeamKind.CLINICAL
        and t.ready
        and (here.startswith(t.area.path) or t.area.path.startswith(here))
    ]
    busy = response.busy_teams([t.pk for t in ready])
    free = [t for t in ready if t.pk not in busy]
    return max(free, key=lambda t: len(t.area.path), default=None)
