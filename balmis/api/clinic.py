"""What the desks of a site speak: the day, its changes, and the steps they send."""

import base64
import hashlib
import hmac
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.translation import gettext
from ninja import Field, Query, Router, Schema
from ninja.security import django_auth
from pydantic import ValidationError, WrapValidator

from balmis.api.access import actor_of
from balmis.contexts.access import services as access
from balmis.core.booking.signed_text import key_of
from balmis.core.clinic.step_facts import Sent
from balmis.core.dates import PLAUSIBLE_YEARS
from balmis.core.errors import BadInput, BalmisError, NotAllowed, Refusal
from balmis.core.refusal_texts import REASONS
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import ConflictEnd, StepKind, StepState
from balmis.flows.clinic.day_bundle import day_bundle, day_changes, find_people
from balmis.flows.clinic.doses_of_day import settle
from balmis.flows.clinic.leftover import Leftover, offer_leftover
from balmis.flows.clinic.pre_dose_check import ClearToVaccinate, clear_to_vaccinate
from balmis.flows.clinic.rejected_steps import set_aside
from balmis.flows.clinic.sign_dose import Countersign, countersign_dose
from balmis.flows.clinic.visit_steps import Desk, Taken, at_desk, take_step
from balmis.flows.clinic.waiting_display import calls_now
from balmis.flows.safety.send_team import RedButton, call_team

log = logging.getLogger("balmis.clinic")
router = Router(auth=django_auth, tags=["clinic"])
MOST = 200  # steps at a time


class StepIn(Schema):
    request_id: UUID
    person: int
    kind: StepKind
    at: datetime
    facts: dict[str, Any] = {}
    by: str = Field("", max_length=150)  # who did it on the device

    def sent(self) -> Sent:
        return Sent(**self.dict())


class UnreadStep(StepIn):
    """One of another version, or damaged: as it came, and what is wrong with it."""

    raw: dict[str, Any] = {}
    problem: str = ""


def _or_unread(value: Any, read: Callable[[Any], StepIn]) -> StepIn:
    try:
        return read(value)
    except ValidationError as error:
        raw = value if isinstance(value, dict) else {}
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return UnreadStep.model_construct(
            request_id=_uuid(raw.get("request_id")),
            person=raw["person"] if isinstance(raw.get("person"), int) else 0,
            raw=raw,
            problem=f"{where}: {first['msg']}",
        )


