"""In an emergency people take a role that they have elsewhere, for a few hours, and say why.

Nobody becomes what they are not: a nurse of one hall may be a nurse of another. The trail has it, the
log has a warning, and who keeps users sees what holds now and ends it."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from balmis.contexts.access import queries as access
from balmis.contexts.access import services as users
from balmis.contexts.access.models import Grant
from balmis.contexts.access.services import GrantWanted
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.access import Role
from balmis.flows.access import account_trail
from balmis.flows.access.own_password import asks_password

log = logging.getLogger("balmis.audit")
HOLDS = timedelta(hours=4)
SHORTEST = 10  # characters of a reason


def _same_region(grant: Grant, path: str) -> bool:
    """Does the role hold in the region that the area is of? The first step of the path is the region."""
    if grant.site is None and grant.area is None:
        return True
    own = grant.site.area.path if grant.site else grant.area.path if grant.area else ""
    return own.split("/")[1:2] == path.split("/")[1:2]


@asks_password
@transaction.atomic(durable=True)
def take_role(
    user_id: int, role: Role, site_code: str, why: str, password: str, *, now: datetime
) -> datetime:
    """The user's own role at another site, until the moment returned. Raises BadInput, Refusal."""
    users.check_own_password(user_id, password)
    site, until = places.site(site_code), now + HOLDS
    real = [g for g in access.grants_of(user_id) if g.role == role.value and not g.emergency]
    if not real:
        raise BadInput(gettext_noop("You have this role nowhere."), ("role",))
    if not any(_same_region(g, site.area.path) for g in real):
        raise BadInput(gettext_noop("This site is in another region."), ("site",))
    if len(why.strip()) < SHORTEST:
        raise BadInput(gettext_noop("Say what has happened, in a sentence."), ("why",))
    users.take_in_emergency(user_id, GrantWanted(role, None, site, until), why.strip())
    name = f"user:{user_id}"
    account_trail.record(
        "user.took_role",
        name,
        actor=Actor(name).because(why.strip()),
        now=now,
        role=role,
        site=site.code,
        until=until.isoformat(),
    )
    log.warning("a role was taken in an emergency", extra={"job": f"{name} {role} {site.code}"})
    return until


@transaction.atomic(durable=True)
def end_role(grant_id: int, *, actor: Actor, now: datetime) -> None:
    """By whoever runs the program. Raises NotAllowed, BadInput."""
    if not actor.trusted:
        raise NotAllowed("Users are kept by whoever runs the program.")
    ended = users.end_grant(grant_id)
    if ended is None:
        raise BadInput(f"There is no grant {grant_id}.")
    where = access.place_of(ended)
    account_trail.record(
        "user.role_ended",
        f"user:{ended.user_id}",
        actor=actor,
        now=now,
        role=ended.role,
        where=where,
    )
