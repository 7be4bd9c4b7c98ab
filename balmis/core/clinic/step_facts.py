"""What each step of a visit says, as devices send it. Unknown fields are errors."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from balmis.core.errors import BadInput
from balmis.core.vocabulary.clinic import (
    BodySite,
    Check,
    ConsentForm,
    Identification,
    Light,
    Outcome,
    Party,
    Route,
    StepKind,
)

Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=4000)]
Code = Annotated[str, Meta(max_length=60)]
Why = Annotated[str, Meta(min_length=3, max_length=500)]
Strokes = Annotated[str, Meta(max_length=20_000, pattern=r"^[0-9ML .,-]*$")]  # an SVG path


class Said(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A step's facts."""


class CheckIn(Said, frozen=True, kw_only=True):
    how: Identification
    booking: UUID | None = None  # the request id that its code holds


class Call(Said, frozen=True, kw_only=True):
    room: Annotated[str, Meta(max_length=40)]


class Screen(Said, frozen=True, kw_only=True):
    questionnaire: Code
    version: Code
    answers: Annotated[dict[Code, bool], Meta(max_length=100)]
    product: Code = ""


class Screened(Screen, frozen=True, kw_only=True):
    """With what the answers say."""

    outcome: Outcome


class Doctor(Said, frozen=True, kw_only=True):
    outcome: Outcome
    text: Why
    until: date | None = None
    product: Code = ""  # of 'never', or of what lifts it; empty: any
    minutes: Annotated[int, Meta(ge=0, le=240)] | None = None  # of observation, if not as usual


class Consent(Said, frozen=True, kw_only=True):
    text: Code
    version: Code
    by: Party
    how: ConsentForm
    name: Short = ""  # of the guardian
    relation: Short = ""  # of the guardian to the person
    maturity: Short = ""  # who found a minor mature enough to consent alone
    witness: Short = ""
    strokes: Strokes = ""


class Reasoned(Said, frozen=True, kw_only=True):
    reason: Why


class Refuse(Said, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(max_length=500)] = ""  # theirs, if they wish to give one


class Defer(Said, frozen=True, kw_only=True):
    reason: Why
    until: date | None = None


class Override(Said, frozen=True, kw_only=True):
    """Someone decided otherwise than the check; past a red one, a doctor."""

    reason: Why
    doctor: Short = ""  # as typed; it is nobody's word
    signature: Annotated[str, Meta(max_length=1200)] = ""  # of the doctor, at the chair
    signed_by: Short = ""  # who signed, as the server found


class OpenVial(Said, frozen=True, kw_only=True):
    id: UUID
    opened_at: datetime
    serial: Annotated[str, Meta(max_length=40)] = ""


class Cleared(Said, frozen=True, kw_only=True):
    """What the device's check said before the needle, on what it knew."""

    light: Light
    as_of: datetime
    checks: Annotated[tuple[Check, ...], Meta(max_length=40)] = ()


class GiveDose(Said, frozen=True, kw_only=True):
    product: Code
    lot: Annotated[str, Meta(min_length=1, max_length=40)]
    cleared: Cleared
    body_site: BodySite
    route: Route = Route.INTRAMUSCULAR
    expires_on: date | None = None  # as scanned
    vial: OpenVial | None = None
    override: Override | None = None


class Seat(Said, frozen=True, kw_only=True):
    minutes: Annotated[int, Meta(ge=0, le=240)]
    seat: Annotated[str, Meta(max_length=10)] = ""


class Reaction(Said, frozen=True, kw_only=True):
    what: Annotated[str, Meta(min_length=1, max_length=500)]
    serious: bool = False


class Discharge(Said, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(max_length=500)] = (
        ""  # of going before the end, or after a reaction
    )


class Undo(Said, frozen=True, kw_only=True):
    step: UUID
    reason: Why


FORMS: dict[StepKind, type[Said]] = {
    StepKind.CHECK_IN: CheckIn,
    StepKind.CALL: Call,
    StepKind.SCREEN: Screen,
    StepKind.DOCTOR: Doctor,
    StepKind.CONSENT: Consent,
    StepKind.WITHDRAW: Reasoned,
    StepKind.REFUSE: Refuse,
    StepKind.DEFER: Defer,
    StepKind.DOSE: GiveDose,
    StepKind.SEAT: Seat,
    StepKind.REACTION: Reaction,
    StepKind.LEAVE: Refuse,
    StepKind.DISCHARGE: Discharge,
    StepKind.UNDO: Undo,
}


class Sent(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A step as a device sends it."""

    request_id: UUID  # made on the device
    person: int
    kind: StepKind
    at: datetime  # by the device; with its offset
    facts: dict[str, Any] = {}
    by: str = ""  # who did it, when another sends it: the actor's name


def storable(value: Any) -> Any:
    """The same with what no database keeps (halves of characters, NUL) marked as lost."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "?")
    if isinstance(value, dict):
        return {storable(k): storable(v) for k, v in value.items()}
    return [storable(v) for v in value] if isinstance(value, list) else value


def read_facts(kind: StepKind, facts: dict[str, Any]) -> Said:
    """Raises BadInput naming the field."""
    if storable(facts) != facts:
        raise BadInput(f"{kind.value}: a character in it cannot be stored")
    try:
        return msgspec.convert(facts, FORMS[kind], strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        raise BadInput(f"{kind.value}: {error}") from None
