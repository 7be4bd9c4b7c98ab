"""What a desk's device is answered: what stays on it until somebody has looked at it."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext
from ninja import Schema

from balmis.core.errors import BalmisError, NotAllowed, Refusal
from balmis.core.refusal_texts import REASONS
from balmis.core.vocabulary.clinic import StepState


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
