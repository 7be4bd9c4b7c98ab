"""A request that comes again has the first answer, if it asks for the same; if not, nothing is done and
it is told: a page that was left and opened again has the id of what it did before."""

from typing import Any
from uuid import UUID

from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused


def check_same(request_id: UUID, kept: tuple[Any, ...], asked: tuple[Any, ...]) -> None:
    """`kept` is what was done under the id, `asked` what is wanted now. Raises Refusal(REQUEST_REUSED)."""
    if kept != asked:
        raise Refusal(Refused.REQUEST_REUSED, request_id=str(request_id))
