"""Check what an actor may do; keep users and their grants."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple, overload

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from balmis.contexts.access.models import Grant, User
from balmis.contexts.places.models import Area, Site
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import MAY, Act
from balmis.core.vocabulary.access import FactorRule, Role

LONGEST_ADDRESS = 254  # characters of an e-mail address
PIN_LEAST, PIN_MOST = 6, 12  # digits
NOT_YOURS = gettext_noop("This is not your password now.")


class GrantWanted(NamedTuple):
    """A role, everywhere or in an area or at a site; for good, or until a moment."""

    role: Role
    area: Area | None = None
    site: Site | None = None
    until: datetime | None = None


def holding() -> QuerySet[Grant]:
    """Grants that hold now, by the clock of the database."""
    return Grant.objects.filter(Q(until__isnull=True) | Q(until__gt=Now()))


def actor_for(user: User) -> Actor:
    """The signed-in user as an actor, with each role and where it holds ('/' is everywhere)."""
    grants = holding().filter(user=user).select_related("area", "site__area")
    return Actor(name=f"user:{user.pk}", grants=frozenset((g.role, _scope(g)) for g in grants))


def actor_named(name: str) -> Actor:
    """Somebody who was signed in, by the name that the trail has. Raises BadInput."""
    found = _user_called(name)
    if found is None:
        raise BadInput(f"Nobody is called {name[:40]!r}.")
    return actor_for(found)


def _user_called(name: str) -> User | None:
    kind, _, key = name.partition(":")
    return User.objects.filter(pk=key).first() if kind == "user" and key.isdigit() else None


def actor_at(actor: Actor, moment: datetime) -> Actor:
    """The same user with the roles that held then, too: what they did is judged by those. A role that was
    taken away, not one that ended by itself, is in none of them."""
    user = _user_called(actor.name)
    if user is None:
        return actor
    held = Grant.objects.filter(user=user, until__gt=moment).select_related("area", "site__area")
    return replace(actor, grants=actor.grants | {(g.role, _scope(g)) for g in held})


def _scope(grant: Grant) -> str:
    if grant.site is not None:
        return f"{grant.site.area.path}@{grant.site.code}"
    return grant.area.path if grant.area is not None else "/"


@overload
def may(actor: Actor, act: Act, *, area: Area) -> bool: ...
@overload
def may(actor: Actor, act: Act, *, site: Site) -> bool: ...
def may(actor: Actor, act: Act, *, area: Area | None = None, site: Site | None = None) -> bool:
    """May the actor do this in this area, or at this site? One of them is always named: nothing is asked
    of no place, and whoever may do something somewhere may not do it everywhere."""
    if actor.trusted:
        return True
    held = _held(actor, act)
    if site is not None:
        at = f"{site.area.path}@{site.code}"
        return any(at == scope or ("@" not in scope and at.startswith(scope)) for scope in held)
    if area is None:
        raise TypeError("a right is asked of an area or of a site")
    return any("@" not in scope and area.path.startswith(scope) for scope in held)


def _held(actor: Actor, act: Act) -> list[str]:
    return [scope for role, scope in actor.grants if Role(role) in MAY[act]]


def may_somewhere(actor: Actor, act: Act) -> bool:
    """Does the actor do this at all? What they may do it to is asked of each thing."""
    return actor.trusted or bool(_held(actor, act))


def works_in(actor: Actor, act: Act, area: Area) -> bool:
    """May the actor do this somewhere in the area, or in one that the area is part of?"""
    if actor.trusted:
        return True
    held = _held(actor, act)
    inside = any(scope.startswith(area.path) for scope in held)
    around = any(area.path.startswith(scope) for scope in held if "@" not in scope)
    return inside or around


def areas_for(actor: Actor, act: Act, inside: Area) -> list[str]:
    """Paths of the areas inside this one in which the actor may do this by a role of an area; one of a
    site is none."""
    if actor.trusted:
        return [inside.path]
    scopes = {s for role, s in actor.grants if Role(role) in MAY[act] and "@" not in s}
    if any(inside.path.startswith(scope) for scope in scopes):
        return [inside.path]
    return sorted(scope for scope in scopes if scope.startswith(inside.path))


def may_everywhere(actor: Actor, act: Act) -> bool:
    return actor.trusted or any(
        scope == "/" and Role(role) in MAY[act] for role, scope in actor.grants
    )


@overload
def check_may(actor: Actor, act: Act, *, area: Area) -> None: ...
@overload
def check_may(actor: Actor, act: Act, *, site: Site) -> None: ...
def check_may(
    actor: Actor, act: Act, *, area: Area | None = None, site: Site | None = None
) -> None:
    """Raises NotAllowed when `may` says no."""
    place = site if site is not None else area
    if place is None:
        raise TypeError("a right is asked of an area or of a site")
    check_may_at(actor, act, place)


def check_may_at(actor: Actor, act: Act, place: Site | Area) -> None:
    """The same, of whichever it is."""
    asked = may(actor, act, site=place) if isinstance(place, Site) else may(actor, act, area=place)
    if not asked:
        raise NotAllowed(f"{actor.name} may not {act.value} at {place.code}")


def keep_user(
    username: str,
    *,
    name: str,
    password: str | None,
    grants: Iterable[tuple[Role, Area | None, Site | None] | GrantWanted],
    second_factor: FactorRule | None = None,
) -> User:
    """Create or update a user and exactly these grants. A password or rule of None stays."""
    user, made = User.objects.get_or_create(username=username, defaults={"first_name": name})
    if second_factor is not None:
        user.second_factor = second_factor
        user.save(update_fields=["second_factor"])
    if made or password is not None:
        if password is not None:
            _check_password(password, user)
        user.set_password(password)  # None: there is none until they choose one
        user.pin = ""
        user.save(update_fields=["password", "pin"])
    kept = []
    for role, area, site, until in (GrantWanted(*wanted) for wanted in grants):
        grant, _ = Grant.objects.update_or_create(
            user=user,
            role=role.value,
            area=area,
            site=site,
            defaults={"until": until, "emergency": ""},
        )
        kept.append(grant.pk)
    real = set(Grant.objects.filter(pk__in=kept).values_list("role", flat=True))
    taken = _of_emergency() & Q(role__in=real)  # of a role that they still have
    user.grants.exclude(pk__in=kept).exclude(taken).delete()
    return user


def set_address(user: User, address: str) -> str:
    """Where mails about the account go; '' for nowhere. Returns the one of before. Raises BadInput."""
    if address and not is_address(address):
        raise BadInput(gettext_noop("This is not an e-mail address."), ("email",))
    before = user.email
    user.email = address
    user.save(update_fields=["email"])
    return before


def is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_ADDRESS


def keep_language(user_id: int, language: str) -> None:
    """In which they are written to."""
    User.objects.filter(pk=user_id).exclude(language=language).update(language=language)


def held_by(username: str) -> list[GrantWanted] | None:
    """The roles that a user was given; None: there is no such user."""
    user = User.objects.filter(username=username).first()
    if user is None:
        return None
    grants = user.grants.filter(emergency="").select_related("area", "site").order_by("pk")
    return [GrantWanted(Role(g.role), g.area, g.site, g.until) for g in grants]


def _of_emergency() -> Q:
    return ~Q(emergency="") & Q(until__gt=Now())


def take_in_emergency(user_id: int, wanted: GrantWanted, why: str) -> Grant:
    """A role that the user has elsewhere, here for a while. Raises BadInput when it is theirs already."""
    User.objects.select_for_update(no_key=True).get(pk=user_id)  # two pages of one user
    found = Grant.objects.filter(
        user_id=user_id, role=wanted.role.value, area=wanted.area, site=wanted.site
    )
    if found.filter(pk__in=holding().values("pk")).exists():
        raise BadInput(gettext_noop("You have this role there already."))
    found.delete()
    return Grant.objects.create(
        user_id=user_id,
        role=wanted.role.value,
        area=wanted.area,
        site=wanted.site,
        until=wanted.until,
        emergency=why,
    )


def end_grant(grant_id: int) -> Grant | None:
    """The role is taken from the user; None when there is no such one."""
    found = Grant.objects.filter(pk=grant_id).select_related("area", "site").first()
    if found is not None:
        Grant.objects.filter(pk=grant_id).delete()
    return found


def user_called(username: str) -> User | None:
    return User.objects.filter(username=username).first()


def user_named(username: str) -> User:
    """Raises BadInput."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise BadInput(f"There is no user {username!r}.")
    return user


