"""A reaction as a desk's device wrote it down, with a network or without: notes, and the call for help.

The device knows the step that reported the reaction, not always the visit: a walk-in's may be made in the
same minute. What was done while the network was away is sent in its order when it is back.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import visits
from balmis.contexts.clinic.models import Visit
from balmis.contexts.places import queries as places
from balmis.contexts.safety.models import Incident
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.access.actors import check_moment, doer, of_then
from balmis.flows.safety import reactions
from balmis.flows.safety.reactions import NewNote, Seen
from balmis.flows.safety.send_team import RedButton, call_team

STILL_CALLED = timedelta(minutes=15)  # a call that comes later sends nobody by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class FromDesk:
    """Where something was written down: the desk, the step that reported the reaction, and by whom."""

    campaign: str
    site: str
    step: UUID
    by: str  # who wrote it down on the device; empty: who sends it


def note_from_desk(told: FromDesk, new: NewNote, *, actor: Actor, now: datetime) -> Seen:
    """Raises NotAllowed, BadInput, Refusal(NOT_KNOWN) of a reaction that is not here."""
    visit = _visit(told)
    check_moment(new.at, now)
    actor = doer(told.by, new.at, visit.site, of_then(actor, new.at, now), now)
    return reactions.note(visit.pk, new, actor=actor, now=now)


def help_from_desk(
    told: FromDesk, asked: RedButton, *, at: datetime, actor: Actor, now: datetime
) -> Incident:
    """The red button, pressed then: a team is sent if that was just now; what comes later stands on the
    board with its time, and people decide. Raises NotAllowed, BadInput, Refusal."""
    visit = _visit(told)
    check_moment(at, now)
    actor = doer(told.by, at, visit.site, of_then(actor, at, now), now)
    asked = replace(asked, visit_id=visit.pk, sends=now - at <= STILL_CALLED)
    return call_team(asked, actor=actor, now=now)


def _visit(told: FromDesk) -> Visit:
    site, campaign = places.site(told.site), campaigns.campaign(told.campaign)
    step = visits.step_for_request(told.step)
    visit = step.visit if step else None
    if visit is None or (visit.site_id, visit.campaign_id) != (site.pk, campaign.pk):
        raise Refusal(Refused.NOT_KNOWN, what="reaction", key=str(told.step))
    visit.site = site
    return visit
