"""Before something that only the user may do they type their password: limited, and a wrong one is told.

Whoever has a session that is not theirs, a tablet or a cookie, would try passwords here otherwise.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from django.db import transaction

from balmis.contexts.access import allowances
from balmis.contexts.access.services import NOT_YOURS
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Refusal
from balmis.core.rate_limit import Allowed
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.access import account_trail
from balmis.flows.access.tries import spend

T = TypeVar("T")
OWN = Allowed("own password of a user", 6, timedelta(minutes=5))


def asks_password(flow: Callable[..., T]) -> Callable[..., T]:
    """`flow(user_id, …, now=…)` looks at the password itself; this counts the tries, in transactions of
    their own. Raises Refusal(TOO_MANY_TRIES)."""

    @wraps(flow)
    def guarded(user_id: int, *args: Any, now: datetime, **more: Any) -> T:
        wait = spend(OWN, user_id, now=now)
        if wait is not None:
            minutes = -(-int(wait.total_seconds()) // 60) or 1
            raise Refusal(Refused.TOO_MANY_TRIES, minutes=minutes)
        try:
            done = flow(user_id, *args, now=now, **more)
        except BadInput as problem:
            if str(problem) == NOT_YOURS:
                _note(user_id, now)
            raise
        with transaction.atomic(durable=True):
            allowances.refill(OWN, user_id)
        return done

    return guarded


@transaction.atomic(durable=True)
def _note(user_id: int, now: datetime) -> None:
    name = f"user:{user_id}"
    account_trail.record("user.password_wrong", name, actor=Actor(name), now=now)
