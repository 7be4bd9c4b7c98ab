"""Sign in, come back to a desk that locked itself, and out; with what the trail says of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from balmis.contexts.access import factors, lanes, sign_ins
from balmis.contexts.access import queries as access
from balmis.contexts.access import services as rights
from balmis.contexts.access.lanes import Comer
from balmis.contexts.access.models import SignIn, User
from balmis.contexts.access.sign_ins import Browser
from balmis.core.access.rules import SignInRules
from balmis.core.actor import Actor
from balmis.core.errors import BadInput
from balmis.core.vocabulary.access import FactorRule, Role, SignInEnd, SignInMeans
from balmis.flows.access import account_trail

MOST_WRONG = 3  # PINs, or passwords, at a locked desk; then it takes a whole sign-in


@transaction.atomic(durable=True)
def spend_try(comer: Comer, *, now: datetime) -> timedelta | None:
    """Before a password is looked at: None, or how long to wait first."""
    return lanes.wait_before(comer, now=now)


@transaction.atomic(durable=True)
def note_failure(comer: Comer, *, client: str, now: datetime) -> None:
    """A wrong password for a name that there is; others are not kept, since people type their
    passwords there."""
    key = access.user_id(comer.username)
    if key is not None:
        actor = Actor(f"client:{client}")
        account_trail.record("user.sign_in_failed", f"user:{key}", actor=actor, now=now)


def needs_factor(user: User) -> bool:
    """Is a second factor to be shown now? Whoever has one shows it, asked by the role or not."""
    return factors.has_any(user.pk)


def must_add_factor(user: User) -> bool:
    """Does a role ask for a second factor, which the user does not have?"""
    rule, rules = FactorRule(user.second_factor), _rules()
    return rules.asks(_roles(user), rule) and not factors.has_any(user.pk)


@transaction.atomic(durable=True)
def start_sign_in(
    user: User, means: SignInMeans, browser: Browser, *, comer: Comer | None, now: datetime
) -> int:
    """Whoever it is has shown it; the sign-in's key."""
    if comer is not None:
        lanes.forget_tries(comer)
    after = _rules().locks_after(_roles(user))
    key = sign_ins.start(user.pk, means, browser, locks_after=after, now=now)
    rights.keep_language(user.pk, browser.language)
    name = f"user:{user.pk}"
    account_trail.record(
        "user.signed_in", name, actor=Actor(name), now=now, client=browser.client, means=means
    )
    return key


def standing(key: int, *, now: datetime) -> SignIn | None:
    """The sign-in of a session that is not over; locked or open."""
    found = sign_ins.find(key)
    return None if found is None or sign_ins.is_over(found, now=now) else found


@transaction.atomic(durable=True)
def lock(key: int, *, now: datetime) -> None:
    """The desk is left for a moment, or for the next person."""
    sign_ins.lock(key, now=now)


@dataclass(frozen=True, slots=True)
class Return:
    """What became of somebody's way back: the user, or how many tries are left."""

    user: User | None
    left: int = 0


@transaction.atomic(durable=True)
def come_back(key: int, typed: str, browser: Browser, *, now: datetime) -> Return:
    """By the PIN, or by the password of who has none, on the browser of the whole sign-in, within
    its shift. Wrong ones are counted, and the third ends it."""
    found = _here(key, browser, now)
    if found is None:
        return Return(None)
    user = found.user
    fits = rights.fits_pin(user, typed) if user.pin else user.check_password(typed)
    if fits:
        return Return(_let_back(found, "pin" if user.pin else "password", browser, now))
    sign_ins.count_wrong(found)
    name = f"user:{user.pk}"
    account_trail.record(
        "user.return_failed", name, actor=Actor(f"client:{browser.client}"), now=now
    )
    left = MOST_WRONG - found.wrong - 1
    if left <= 0:
        sign_ins.end([found.pk], SignInEnd.GUESSED, now=now)
    return Return(None, left)


@transaction.atomic(durable=True)
def come_back_by_passkey(key: int, owner: User, browser: Browser, *, now: datetime) -> Return:
    """The passkey was taken already; whose it is says `owner`."""
    found = _here(key, browser, now)
    if found is None or found.user_id != owner.pk:
        return Return(None)
    return Return(_let_back(found, "passkey", browser, now))


def _here(key: int, browser: Browser, now: datetime) -> SignIn | None:
    found = sign_ins.find_to_change(key)
    if found is None or sign_ins.is_over(found, now=now) or not found.user.is_active:
        return None
    return found if found.browser == browser.word else None


def _let_back(found: SignIn, by: str, browser: Browser, now: datetime) -> User:
    sign_ins.unlock(found, now=now)
    name = f"user:{found.user_id}"
    account_trail.record(
        "user.returned", name, actor=Actor(name), now=now, client=browser.client, by=by
    )
    return found.user


@transaction.atomic(durable=True)
def sign_out(key: int | None, user_id: int, *, client: str, now: datetime) -> None:
    if key is not None:
        sign_ins.end([key], SignInEnd.SIGNED_OUT, now=now)
    name = f"user:{user_id}"
    account_trail.record("user.signed_out", name, actor=Actor(name), now=now, client=client)


@transaction.atomic(durable=True)
def end_own(user_id: int, key: int | None, *, but: int | None, now: datetime) -> int:
    """By the user: one of their sign-ins, or (None) all but the one from which it is done; how many."""
    mine = {s.pk for s in sign_ins.open_of_user(user_id, now=now)}
    if key is None:
        ended = sign_ins.end_of_user(user_id, but=but, now=now)
    else:
        ended = sign_ins.end(mine & {key}, SignInEnd.ENDED, now=now)
    name = f"user:{user_id}"
    account_trail.record("user.sign_ins_ended", name, actor=Actor(name), now=now, ended=ended)
    return ended


@transaction.atomic(durable=True)
def end_for(username: str, *, actor: Actor, now: datetime) -> int:
    """By whoever runs the program: all of a user's. Raises BadInput."""
    if not actor.trusted:
        raise BadInput("Users are kept by whoever runs the program.")
    user = rights.user_named(username)
    ended = sign_ins.end_of_user(user.pk, now=now)
    account_trail.record(
        "user.sign_ins_ended", f"user:{user.pk}", actor=actor, now=now, ended=ended
    )
    return ended


def _roles(user: User) -> set[Role]:
    return {Role(grant.role) for grant in access.grants_of(user.pk)}


def _rules() -> SignInRules:
    found: SignInRules = settings.SIGN_IN_RULES
    return found