def _uuid(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        return UUID(int=0)


Step = Annotated[StepIn, WrapValidator(_or_unread)]


class StepsIn(Schema):
    """Steps of one device, in the order in which they happened there."""

    device: str = Field(min_length=1, max_length=40)
    steps: list[Step] = Field(max_length=MOST)


class Lost(Schema):
    """An appointment that an undone dose had ended, and that could not be given back."""

    at: datetime
    site: dict[str, str]  # its names


class StepOut(Schema):
    """What became of a step. `refused` stays on the device until someone has looked at it."""

    request_id: UUID
    state: str  # one of `StepState`
    reason: str = ""
    detail: str = ""
    visit: int | None = None
    number: int | None = None
    status: str = ""
    lost: list[Lost] = []  # appointments whose place is gone


@router.get("/{slug}/{site}/day")
def day(request: HttpRequest, slug: str, site: str) -> dict[str, Any]:
    """Everything a desk takes along for today."""
    found = day_bundle(slug, site, actor=actor_of(request), now=datetime.now(UTC))
    return found | _session(request, slug, site) | {"key": _device_key(request)}


def _session(request: HttpRequest, slug: str, site: str) -> dict[str, Any]:
    """Who is signed in now, and may they send what others did on the device?"""
    actor = actor_of(request)
    _, place = at_desk(slug, site, actor)
    leads = access.may(actor, Act.SEND_FOR_OTHERS, site=place)
    return {"csrf": get_token(request), "user": actor.name, "sends_for_others": leads}


def _device_key(request: HttpRequest) -> dict[str, str]:
    """With what a device encrypts what it keeps; another one for each session."""
    session = request.session.session_key or ""
    made = hmac.digest(key_of(settings.SECRET_KEY, "clinic device"), session.encode(), "sha256")
    return {
        "id": hashlib.sha256(made).hexdigest()[:16],
        "material": base64.b64encode(made).decode(),
    }


@router.get("/{slug}/{site}/token")
def token(request: HttpRequest, slug: str, site: str) -> dict[str, Any]:
    """What a device that was offline over a sign-in needs to send again."""
    return _session(request, slug, site)


@router.get("/{slug}/{site}/changes")
def changes(request: HttpRequest, slug: str, site: str, since: datetime) -> dict[str, Any]:
    """Who has had a step since then, and the goods."""
    if since.tzinfo is None:
        raise BadInput("since: the time lacks its offset")
    if since.year not in PLAUSIBLE_YEARS:
        raise BadInput("since: no such time")
    found = day_changes(slug, site, since, actor=actor_of(request), now=datetime.now(UTC))
    return found | _session(request, slug, site)


@router.get("/{slug}/{site}/people")
def find(
    request: HttpRequest,
    slug: str,
    site: str,
    q: Annotated[str, Query(min_length=2, max_length=60)],
) -> list[dict[str, Any]]:
    """People of the campaign by a part of the name, a number or a phone."""
    return find_people(slug, site, q, actor=actor_of(request), now=datetime.now(UTC))


@router.get("/{slug}/{site}/clear")
def clear(
    request: HttpRequest, slug: str, site: str, person: int, product: str, lot: str
) -> dict[str, Any]:
    """The check before the needle."""
    found = clear_to_vaccinate(
        ClearToVaccinate(
            campaign=slug, site=site, person_id=person, product=product, lot_number=lot
        ),
        actor=actor_of(request),
        now=datetime.now(UTC),
    )
    return {"light": found.light, "checks": found.checks}


class HelpIn(Schema):
    """The red button at a seat."""

    request_id: UUID
    visit: int
    what: str = Field(min_length=1, max_length=200)
    place: str = Field("", max_length=80)


class HelpOut(Schema):
    team: str  # who was sent; empty: nobody is free, and it stands on the board
    status: str


@router.post("/{slug}/{site}/help", response=HelpOut)
def post_help(request: HttpRequest, slug: str, site: str, asked: HelpIn) -> Any:
    """Call a clinical team to a person of this site. A retry gives back the first."""
    cmd = RedButton(
        request_id=asked.request_id,
        campaign=slug,
        site=site,
        visit_id=asked.visit,
        what=asked.what,
        place=asked.place,
    )
    found = call_team(cmd, actor=actor_of(request), now=datetime.now(UTC))
    return {"team": found.team.name if found.team else "", "status": found.status}


class CountersignIn(Schema):
    """A doctor stands for a dose against a red check, with their own name and password or PIN."""

    person: int
    product: str = Field(max_length=60)
    lot: str = Field(min_length=1, max_length=40)
    reason: str = Field(min_length=3, max_length=500)
    username: str = Field(min_length=1, max_length=150)
    secret: str = Field(min_length=1, max_length=200)


class CountersignOut(Schema):
    signature: str  # to be sent with the dose, within half an hour
    by: str


@router.post("/{slug}/{site}/countersign", response=CountersignOut)
def post_countersign(request: HttpRequest, slug: str, site: str, asked: CountersignIn) -> Any:
    """Sign for one dose, on the spot. Wrong names and passwords are limited and noted."""
    signature, by = countersign_dose(
        slug,
        site,
        Countersign(**asked.dict()),
        actor=actor_of(request),
        now=datetime.now(UTC),
    )
    return {"signature": signature, "by": by}


@router.post("/{slug}/{site}/steps", response=list[StepOut])
def post_steps(request: HttpRequest, slug: str, site: str, sent: StepsIn) -> list[StepOut]:
    """Record steps, each on its own: one that is refused stops only those of the same person."""
    actor, desk = actor_of(request), Desk(slug, site, sent.device)
    stopped: set[int] = set()
    answers = []
    for step in sent.steps:
        if step.person in stopped:
            answers.append(StepOut(request_id=step.request_id, state=StepState.WAITS.value))
            continue
        answer = _unread(step) if isinstance(step, UnreadStep) else _take(desk, step.sent(), actor)
        if answer.state == StepState.REFUSED:
            stopped.add(step.person)
        answers.append(answer)
    return answers


def _take(desk: Desk, sent: Sent, actor: Any) -> StepOut:
    try:
        taken = take_step(desk, sent, actor=actor, now=datetime.now(UTC))
    except BalmisError as error:
        return refused(sent.request_id, error)
    except Exception:  # one step that cannot be stored holds up no other
        log.exception("a step could not be stored", extra={"job": str(sent.request_id)})
        detail = gettext("The server could not store this step. It stays here; tell the support.")
        return StepOut(
            request_id=sent.request_id,
            state=StepState.REFUSED.value,
            reason="failed",
            detail=detail,
        )
    return StepOut(
        request_id=sent.request_id,
        state=_state(taken),
        visit=taken.visit.pk,
        number=taken.visit.number,
        status=taken.visit.status,
        lost=[
            Lost(at=b.pool.slot.starts_at, site=b.pool.slot.session.site.names) for b in taken.lost
        ],
    )


def _unread(step: UnreadStep) -> StepOut:
    """It stays on its device, or is handed over; the others go on."""
    detail = gettext("The server cannot read this step: {problem}").format(problem=step.problem)
    return StepOut(
        request_id=step.request_id,
        state=StepState.REFUSED.value,
        reason="bad_input",
        detail=detail,
    )


def _state(taken: Taken) -> str:
    if taken.conflict is not None:
        return StepState.CONFLICT.value
    return (StepState.NEW if taken.is_new else StepState.KNOWN).value


def refused(request_id: UUID, error: BalmisError) -> StepOut:
    if isinstance(error, Refusal):
        reason = error.reason.value
        detail = gettext(REASONS[error.reason]).format_map(error.facts)
    else:
        reason = "not_allowed" if isinstance(error, NotAllowed) else "bad_input"
        detail = str(error)
    return StepOut(
        request_id=request_id, state=StepState.REFUSED.value, reason=reason, detail=detail
    )


def said_no(request_id: UUID, error: BalmisError) -> dict[str, str]:
    """What stays on the device until somebody has looked at it."""
    answer = refused(request_id, error)
    return {"state": answer.state, "detail": answer.detail}


class SetAsideIn(Schema):
    """A step that was refused, as the device has it, and what was said against it."""

    device: str = Field(min_length=1, max_length=40)
    step: Step
    problem: str = Field(max_length=1000)


@router.post("/{slug}/{site}/set-aside")
def post_set_aside(
    request: HttpRequest, slug: str, site: str, asked: SetAsideIn
) -> dict[str, bool]:
    """Hand over a refused step, so that it leaves the device and somebody looks at it."""
    step = asked.step
    sent = step.raw if isinstance(step, UnreadStep) else msgspec.to_builtins(step.sent())
    set_aside(
        Desk(slug, site, asked.device),
        step.request_id,
        sent,
        asked.problem,
        actor=actor_of(request),
        now=datetime.now(UTC),
    )
    return {"kept": True}


@router.get("/{slug}/{site}/calls")
def calls(request: HttpRequest, slug: str, site: str) -> dict[str, Any]:
    """Whose turn it is: numbers and rooms, for the screen of a waiting room."""
    found = calls_now(slug, site, actor=actor_of(request), now=datetime.now(UTC))
    return {
        "as_of": found.as_of,
        "waiting": found.waiting,
        "calls": [{"number": c.number, "room": c.room, "at": c.at} for c in found.calls],
    }


class LeftoverIn(Schema):
    """Doses of an open vial that nobody here needs."""

    request_id: UUID
    vial: UUID
    doses: int = Field(ge=1, le=100)


class OfferedOut(Schema):
    people: int  # to whom they were offered now
    comes_at: datetime
    waiting: int  # who are still in the list


@router.post("/{slug}/{site}/leftover", response=OfferedOut)
def post_leftover(request: HttpRequest, slug: str, site: str, asked: LeftoverIn) -> Any:
    """Offer what an open vial has left to the standby list of the day."""
    wanted = Leftover(request_id=asked.request_id, vial=asked.vial, doses=asked.doses)
    return offer_leftover(slug, site, wanted, actor=actor_of(request), now=datetime.now(UTC))


class SettleIn(Schema):
    end: ConflictEnd
    reason: str = Field(min_length=3, max_length=500)


@router.post("/conflicts/{conflict_id}")
def settle_conflict(request: HttpRequest, conflict_id: int, answer: SettleIn) -> dict[str, str]:
    """One dose recorded twice, or two doses?"""
    found = settle(
        conflict_id, answer.end, answer.reason, actor=actor_of(request), now=datetime.now(UTC)
    )
    return {"end": found.end}
