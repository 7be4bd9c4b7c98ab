"""Who did what a device tells: by the roles of then, and sent by whom."""

from datetime import datetime, timedelta

from balmis.contexts.access.services import actor_at, actor_named, check_may
from balmis.contexts.places.models import Site
from balmis.core.actor import Actor
from balmis.core.dates import CLOCK_ERROR, PLAUSIBLE_YEARS
from balmis.core.errors import BadInput
from balmis.core.roles import Act

AT_ONCE = timedelta(minutes=1)  # as a device with a network sends a step
SENT_LATE = timedelta(days=2)  # after a longer time without one, who leads the site looks at it


def of_then(actor: Actor, at: datetime, now: datetime) -> Actor:
    """What was done without a network is sent later: perhaps after a role that held then has ended."""
    late = at.tzinfo is not None and AT_ONCE < now - at <= SENT_LATE
    return actor_at(actor, at) if late else actor


def doer(by: str, at: datetime, site: Site, actor: Actor, now: datetime) -> Actor:
    """Who did it. What one person did on a device, another sends only who leads the site. Raises
    NotAllowed, BadInput."""
    if not by or by == actor.name:
        return actor
    check_may(actor, Act.SEND_FOR_OTHERS, site=site)
    found = of_then(actor_named(by), at, now)
    check_may(found, Act.RUN_CLINIC, site=site)
    return found.because(f"sent by {actor.name}")


def check_moment(at: datetime, now: datetime) -> None:
    """Raises BadInput for a time at which nothing can have happened."""
    if at.tzinfo is None:
        raise BadInput("The time of a step lacks its offset.")
    if at.year not in PLAUSIBLE_YEARS or at > now + CLOCK_ERROR:
        raise BadInput(f"Nothing can have happened at {at.isoformat()}; set the device's clock.")
