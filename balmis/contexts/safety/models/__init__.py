"""What is remembered of doses that need a look, of events after doses, of help and of signals."""

from balmis.contexts.safety.models.cases import (
    Assessment,
    Case,
    CaseNote,
    Contact,
    EventReport,
)
from balmis.contexts.safety.models.doses import Flag, LiftedFlag, Review
from balmis.contexts.safety.models.hold_appeals import HoldAppeal
from balmis.contexts.safety.models.reactions import Reaction, ReactionNote
from balmis.contexts.safety.models.response import Incident, IncidentStep, Team, TeamMember
from balmis.contexts.safety.models.signals import HoldOrder, HoldSignature, Look, Signal

__all__ = [
    "Assessment",
    "Case",
    "CaseNote",
    "Contact",
    "EventReport",
    "Flag",
    "HoldAppeal",
    "HoldOrder",
    "HoldSignature",
    "Incident",
    "IncidentStep",
    "LiftedFlag",
    "Look",
    "Reaction",
    "ReactionNote",
    "Review",
    "Signal",
    "Team",
    "TeamMember",
]
