"""What identifies a person: changed only by somebody who says who they are and why; kept as it was."""

from datetime import datetime

from django.db import connection

from balmis.contexts.people.models import FormerIdentity
from balmis.core.actor import Actor


def acting(actor: Actor, why: str, *, now: datetime) -> None:
    """To the end of this transaction: who changes identities, and why. The database keeps both beside what
    was, and refuses a change without them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('balmis.who', %s, true), set_config('balmis.why', %s, true),"
            " set_config('balmis.at', %s, true)",
            [actor.name, why[:500], now.isoformat()],
        )


def former(person_id: int) -> list[FormerIdentity]:
    """What identified the person before, the last first."""
    return list(FormerIdentity.objects.filter(person=person_id).order_by("-until", "-pk"))