def set_active(username: str, *, active: bool) -> int:
    """Nobody signs in with a name that is disabled, and its open sessions end with their next request.
    Returns the user. Raises BadInput."""
    user = user_named(username)
    user.is_active = active
    user.save(update_fields=["is_active"])
    return user.pk


def change_password(user_id: int, old: str, new: str) -> None:
    """By the user, who knows the old one; their other sessions end. Raises BadInput."""
    user = check_own_password(user_id, old, "old")
    if new == old:
        raise BadInput(gettext_noop("The new password is the old one."), ("new",))
    _check_password(new, user)
    user.set_password(new)
    user.save(update_fields=["password"])


def check_own_password(user_id: int, password: str, field: str = "password") -> User:
    """Before something that only they may do. Raises BadInput for the field."""
    user = User.objects.get(pk=user_id)
    if not user.check_password(password):
        raise BadInput(NOT_YOURS, (field,))
    return user


def choose_password(user: User, password: str) -> None:
    """Whoever was invited; a PIN of before opens nothing. Raises BadInput."""
    _check_password(password, user)
    user.set_password(password)
    user.pin = ""
    user.save(update_fields=["password", "pin"])


def set_pin(user_id: int, pin: str) -> None:
    """For the way back at a desk that several share; '' takes it off. Raises BadInput."""
    if pin and not _is_fit(pin):
        raise BadInput(
            gettext_noop("Take 6 to 12 digits that are not in a row and not all alike."), ("pin",)
        )
    User.objects.filter(pk=user_id).update(pin=make_password(pin) if pin else "")


def _is_fit(pin: str) -> bool:
    digits = pin.isascii() and pin.isdigit() and PIN_LEAST <= len(pin) <= PIN_MOST
    steps = {int(b) - int(a) for a, b in pairwise(pin)} if digits else set()
    return digits and len(set(pin)) > 2 and steps not in ({1}, {-1})


def fits_pin(user: User, pin: str) -> bool:
    return bool(user.pin) and check_password(pin, user.pin)


def _check_password(password: str, user: User) -> None:
    """Raises BadInput when the password is too weak."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), ("new",)) from None


def keep_session(key: str, held: dict[str, Any], *, until: datetime) -> None:
    """A browser's session under a key that it has."""
    Session.objects.save(key, held, until)


def forget_sessions(*, now: datetime) -> int:
    """Sessions that have ended: they hold who was signed in, and passes with names. Returns how many."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]


def tied_to(subject: str) -> User | None:
    """Whose account is tied to this subject of the identity provider."""
    return User.objects.filter(provider=subject).first()


def to_tie(username: str) -> User | None:
    """The account of this name, locked until it is tied."""
    return User.objects.select_for_update().filter(username=username).first()


def tie(user: User, subject: str | None) -> None:
    """None: to nobody."""
    user.provider = subject
    user.save(update_fields=["provider"])
