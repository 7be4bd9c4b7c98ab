"""A reaction as desks write it down, with a network or without: the call for help, and notes."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.security import django_auth

from balmis.api.access import actor_of
from balmis.api.clinic import said_no
from balmis.contexts.safety.reactions import standing
from balmis.core.errors import BalmisError
from balmis.core.vocabulary.clinic import StepState
from balmis.core.vocabulary.safety import NoteKind
from balmis.flows.clinic.people_of_day import notes_as_sent
from balmis.flows.safety.reaction_notes import FromDesk, help_from_desk, note_from_desk
from balmis.flows.safety.reactions import NewNote
from balmis.flows.safety.send_team import RedButton

router = Router(auth=django_auth, tags=["clinic"])


class DeskHelpIn(Schema):
    """The red button, as a device kept it until it could send it."""

    request_id: UUID
    step: UUID  # that reported the reaction
    at: datetime  # when it was pressed
    by: str = Field("", max_length=150)
    what: str = Field(min_length=1, max_length=200)
    place: str = Field("", max_length=80)


class DeskHelpOut(Schema):
    state: str  # new or refused
    detail: str = ""
    team: str = ""  # who was sent; empty: nobody, and it stands on the board


@router.post("/{slug}/{site}/calls-for-help", response=DeskHelpOut)
def post_desk_help(request: HttpRequest, slug: str, site: str, asked: DeskHelpIn) -> Any:
    """Call a clinical team to somebody with a reaction. A retry gives back the first."""
    told = FromDesk(campaign=slug, site=site, step=asked.step, by=asked.by)
    cmd = RedButton(
        request_id=asked.request_id,
        campaign=slug,
        site=site,
        visit_id=0,
        what=asked.what,
        place=asked.place,
    )
    try:
        actor, now = actor_of(request), datetime.now(UTC)
        found = help_from_desk(told, cmd, at=asked.at, actor=actor, now=now)
    except BalmisError as error:
        return said_no(asked.request_id, error)
    return {"state": StepState.NEW.value, "team": found.team.name if found.team else ""}


class DeskNoteIn(Schema):
    """What was seen or done about a reaction, as a device kept it until it could send it."""

    request_id: UUID
    step: UUID  # that reported the reaction
    at: datetime
    by: str = Field("", max_length=150)
    kind: NoteKind
    facts: dict[str, str | float] = {}


class DeskNoteOut(Schema):
    state: str  # new or refused
    detail: str = ""
    notes: list[dict[str, Any]] = []  # of the reaction, with what follows from this one


@router.post("/{slug}/{site}/reaction-notes", response=DeskNoteOut)
def post_desk_note(request: HttpRequest, slug: str, site: str, asked: DeskNoteIn) -> Any:
    """Write down a sign, a reading, a treatment. A retry gives back the first."""
    told = FromDesk(campaign=slug, site=site, step=asked.step, by=asked.by)
    new = NewNote(
        request_id=asked.request_id, kind=asked.kind, facts=dict(asked.facts), at=asked.at
    )
    try:
        seen = note_from_desk(told, new, actor=actor_of(request), now=datetime.now(UTC))
    except BalmisError as error:
        return said_no(asked.request_id, error)
    notes = notes_as_sent(standing(seen.notes))
    return {"state": StepState.NEW.value, "notes": notes}
