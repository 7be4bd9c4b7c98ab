"""Give someone a user name, a password and roles."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from balmis.contexts.access import invitations, sign_ins
from balmis.contexts.access import services as access
from balmis.contexts.access.services import GrantWanted
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.vocabulary.access import FactorRule, Role
from balmis.flows.access import account_trail


@dataclass(frozen=True, slots=True)
class GrantWords:
    """A role, everywhere or in an area or at a site."""

    role: Role
    area: str | None = None
    site: str | None = None
    until: datetime | None = None


def read_grant(text: str) -> GrantWords:
    """'planner', 'area_manager@area:KR-49-1', 'vaccinator@site:hall until 2026-12-31' (the end of the
    day, or a moment: 2026-12-31T18:00; UTC). Raises BadInput."""
    text, _, end = text.partition(" until ")
    until = _read_end(end) if end else None
    name, _, where = text.strip().partition("@")
    kind, _, code = where.partition(":")
    roles = [r.value for r in Role if r is not Role.PUBLIC]
    if name.replace("-", "_") not in roles:
        raise BadInput(f"There is no role {name!r}; there are {', '.join(roles)}.")
    role = Role(name.replace("-", "_"))
    if not where:
        return GrantWords(role, until=until)
    if kind not in ("area", "site") or not code:
        raise BadInput(f"{text!r} does not say where; write {name}@area:CODE or {name}@site:CODE.")
    return GrantWords(role, **{kind: code}, until=until)


def _read_end(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{text!r} is no day and no moment; write 2026-12-31.") from None
    if "T" not in text and ":" not in text:
        found += timedelta(days=1)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepUser:
    """A user as they are to be: with exactly these roles."""

    username: str
    name: str
    password: str | None  # None: it stays
    grants: list[GrantWords]
    second_factor: FactorRule | None = None  # None: it stays


@transaction.atomic(durable=True)
def keep_user(cmd: KeepUser, *, actor: Actor, now: datetime) -> None:
    """Make the user, or change name, password (None: it stays) and roles: exactly these.

    Raises NotAllowed, BadInput for a weak password, Refusal(NOT_KNOWN) for a place.
    """
    if not actor.trusted:
        raise NotAllowed("Users are kept by whoever runs the program.")
    user = access.keep_user(
        cmd.username,
        name=cmd.name,
        password=cmd.password,
        grants=[
            GrantWanted(
                g.role,
                places.area(g.area) if g.area else None,
                places.site(g.site) if g.site else None,
                g.until,
            )
            for g in cmd.grants
        ],
        second_factor=cmd.second_factor,
    )
    if cmd.password is not None:  # whoever was in with another one is not any more
        sign_ins.end_of_user(user.pk, now=now)
        invitations.withdraw(user.pk)
    account_trail.record(
        "user.kept",
        f"user:{user.pk}",
        actor=actor,
        now=now,
        username=cmd.username,
        grants=[f"{g.role.value}@{g.area or g.site or '/'}" for g in cmd.grants],
        until=[g.until.isoformat() if g.until else None for g in cmd.grants],
        second_factor=user.second_factor,
    )
