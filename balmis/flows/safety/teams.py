"""The teams that can be sent, and who is in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from re import fullmatch

from django.db import transaction

from balmis.contexts.access import queries as access
from balmis.contexts.access.services import check_may
from balmis.contexts.journal import audit
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area
from balmis.contexts.safety import response
from balmis.contexts.safety.models import Team
from balmis.core.actor import Actor
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.safety import TeamKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A team as it should be."""

    code: str
    name: str
    kind: TeamKind
    area: str
    members: Sequence[str]  # user names
    on_duty: bool = True


@transaction.atomic(durable=True)
def keep_team(keep: Keep, *, actor: Actor, now: datetime) -> Team:
    """Make or change it, with exactly these members. Raises NotAllowed, BadInput, Refusal."""
    area = places.area(keep.area)
    check_may(actor, Act.WORK_CASES, area=area)
    if not fullmatch(r"[a-z0-9-]{1,40}", keep.code):
        raise BadInput(
            f"A team's code is of small letters, digits and dashes, not {keep.code[:40]!r}."
        )
    if not keep.name.strip():
        raise BadInput(gettext_noop("Give the team a name."))
    actors = access.actors_of(keep.members)
    if missing := sorted(set(keep.members) - actors.keys()):
        raise BadInput(f"Nobody is called {', '.join(missing)}. See 'balmis user list'.")
    team = response.keep_team(
        keep.code, keep.name.strip(), keep.kind, area, actors.values(), on_duty=keep.on_duty
    )
    audit.record("team.kept", f"team:{team.pk}", actor=actor, now=now, members=sorted(keep.members))
    return team


def seed(area: Area, users: Mapping[Role, str]) -> None:
    """The demo's teams; in the caller's transaction."""
    members = access.actors_of([users[Role.RESPONDER]]).values()
    response.keep_team("team-1", "Rapid response team 1", TeamKind.CLINICAL, area, members)
    response.keep_team("team-2", "Rapid response team 2", TeamKind.CLINICAL, area, [])
    response.keep_team("investigators", "Investigators", TeamKind.INVESTIGATION, area, members)
