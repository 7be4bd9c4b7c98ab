"""Second factors: add one, show it, take it off, and codes for who has lost it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from balmis.contexts.access import allowances, factors, passkeys, sign_ins
from balmis.contexts.access import services as access
from balmis.contexts.access.models import User
from balmis.core.actor import Actor
from balmis.core.booking.signed_text import key_of
from balmis.core.errors import BadInput
from balmis.core.rate_limit import Allowed
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.access import FactorKind, SignInMeans
from balmis.flows.access import account_trail
from balmis.flows.access.own_password import asks_password

# only whoever knows the password comes so far
TRIES = Allowed("second factor of a user", 6, timedelta(minutes=5))


@transaction.atomic(durable=True)
def spend_try(user_id: int, *, now: datetime) -> timedelta | None:
    """Before a code is looked at: None, or how long to wait first."""
    return allowances.spend(TRIES, user_id, now=now)


@transaction.atomic(durable=True)
def take_code(user_id: int, code: str, *, client: str, now: datetime) -> SignInMeans | None:
    """The app's code or a recovery code, each good once; None: it is neither."""
    means = factors.take_code(user_id, code, key=_key(), now=now)
    _note(user_id, means, client, now)
    return means


@transaction.atomic(durable=True)
def take_passkey(
    user_id: int | None,
    sent: passkeys.Sent,
    state: passkeys.State,
    host: str,
    *,
    client: str,
    now: datetime,
) -> User | None:
    """Whose passkey has answered; one of this user's, or anybody's."""
    user = passkeys.take(user_id, sent, state, host, now=now)
    if user_id is not None or user is not None:
        _note(user.pk if user else user_id or 0, SignInMeans.PASSKEY if user else None, client, now)
    return user


def _note(user_id: int, means: SignInMeans | None, client: str, now: datetime) -> None:
    if means is None:
        actor = Actor(f"client:{client}")
        account_trail.record("user.second_factor_failed", f"user:{user_id}", actor=actor, now=now)
        return
    allowances.refill(TRIES, user_id)
    if means is SignInMeans.RECOVERY_CODE:
        left = factors.recovery_codes_left(user_id)
        name = f"user:{user_id}"
        account_trail.record("user.recovery_code_used", name, actor=Actor(name), now=now, left=left)


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """How its owner calls it, what the browser answered, and to which question of which host."""

    name: str
    sent: passkeys.Sent
    state: passkeys.State
    host: str


def new_app_secret() -> str:
    return factors.new_secret()


def address_for_app(secret: str, username: str) -> str:
    return factors.address_for_app(secret, username)


@asks_password
@transaction.atomic(durable=True)
def add_app(
    user_id: int, secret: str, code: str, password: str, *, sign_in: int, now: datetime
) -> list[str]:
    """The app shows the right code. New recovery codes, if it is the first factor; all other sign-ins
    end. Raises BadInput, Refusal."""
    access.check_own_password(user_id, password)
    first = not factors.has_any(user_id)
    factors.add_app(user_id, secret, code, key=_key(), now=now)
    return _added(user_id, FactorKind.APP, first, sign_in, now)


@asks_password
@transaction.atomic(durable=True)
def add_passkey(
    user_id: int, new: NewPasskey, password: str, *, sign_in: int, now: datetime
) -> list[str]:
    """New recovery codes, if it is the first factor; all other sign-ins end. Raises BadInput, Refusal."""
    access.check_own_password(user_id, password)
    first = not factors.has_any(user_id)
    passkeys.add(user_id, new.name, new.sent, new.state, new.host, now=now)
    return _added(user_id, FactorKind.PASSKEY, first, sign_in, now)


def _added(user_id: int, kind: FactorKind, first: bool, sign_in: int, now: datetime) -> list[str]:
    """Whoever came in by the password alone, elsewhere, is out."""
    sign_ins.end_of_user(user_id, but=sign_in, now=now)
    sign_ins.show_factor(sign_in, SignInMeans(kind.value))
    name = f"user:{user_id}"
    account_trail.record("user.factor_added", name, actor=Actor(name), now=now, kind=kind)
    return factors.new_recovery_codes(user_id, key=_key()) if first else []


@asks_password
@transaction.atomic(durable=True)
def remove_factor(user_id: int, factor_id: int, password: str, *, now: datetime) -> None:
    """By the user, who knows the password. Raises BadInput."""
    access.check_own_password(user_id, password)
    kind = factors.remove(user_id, factor_id)
    if kind is None:
        raise BadInput(gettext_noop("It is gone already."))
    name = f"user:{user_id}"
    account_trail.record("user.factor_removed", name, actor=Actor(name), now=now, kind=kind)


@asks_password
@transaction.atomic(durable=True)
def new_recovery_codes(user_id: int, password: str, *, now: datetime) -> list[str]:
    """Those of before are void. Raises BadInput."""
    access.check_own_password(user_id, password)
    if not factors.has_any(user_id):
        raise BadInput(gettext_noop("Codes are for who has a second factor. Add one first."))
    name = f"user:{user_id}"
    account_trail.record("user.recovery_codes_made", name, actor=Actor(name), now=now)
    return factors.new_recovery_codes(user_id, key=_key())


def _key() -> bytes:
    return key_of(settings.SECRET_KEY, "second factor")
